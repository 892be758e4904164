"""What built-ins and plugins give, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import pluggy

from kpidsl.diagnostics import Diagnostic, KpidslError, Severity, closest, foreign_errors, told
from kpidsl.hookspecs import Function, Provider, ReportFormat
from kpidsl.records import dataclass
from kpidsl.semantic.terms import GivenTwice

ENVIRONMENT: Final = "KPIDSL_PLUGINS"
CHOOSE: Final = f"uninstall one of them, or choose with {ENVIRONMENT}=…"

T = TypeVar("T")


class PluginError(KpidslError):
    """A spec uses something a plugin gives, or should give, and it cannot be had: unknown, failed to load, or given
    twice.
    """

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin that could not be loaded, or a hook of it that raised; `traceback` is for those who debug it."""

    distribution: str
    name: str
    reason: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that was loaded, and the names of what it gives."""

    distribution: str
    version: str
    name: str
    gives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer(Generic[T]):
    """Everything of one kind that plugins give, by name; a name that several distributions give is a conflict, told
    only to those who use it.
    """

    kind: str
    given: Mapping[str, tuple[tuple[str, T], ...]]

    def get(self, name: str) -> T | None:
        """The one thing of this name. None where there is none; raises PluginError K0804 where there are several."""
        offers = self.given.get(name, ())
        if len(offers) > 1:
            names = " and ".join(distribution for distribution, _ in offers)
            raise PluginError(f"the {self.kind} `{name}` is given by {names}", code="K0804", hint=CHOOSE)
        return offers[0][1] if offers else None

    @property
    def clear(self) -> Mapping[str, T]:
        """What is given once."""
        return MappingProxyType({name: offers[0][1] for name, offers in self.given.items() if len(offers) == 1})


@dataclass(frozen=True, slots=True)
class Registry:
    """What built-ins and plugins give, and what went wrong in finding it.

    `warnings` are told once; `failures` keep the tracebacks.
    """

    provider_offer: Offer[Provider]
    format_offer: Offer[ReportFormat]
    function_offer: Offer[Function]
    plugins: tuple[Plugin, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    failures: tuple[Failure, ...] = ()
    listeners: tuple[tuple[str, Callable[[Any], object]], ...] = field(default=(), repr=False)

    @property
    def providers(self) -> Mapping[str, Provider]:
        """The providers by name."""
        return self.provider_offer.clear

    @property
    def report_formats(self) -> Mapping[str, ReportFormat]:
        """The report formats by name."""
        return self.format_offer.clear

    @property
    def functions(self) -> Mapping[str, Function | GivenTwice]:
        """The functions of row expressions by name, and in place of those that are given twice what to say of them."""
        found: dict[str, Function | GivenTwice] = {}
        for name in self.function_offer.given:
            try:
                function = self.function_offer.get(name)
            except PluginError as error:
                found[name] = GivenTwice(error.message, error.hint or "")
            else:
                assert function is not None
                found[name] = function
        return MappingProxyType(found)

    def provider(self, name: str) -> Provider:
        """The provider of this name.

        Raises PluginError: K0802 unknown (with what is known about why), K0804 given twice.
        """
        found = self.provider_offer.get(name)
        if found is None:
            raise PluginError(f"there is no provider `{name}`", code="K0802", hint=self.explain_missing(name))
        return found

    def report_format(self, name: str) -> ReportFormat | None:
        """The plugins' report format of this name, or None. Raises PluginError K0804 where it is given twice."""
        return self.format_offer.get(name)

    def format_of(self, suffix: str) -> ReportFormat | None:
        """The plugins' report format for files with a suffix, or None. Raises PluginError K0804 where there are two."""
        offers = [
            (one, distribution)
            for offered in self.format_offer.given.values()
            for distribution, one in offered
            if suffix in one.suffixes
        ]
        if len(offers) > 1:
            named = " and ".join(f"`{one.name}` ({distribution})" for one, distribution in offers)
            raise PluginError(f"several report formats have the suffix `{suffix}`: {named}", code="K0804", hint=CHOOSE)
        return self.format_offer.get(offers[0][0].name) if offers else None

    def explain_missing(self, name: str) -> str:
        """Why there is no provider of this name: a package that failed to load, a slip of the pen, or nothing
        installed.
        """
        folded = name.casefold()
        for failure in self.failures:
            words = re.split(r"[-_.]", f"{failure.name}-{failure.distribution}".casefold())
            if folded in words or folded == failure.name.casefold():
                return f"the package {failure.distribution} failed to load: {failure.reason}"
        near = closest(name, self.provider_offer.given)
        if near:
            return f"did you mean `{near}`?"
        if self.failures:
            listed = ", ".join(dict.fromkeys(failure.distribution for failure in self.failures))
            return f"it may come from a package that failed to load: {listed}"
        known = ", ".join(self.provider_offer.given)
        return f"there are {known}; a package may add more: pip install kpidsl-{name.replace('_', '-')}"

    def after_eval(self, results: object) -> tuple[Diagnostic, ...]:
        """Call every plugin's `kpidsl_after_eval`; what it raises comes back as a warning."""
        found = []
        for distribution, call in self.listeners:
            try:
                call(results)
            except foreign_errors() as error:
                words = f"{distribution} failed after the evaluation, in kpidsl_after_eval: {reason(error)}"
                found.append(warning("K0806", words, "the results are complete; tell the plugin's authors"))
        return tuple(found)


def reason(error: BaseException) -> str:
    """What an exception says, in a line: pluggy says first which plugin it is, and then what is wrong."""
    lines = told(error).splitlines()
    return f"{type(error).__name__}: {lines[-1]}" if isinstance(error, pluggy.PluginValidationError) else lines[0]


def warning(code: str, message: str, hint: str | None) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, hint=hint)
