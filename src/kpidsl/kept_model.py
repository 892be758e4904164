"""What checking a spec set gave, kept by everything it depends on: an unchanged set is not checked again.

It depends on the text of all files and where they lie, on the columns of their sources, on the params, on whether it
is trusted, and on this version of kpidsl. Data decides nothing here: a set with a source that could not be opened is
not kept.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kpidsl import kept_files
from kpidsl.diagnostics import Diagnostic, Problems
from kpidsl.semantic.model import Model
from kpidsl.semantic.types import Schema
from kpidsl.semantic.values import Aggregate
from kpidsl.sharing import shared
from kpidsl.source_text import Source
from kpidsl.spec_files import SpecFiles

if TYPE_CHECKING:
    from kpidsl.semantic.declared import Declared
    from kpidsl.syntax.decl_nodes import SourceDecl
    from kpidsl.syntax.shared_nodes import ProviderCall

    Sources = Mapping[str, Declared[SourceDecl]]
_NOT_KEPT: Mapping[type, str] = {Aggregate: "span"}
"""Where an aggregation is written is told by errors alone. Without it, equal ones of many metrics are one."""


class KeptModel:
    """What is kept of one spec set. Nothing is, where the user has no cache folder."""

    def __init__(self, files: SpecFiles) -> None:
        self._sources = files.sources
        self._parts = [kept_files.maker(), b"untrusted" if files.untrusted else b""]
        for source in files.sources:
            self._parts += (
                str(part).encode("utf-8", "surrogatepass") for part in (source.path, source.name, source.file)
            )
            self._parts.append(source.text.encode("utf-8", "surrogatepass"))
        self.is_on = kept_files.folder() is not None
        self._set = kept_files.key(*self._parts) if self.is_on else ""

    def declared(self) -> Sources | None:
        """The sources of the set as they are declared: enough to open them."""
        found = self._load("sources", self._set)
        return found if isinstance(found, dict) else None

    def checkins(self) -> dict[str, ProviderCall] | None:
        """Where the check-ins of each objective of the set are kept."""
        found = self._load("checkins", self._set)
        return found if isinstance(found, dict) else None

    def save_declared(self, sources: Sources, checkins: Mapping[str, ProviderCall]) -> None:
        self._save("sources", self._set, dict(sources))
        self._save("checkins", self._set, dict(checkins))

    def of(self, schemas: Mapping[str, Schema | None], params: Mapping[str, str]) -> str:
        """The name under which what was found with these columns and params is kept."""
        return kept_files.key(
            self._set.encode(), repr(sorted(schemas.items())).encode(), repr(sorted(params.items())).encode()
        )

    def model(self, name: str) -> tuple[Model, tuple[Diagnostic, ...]] | None:
        """The model and what was said of it."""
        found = self._load("model", name)
        return found if isinstance(found, tuple) else None

    def save_model(self, name: str, model: Model, problems: Problems) -> None:
        """Keep a model without errors, and its warnings."""
        if self.is_on and not problems.has_errors:
            self._save("model", name, shared((model, tuple(problems)), _NOT_KEPT))

    def report(self, name: str) -> tuple[Diagnostic, ...] | None:
        """Everything that `check` said."""
        found = self._load("report", name)
        return found if isinstance(found, tuple) else None

    def save_report(self, name: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        self._save("report", name, diagnostics)

    # ------------------------------------------------------------ bytes
    def _load(self, kind: str, name: str) -> object:
        data = kept_files.load(kind, name) if self.is_on and name else None
        if data is None:
            return None
        try:
            return _Unpickler(io.BytesIO(data), self._sources).load()
        except Exception:  # noqa: BLE001 -- whatever is wrong with it, it is made again
            return None

    def _save(self, kind: str, name: str, value: object) -> None:
        if not (self.is_on and name):
            return
        data = io.BytesIO()
        try:
            _Pickler(data, self._sources).dump(value)
        except (pickle.PicklingError, RecursionError, TypeError, AttributeError):
            return
        kept_files.save(kind, name, data.getvalue())


class _Pickler(pickle.Pickler):
    """Writes a place as the number of its file in the set."""

    def __init__(self, to: io.BytesIO, sources: list[Source]) -> None:
        super().__init__(to, pickle.HIGHEST_PROTOCOL)
        self._numbers = {source: number for number, source in enumerate(sources)}
        self.dispatch_table = {**copyreg.dispatch_table, Source: self._numbered}

    def _numbered(self, source: Source) -> Any:
        if source not in self._numbers:
            raise pickle.PicklingError
        return source_number, (self._numbers[source],)


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: io.BytesIO, sources: list[Source]) -> None:
        super().__init__(data)
        self._sources = sources

    def find_class(self, module: str, name: str) -> Any:
        if name == source_number.__name__:
            return self._sources.__getitem__
        return super().find_class(module, name)


def source_number(number: int) -> Source:
    """Stands for a file of the set; whoever reads it back puts the file in."""
    raise LookupError(number)
