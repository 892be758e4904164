"""The outcome of tests as JUnit XML, as Jenkins, GitLab and others read it: a suite a file, a case a test."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from kpidsl.testing.outcomes import Outcome, SuiteReport
from kpidsl.testing.text import failures_of

# What XML 1.0 has no way to write (https://www.w3.org/TR/xml/#charsets).
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: SuiteReport) -> str:
    """The whole document."""
    by_file: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        by_file.setdefault(outcome.span.source.path, []).append(outcome)
    root = ET.Element("testsuites", {"name": "kpidsl", **_counts(report.outcomes)})
    for path, outcomes in by_file.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(path), **_counts(outcomes)})
        for outcome in outcomes:
            _case(suite, path, outcome)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _case(suite: ET.Element, path: str, outcome: Outcome) -> None:
    known = {
        "name": _clean(outcome.title),
        "classname": _clean(path.removesuffix(".kpi").replace("/", ".").strip(".")),
        "file": _clean(path),
        "line": str(outcome.span.line),
        "time": f"{outcome.seconds:.3f}",
    }
    case = ET.SubElement(suite, "testcase", known)
    if outcome.passed:
        return
    first = outcome.failures[0]
    message = f"{first.expectation}: expected {first.expected}, found {first.found}"
    tag = "error" if _is_error(outcome) else "failure"
    found = ET.SubElement(case, tag, {"message": _clean(message), "type": tag})
    found.text = _clean(failures_of(outcome))


def _is_error(outcome: Outcome) -> bool:
    return all(failure.is_error for failure in outcome.failures)


def _counts(outcomes: list[Outcome] | tuple[Outcome, ...]) -> dict[str, str]:
    wrong = [outcome for outcome in outcomes if not outcome.passed]
    errors = sum(_is_error(outcome) for outcome in wrong)
    return {
        "tests": str(len(outcomes)),
        "failures": str(len(wrong) - errors),
        "errors": str(errors),
        "skipped": "0",
        "time": f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    }


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
