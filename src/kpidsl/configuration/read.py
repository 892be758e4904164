"""kpidsl.toml as TOML: its tables checked, merged with the chosen profile's, each value with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kpidsl.configuration.model import Configuration, ConnectionSettings, Setting, SourceSettings
from kpidsl.diagnostics import Problems, UsageError, did_you_mean
from kpidsl.diagnostics.secrets import HIDDEN
from kpidsl.hookspecs import Limits
from kpidsl.source_text import Source, Span

TABLES = ("connections", "sources", "profiles")
IN_PROFILE = ("connections", "sources")
LIMITS = ("connect_timeout", "timeout", "retries")
OWN = ("provider", "public", *LIMITS)
MOST_BYTES = 1_000_000
_NAME = re.compile(r"[a-z_][a-z0-9_.]*")
_HEADER = re.compile(r"[ \t]*\[\[?([^\]\n]*)\]")
_PART = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*(\.|$|=)?""")

Path_ = tuple[str, ...]


class _Reader:
    """Reads one file. Everything that is wrong is reported; what is sound is kept."""

    def __init__(self, file: Path, text: str, problems: Problems) -> None:
        shown = _shown(text)
        self.source = Source(str(file), shown, file, file.name)
        self.problems = problems
        self.places = _places(shown)

    def span(self, path: Path_) -> Span:
        """Where a key stands, or what is inside it; of an inline table the nearest table around it."""
        while path:
            inside = next((key for key in self.places if key[: len(path)] == path), None)
            if inside is not None:
                return Span(self.source, *self.places[path if path in self.places else inside])
            path = path[:-1]
        return Span(self.source, 0, min(1, len(self.source.text)))

    def error(self, message: str, path: Path_, hint: str | None = None, code: str = "K0809") -> None:
        self.problems.error(code, message, self.span(path), hint=hint)

    def known(self, table: Mapping[str, Any], allowed: Iterable[str], path: Path_, what: str) -> None:
        for key in table:
            if key not in allowed:
                hint = did_you_mean(key, tuple(allowed)) or f"there are {', '.join(allowed)}"
                self.error(f"`{key}` is nothing that {what} may say", (*path, key), hint)

    def tables(self, document: Mapping[str, Any], name: str, path: Path_) -> dict[str, tuple[Path_, Mapping[str, Any]]]:
        """The tables inside a table, by name, each with its path."""
        inside = document.get(name, {})
        if not isinstance(inside, dict):
            self.error(f"`{name}` is a table of tables", (*path, name), f"write `[{'.'.join((*path, name))}.NAME]`")
            return {}
        found: dict[str, tuple[Path_, Mapping[str, Any]]] = {}
        for key, value in _flat(inside, name):
            at = (*path, name, *key.split("."))
            if not isinstance(value, dict):
                self.error(f"`{key}` is a table", at, f"write `[{'.'.join(at)}]`")
            elif not _NAME.fullmatch(key):
                self.error(f"`{key}` is no name that a spec could write", at, "use lower-case letters, digits, `_`")
            else:
                found[key] = (at, value)
        return found

    # ------------------------------------------------------------ merged
    def configuration(self, document: Mapping[str, Any], profile: str | None) -> Configuration:
        self.known(document, TABLES, (), "kpidsl.toml")
        profiles = self.tables(document, "profiles", ())
        for path, table in profiles.values():
            self.known(table, IN_PROFILE, path, "a profile")
        layers: list[tuple[Path_, Mapping[str, Any]]] = [((), document)]
        if profile is not None:
            if profile not in profiles:
                known = ", ".join(profiles) or "none"
                raise UsageError(
                    f"{self.source.path} has no profile `{profile}`",
                    hint=did_you_mean(profile, tuple(profiles)) or f"there are: {known}",
                )
            layers.append(profiles[profile])
        connections = {name: self.connection(name, *one) for name, one in self.merged(layers, "connections").items()}
        sources = {name: self.source_settings(name, *one) for name, one in self.merged(layers, "sources").items()}
        return Configuration(
            self.source.file.parent if self.source.file is not None else None,
            profile,
            {name: one for name, one in connections.items() if one is not None},
            {name: one for name, one in sources.items() if one is not None},
        )

    def merged(
        self, layers: Iterable[tuple[Path_, Mapping[str, Any]]], name: str
    ) -> dict[str, tuple[Path_, dict[str, Setting]]]:
        """The settings of each table, those of a later layer in the place of those of an earlier one."""
        found: dict[str, tuple[Path_, dict[str, Setting]]] = {}
        for path, layer in layers:
            for key, (at, table) in self.tables(layer, name, path).items():
                settings = {inner: Setting(value, self.span((*at, inner))) for inner, value in table.items()}
                before = found.get(key, (at, {}))[1]
                another = before.get("provider")
                if "provider" in settings and another is not None and another.value != settings["provider"].value:
                    before = {}  # another provider takes other settings
                found[key] = (at, {**before, **settings})
        return found

    def provider(self, what: str, path: Path_, settings: dict[str, Setting]) -> Setting | None:
        found = settings.pop("provider", None)
        if found is None:
            self.error(f"{what} does not say its provider", path, 'add `provider = "postgres"`')
        elif not isinstance(found.value, str):
            self.problems.error("K0809", "a provider is a text", found.span, hint='write `provider = "postgres"`')
            return None
        return found

    def connection(self, name: str, path: Path_, settings: dict[str, Setting]) -> ConnectionSettings | None:
        provider = self.provider(f"the connection `{name}`", path, settings)
        public = settings.pop("public", None)
        if public is not None and not isinstance(public.value, bool):
            self.problems.error("K0809", "`public` is true or false", public.span)
        limits = {key: self.number(key, settings.pop(key)) for key in LIMITS if key in settings}
        if provider is None:
            return None
        sound = {key: value for key, value in limits.items() if value is not None}
        retries = int(sound.pop("retries", Limits().retries))
        return ConnectionSettings(
            name, provider, public is not None and public.value is True, Limits(**sound, retries=retries), settings,
            self.span(path),
        )  # fmt: skip

    def number(self, key: str, setting: Setting) -> float | None:
        value = setting.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or value < 0 or (key == "retries" and value != int(value)) or (key != "retries" and not value):  # type: ignore[operator,call-overload]
            wanted = "a whole number, 0 or more" if key == "retries" else "a number of seconds above 0"
            self.problems.error("K0809", f"`{key}` is {wanted}", setting.span)
            return None
        return float(value)  # type: ignore[arg-type]

    def source_settings(self, name: str, path: Path_, settings: dict[str, Setting]) -> SourceSettings | None:
        provider = self.provider(f"the source `{name}`", path, settings)
        connection = settings.pop("connection", None)
        if connection is not None and not isinstance(connection.value, str):
            self.problems.error("K0809", "a connection is named by a text", connection.span)
            return None
        return None if provider is None else SourceSettings(name, provider, connection, settings, self.span(path))


def read(file: Path, profile: str | None, problems: Problems) -> Configuration:
    """What a file says for a profile. Raises UsageError for a profile that it does not have, or a file that cannot be
    read; what is wrong in it is reported with its place (K0809).
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(f"{file} is larger than {MOST_BYTES:_} bytes: that is no configuration")
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise UsageError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
    reader = _Reader(file, text, problems)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = re.search(r"\(at line (\d+), column (\d+)\)", said)
        shown = reader.source.text
        start = _offset(shown, int(at[1]), int(at[2])) if at else max(len(shown) - 1, 0)
        words = re.sub(r" \(at .*\)", "", said)
        span = Span(reader.source, start, min(start + 1, len(shown)))
        problems.error("K0809", f"this is not TOML: {words[:1].lower()}{words[1:]}", span)
        return Configuration(file.parent)
    return reader.configuration(document, profile)


def _flat(table: Mapping[str, Any], name: str) -> Iterable[tuple[str, Any]]:
    """The tables of a table; one of a name in a namespace (`[sources.sales.orders]`) is `sales.orders`."""
    for key, value in table.items():
        nested = isinstance(value, dict) and value and all(isinstance(inner, dict) for inner in value.values())
        if name == "sources" and nested and "provider" not in value:
            yield from ((f"{key}.{inner}", one) for inner, one in value.items())
        else:
            yield key, value


def _shown(text: str) -> str:
    """The text as messages show it: outside of sources no value is shown but of what every connection may say. Each
    may be a secret, also behind a misspelt name, or where it cannot be read. No line more or less.
    """
    found: list[str] = []
    table: Path_ = ()
    inside: Path_ = ()
    for line in text.splitlines(keepends=True):
        body, end = line.rstrip(), len(line) - len(line.lstrip())
        header = _HEADER.match(line)
        if header is not None:
            table = inside = _key(header[1])[0]
            end = header.end()
        else:
            path, behind = _key(line)
            if path:
                inside, end = (*table, *path), behind
        is_source = (inside[2:] if inside[:1] == ("profiles",) else inside)[:1] == ("sources",)
        is_known = is_source or inside[-1:] in [(name,) for name in OWN]
        if not is_known and body[end:].strip():
            gap = body[end : len(body) - len(body[end:].lstrip())]
            line = f"{body[:end]}{gap}{HIDDEN}{line[len(body) :]}"
        found.append(line)
    return "".join(found)


def _places(text: str) -> dict[Path_, tuple[int, int]]:
    """Where keys and headers of tables stand: start and end. TOML's own reader does not tell."""
    found: dict[Path_, tuple[int, int]] = {}
    table: Path_ = ()
    start = 0
    for line in text.splitlines(keepends=True):
        header = _HEADER.match(line)
        if header is not None:
            table = _key(header[1])[0]
            inner = len(line) - len(line.lstrip())
            found.setdefault(table, (start + inner, start + header.end()))
        else:
            path, end = _key(line)
            if path and line[end - 1 : end] == "=":
                inner = len(line) - len(line.lstrip())
                found.setdefault((*table, *path), (start + inner, start + len(line.rstrip())))
        start += len(line)
    return found


def _key(text: str) -> tuple[Path_, int]:
    """The parts of a dotted key, and where what stands behind them begins."""
    parts: list[str] = []
    at = 0
    while True:
        part = _PART.match(text, at)
        if part is None:
            return (), at
        parts.append(next(one for one in part.groups()[:3] if one is not None))
        at = part.end()
        if part[4] != ".":
            return tuple(parts), at


def _offset(text: str, line: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    inside = min(column - 1, len(lines[line - 1].rstrip("\r\n"))) if line <= len(lines) else 0
    return min(sum(map(len, lines[: line - 1])) + inside, max(len(text) - 1, 0))
