"""A pipeline that answers what a test wants, so that commands are tested without an engine.

As a script it stands in for `kpidsl`: its first argument is JSON with what to answer, the others are the command line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kpidsl.assess.results import ErrorResult, Results
from kpidsl.diagnostics import Diagnostic, KpidslError, Label, Severity, UsageError
from kpidsl.smart import Finding, Judgement, Letter, SmartReport, State
from kpidsl.source_text import Source, Span
from report.sample import assessment, kpi, results, shop


class FakeSpecError(KpidslError):
    """A spec that is wrong, as the pipeline raises it."""

    exit_code = 4

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("the spec has errors", code="K0000")
        self.diagnostics = tuple(diagnostics)


@dataclass
class FakeReport:
    diagnostics: tuple[Diagnostic, ...]

    exit_code: int


@dataclass
class FakePipeline:
    """`found` is what an evaluation gives, `raises` what every step raises instead; `calls` what was asked for,
    `slow` how many seconds it takes.
    """

    found: Results = field(default_factory=results)
    diagnostics: tuple[Diagnostic, ...] = ()
    raises: BaseException | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    slow: float = 0

    def load(self, paths: Sequence[str], *, stdin_text: str | None = None, **where: Any) -> FakePipeline:
        told = {key: value for key, value in where.items() if value not in (None, False)}
        self.calls.append(("load", {"paths": list(paths), "stdin_text": stdin_text, **told}))
        for each in paths:
            if each != "-" and not Path(each).exists():
                raise UsageError(f"no such file or folder: {each}")
        return self

    def check(self, **asked: Any) -> FakeReport:
        self._ask("check", asked)
        is_wrong = any(each.severity is Severity.ERROR for each in self.diagnostics)
        return FakeReport(self.diagnostics, 4 if is_wrong else 0)

    def smart(self, **asked: Any) -> SmartReport:
        self._ask("smart", asked)
        is_wrong = any(each.severity is Severity.ERROR for each in self.diagnostics)
        judgement = Judgement(
            "KPI",
            "revenue",
            None,
            (Finding(Letter.RELEVANT, State.MISSING, "it is for nothing"),),
            problem().labels[0].span,
        )
        notes = tuple(judgement.diagnostics())
        return SmartReport((*self.diagnostics, *notes), 4 if is_wrong else 0, (judgement,), (), None)

    def evaluate(self, *, progress: Callable[[str], None], unsaved: Callable[[OSError], None], **asked: Any) -> Results:
        progress("orders")
        time.sleep(self.slow)
        self._ask("evaluate", asked)
        return self.found

    def tell(self, results: object) -> tuple[Diagnostic, ...]:
        return ()

    def show(self, what: str, **asked: Any) -> str:
        self._ask("show", {"what": what, **asked})
        return f"{what} of a spec"

    def _ask(self, step: str, asked: dict[str, Any]) -> None:
        self.calls.append((step, asked))
        if self.raises is not None:
            raise self.raises


def module(pipeline: FakePipeline) -> types.ModuleType:
    made = types.ModuleType("kpidsl.pipeline")
    made.__dict__["load"] = pipeline.load
    return made


def problem(message: str = "no such column: amoutn", severity: Severity = Severity.ERROR) -> Diagnostic:
    source = Source("shop.kpi", "metric a = sum(amoutn) from orders\n")
    return Diagnostic(
        "K0310", severity, message, (Label(Span(source, 15, 21), "not in `orders`"),), hint="did you mean `amount`?"
    )


def failed() -> Results:
    """An evaluation with one value that could not be had."""
    return results(
        kpi("fine"),
        kpi("gone", assessment(None, "error", "no such file", value_undefined="source_error")),
        errors=(ErrorResult("K0601", "cannot read orders.csv", "is it there?", "shop.kpi:3", ("gone",)),),
    )


def main() -> None:
    """Run a command line on a fake pipeline in a process of its own."""
    asked = json.loads(sys.argv[1])
    pipeline = FakePipeline(found=shop() if asked.get("found") == "shop" else results(kpi("k")))
    if "many" in asked:
        pipeline.found = results(*(kpi(f"kpi_{number}") for number in range(asked["many"])))
    pipeline.slow = asked.get("slow", 0)
    if asked.get("interrupt"):
        pipeline.evaluate = lambda **_: os.kill(os.getpid(), signal.SIGINT) or signal.pause()  # type: ignore[method-assign,func-returns-value]
    sys.modules["kpidsl.pipeline"] = module(pipeline)
    from kpidsl.cli import run

    sys.argv[1:] = sys.argv[2:]
    run()


if __name__ == "__main__":
    main()
