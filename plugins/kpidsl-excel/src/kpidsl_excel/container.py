"""The file around a workbook: a zip of XML, opened without trust in what it says of itself."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from kpidsl.diagnostics import SourceError
from kpidsl.sources import files

if TYPE_CHECKING:
    from pyexpat import XMLParserType

CHUNK: Final = 1 << 16
MOST_OF_A_PART: Final = 4 << 30
"""Bytes of XML in one part of a workbook: a sheet that uses all rows of twenty columns has about one GiB."""
FREE_EXPANSION: Final = 64 << 20
MOST_EXPANSION: Final = 300
"""Beyond the first 64 MiB a part may be so many times larger than what is stored. Sheets are 5 to 50 times larger."""
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


class Archive:
    """The parts of a workbook. `name` is the file's name in messages."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._file = _opened(path, name)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
            self._file.close()
            raise self.damaged(str(error)) from error
        self.parts = frozenset(self._zip.namelist())

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def damaged(self, why: str) -> SourceError:
        """K0602 for what is no sound workbook."""
        return SourceError(
            f"{self.name} cannot be read: {why}", code="K0602",
            hint="does it open in Excel or LibreOffice? Save it again from there",
        )  # fmt: skip

    def chunks(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, as they come out of the zip. Raises SourceError for more than a workbook has."""
        with self._sound():
            about = self._zip.getinfo(part)
            if about.flag_bits & 0x1:
                raise protected(self.name)
            most = max(FREE_EXPANSION, about.compress_size * MOST_EXPANSION)
            total = 0
            with self._zip.open(about) as stream:
                while chunk := stream.read(CHUNK):
                    total += len(chunk)
                    if total > min(most, MOST_OF_A_PART):
                        raise self.damaged(f"{part} unpacks to more than {total - len(chunk) >> 20} MiB")
                    yield chunk

    def parse(self, part: str, parser: XMLParserType) -> Iterator[None]:
        """Feed a part to a parser, a chunk at a time. Raises SourceError for broken XML and for a document type:
        no workbook has one, and entities are declared there.
        """
        from xml.parsers import expat

        def refuse(*_: object) -> None:
            raise self.damaged(f"{part} declares a document type, which no workbook does")

        parser.StartDoctypeDeclHandler = refuse
        parser.buffer_text = True
        parser.buffer_size = CHUNK
        try:
            for chunk in self.chunks(part):
                parser.Parse(chunk, False)
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self.damaged(f"{part} is no XML: {error}") from error
        yield

    def walk(
        self, part: str, start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str, str], None] | None = None,
    ) -> None:  # fmt: skip
        """Call `start` with each element of a small part, without its prefix, and its attributes; and `end` with its
        name and the text since the last element began.
        """
        from xml.parsers import expat

        parser = expat.ParserCreate()
        texts: list[str] = []

        def started(name: str, attributes: Mapping[str, str]) -> None:
            texts.clear()
            start(local(name), attributes)

        def ended(name: str) -> None:
            if end is not None:
                end(local(name), "".join(texts))

        parser.StartElementHandler = started
        if end is not None:
            parser.EndElementHandler = ended
            parser.CharacterDataHandler = texts.append
        for _ in self.parse(part, parser):
            pass

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part of an .xlsx file refers to: by id, the last word of its type and the part it is."""
        folder, file = posixpath.split(part)
        where = posixpath.join(folder, "_rels", f"{file}.rels")
        found: dict[str, tuple[str, str]] = {}
        if where not in self.parts:
            return found

        def start(name: str, attributes: Mapping[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                full = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, posixpath.normpath(full))

        self.walk(where, start)
        return found

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except KeyError as error:
            raise self.damaged(f"a part of it is missing: {error}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise self.damaged(str(error) or type(error).__name__) from error


def local(name: str) -> str:
    """An element's name without its prefix."""
    return name.rpartition(":")[2]


def protected(name: str) -> SourceError:
    """K0602 for a workbook with a password."""
    return SourceError(
        f"{name} is protected by a password and cannot be read", code="K0602",
        hint="save a copy without one (in Excel: File, Info, Protect Workbook, Encrypt with Password, leave it empty)",
    )  # fmt: skip


def _opened(path: Path, name: str) -> IO[bytes]:
    """The file, if it is a zip. Raises SourceError that says what it is else."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise files.cannot_read(name, error) from error
    try:
        head = file.read(8)
        if head.startswith(b"PK"):
            file.seek(0)
            return file
        raise _other(file, head, name)
    except OSError as error:
        file.close()
        raise files.cannot_read(name, error) from error
    except SourceError:
        file.close()
        raise


def _other(file: IO[bytes], head: bytes, name: str) -> SourceError:
    if not head:
        return SourceError(f"{name} is empty", code="K0606", hint="is the workbook complete? Save it again")
    if head == _OLE:
        if _holds(file, _ENCRYPTED):
            return protected(name)
        return SourceError(
            f"{name} is in the format of Excel 97 to 2003 (.xls), which is not read", code="K0602",
            hint="open it in Excel or LibreOffice and save it as .xlsx",
        )  # fmt: skip
    return SourceError(
        f"{name} is no workbook: it is neither .xlsx nor .ods", code="K0602",
        hint="if it is text with separators, use `csv`; else open it in Excel or LibreOffice and save it as .xlsx",
    )  # fmt: skip


def _holds(file: IO[bytes], wanted: bytes) -> bool:
    rest = b""
    while chunk := file.read(1 << 20):
        if wanted in rest + chunk:
            return True
        rest = chunk[-len(wanted) :]
    return False
