"""`kpidsl schema`: the JSON Schema of the result document."""

from __future__ import annotations

import click

from kpidsl.cli import options
from kpidsl.cli.streams import write

EXAMPLES = """\b
Example:
  kpidsl schema > results.schema.json
"""


@click.command("schema", short_help="Print the JSON Schema of the results.", epilog=EXAMPLES)
@options.common
def command() -> int:
    """Print the JSON Schema of the document that `kpidsl eval` writes."""
    from kpidsl.report.schema import schema_text

    write(schema_text())
    return 0
