"""Syntax trees kept by the content of their files: a file that was read once is not parsed again."""

from __future__ import annotations

import copyreg
import io
import pickle
from contextlib import suppress
from typing import Any

from kpidsl import kept_files
from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax.grammar_files import grammar_text, makers
from kpidsl.syntax.nodes import Spec
from kpidsl.syntax.parsing import parse

LEAST = 400  # characters: less is parsed sooner than found


def parse_kept(source: Source, problems: Problems) -> Spec:
    """`parse`, or what it gave for the same text before. Only a text without any problem is kept."""
    if len(source.text) < LEAST or kept_files.folder() is None:
        return parse(source, problems)
    name = kept_files.key(
        kept_files.maker(), grammar_text().encode(), makers(), source.text.encode("utf-8", "surrogatepass")
    )
    kept = kept_files.load("spec", name)
    if kept is not None:
        try:
            spec = _Unpickler(io.BytesIO(kept), source).load()
        except Exception:  # noqa: BLE001 -- whatever is wrong with it, it is parsed again
            spec = None
        if isinstance(spec, Spec):
            return spec
    own = Problems()
    spec = parse(source, own)
    for diagnostic in own:
        problems.add(diagnostic)
    if not len(own):
        with suppress(RecursionError):  # nested deeper than pickling goes: it is parsed each time
            kept_files.save("spec", name, _dumped(spec))
    return spec


class _Unpickler(pickle.Unpickler):
    """Reads a tree back, with the file it is of now in the place of the one it was of: the very object, since places
    are told apart by it.
    """

    def __init__(self, data: io.BytesIO, source: Source) -> None:
        super().__init__(data)
        self._source = source

    def find_class(self, module: str, name: str) -> Any:
        if name == _no_text.__name__:
            return lambda: self._source
        return super().find_class(module, name)


def _no_text() -> Source:
    """Stands for the file of a tree; whoever reads it back puts the file in."""
    raise LookupError


def _dumped(spec: Spec) -> bytes:
    """The tree without the text it was read from, which whoever finds it has."""
    data = io.BytesIO()
    pickler = pickle.Pickler(data, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, Source: lambda _: (_no_text, ())}
    pickler.dump(spec)
    return data.getvalue()
