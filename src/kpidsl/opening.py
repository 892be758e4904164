"""From `from provider(…)`, and what kpidsl.toml says of it, to an opened dataset."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from kpidsl.configuration import EMPTY, Configuration, ConnectionSettings, Setting, SourceSettings
from kpidsl.diagnostics import KpidslError, OptionError, Problems, SourceError, UsageError, closest
from kpidsl.hookspecs import Context, Dataset, Limits, Provider, Secret
from kpidsl.plugins import PluginError, Registry
from kpidsl.records import dataclass
from kpidsl.source_text import Span
from kpidsl.sources.options import OptionField, build_options, option_fields
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.node import Name, Text

IN_PROCESS = "arrow"


class Misplaced(KpidslError):
    """A mistake in kpidsl.toml or in a spec, with the place it is at."""

    exit_code = 4

    def __init__(self, error: KpidslError, span: Span) -> None:
        super().__init__(error.message, code=error.code, hint=error.hint)
        self.span = span


@dataclass(frozen=True, slots=True)
class Chosen:
    """A provider with its options checked, and what it is opened with. `is_remote`: it is reached by a connection."""

    provider: Provider
    options: Any
    context: Context

    @property
    def is_remote(self) -> bool:
        return self.provider.connection is not None

    def open(self) -> Dataset:
        return self.provider.open(self.options, self.context)


class Frames(dict[str, object]):
    """The tables of the program that calls, and which of them were asked for."""

    def __init__(self, given: Mapping[str, object]) -> None:
        super().__init__(given)
        self._asked: set[object] = set()

    def __contains__(self, name: object) -> bool:
        self._asked.add(name)
        return super().__contains__(name)

    def __getitem__(self, name: str) -> object:
        self._asked.add(name)
        return super().__getitem__(name)

    def require_asked(self, sources: Iterable[str]) -> None:
        """Raise UsageError for a table that nothing asked for, where its name is nearly that of a source without one.
        Others are no harm: a program may give all tables it has to every spec.
        """
        without = [name for name in sources if not super(Frames, self).__contains__(name)]
        for name in self:
            near = closest(name, without) if name not in self._asked else None
            if near is not None:
                raise UsageError(
                    f"a table is given for `{name}`, and there is no such source", hint=f"did you mean `{near}`?"
                )


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens what the sources of one spec set are read from. `secrets`: look them up; a check does without them."""

    registry: Registry
    root: Path
    configuration: Configuration = EMPTY
    untrusted: bool = False
    secrets: bool = True

    def chosen(
        self, written: p.ProviderCall, source: str, frames: Mapping[str, object], timezone: str = "UTC"
    ) -> Chosen:
        """The provider of a source, its options and its connection.

        Raises Misplaced for a mistake of the spec or of kpidsl.toml; SourceError for a secret that is not there.
        """
        file = written.span.source.file
        context = Context(file.parent if file is not None else self.root, self.root, self.untrusted, frames, timezone)
        if source in frames:
            provider = self.registry.provider(IN_PROCESS)
            return Chosen(provider, build_options(provider, [source], {}), context)
        instead = self.configuration.sources.get(source)
        if instead is not None:
            return self.instead(instead, context)
        try:
            provider = self.registry.provider(written.provider.text)
            connection, arguments = self.connection_named(provider, written)
            options = build_options(provider, *_arguments(arguments))
        except (OptionError, PluginError) as error:
            raise Misplaced(error, _place(written, error)) from error
        return Chosen(provider, options, self.connected(provider, connection, written.provider.span, context))

    def instead(self, settings: SourceSettings, context: Context) -> Chosen:
        """What kpidsl.toml puts in the place of what the spec says."""
        assert isinstance(settings.provider.value, str)
        folder = self.configuration.folder
        context = replace(context, base=folder if folder is not None else context.base)
        try:
            provider = self.registry.provider(settings.provider.value)
        except PluginError as error:
            raise Misplaced(error, settings.provider.span) from error
        values = {name: _toml(setting) for name, setting in settings.values.items()}
        try:
            options = build_options(provider, [], values)
        except OptionError as error:
            raise Misplaced(error, _setting(settings.values, error, settings.span)) from error
        connection = None
        if settings.connection is not None:
            connection = self.connection(str(settings.connection.value), provider, settings.connection.span)
        return Chosen(provider, options, self.connected(provider, connection, settings.span, context))

    # ------------------------------------------------------------ connections
    def connection_named(
        self, provider: Provider, written: p.ProviderCall
    ) -> tuple[ConnectionSettings | None, tuple[p.ProviderArgument, ...]]:
        """The connection that a spec names first, and the arguments behind it."""
        first = written.arguments[0] if written.arguments else None
        if provider.connection is None or first is None or first.name is not None or not isinstance(first.value, Name):
            return None, written.arguments
        return self.connection(first.value.text, provider, first.value.span), written.arguments[1:]

    def connection(self, name: str, provider: Provider, span: Span) -> ConnectionSettings:
        found = self.configuration.connections.get(name)
        if found is None:
            known = list(self.configuration.connections)
            near = closest(name, known)
            fitting = [
                one
                for one, settings in self.configuration.connections.items()
                if settings.provider.value == provider.name
            ]
            hint = f"did you mean `{near}`?" if near else f"there are {', '.join(fitting)}" if fitting else None
            hint = hint or f'add to kpidsl.toml: [connections.{name}], provider = "{provider.name}"'
            _raise("K0810", f"there is no connection `{name}`", hint, span)
        if found.provider.value != provider.name:
            message = f"the connection `{name}` is one of `{found.provider.value}`, not of `{provider.name}`"
            _raise("K0810", message, f"name a connection of `{provider.name}`, or another provider", span)
        return found

    def connected(
        self, provider: Provider, settings: ConnectionSettings | None, span: Span, context: Context
    ) -> Context:
        """The context with the connection in it."""
        if provider.connection is None:
            return context
        if self.untrusted and (settings is None or not settings.public):
            which = f"the connection `{settings.name}`" if settings is not None else f"`{provider.name}`"
            _raise(
                "K0815", f"{which} may not be used: the spec is not trusted",
                "allow it with `public = true` in the configuration outside of the specs", span,
            )  # fmt: skip
        if settings is None:
            if provider.needs_connection:
                example = (
                    f'{provider.name}(NAME, …), and in kpidsl.toml [connections.NAME], provider = "{provider.name}"'
                )
                _raise("K0810", f"`{provider.name}` needs a connection", f"name one first: {example}", span)
            return context
        maker = replace(provider, options=provider.connection)
        fields = {field.name: field for field in option_fields(maker)}
        values: dict[str, object] = {}
        for name, setting in settings.values.items():
            values[name] = self.value(settings, name, setting, fields.get(name))
        try:
            made = build_options(maker, [], values)
        except OptionError as error:
            message = error.message.replace(f"`{provider.name}`", f"the connection `{settings.name}`", 1)
            hint = _connection_hint(error.hint, fields)
            named = OptionError(message, option=error.option, code="K0811", hint=hint)
            raise Misplaced(named, _setting(settings.values, error, settings.span)) from error
        return replace(
            context,
            connection=made,
            connection_name=settings.name,
            connection_folder=self.configuration.folder,
            limits=settings.limits,
        )

    def value(self, connection: ConnectionSettings, name: str, setting: Setting, field: OptionField | None) -> object:
        """A setting of a connection: as written, or from the environment or a file where it says so."""
        is_secret = field is not None and field.kind is Secret
        if isinstance(setting.value, dict):
            text = self.looked_up(connection, name, setting)
            return Secret(text) if is_secret else text
        if is_secret:
            _raise(
                "K0812", f"`{name}` of the connection `{connection.name}` is a secret, and stands here for all to read",
                f'write `{name} = {{env = "{connection.name.upper()}_{name.upper()}"}}` or `{name} = {{file = "…"}}`',
                setting.span,
            )  # fmt: skip
        return _toml(setting)

    def looked_up(self, connection: ConnectionSettings, name: str, setting: Setting) -> str:
        """What an environment variable or a file holds. Raises SourceError K0812 where it is not there."""
        table = setting.value
        assert isinstance(table, dict)
        kind, where = next(iter(table.items()), ("", None))
        if len(table) != 1 or kind not in ("env", "file") or not isinstance(where, str):
            _raise(
                "K0809", f"`{name}` is neither a value nor where one is", 'write `{env = "NAME"}` or `{file = "PATH"}`',
                setting.span,
            )  # fmt: skip
        if not self.secrets:
            return ""
        what = f"`{name}` of the connection `{connection.name}`"
        if kind == "env":
            found = os.environ.get(where)
            if found is None:
                raise SourceError(
                    f"{what}: the environment variable {where} is not set", code="K0812", hint=f"export {where}=…"
                )
            return found
        file = (self.configuration.folder or self.root) / Path(where).expanduser()
        try:
            return file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = (getattr(error, "strerror", None) or "not UTF-8").lower()
            raise SourceError(
                f"{what}: cannot read {file}: {why}", code="K0812", hint="name a file that holds the secret alone"
            ) from error


def report(error: KpidslError, problems: Problems, fallback: Span) -> None:
    """Tell a mistake where it was made."""
    problems.error(error.code, error.message, getattr(error, "span", fallback), hint=error.hint)


def limits_of(chosen: Chosen) -> Limits | None:
    """How long it may take; None for what lies on this machine."""
    return chosen.context.limits if chosen.is_remote else None


def _arguments(arguments: tuple[p.ProviderArgument, ...]) -> tuple[list[object], dict[str, object]]:
    named: dict[str, object] = {}
    for one in arguments:
        if one.name is not None:
            if one.name.text in named:
                raise OptionError(f"`{one.name.text}` is given twice", option=one.name.text, hint="keep one")
            named[one.name.text] = _value(one.value)
    return [_value(one.value) for one in arguments if one.name is None], named


def _value(option: p.OptionValue) -> object:
    match option:
        case Text(value=text):
            return text
        case Name(text=text):
            return text
        case p.OptionBoolean(value=truth):
            return truth
        case p.OptionNumber(value=number):
            return int(number) if number == int(number) else float(number)
        case p.OptionList(items=items):
            return tuple(_value(item) for item in items)


def _toml(setting: Setting) -> object:
    return tuple(setting.value) if isinstance(setting.value, list) else setting.value


def _place(written: p.ProviderCall, error: KpidslError) -> Span:
    option = getattr(error, "option", None)
    for one in written.arguments:
        if one.name is not None and one.name.text == option:
            return one.name.span
    return written.provider.span


def _setting(values: Mapping[str, Setting], error: OptionError, fallback: Span) -> Span:
    found = values.get(error.option) if error.option is not None else None
    return found.span if found is not None else fallback


def _connection_hint(hint: str | None, fields: Mapping[str, OptionField]) -> str:
    """A usage that is that of a spec says nothing in kpidsl.toml."""
    if hint is not None and not hint.startswith("it is written"):
        return hint
    return f"it may say {', '.join(fields)}; and provider, public, connect_timeout, timeout, retries"


def _raise(code: str, message: str, hint: str, span: Span) -> NoReturn:
    raise Misplaced(KpidslError(message, code=code, hint=hint), span)
