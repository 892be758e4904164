"""The files of a spec set: found and read, with what they import; parsed when their trees are needed."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kpidsl.diagnostics import Problems, UsageError, closest
from kpidsl.source_text import Source, Span

if TYPE_CHECKING:
    from kpidsl.syntax import Spec
    from kpidsl.syntax.node import Text
    from kpidsl.syntax.setting_nodes import ImportDecl

SUFFIX = ".kpi"
DATA: Final = frozenset(
    {".csv", ".tsv", ".json", ".ndjson", ".parquet", ".xlsx", ".ods", ".sqlite", ".db", ".duckdb", ".gz", ".zst"}
)
"""Suffixes of what somebody may give instead of a spec."""
STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
MOST_BYTES = 16_000_000
OUTSIDE = "outside the folder of the specs, and they are not trusted"
TRUST = "move it below the specs, or run without --untrusted if you trust them"


# A file without the word imports nothing: so much is known before it is parsed.
_IMPORTS = re.compile(r"\bimport\b")


class SpecFiles:
    """The files of a spec set in the order they were given, then what they import.

    `root` is the folder they have in common: files of an `untrusted` set lie in it, symbolic links resolved. Files are
    parsed when their trees are first asked for.
    """

    def __init__(self, root: Path, *, untrusted: bool = False) -> None:
        self.root = root
        self.untrusted = untrusted
        self.sources: list[Source] = []
        self._found: dict[Source, Problems] = {}
        self._parsed: dict[Source, Spec] = {}

    def add(self, source: Source, problems: Problems) -> None:
        """A file that was read; `problems` are those of reading it."""
        self.sources.append(source)
        self._found[source] = problems

    def may_read(self, file: Path) -> bool:
        """Whether the set is allowed a (resolved) file."""
        return not self.untrusted or file.is_relative_to(self.root)

    def distrust(self) -> None:
        """Forget what was read when the set was still trusted, and lies outside the root: K0211 in its place."""
        self.untrusted = True
        for place, source in enumerate(self.sources):
            if source.file is not None and not self.may_read(source.file):
                self.sources[place], self._found[self.sources[place]] = refused(source)

    def spec(self, source: Source) -> Spec:
        """The tree of one of the files."""
        if source not in self._parsed:
            from kpidsl.syntax.kept import parse_kept

            self._parsed[source] = parse_kept(source, self._found[source])
        return self._parsed[source]

    def problems_of(self, source: Source) -> Problems:
        """What was found wrong in one of the files so far."""
        return self._found[source]

    @property
    def specs(self) -> tuple[Spec, ...]:
        return tuple(self.spec(source) for source in self.sources)

    @property
    def problems(self) -> Problems:
        """What was found wrong in reading and parsing all of the files."""
        found = Problems()
        for source in self.sources:
            self.spec(source)
            for diagnostic in self._found[source]:
                found.add(diagnostic)
        return found

    @property
    def sha256(self) -> str:
        """Over the names and contents of all files."""
        digest = hashlib.sha256()
        for source in sorted(self.sources, key=lambda one: one.name):
            for part in (source.name, source.text):
                data = part.encode("utf-8", "surrogatepass")  # names of files are any bytes
                digest.update(f"{len(data)}:".encode() + data)
        return digest.hexdigest()


def read(
    paths: Iterable[str | Path],
    stdin_text: str | None = None,
    texts: Mapping[Path, str] | None = None,
    *,
    untrusted: bool = False,
) -> SpecFiles:
    """Read files, folders (recursively), `-`, and what they import; of an `untrusted` set what lies in the folder that
    the paths have in common.

    `texts` are read instead of what stands in the files of those (resolved) paths. Raises `UsageError` for a path that
    is not there.
    """
    instead = texts or {}
    given = [str(path) for path in paths]
    files = list(dict.fromkeys(file for path in given if path != STANDARD_INPUT for file in files_of(Path(path))))
    root = _root(given)
    found = SpecFiles(root, untrusted=untrusted)
    folders: dict[Path, Path] = {}
    for file in files:
        resolved = _resolved(file, folders)
        if found.may_read(resolved):
            found.add(*read_file(file, root, instead, resolved))
        else:
            found.add(*refused(Source(file.as_posix(), "", resolved, _name(resolved, root))))
    if STANDARD_INPUT in given:
        text = (stdin_text if stdin_text is not None else "").removeprefix("\ufeff")
        found.add(Source(STANDARD_INPUT_NAME, text, root / STANDARD_INPUT_NAME, STANDARD_INPUT_NAME), Problems())
    if not found.sources:
        shown = ", ".join(given) or "."
        raise UsageError(
            f"there is no {SUFFIX} file in {shown}", hint="`kpidsl eval FOLDER` reads the .kpi files in it"
        )
    _imported(found, instead)
    return found


def files_of(path: Path) -> list[Path]:
    if path.is_dir():
        found = [
            at / name
            for folder, _, names in os.walk(path)
            if not _hidden(at := Path(folder), path)
            for name in names
            if name.endswith(SUFFIX) and not name.startswith(".")
        ]
        return sorted(found, key=lambda file: file.as_posix())
    if path.is_file():
        if path.suffix.lower() in DATA:
            raise UsageError(
                f"{path} holds data and is no spec",
                hint=f"a spec is a text file `NAME{SUFFIX}` that says where its data is, or a folder of them",
            )
        return [path]
    if path.exists():
        raise UsageError(f"{path} is no file", hint="`… | kpidsl eval -` reads a spec from standard input")
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


def _resolved(file: Path, folders: dict[Path, Path]) -> Path:
    """`file.resolve()`, with each folder resolved once."""
    folder = folders.get(file.parent)
    if folder is None:
        folder = folders[file.parent] = file.parent.resolve()
    found = folder / file.name
    return found.resolve() if found.is_symlink() else found


def read_file(
    file: Path, root: Path, instead: Mapping[Path, str] | None = None, resolved: Path | None = None
) -> tuple[Source, Problems]:
    """A file's text, or that which stands for it, and what is wrong with it as a text; `resolved` is its path without
    links, where that is known.

    Raises `UsageError` for one that cannot be read.
    """
    resolved = file.resolve() if resolved is None else resolved
    name = _name(resolved, root)
    shown = file.as_posix()
    problems = Problems()
    if instead and resolved in instead:
        return Source(shown, instead[resolved], resolved, name), problems
    nothing = Source(shown, "", resolved, name)
    try:
        status = resolved.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(
                f"{shown} is no regular file", hint="copy its contents into one, or give `-` and pipe a spec in"
            )
        data = resolved.read_bytes() if status.st_size <= MOST_BYTES else None
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from error
    if data is None:
        problems.error("K0110", f"{shown} has more than {MOST_BYTES:_} bytes", Span(nothing, 0, 0), hint="split it")
        return nothing, problems
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
        return nothing, problems
    return Source(shown, text, resolved, name), problems


def _name(resolved: Path, root: Path) -> str:
    within, start = str(resolved), f"{root}{os.sep}"
    if within.startswith(start):
        return within.removeprefix(start).replace(os.sep, "/")
    return Path(os.path.relpath(resolved, root)).as_posix()


def refused(source: Source) -> tuple[Source, Problems]:
    """A file of an untrusted set that lies outside its root: without its text, and the problem that it is."""
    nothing, problems = Source(source.path, "", source.file, source.name), Problems()
    problems.error("K0211", f"{source.path} lies {OUTSIDE}", Span(nothing, 0, 0), hint=TRUST)
    return nothing, problems


def parse_file(file: Path, root: Path, problems: Problems) -> Spec:
    """One file read and parsed. Raises `UsageError` for one that cannot be read."""
    source, found = read_file(file, root)
    for diagnostic in found:
        problems.add(diagnostic)
    from kpidsl.syntax.kept import parse_kept

    return parse_kept(source, problems)


def _imported(files: SpecFiles, instead: Mapping[Path, str]) -> None:
    """Add everything the files import, each once. A ring of imports is a problem that shows it."""
    known = {source.file: source for source in files.sources}
    finished: set[Path | None] = set()

    def imports(source: Source) -> Iterator[ImportDecl]:
        if not _IMPORTS.search(source.text):
            return iter(())
        from kpidsl.syntax.setting_nodes import ImportDecl

        return iter([node for node in files.spec(source).declarations if isinstance(node, ImportDecl)])

    for first in tuple(files.sources):
        if first.file in finished:
            continue
        # The files that lead here, with what each has yet to import: a loop, as there may be more than Python's stack.
        ring = [(first, imports(first))]
        while ring:
            source, left = ring[-1]
            node = next(left, None)
            if node is None or source.file is None:
                finished.add(source.file)
                ring.pop()
                continue
            target = _target(source.file, node.path, files, files.problems_of(source))
            if target is None:
                continue
            start = next((at for at, (one, _) in enumerate(ring) if one.file == target), None)
            if start is not None:
                shown = " → ".join([*(one.path for one, _ in ring[start:]), ring[start][0].path])
                files.problems_of(source).error(
                    "K0209", f"files import each other in a ring: {shown}", node.span, hint="take one import out"
                )
                continue
            if target not in known:
                relative = Path(os.path.relpath(target, Path.cwd()))
                path = target if str(relative).startswith("..") else relative
                read = read_file(path, files.root, instead)
                known[target] = read[0]
                files.add(*read)
            if target not in finished:
                ring.append((known[target], imports(known[target])))


def _target(importer: Path, written: Text, files: SpecFiles, problems: Problems) -> Path | None:
    try:
        target = (importer.parent / written.value).resolve()
    except (OSError, RuntimeError, ValueError):  # a ring of links, a NUL
        problems.error("K0210", f"there is no file {written.value} to import", written.span)
        return None
    if not files.may_read(target):  # before anything tells whether it is there
        problems.error("K0211", f"{written.value} lies {OUTSIDE}", written.span, hint=TRUST)
        return None
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
