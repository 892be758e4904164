"""Applies the fixes that diagnostics carry, as long as that helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import process_time

from kpidsl.checked import CheckReport
from kpidsl.diagnostics import Diagnostic, Fix, Severity, UsageError
from kpidsl.diagnostics.edits import apart, applied
from kpidsl.pipeline import SpecSet, load
from kpidsl.records import dataclass
from kpidsl.source_text import Source
from kpidsl.spec_files import STANDARD_INPUT, STANDARD_INPUT_NAME, files_of

MOST_ROUNDS = 50
MOST_CHECKS = 400
PATIENCE = 4.0  # seconds of processor time after which no further edit is tried,
PATIENT_CHECKS = 8  # or so many times what the first check took, where that is longer
CLASHES = frozenset({"K0201", "K0202"})  # what a new name may do to the others

Check = Callable[[SpecSet], CheckReport]


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: where it was made, what stood there and what stands there now."""

    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """What became of a spec set. `texts` are the files that changed: as they were, and their new text.

    `report` tells what remains; `stopped`: edits remain that were not tried. Nothing is written.
    """

    report: CheckReport
    changes: tuple[Change, ...]
    texts: tuple[tuple[Source, str], ...]
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class _State:
    """The texts in place of the files, and what a check says of them."""

    texts: Mapping[str, str]
    report: CheckReport


def fix(
    paths: Sequence[str],
    check: Check,
    *,
    stdin_text: str | None = None,
    config: Path | None = None,
    profile: str | None = None,
    untrusted: bool = False,
) -> Fixed:
    """Apply fixes to the files of the paths (never to what they import) until none is left or none helps.

    An edit is kept only if afterwards the problem is gone and there are no more errors than before. Each round checks
    the whole set, since what one file declares another uses. Raises `UsageError` for a path that is not there.
    """
    mine = {str(file.resolve()) for path in paths if path != STANDARD_INPUT for file in files_of(Path(path))}
    if STANDARD_INPUT in paths:
        mine.add(STANDARD_INPUT_NAME)
    rounds = _Rounds(paths, check, partial(load, config=config, profile=profile, untrusted=untrusted), stdin_text, mine)
    return rounds.run()


class _Rounds:
    """One call of `fix`: the sources as they were, what was refused, and how many checks there were."""

    def __init__(
        self, paths: Sequence[str], check: Check, load: Callable[..., SpecSet], stdin_text: str | None, mine: set[str]
    ) -> None:
        self.paths = paths
        self.check = check
        self.load = load
        self.stdin_text = stdin_text
        self.mine = mine
        self.checks = 0
        self.until = 0.0
        self.changes: list[Change] = []
        self.refused: set[tuple[str, str, str]] = set()
        self.first: dict[str, Source] = {}

    def run(self) -> Fixed:
        began = process_time()
        state = _State({}, self.look({}))
        now = process_time()
        self.until = now + max(PATIENCE, PATIENT_CHECKS * (now - began))
        found = self.open(state)
        for _ in range(MOST_ROUNDS):
            if not found or self.is_enough():
                break
            state = self.kept(state, found)
            found = self.open(state)
        texts = tuple((self.first[key], text) for key, text in state.texts.items() if text != self.first[key].text)
        return Fixed(state.report, tuple(self.changes), texts, bool(found))

    def is_enough(self) -> bool:
        return self.checks >= MOST_CHECKS or process_time() >= self.until

    def open(self, state: _State) -> list[Diagnostic]:
        """The problems whose edits have not been tried."""
        return [one for one in state.report.diagnostics if self.is_open(one)]

    def look(self, texts: Mapping[str, str]) -> CheckReport:
        self.checks += 1
        stdin_text = texts.get(STANDARD_INPUT_NAME, self.stdin_text)
        overlay = {Path(key): text for key, text in texts.items() if key != STANDARD_INPUT_NAME}
        return self.check(self.load(self.paths, stdin_text=stdin_text, texts=overlay))

    def is_open(self, found: Diagnostic) -> bool:
        return found.fix is not None and _key(found.fix.span.source) in self.mine and _id(found) not in self.refused

    def kept(self, state: _State, found: Sequence[Diagnostic]) -> _State:
        """The state with those fixes in place that help; the others are not tried again."""
        fixes = [one.fix for one in found if one.fix is not None]
        by_file: dict[str, list[Fix]] = {}
        for each in fixes:
            by_file.setdefault(_key(each.span.source), []).append(each)
        chosen = {key: apart(several) for key, several in by_file.items()}
        taken = [one for one in found if one.fix is not None and one.fix in chosen[_key(one.fix.span.source)]]
        after = self.tried(state, taken)
        if after is not None:
            return after
        if self.is_enough():
            return state
        if len(taken) == 1:
            self.refused.update(_id(one) for one in taken)
            return state
        # One of them does harm: each half by itself, the second on the text as it was, since offsets moved.
        middle = len(taken) // 2
        first = self.kept(state, taken[:middle])
        if first is not state:
            return first  # the rest is found again in the next round
        return self.kept(state, taken[middle:])

    def tried(self, state: _State, taken: Sequence[Diagnostic]) -> _State | None:
        """The state after some fixes, or None where they do not help."""
        texts = dict(state.texts)
        sources = {_key(one.fix.span.source): one.fix.span.source for one in taken if one.fix is not None}
        for key, source in sources.items():
            self.first.setdefault(key, source)
            texts[key] = applied(
                source.text, {one.fix for one in taken if one.fix and _key(one.fix.span.source) == key}
            )
        if all(texts[key] == source.text for key, source in sources.items()):
            return None
        try:
            report = self.look(texts)
        except UsageError:  # nothing is left of the spec
            return None
        if not _is_better(state.report, report, taken):
            return None
        for one in taken:
            if one.fix is not None:
                span = one.fix.span
                self.changes.append(Change(f"{span.source.path}:{span.line}", span.text, one.fix.text))
        return _State(texts, report)


def _is_better(before: CheckReport, after: CheckReport, taken: Sequence[Diagnostic]) -> bool:
    """Whether the problems are gone and the errors no more than they were, neither of syntax nor in all."""
    old, new = (Counter(_saying(one) for one in report.diagnostics) for report in (before, after))
    ends, later = _ends(before), _ends(after)
    # Of a file with more syntax errors than are told, those behind the last one come up in the place of what is gone.
    further = {path for path, line in ends.items() if later.get(path, line + 1) > line}
    gone = all(new[_saying(one)] < old[_saying(one)] or _saying(one)[2] in further for one in taken)
    clash = any(new[one] > old[one] for one in new if one[0] in CLASHES)
    return gone and not clash and _errors(after) <= _errors(before) and _errors(after, "K01") <= _errors(before, "K01")


def _errors(report: CheckReport, stage: str = "") -> int:
    return sum(
        max(1, len(one.labels) if one.code.startswith("K02") else 1)
        for one in report.diagnostics
        if one.severity is Severity.ERROR and one.code.startswith(stage)
    )


def _ends(report: CheckReport) -> dict[str, int]:
    """The lines behind which no further syntax error is told, by file."""
    return {one.span.source.path: one.span.line for one in report.diagnostics if one.code == "K0111" and one.span}


def _saying(found: Diagnostic) -> tuple[str, str, str]:
    return found.code, found.message, found.span.source.path if found.span else ""


def _id(found: Diagnostic) -> tuple[str, str, str]:
    assert found.fix is not None
    return found.code, found.message, f"{_key(found.fix.span.source)}:{found.fix.span.text}:{found.fix.text}"


def _key(source: Source) -> str:
    return source.path if source.path == STANDARD_INPUT_NAME else str(source.file)
