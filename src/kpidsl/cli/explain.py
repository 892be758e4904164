"""`kpidsl explain`: the page of a diagnostic's code."""

from __future__ import annotations

import click

from kpidsl.cli import options
from kpidsl.cli.streams import write

EXAMPLES = """\b
Example:
  kpidsl explain K0310
"""


@click.command("explain", short_help="Explain a code such as K0310.", epilog=EXAMPLES)
@click.argument("code")
@options.common
def command(code: str) -> int:
    """Print the page of a code: what is wrong, why, a wrong example and a right one."""
    from kpidsl.diagnostics import UsageError, did_you_mean
    from kpidsl.diagnostics.codes import CODES, explain

    page = explain(code)
    if page is None:
        raise UsageError(
            f"there is no code `{code}`", hint=did_you_mean(code.upper(), CODES) or "codes look like K0310"
        )
    write(page)
    return 0
