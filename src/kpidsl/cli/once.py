"""A document that is written to several places and made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from tempfile import SpooledTemporaryFile

IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a document; what is longer lies in a temporary file meanwhile."""
PIECE = 1024 * 1024  # characters


class Once:
    """The pieces of a document as often as they are wanted. Where they cannot be kept they are made again."""

    def __init__(self, pieces: Callable[[], Iterable[str]]) -> None:
        self._pieces = pieces
        self._kept: SpooledTemporaryFile[str] | None = None

    def __call__(self) -> Iterable[str]:
        if self._kept is None:
            self._kept = self._keep()
        return self._pieces() if self._kept is None else self._again()

    def _keep(self) -> SpooledTemporaryFile[str] | None:
        from tempfile import SpooledTemporaryFile

        kept = SpooledTemporaryFile(  # noqa: SIM115 -- closed with the last reader
            IN_MEMORY, "w+", encoding="utf-8", errors="surrogatepass", newline=""
        )
        try:
            for piece in self._pieces():
                kept.write(piece)
            kept.flush()
        except OSError:  # no room for it
            with suppress(OSError):
                kept.close()
            return None
        finalize(self, kept.close)
        return kept

    def _again(self) -> Iterator[str]:
        assert self._kept is not None
        self._kept.seek(0)
        while piece := self._kept.read(PIECE):
            yield piece
