"""The part of the SARIF 2.1.0 schema that our logs use, written down from the standard; nothing else is let through."""

from __future__ import annotations

from typing import Any


def record(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def listed(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


TEXT = {"type": "string"}
FROM_ONE = {"type": "integer", "minimum": 1}
MESSAGE = record("text", text=TEXT)
DESCRIPTION = record("text", text=TEXT, markdown=TEXT)
REFERENCE = {"type": "string", "pattern": r"^([A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$"}  # of RFC 3986
ARTIFACT = record("uri", uri=REFERENCE, uriBaseId=TEXT)
REGION = record("startLine", startLine=FROM_ONE, startColumn=FROM_ONE, endLine=FROM_ONE, endColumn=FROM_ONE)
PHYSICAL = record("artifactLocation", artifactLocation=ARTIFACT, region=REGION)
LOCATION = record("physicalLocation", physicalLocation=PHYSICAL, message=MESSAGE)
RELATED = record(
    "id physicalLocation", id={"type": "integer", "minimum": 0}, physicalLocation=PHYSICAL, message=MESSAGE
)
REPLACEMENT = record("deletedRegion", deletedRegion=REGION, insertedContent=record("text", text=TEXT))
CHANGE = record(
    "artifactLocation replacements", artifactLocation=ARTIFACT, replacements=listed(REPLACEMENT, minItems=1)
)
FIX = record("artifactChanges", description=MESSAGE, artifactChanges=listed(CHANGE, minItems=1, uniqueItems=True))
RESULT = record(
    "message ruleId ruleIndex level",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations=listed(LOCATION),
    relatedLocations=listed(RELATED, uniqueItems=True),
    fixes=listed(FIX, uniqueItems=True),
    properties={"type": "object"},
)
RULE = record("id", id=TEXT, shortDescription=DESCRIPTION, help=DESCRIPTION)
DRIVER = record("name", name=TEXT, version=TEXT, rules=listed(RULE, uniqueItems=True))
RUN = record(
    "tool",
    tool=record("driver", driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=listed(RESULT),
)
SARIF = record(
    "version runs",
    **{"$schema": {"type": "string", "pattern": r"^https://.*sarif-schema-2\.1\.0\.json$"}},
    version={"const": "2.1.0"},
    runs=listed(RUN),
)
