"""Diagnostics as SARIF 2.1.0, which code-scanning services and editors read.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html (numbers below are its sections).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import assert_never
from urllib.parse import quote

from kpidsl.diagnostics.codes import CODES, explain
from kpidsl.diagnostics.glyphs import encodable
from kpidsl.diagnostics.model import Diagnostic, Fix, Severity
from kpidsl.diagnostics.places import Region, region

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"  # what relative paths start from; the reader knows where that is
PLACEHOLDER = re.compile(r"\{(\d+)\}")
LINK = re.compile(r"\[(?=[^\]]*\]\()")


def render_sarif(diagnostics: Iterable[Diagnostic], tool_version: str) -> str:
    """A SARIF 2.1.0 log with one run: the results in the order given, and a rule for each code among them.

    Lines and columns count from 1, columns in code points, ends are exclusive. The first place of a diagnostic is its
    location, the others are related locations; notes and hint follow the headline in the message.
    """
    found = tuple(diagnostics)
    codes = sorted({each.code for each in found})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "kpidsl", "version": tool_version, "rules": [rule(code) for code in codes]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [result(each, codes.index(each.code)) for each in found],
            }
        ],
    }
    return encodable(json.dumps(log, ensure_ascii=False, indent=2)) + "\n"


def rule(code: str) -> dict[str, object]:
    """What a code means; its page, where there is one, as help."""
    described: dict[str, object] = {"id": code}
    if code in CODES:
        described["shortDescription"] = {"text": CODES[code]}
    page = explain(code)
    if page:
        described["help"] = {"text": page, "markdown": page}
    return described


def result(found: Diagnostic, index: int) -> dict[str, object]:
    remarks = [f"note: {note}" for note in found.notes] + ([f"help: {found.hint}"] if found.hint else [])
    labels = [(region(label.span), label.text) for label in found.labels]
    written: dict[str, object] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": level(found.severity),
        "message": {"text": plain("\n".join([found.message, *remarks]))},
        "locations": [location(*labels[0])] if labels else [],
    }
    if labels[1:]:
        written["relatedLocations"] = [
            {"id": number, **location(where, text)} for number, (where, text) in enumerate(labels[1:], 1)
        ]
    if found.fix:
        written["fixes"] = [fix(found.fix)]
    if found.affects:
        written["properties"] = {"affects": list(found.affects)}
    return written


def level(severity: Severity) -> str:
    match severity:
        case Severity.ERROR:
            return "error"
        case Severity.WARNING:
            return "warning"
        case Severity.NOTE:
            return "note"
        case _:
            assert_never(severity)


def location(where: Region, text: str) -> dict[str, object]:
    written: dict[str, object] = {
        "physicalLocation": {"artifactLocation": artifact(where.path), "region": stretch(where)},
    }
    if text:
        written["message"] = {"text": plain(text)}
    return written


def stretch(where: Region) -> dict[str, int]:
    return {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }


def artifact(path: str) -> dict[str, str]:
    """Where a file is, as a URI: relative to the root of the sources, or absolute (3.4.3, 3.4.4)."""
    windows = PureWindowsPath(path)
    if windows.drive and windows.root:
        return {"uri": f"file:///{windows.drive}{encoded(windows.as_posix()[len(windows.drive) :])}"}
    if PurePosixPath(path).is_absolute():
        return {"uri": f"file://{encoded(path)}"}
    return {"uri": encoded(path), "uriBaseId": ROOT}


def encoded(path: str) -> str:
    """A path with what a URI's path may not hold escaped, and the colon, which before the first slash ends a scheme."""
    return quote(encodable(path), safe="/~!$&'()*+,;=@")


def fix(found: Fix) -> dict[str, object]:
    where = region(found.span)
    replacement = {"deletedRegion": stretch(where), "insertedContent": {"text": found.text}}
    return {
        "description": {"text": plain(found.title)},
        "artifactChanges": [{"artifactLocation": artifact(where.path), "replacements": [replacement]}],
    }


def plain(text: str) -> str:
    """A message that says what it says: `{0}` would be a placeholder (3.11.5), `[a](1)` a link to a place (3.11.6)."""
    return LINK.sub(r"\\[", PLACEHOLDER.sub(r"{{\1}}", text))
