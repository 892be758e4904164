"""JSON and TOML: every digit, the same content, and what the schema says."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.assess.results import ErrorResult, Segment, WindowResult
from kpidsl.report import schema_text, to_json, to_toml
from kpidsl.report.document import document
from kpidsl.report.json import WIDTH
from kpidsl.report.numbers import plain
from report.sample import assessment, at_least, compared, instant, kpi, metric, results, shop, trend

SCHEMA = json.loads(schema_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def read_toml(text: str) -> Any:
    return tomllib.loads(text, parse_float=Decimal)


def without_null(value: Any) -> Any:
    match value:
        case dict():
            return {name: without_null(each) for name, each in value.items() if each is not None}
        case list():
            return [without_null(each) for each in value]
        case _:
            return value


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("0E+7", "0"),
        ("1.10", "1.1"),
        ("118250.50", "118250.5"),
        ("120000", "120000"),
        ("1.2E+5", "120000"),
        ("-1749.5", "-1749.5"),
        ("0.0000001", "0.0000001"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("-0.12345678901234567890123456789012345678", "-0.12345678901234567890123456789012345678"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ("1E+60", "1e+60"),
        ("-1.50E+300", "-1.5e+300"),
        ("1.25E-30", "1.25e-30"),
    ],
)
def test_a_decimal_is_written_with_every_digit_and_nothing_more(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="no value of a document"):
        plain(Decimal(number))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_reads_back_equal_from_both_formats(number: Decimal) -> None:
    found = results(metrics=(replace(metric(), value=number),))
    assert read_json(to_json(found))["metrics"][0]["value"] == number
    assert read_toml(to_toml(found))["metrics"][0]["value"] == number


# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_toml_and_json_have_the_same_content() -> None:
    found = shop()
    as_json = read_json(to_json(found))
    assert read_toml(to_toml(found)) == without_null(as_json)
    assert as_json != without_null(as_json), "the sample has a NULL member, or this would compare less than it says"


texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
members = st.one_of(st.none(), texts, st.booleans(), st.decimals(allow_nan=False, allow_infinity=False, places=3))


@given(st.lists(st.tuples(texts, texts, members), max_size=4), st.text(max_size=20))
def test_any_text_survives_both_formats(parts: list[tuple[str, str, Any]], wild: str) -> None:
    found = results(
        kpi(
            "k",
            assessment(
                f"text {wild.encode('utf-8', 'replace').decode()}", reason="".join(text for _, text, _ in parts)
            ),
            title="".join(text for text, _, _ in parts),
            segments=tuple(Segment(((name, member),), assessment("1")) for name, _, member in parts),
        )
    )
    as_json = read_json(to_json(found))
    assert as_json["kpis"][0]["title"] == found.kpis[0].title
    assert read_toml(to_toml(found)) == without_null(as_json)


def test_a_path_that_is_no_text_does_not_break_the_document() -> None:
    found = results(errors=(ErrorResult("K0601", "cannot read \udcff.csv", None, "a\udcff.kpi:1", ()),))
    for text in (to_json(found), to_toml(found)):
        assert "cannot read \ufffd.csv" in text
        text.encode("utf-8")


def test_a_member_that_is_null_is_null_in_json_and_no_key_in_toml() -> None:
    found = results(kpi(segments=(Segment((("country", None), ("channel", "web")), assessment()),)))
    assert read_json(to_json(found))["kpis"][0]["segments"][0]["by"] == {"country": None, "channel": "web"}
    assert read_toml(to_toml(found))["kpis"][0]["segments"][0]["by"] == {"channel": "web"}


def test_what_is_not_there_is_left_out() -> None:
    (bare,) = read_json(to_json(results(kpi("k", assessment(None, "no_data", "no rows", n=None)))))["kpis"]
    assert list(bare) == ["name", "value_undefined", "kind", "window", "status", "reason", "at"]


def test_lists_of_the_document_itself_are_always_there() -> None:
    empty = document(results())
    assert [empty[each] for each in ("metrics", "kpis", "objectives", "errors", "warnings")] == [[]] * 5


def test_keys_stand_in_the_order_of_the_documentation() -> None:
    written = json.loads(to_json(shop()))
    assert list(written) == list(SCHEMA["properties"])
    for name, key in (("kpi", "kpis"), ("metric", "metrics"), ("problem", "errors")):
        order = list(SCHEMA["$defs"][name]["properties"])
        for each in written[key]:
            assert list(each) == [field for field in order if field in each]


def test_a_value_that_is_no_number_keeps_its_type() -> None:
    found = results(metrics=(metric("a", "2026-03-01"), replace(metric("b"), value=True)))
    assert [each["value"] for each in json.loads(to_json(found))["metrics"]] == ["2026-03-01", True]
    assert [each["value"] for each in tomllib.loads(to_toml(found))["metrics"]] == ["2026-03-01", True]


def test_in_toml_a_value_is_a_float_and_a_count_an_integer() -> None:
    (read,) = tomllib.loads(to_toml(results(metrics=(metric(value="118250"),))))["metrics"]
    assert (type(read["value"]), type(read["n"])) == (float, int)


def test_instants_carry_their_offset() -> None:
    window = document(shop())["kpis"][0]["window"]  # type: ignore[index,call-overload]
    assert (window["start"], window["end"]) == ("2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")
    with pytest.raises(ValueError, match="has no zone"):
        document(results(as_of=datetime(2026, 4, 1)))  # noqa: DTZ001  that is the point


def test_one_instant_in_two_places_is_written_as_in_each() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 1, tzinfo=UTC)
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1))
    ends = (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), first, second, first.astimezone(ZoneInfo("Europe/Paris")))
    windows = [WindowResult("then", start, end) for end in ends] + [WindowResult("then", start, ends[0])]
    found = read_json(to_json(results(*(replace(kpi(), window=window) for window in windows))))
    assert [each["window"]["end"][-6:] for each in found["kpis"]] == ["+00:00", "+02:00", "+01:00", "+02:00", "+00:00"]


def test_timings_and_parameters_are_there_only_where_given() -> None:
    assert {"params", "timings", "traffic"}.isdisjoint(document(results()))
    assert document(shop())["timings"] == {"parse": Decimal("0.0123"), "run": Decimal("1.5")}
    assert document(shop())["traffic"] == [
        {"source": "orders", "engine": "postgres", "queries": 12, "rows": 340},
        {"source": "visits", "engine": "postgres", "queries": 2, "rows": 10_003, "reason": "a pattern has a flag"},
        {"source": "load", "queries": 0, "rows": 480},
    ]


# ── layout ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_json_is_written_in_lines_a_person_can_read() -> None:
    text = to_json(shop())
    assert text.endswith("}\n")
    assert '\n      "target": {"op": ">=", "value": 120000},\n' in text
    long = [line for line in text.splitlines() if len(line) > WIDTH and '": "' not in line.strip()[:40]]
    assert not long
    assert "\n  \n" not in text


def test_the_same_results_give_the_same_bytes() -> None:
    assert to_json(shop()) == to_json(shop())
    assert to_toml(shop()) == to_toml(shop())


# ── schema ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_object_of_the_schema_is_closed() -> None:
    def open_objects(node: Any, path: str) -> list[str]:
        if isinstance(node, list):
            return [each for number, item in enumerate(node) for each in open_objects(item, f"{path}/{number}")]
        if not isinstance(node, dict):
            return []
        found = [each for name, item in node.items() for each in open_objects(item, f"{path}/{name}")]
        return [path, *found] if "properties" in node and node.get("additionalProperties") is not False else found

    # `properties` of the schema itself names keywords of no object.
    assert open_objects(SCHEMA, "#") == []


def test_every_field_of_the_schema_is_written_by_the_sample() -> None:
    """What no record can fill has no business in the schema."""
    text = to_json(shop())
    fields = {name for each in SCHEMA["$defs"].values() for name in each.get("properties", {})}
    unused = sorted(name for name in fields if f'"{name}":' not in text)
    assert unused == ["approximate", "partial", "series", "starting"]


@pytest.mark.parametrize(
    "found",
    [
        shop(),
        results(),
        results(as_of_is_now=True, as_of=instant(2026, 4, 1, 12, 30, 15)),
        results(
            kpi("a.b", assessment("5", target=None, trend=trend("1", None), comparisons=(compared("previous", None),)))
        ),
        results(kpi(window=WindowResult("all time", None, instant(1890, 1, 1)))),
        results(kpi("k", assessment("5", target=replace(at_least("1"), value=None, undefined="no_rows")))),
    ],
    ids=["shop", "nothing", "now", "plain", "before zones had whole minutes", "target unknown"],
)
def test_documents_validate(found: Any) -> None:
    VALIDATOR.validate(json.loads(to_json(found)))
    VALIDATOR.validate(tomllib.loads(to_toml(found)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda doc: doc.update(extra=1), "Additional properties"),
        (lambda doc: doc["kpis"][0].update(colour="red"), "Additional properties"),
        (lambda doc: doc["kpis"][0].update(status="blue"), "'blue' is not one of"),
        (lambda doc: doc["kpis"][0].update(value=None), "None is not of type"),
        (lambda doc: doc["kpis"][0].pop("value"), "is not valid under any of the given schemas"),
        (lambda doc: doc["kpis"][0].update(value_undefined="no_rows"), "is valid under each of"),
        (lambda doc: doc["kpis"][0]["segments"][0].pop("status"), "'status' is a required property"),
        (lambda doc: doc["kpis"][0].update(n=-1), "minimum"),
        (lambda doc: doc.update(as_of="2026-04-01"), "does not match"),
        (lambda doc: doc["kpis"][0]["target"].update(op="=>"), "'=>' is not one of"),
        (lambda doc: doc.pop("errors"), "'errors' is a required property"),
    ],
)
def test_a_wrong_document_does_not_validate(change: Any, says: str) -> None:
    wrong = json.loads(to_json(shop()))
    change(wrong)
    messages = [error.message for error in VALIDATOR.iter_errors(wrong)]
    assert any(says in message for message in messages), messages
