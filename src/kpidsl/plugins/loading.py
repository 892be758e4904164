"""Plugins loaded one by one, each failure kept to the distribution it comes from."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType, ModuleType
from typing import Any, Final

import pluggy

from kpidsl import hookspecs
from kpidsl.diagnostics import Diagnostic, closest, foreign_errors
from kpidsl.hookspecs import PROJECT, Function, Provider, ReportFormat
from kpidsl.plugins.entry_points import EntryPoint, entry_points, normal_name
from kpidsl.plugins.registry import ENVIRONMENT, Failure, Offer, Plugin, Registry, reason, warning
from kpidsl.sources import builtin
from kpidsl.sources.options import option_fields

HOOKS: Final = tuple(name for name in vars(hookspecs) if name.startswith(f"{PROJECT}_"))
_SPECIFIED: Final = type("Specified", (), {name: getattr(hookspecs, name) for name in HOOKS})
"""The specifications alone: pluggy looks at every name of what it is given."""
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")


def load(
    *,
    no_plugins: bool = False,
    environ: Mapping[str, str] | None = None,
    found: Sequence[EntryPoint] | None = None,
    built_in: Sequence[object] = (builtin,),
) -> Registry:
    """Load the built-ins and every plugin that is installed, or those that `KPIDSL_PLUGINS` names (empty: none).

    Nothing a plugin does wrong is raised: it becomes a warning, and an error for those who use what is missing.
    `found` stands for the installed entry points.
    """
    chosen = (os.environ if environ is None else environ).get(ENVIRONMENT)
    loading = _Loading()
    for plugin in built_in:
        loading.add(plugin, EntryPoint(PROJECT, "", None, PROJECT, ""))
    if not no_plugins and (chosen is None or chosen.strip()):
        entries = entry_points() if found is None else tuple(found)
        if chosen is not None:
            entries = loading.choose(entries, [name.strip() for name in chosen.split(",") if name.strip()])
        for entry in entries:
            loading.load(entry)
    return loading.registry()


class _Manager(pluggy.PluginManager):
    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        """As pluggy has it, which looks for each name of a module in all the places where a class may have it."""
        if isinstance(plugin, ModuleType) and not inspect.isroutine(vars(plugin).get(name)):
            return None
        return super().parse_hookimpl_opts(plugin, name)


class _Loading:
    """The state of one `load`: what has been given so far, and what went wrong."""

    def __init__(self) -> None:
        self._manager = _Manager(PROJECT)
        self._manager.add_hookspecs(_SPECIFIED)
        self._plugins: list[Plugin] = []
        self._warnings: list[Diagnostic] = []
        self._failures: list[Failure] = []
        self._listeners: list[tuple[str, Callable[[Any], object]]] = []
        self._given: dict[str, dict[str, list[tuple[str, Any]]]] = {hook: {} for hook in _KINDS}

    def choose(self, entries: Sequence[EntryPoint], names: Sequence[str]) -> tuple[EntryPoint, ...]:
        """The entries that are named, by their own name or their distribution's; a name that nothing has is a
        warning.
        """
        known = [name for entry in entries for name in (entry.distribution, entry.name)]
        for name in names:
            if normal_name(name) not in {normal_name(one) for one in known}:
                near = closest(name, known)
                package = name if name.startswith(PROJECT) else f"{PROJECT}-{normal_name(name)}"
                hint = f"did you mean `{near}`?" if near else f"pip install {package}"
                self._warnings.append(warning("K0807", f"{ENVIRONMENT} names `{name}`, which is not installed", hint))
        wanted = {normal_name(name) for name in names}
        return tuple(entry for entry in entries if wanted & {normal_name(entry.name), normal_name(entry.distribution)})

    def load(self, entry: EntryPoint) -> None:
        """Import one plugin and take what it gives."""
        try:
            plugin = entry.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin that exits must not take the program along
            self._failed("K0801", entry, f"the plugin {entry.distribution} could not be loaded: {reason(error)}", error)
            return
        self.add(plugin, entry)

    def add(self, plugin: object, entry: EntryPoint) -> None:
        """Register a plugin and call its hooks, each by itself."""
        try:
            self._manager.register(plugin, name=f"{entry.distribution}:{entry.name}:{id(plugin)}")
        except Exception as error:  # noqa: BLE001 - wrong arguments of a hook, or the same module twice
            self._failed(
                "K0801", entry, f"the plugin {entry.distribution} could not be registered: {reason(error)}", error
            )
            return
        self._misspelt(plugin, entry)
        gives: list[str] = []
        for hook, kind in _KINDS.items():
            call = self._implementation(plugin, hook)
            if call is None:
                continue
            try:
                things = tuple(call())
            except foreign_errors() as error:
                self._failed(
                    "K0806", entry, f"{hook} of the plugin {entry.distribution} failed: {reason(error)}", error
                )
                continue
            for thing in things:
                wrong = _wrong(thing, kind) if entry.distribution != PROJECT else None
                if wrong is not None:
                    message = (
                        f"{hook} of the plugin {entry.distribution} gives something that is no {kind.__name__}: {wrong}"
                    )
                    self._warnings.append(warning("K0808", message, "it is left out; tell the plugin's authors"))
                    continue
                if entry.distribution != PROJECT and thing.name in _own(kind):
                    message = f"the {_WORDS[kind]} `{thing.name}` of the plugin {entry.distribution} is built in"
                    hint = "the built-in one is used; tell the plugin's authors to give theirs another name"
                    self._warnings.append(warning("K0804", message, hint))
                    continue
                gives.append(thing.name)
                self._given[hook].setdefault(thing.name, []).append((entry.distribution, thing))
        after = self._implementation(plugin, "kpidsl_after_eval")
        if after is not None:
            self._listeners.append((entry.distribution, after))
        self._plugins.append(Plugin(entry.distribution, entry.version, entry.name, tuple(gives)))

    def registry(self) -> Registry:
        """What was found."""

        def offer(hook: str, kind: str) -> Offer[Any]:
            return Offer(kind, MappingProxyType({name: tuple(things) for name, things in self._given[hook].items()}))

        return Registry(
            offer("kpidsl_providers", "provider"),
            offer("kpidsl_report_formats", "report format"),
            offer("kpidsl_functions", "function"),
            tuple(self._plugins),
            tuple(self._warnings),
            tuple(self._failures),
            tuple(self._listeners),
        )

    def _implementation(self, plugin: object, hook: str) -> Callable[..., Any] | None:
        for found in getattr(self._manager.hook, hook).get_hookimpls():
            if found.plugin is plugin and not (found.wrapper or found.hookwrapper):
                function: Callable[..., Any] = found.function
                if hook == "kpidsl_after_eval" and "results" not in found.argnames:
                    return functools.partial(_without_results, function)
                return function
        return None

    def _misspelt(self, plugin: object, entry: EntryPoint) -> None:
        for name in dir(plugin):
            member = getattr(plugin, name, None)
            marked = callable(member) and hasattr(member, f"{PROJECT}_impl")
            if marked and name not in HOOKS:
                near = closest(name, HOOKS)
                hint = f"did you mean `{near}`?" if near else f"the hooks are {', '.join(HOOKS)}"
                self._warnings.append(
                    warning("K0805", f"the plugin {entry.distribution} implements `{name}`, which is no hook", hint)
                )
            elif (
                callable(member) and not marked and _looks_like_a_hook(name) and not hasattr(member, f"{PROJECT}_spec")
            ):
                words = f"`{name}` of the plugin {entry.distribution} looks like a hook and is not marked as one"
                self._warnings.append(warning("K0805", words, f"write @hookimpl above `{closest(name, HOOKS)}`"))

    def _failed(self, code: str, entry: EntryPoint, message: str, error: BaseException) -> None:
        import traceback

        trace = "".join(traceback.format_exception(error))
        self._failures.append(Failure(entry.distribution, entry.name, reason(error), trace))
        self._warnings.append(
            warning(code, message, f"mend or uninstall {entry.distribution}, or leave it out with {ENVIRONMENT}=…")
        )


_KINDS: Final[Mapping[str, type[Any]]] = {
    "kpidsl_providers": Provider,
    "kpidsl_report_formats": ReportFormat,
    "kpidsl_functions": Function,
}


_WORDS: Final = {ReportFormat: "report format", Function: "function"}


def _own(kind: type[Any]) -> tuple[str, ...]:
    """The names that are built in, of what is no provider: two of those are told to who uses one."""
    from kpidsl.report.formats import FORMATS
    from kpidsl.semantic.terms import AGGREGATIONS, ROW_FUNCTIONS

    own = {ReportFormat: tuple(one.name for one in FORMATS), Function: (*ROW_FUNCTIONS, *AGGREGATIONS)}
    return own.get(kind, ())


def _looks_like_a_hook(name: str) -> bool:
    return name.startswith(f"{PROJECT}_") and closest(name, HOOKS) is not None


def _without_results(function: Callable[[], Any], _results: object) -> None:
    """Call a hook that does not ask for the results it could have."""
    function()


def _wrong(thing: object, kind: type[Any]) -> str | None:
    if not isinstance(thing, kind):
        return repr(thing)
    name = getattr(thing, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"its name is {name!r}, not lower-case letters, digits and underscores"
    if isinstance(thing, Provider):
        try:
            option_fields(thing)
            if thing.connection is not None:
                option_fields(replace(thing, options=thing.connection))
        except Exception as error:  # noqa: BLE001 - annotations of a plugin's class may raise anything
            return reason(error)
    return None
