"""The suite that every source must pass: subclass `SourceContract` in a test module, and pytest runs it.

    class TestCsv(SourceContract):
        def load(self, rows, folder):
            pyarrow.csv.write_csv(rows, folder / "rows.csv")
            return 'csv("rows.csv")'

It needs pytest and pyarrow (`pip install 'kpidsl[arrow]' pytest`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from unittest import SkipTest

from kpidsl.diagnostics import Severity
from kpidsl.hookspecs import Queryable
from kpidsl.pipeline import load
from kpidsl.testing.opened import counting, dataset_of, reading, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from kpidsl.report.results import Results

NEVER_SHOWN = "contract-Secret_7/€"
"""What a password may be in a test: it has whatever has to be escaped somewhere."""
AS_OF = "2026-03-31"
ASKED = (
    "count()", "count(x)", "sum(x)", "avg(x)", "min(x)", "max(x)", "stddev(x)", "sum(f)", "max(f)", "median(x)",
    "median(f)", "count_distinct(who)", "min(who)", 'share(who == "ada")', "percentile(x, 90%)", "last(x)",
)  # fmt: skip
"""What is asked of an engine, and of its rows."""


class SourceContract:
    """What a source must do. A subclass says how rows get into it, and what it cannot do, with the reason.

    `configuration` is the text of a kpidsl.toml for the connections that `load` names, `lacks` the names of checks
    (without `test_`) that make no sense for it, each with the reason. A source that is reached by a connection also
    says how it fails: `wrong_credentials`, `unreachable` and `slow` are texts like those that `load` returns, each
    with the configuration that makes it so.
    """

    lacks: ClassVar[Mapping[str, str]] = {}
    is_remote: ClassVar[bool] = False
    needs_an_option: ClassVar[bool] = True

    def load(self, rows: pa.Table, folder: Path) -> str:
        """Put rows into a source and say what a spec writes behind `from`; relative paths start at `folder`."""
        raise AssertionError(f"{type(self).__name__} does not say how rows get into its source: write `load`")

    def configuration(self) -> str:
        """The text of kpidsl.toml; empty where there are no connections."""
        return ""

    def wrong_credentials(self) -> tuple[str, str]:
        """What a spec writes and the configuration with which it is turned away; a secret in it is `NEVER_SHOWN`."""
        raise AssertionError("write `wrong_credentials`, or give the reason in `lacks`")

    def unreachable(self) -> tuple[str, str]:
        """What a spec writes and the configuration with which nobody answers."""
        raise AssertionError("write `unreachable`, or give the reason in `lacks`")

    def slow(self) -> tuple[str, str]:
        """What a spec writes and the configuration with which the rows take longer than its `timeout`."""
        raise AssertionError("write `slow`, or give the reason in `lacks`")

    def lost(self) -> tuple[str, str]:
        """What a spec writes and the configuration with which the connection ends in the middle of the rows."""
        raise AssertionError("write `lost`, or give the reason in `lacks`")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        checks = [name for name in dir(SourceContract) if name.startswith("test_")]
        for name, reason in cls.lacks.items():
            assert f"test_{name}" in checks, f"there is no check `{name}`: {', '.join(each[5:] for each in checks)}"
            assert len(reason.split()) > 2, f"say why `{name}` makes no sense for {cls.__name__}"
            setattr(cls, f"test_{name}", None)
        if not cls.is_remote:
            for name in REMOTE:
                setattr(cls, name, None)
        else:  # an untrusted spec has no connections
            cls.test_an_untrusted_spec_reads_no_file_outside_its_folder = None  # type: ignore[assignment]
        if not cls.needs_an_option:
            cls.test_a_missing_option_is_told = None  # type: ignore[assignment]

    # ------------------------------------------------------------ how a source is asked
    def ask(self, tmp_path: Path, written: str, properties: str, *metrics: str, before: str = "") -> Results:
        """Evaluate metrics `m0`, `m1`, … over a source `s`, as of the end of March 2026."""
        lines = [before, f"source s {{ from {written}; {properties} }}"]
        lines += [f"metric m{number} = {text}" for number, text in enumerate(metrics)]
        return load(self.spec(tmp_path, "\n".join(lines) + "\n")).evaluate(as_of=AS_OF)

    def spec(self, folder: Path, text: str, toml: str | None = None) -> Path:
        """A spec in a folder, with its configuration."""
        (folder / "spec.kpi").write_text(text, "utf-8")
        (folder / "kpidsl.toml").write_text(self.configuration() if toml is None else toml, "utf-8")
        return folder / "spec.kpi"

    def values(self, tmp_path: Path, rows: pa.Table, properties: str, *metrics: str) -> list[object]:
        found = self.ask(tmp_path, self.load(rows, tmp_path), properties, *metrics)
        assert not found.errors, [one.message for one in found.errors]
        return [one.value if one.value_undefined is None else one.value_undefined for one in found.metrics]

    def column(self, tmp_path: Path, kind: str, array: pa.Array, *functions: str) -> list[object]:
        """What aggregations say of one column beside a time column."""
        import pyarrow as pa

        rows = pa.table({"at": _days(len(array)), "x": array})
        texts = [f"{function} from s over all time" for function in functions]
        return self.values(tmp_path, rows, f"time at; column at: date; column x: {kind}", *texts)

    # ------------------------------------------------------------ types
    def test_whole_numbers_are_exact(self, tmp_path: Path) -> None:
        import pyarrow as pa

        large = 9_007_199_254_740_993  # 2^53 + 1: no double holds it
        array = pa.array([large, None, -3], pa.int64())
        found = self.column(tmp_path, "integer", array, "sum(x)", "min(x)", "max(x)", "count(x)")
        assert found == [large - 3, -3, large, 2]

    def test_decimals_are_exact(self, tmp_path: Path) -> None:
        import pyarrow as pa

        amounts = [Decimal("0.10"), Decimal("0.20"), Decimal("12345678901234.56"), None]
        array = pa.array(amounts, pa.decimal128(18, 2))
        found = self.column(tmp_path, "decimal", array, "sum(x)", "min(x)", "max(x)")
        assert found == [Decimal("12345678901234.86"), Decimal("0.1"), Decimal("12345678901234.56")]

    def test_floating_point_numbers_come_as_they_are(self, tmp_path: Path) -> None:
        import pyarrow as pa

        array = pa.array([0.1, -2.5e-7, 1.5e12, None], pa.float64())
        found = self.column(tmp_path, "float", array, "min(x)", "max(x)", "count(x)")
        assert found == [Decimal("-2.5E-7"), Decimal("1500000000000"), 3]

    def test_texts_are_unchanged(self, tmp_path: Path) -> None:
        import pyarrow as pa

        texts = ["", " a ", 'say "hi"', "O'Neil; --", "Zürich – 東京 🙂", "tab\tand\\slash", None]
        rows = pa.table({"at": _days(len(texts)), "x": pa.array(texts, pa.string())})
        counts = [f"count() from s where x == {_quoted(text)} over all time" for text in texts if text is not None]
        found = self.values(
            tmp_path, rows, "time at; column at: date; column x: text", *counts, "count(x) from s over all time"
        )
        assert found == [*[1] * len(counts), len(counts)]

    def test_truth_values_and_unknown_ones(self, tmp_path: Path) -> None:
        import pyarrow as pa

        array = pa.array([True, False, None, True], pa.bool_())
        found = self.column(tmp_path, "boolean", array, "share(x)", "count(x)")
        assert found == [Decimal("0.666666666666667"), 3]

    def test_days_are_days(self, tmp_path: Path) -> None:
        import pyarrow as pa

        array = pa.array([date(1969, 12, 31), date(2024, 2, 29), None], pa.date32())
        assert self.column(tmp_path, "date", array, "min(x)", "max(x)") == ["1969-12-31", "2024-02-29"]

    def test_civil_times_keep_their_fraction(self, tmp_path: Path) -> None:
        import pyarrow as pa

        array = pa.array(
            [datetime(2026, 3, 29, 2, 30), datetime(2026, 1, 1, 0, 0, 0, 250_000), None], pa.timestamp("us")
        )
        found = self.column(tmp_path, "timestamp", array, "min(x)", "max(x)")
        assert found == ["2026-01-01T00:00:00.250000", "2026-03-29T02:30:00"]

    def test_instants_are_instants(self, tmp_path: Path) -> None:
        import pyarrow as pa

        # March begins at 05:00 UTC in New York.
        moments = [datetime(2026, 3, 1, 4, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, 5, tzinfo=UTC), None]
        rows = pa.table({"at": pa.array(moments, pa.timestamp("us", "UTC")), "x": [1, 2, 3]})
        zone = 'calendar { timezone "America/New_York" }'
        written = self.load(rows, tmp_path)
        found = self.ask(tmp_path, written, "time at", "count() from s over last month", before=zone)
        assert not found.errors, [one.message for one in found.errors]
        assert [one.value for one in found.metrics] == [1]

    # ------------------------------------------------------------ rows
    def test_nothing_is_no_rows_and_no_error(self, tmp_path: Path) -> None:
        import pyarrow as pa

        rows = pa.table({"at": pa.array([], pa.date32()), "x": pa.array([], pa.int64())})
        properties = "time at; column at: date; column x: integer"
        found = self.values(
            tmp_path, rows, properties, "sum(x) from s over last month", "count() from s over last month"
        )
        assert found == ["no_rows", "no_rows"]

    def test_a_window_begins_with_its_start_and_ends_before_its_end(self, tmp_path: Path) -> None:
        import pyarrow as pa

        times = [
            datetime(2026, 2, 28, 23, 59, 59),
            datetime(2026, 3, 1),
            datetime(2026, 3, 31, 23, 59, 59),
            datetime(2026, 4, 1),
        ]
        rows = pa.table({"at": pa.array(times, pa.timestamp("us")), "x": [1, 10, 100, 1000]})
        properties = "time at; column at: timestamp; column x: integer"
        assert self.values(tmp_path, rows, properties, "sum(x) from s over last month") == [110]

    def test_only_what_is_asked_for_is_handed_out(self, tmp_path: Path) -> None:
        import pyarrow as pa

        rows = pa.table({"at": _days(3), "x": [1, 2, 3], "unused": ["a", "b", "c"]})
        dataset = dataset_of(tmp_path, self.load(rows, tmp_path), self.configuration())
        assert rows_of(dataset, ["x"]) == {"x": [1, 2, 3]}
        assert set(rows_of(dataset, ["unused", "at"])) == {"unused", "at"}

    def test_many_rows(self, tmp_path: Path) -> None:
        import pyarrow as pa

        count = 50_000
        rows = pa.table({"at": pa.array([date(2026, 3, 1 + n % 31) for n in range(count)]), "x": list(range(count))})
        properties = "time at; column at: date; column x: integer"
        found = self.values(
            tmp_path, rows, properties, "sum(x) from s over last month", "count() from s over last month",
            "count_distinct(x) from s over last month",
        )  # fmt: skip
        assert found == [count * (count - 1) // 2, count, count]

    def test_it_can_be_read_by_several_at_once(self, tmp_path: Path) -> None:
        import pyarrow as pa

        rows = pa.table({"at": _days(20), "x": list(range(20))})
        dataset = dataset_of(tmp_path, self.load(rows, tmp_path), self.configuration())
        found: list[Any] = []

        def read() -> None:
            found.append(sorted(rows_of(dataset, ["x"])["x"]))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert found == [list(range(20))] * 4

    def test_what_its_engine_answers_is_what_its_rows_say(self, tmp_path: Path) -> None:
        import pyarrow as pa

        times = [datetime(2026, 1, 1) + timedelta(hours=5 * n) for n in range(450)]
        rows = pa.table(
            {
                "at": pa.array(times, pa.timestamp("us")),
                "x": pa.array([None if n % 7 == 0 else n * 37 % 101 - 50 for n in range(450)], pa.int64()),
                "f": pa.array([n * 0.1 - 20 for n in range(450)], pa.float64()),
                "who": pa.array([("", "Ada", "ada", "Zoë ", None)[n % 5] for n in range(450)], pa.string()),
            }
        )
        written = self.load(rows, tmp_path)
        if not isinstance(dataset_of(tmp_path, written, self.configuration()), Queryable):
            raise SkipTest("it hands out rows only")
        windows = [f"{each} from s over last month" for each in ASKED] + [
            f"{each} from s over last week" for each in ASKED
        ]
        with counting() as answered:
            there = self.ask(tmp_path, written, "time at", *windows)
        assert answered, "its engine answered nothing"
        with reading():
            here = self.ask(tmp_path, written, "time at", *windows)
        assert not there.errors, [one.message for one in there.errors]
        assert [(one.name, one.value, one.value_undefined) for one in there.metrics] == [
            (one.name, one.value, one.value_undefined) for one in here.metrics
        ]

    # ------------------------------------------------------------ what must not be read, and what must be read anew
    def test_an_untrusted_spec_reads_no_file_outside_its_folder(self, tmp_path: Path) -> None:
        import pyarrow as pa

        outside, inside = tmp_path / "outside", tmp_path / "inside"
        outside.mkdir()
        inside.mkdir()
        written = self.load(pa.table({"at": _days(1), "x": [1]}), outside)
        files = list(outside.iterdir())
        if not files:
            raise SkipTest("its rows are in no file")
        for file in files:
            (inside / file.name).symlink_to(file)
        spec = f"source s {{ from {written}; time at }}\nmetric m = count() from s over last month\n"
        found = load(self.spec(inside, spec), untrusted=True).evaluate(as_of=AS_OF)
        assert [one.code for one in found.errors] == ["K0607"]
        assert [one.value for one in found.metrics] == [None]

    def test_rows_that_change_are_read_anew(self, tmp_path: Path) -> None:
        import pyarrow as pa

        for values in ([1, 2, 3], [1, 2, 4], [1, 2, 4, 5]):
            written = self.load(pa.table({"at": _days(len(values)), "x": values}), tmp_path)
            text = f"source s {{ from {written}; time at; column at: date; column x: integer }}\n"
            spec = self.spec(tmp_path, f"{text}metric m = sum(x) from s over all time\n")
            found = load(spec).evaluate(as_of=AS_OF, state=tmp_path / "state")
            assert not found.errors, [one.message for one in found.errors]
            assert [one.value for one in found.metrics] == [sum(values)]

    # ------------------------------------------------------------ mistakes
    def test_an_unknown_option_is_told(self, tmp_path: Path) -> None:
        import pyarrow as pa

        written = self.load(pa.table({"at": _days(1), "x": [1]}), tmp_path)
        opened = written.rstrip().removesuffix(")")
        separator = "" if opened.endswith("(") else ", "
        codes = self.codes(tmp_path, f'{opened}{separator}no_such_option: "x")')
        assert codes == ["K0803"]

    def test_a_missing_option_is_told(self, tmp_path: Path) -> None:
        import pyarrow as pa

        written = self.load(pa.table({"at": _days(1), "x": [1]}), tmp_path)
        head, _, inside = written.partition("(")
        first = inside.split(",")[0].split(")")[0].strip()
        kept = first if self.is_remote and first.isidentifier() else ""
        assert self.codes(tmp_path, f"{head}({kept})") == ["K0803"]

    def test_a_missing_column_is_told(self, tmp_path: Path) -> None:
        import pyarrow as pa

        written = self.load(pa.table({"at": _days(1), "x": [1]}), tmp_path)
        found = self.ask(
            tmp_path, written, "time at", "count() from s over last month", "sum(zz) from s over last month"
        )
        assert [one.code for one in found.errors] == ["K0605"]
        assert found.metrics[0].value == 1

    def codes(self, tmp_path: Path, written: str) -> list[str]:
        """The errors that checking a source gives."""
        spec = f"source s {{ from {written}; time at }}\nmetric m = count() from s over last month\n"
        report = load(self.spec(tmp_path, spec)).check()
        return [one.code for one in report.diagnostics if one.severity is Severity.ERROR]

    # ------------------------------------------------------------ faults of what is elsewhere
    def fails(self, tmp_path: Path, written: str, toml: str, *codes: str) -> None:
        """A source that cannot be had: an error that says what to do, no secret in it, and the rest evaluated."""
        (tmp_path / "here.csv").write_text("day\n2026-03-02\n", "utf-8")
        spec = f"""
            source s {{ from {written}; time at; column at: date }}
            source here {{ from csv("here.csv"); time day }}
            metric elsewhere = count() from s over last month
            metric sound = count() from here over last month
        """
        found = load(self.spec(tmp_path, spec, toml)).evaluate(as_of=AS_OF)
        values = {one.name: one.value if one.value_undefined is None else one.value_undefined for one in found.metrics}
        assert values == {"elsewhere": "source_error", "sound": 1}
        (error,) = found.errors
        assert not codes or error.code in codes, error
        assert error.message, error
        assert error.hint, error
        assert NEVER_SHOWN not in found.to_json()

    def test_wrong_credentials_are_told_and_not_shown(self, tmp_path: Path) -> None:
        self.fails(tmp_path, *self.wrong_credentials())

    def test_what_cannot_be_reached_is_told(self, tmp_path: Path) -> None:
        self.fails(tmp_path, *self.unreachable())

    def test_what_takes_too_long_is_told(self, tmp_path: Path) -> None:
        self.fails(tmp_path, *self.slow())

    def test_a_connection_that_is_lost_is_told(self, tmp_path: Path) -> None:
        self.fails(tmp_path, *self.lost())


REMOTE = (
    "test_wrong_credentials_are_told_and_not_shown",
    "test_what_cannot_be_reached_is_told",
    "test_what_takes_too_long_is_told",
    "test_a_connection_that_is_lost_is_told",
)


def _civil(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


def _days(count: int) -> pa.Array:
    import pyarrow as pa

    return pa.array([date(2026, 3, 1) + timedelta(days=n % 31) for n in range(count)], pa.date32())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
