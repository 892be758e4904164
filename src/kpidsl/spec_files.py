"""The files of a spec set: found, read, parsed, with what they import."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kpidsl.diagnostics import Problems, UsageError, closest
from kpidsl.source_text import Source, Span
from kpidsl.syntax import Spec, parse
from kpidsl.syntax.node import Text
from kpidsl.syntax.setting_nodes import ImportDecl

SUFFIX = ".kpi"
STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
MOST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class SpecFiles:
    """Parsed files in the order they were given, then what they import. `root` is the folder they have in common."""

    specs: tuple[Spec, ...]
    root: Path

    @property
    def sha256(self) -> str:
        """Over the names and contents of all files."""
        digest = hashlib.sha256()
        for spec in sorted(self.specs, key=lambda one: one.source.name):
            for part in (spec.source.name, spec.source.text):
                data = part.encode()
                digest.update(f"{len(data)}:".encode() + data)
        return digest.hexdigest()


def read(
    paths: Iterable[str | Path],
    problems: Problems,
    stdin_text: str | None = None,
    texts: Mapping[Path, str] | None = None,
) -> SpecFiles:
    """Read and parse files, folders (recursively) and `-`. Raises `UsageError` for a path that is not there.

    `texts` are read instead of what stands in the files of those (resolved) paths.
    """
    instead = texts or {}
    given = [str(path) for path in paths]
    files = list(dict.fromkeys(file for path in given if path != STANDARD_INPUT for file in files_of(Path(path))))
    root = _root(given)
    specs = [parse_file(file, root, problems, instead) for file in files]
    if STANDARD_INPUT in given:
        text = stdin_text if stdin_text is not None else ""
        specs.append(
            parse(
                Source(
                    STANDARD_INPUT_NAME, text.removeprefix("\ufeff"), root / STANDARD_INPUT_NAME, STANDARD_INPUT_NAME
                ),
                problems,
            )
        )
    if not specs:
        shown = ", ".join(given) or "."
        raise UsageError(
            f"there is no {SUFFIX} file in {shown}", hint="`kpidsl eval FOLDER` reads the .kpi files in it"
        )
    return SpecFiles(tuple(_imported(specs, root, problems, instead)), root)


def files_of(path: Path) -> list[Path]:
    if path.is_dir():
        found = [
            Path(folder) / name
            for folder, _, names in os.walk(path)
            if not _hidden(Path(folder), path)
            for name in names
            if name.endswith(SUFFIX) and not name.startswith(".")
        ]
        return sorted(found, key=lambda file: file.as_posix())
    if path.is_file():
        return [path]
    near = None
    if path.parent.is_dir():
        near = closest(path.name, [one.name for one in path.parent.iterdir()])
    hint = f"did you mean `{path.parent / near}`?" if near else None
    raise UsageError(f"there is no file or folder {path}", hint=hint)


def _hidden(folder: Path, top: Path) -> bool:
    return any(part.startswith(".") for part in folder.relative_to(top).parts)


def _root(given: Sequence[str]) -> Path:
    folders = [
        (Path(path) if Path(path).is_dir() else Path(path).parent).resolve() for path in given if path != STANDARD_INPUT
    ]
    if not folders:
        return Path.cwd()
    return Path(os.path.commonpath([str(folder) for folder in folders]))


def parse_file(file: Path, root: Path, problems: Problems, instead: Mapping[Path, str] | None = None) -> Spec:
    resolved = file.resolve()
    name = Path(os.path.relpath(resolved, root)).as_posix()
    shown = file.as_posix()
    if instead and resolved in instead:
        return parse(Source(shown, instead[resolved], resolved, name), problems)
    nothing = Source(shown, "", resolved, name)
    try:
        data = resolved.read_bytes() if resolved.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from error
    if data is None:
        problems.error("K0110", f"{shown} has more than {MOST_BYTES:_} bytes", Span(nothing, 0, 0), hint="split it")
        return parse(nothing, problems)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.error(
            "K0108",
            f"{shown} is not UTF-8: byte {error.start} in line {line} fits no character",
            Span(nothing, 0, 0),
            hint="save the file as UTF-8",
        )
        return parse(nothing, problems)
    return parse(Source(shown, text, resolved, name), problems)


def _imported(specs: list[Spec], root: Path, problems: Problems, instead: Mapping[Path, str]) -> list[Spec]:
    """The specs and everything they import, each file once. A ring of imports is a problem that shows it."""
    known = {spec.source.file: spec for spec in specs}
    finished: set[Path | None] = set()
    result = list(specs)

    def imports(spec: Spec) -> Iterator[ImportDecl]:
        return iter([node for node in spec.declarations if isinstance(node, ImportDecl)])

    for first in specs:
        if first.source.file in finished:
            continue
        # The files that lead here, with what each has yet to import: a loop, as there may be more than Python's stack.
        ring = [(first, imports(first))]
        while ring:
            spec, left = ring[-1]
            node = next(left, None)
            if node is None or spec.source.file is None:
                finished.add(spec.source.file)
                ring.pop()
                continue
            target = _target(spec.source.file, node.path, problems)
            if target is None:
                continue
            start = next((at for at, (one, _) in enumerate(ring) if one.source.file == target), None)
            if start is not None:
                shown = " → ".join([*(one.source.path for one, _ in ring[start:]), ring[start][0].source.path])
                problems.error(
                    "K0209", f"files import each other in a ring: {shown}", node.span, hint="take one import out"
                )
                continue
            if target not in known:
                relative = Path(os.path.relpath(target, Path.cwd()))
                path = target if str(relative).startswith("..") else relative
                known[target] = parse_file(path, root, problems, instead)
                result.append(known[target])
            if target not in finished:
                ring.append((known[target], imports(known[target])))
    return result


def _target(importer: Path, written: Text, problems: Problems) -> Path | None:
    target = (importer.parent / written.value).resolve()
    if target.is_file():
        return target
    near = (
        closest(target.name, [one.name for one in target.parent.glob(f"*{SUFFIX}")]) if target.parent.is_dir() else None
    )
    problems.error(
        "K0210",
        f"there is no file {written.value} to import",
        written.span,
        notes=[f"looked for {target}"],
        hint=f"did you mean `{near}`?" if near else "a relative path starts at the file that writes it",
    )
    return None
