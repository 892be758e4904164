"""Options of providers: checked before anything is opened, each mistake with its name."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kpidsl.diagnostics import OptionError
from kpidsl.hookspecs import Context, Dataset, Provider, Secret
from kpidsl.sources.options import build_options, option_fields


@dataclass(frozen=True)
class Options:
    host: str = field(metadata={"positional": True, "help": "where"})
    tables: tuple[str, ...] = field(metadata={"positional": True})
    port: int = 5432
    tls: bool = True
    timeout: float | None = None
    password: Secret | None = None

    def __post_init__(self) -> None:
        if self.port > 65535:
            raise ValueError("`port` is at most 65535")


def refuse(options: Options, context: Context) -> Dataset:
    raise AssertionError("options are checked before anything is opened")


PROVIDER = Provider("remote", Options, refuse)


def test_values() -> None:
    found = build_options(PROVIDER, ["h", "a"], {"port": 1, "timeout": 2, "tls": False})
    assert found == Options("h", ("a",), 1, False, 2.0)
    assert build_options(PROVIDER, ["h", ["a", "b"]]) == Options("h", ("a", "b"))
    assert build_options(PROVIDER, ["h", "a", "b"]) == Options("h", ("a", "b"))
    assert build_options(PROVIDER, [], {"host": "h", "tables": "a", "timeout": Decimal("1.5")}).timeout == 1.5
    assert build_options(PROVIDER, ["h", "a"], {"port": Decimal(80)}).port == 80
    assert build_options(PROVIDER, ["h", "a"], {"password": Secret("x")}).password == Secret("x")


@pytest.mark.parametrize(
    ("positional", "named", "option", "words"),
    [
        (["h"], {}, "tables", "`remote` needs `tables`: a text or a list of texts"),
        (["h", "a"], {"prt": 1}, "prt", "`remote` has no option `prt`"),
        (["h", "a"], {"host": "h"}, "host", "`host` of `remote` is given twice"),
        (["h", "a"], {"port": "80"}, "port", '`port` of `remote` is a whole number, not the text "80"'),
        (["h", "a"], {"port": True}, "port", "a whole number, not true"),
        (["h", "a"], {"port": 1.5}, "port", "a whole number, not 1.5"),
        (["h", "a"], {"tls": 1}, "tls", "true or false, not 1"),
        (["h", "a"], {"timeout": "x"}, "timeout", "a number, not"),
        (["h", ["a", 1]], {}, "tables", "a text or a list of texts, not a list"),
        ([5, "a"], {}, "host", "`host` of `remote` is a text, not 5"),
        (["h", "a"], {"password": "hunter2"}, "password", "a spec holds none"),
        (["h", "a"], {"port": 70000}, None, "at most 65535"),
    ],
)
def test_mistakes(positional: list[object], named: dict[str, object], option: str | None, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        build_options(PROVIDER, positional, named)
    assert caught.value.option == option
    assert words in caught.value.message
    assert (caught.value.exit_code, caught.value.code) == (4, "K0803")
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_too_many_values() -> None:
    @dataclass(frozen=True)
    class One:
        path: str = field(metadata={"positional": True})

    with pytest.raises(OptionError, match="takes 1 value without a name, and 2 are given"):
        build_options(Provider("one", One, refuse), ["a", "b"])


def test_did_you_mean() -> None:
    with pytest.raises(OptionError) as caught:
        build_options(PROVIDER, ["h", "a"], {"time_out": 1})
    assert caught.value.hint == "did you mean `timeout`?"


def test_secrets_are_never_shown() -> None:
    secret = Secret("hunter2")
    options = build_options(PROVIDER, ["h", "a"], {"password": secret})
    for text in (repr(options), str(options), f"{secret}", repr(secret), f"{secret!s}"):
        assert "hunter2" not in text
    with pytest.raises(OptionError) as caught:
        build_options(PROVIDER, ["h", secret])
    assert "hunter2" not in caught.value.message
    with pytest.raises(TypeError, match="cannot be pickled"):
        __import__("pickle").dumps(secret)
    assert secret.reveal() == "hunter2"


def test_classes_that_are_no_options() -> None:
    @dataclass
    class Odd:
        when: Path

    for wrong, words in ((Odd, "a type that a spec cannot write"), (dict, "not a dataclass")):
        with pytest.raises(TypeError, match=words):
            option_fields(Provider("odd", wrong, refuse))


def test_every_option_of_the_built_ins_is_described() -> None:
    from kpidsl.sources.builtin import kpidsl_providers

    for provider in kpidsl_providers():
        assert provider.summary
        assert all(option.help for option in option_fields(provider)), provider.name


def test_a_word_of_an_annotation_means_what_it_means_in_the_module_of_the_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module: Any = ModuleType("plugin_with_words_of_its_own")
    module.Secret = str  # such as a name for any text
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\n"
        "class Options:\n    token: Secret\n    rows: int | None = None\n",
        vars(module),
    )
    fields = {one.name: one.kind for one in option_fields(Provider("odd", module.Options, refuse))}
    assert fields == {"token": str, "rows": int}


def test_an_option_inherited_from_a_class_elsewhere_has_its_type_too() -> None:
    @dataclass(frozen=True)
    class Base:
        path: str

    @dataclass(frozen=True)
    class Options(Base):
        rows: int | None = None

    assert [one.kind for one in option_fields(Provider("odd", Options, refuse))] == [str, int]
