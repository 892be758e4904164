"""Results written down: as a table, JSON, TOML, or an Arrow table."""

from kpidsl.report.arrow import to_arrow
from kpidsl.report.document import document
from kpidsl.report.formats import FORMATS, Format
from kpidsl.report.json import to_json
from kpidsl.report.notes import notes
from kpidsl.report.schema import schema_text
from kpidsl.report.text import to_text
from kpidsl.report.toml import to_toml

__all__ = ["FORMATS", "Format", "document", "notes", "schema_text", "to_arrow", "to_json", "to_text", "to_toml"]
