"""Columns from what a provider gives to what a spec asked for, as DuckDB expressions.

Nothing passes through a float that is not one already.
"""

from __future__ import annotations

from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import literal
from kpidsl.hookspecs import ColumnRequest
from kpidsl.records import dataclass
from kpidsl.semantic.counted_times import ticks
from kpidsl.semantic.types import DataType
from kpidsl.sources import counted, numerals
from kpidsl.sources.formatted import formatted
from kpidsl.sources.numerals import NumberStyle

PLAIN: Final = NumberStyle()
BAD_VALUE: Final = "kpidsl: bad value"
"""What DuckDB's error says where a strict conversion met a value that it cannot convert."""
_PLAINLY: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_WORD: Final = 18  # decimal digits that fit a machine word
_BLANKS: Final = "' \t'"
_SMALL: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"})
_INTEGERS: Final = _SMALL | {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "BIGNUM"}


@dataclass(frozen=True, slots=True)
class Digits:
    """The most digits that the values of a column need before and after the point, and whether some are written with
    an exponent.
    """

    whole: int
    scale: int
    exponent: bool = False


USUAL_DIGITS: Final = Digits(18, 0)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A column's SQL: its value and type; a row is bad where the value is NULL and `guard` is true (None: never). One
    that `is_light` costs hardly more than reading the column does, so that each query may do it anew.
    """

    value: str
    type: DataType
    guard: str | None = None
    is_light: bool = False

    @property
    def bad(self) -> str | None:
        """The condition for rows whose value cannot be had."""
        return None if self.guard is None else f"CASE WHEN ({self.value}) IS NULL THEN {self.guard} ELSE false END"

    @property
    def strict(self) -> str:
        """The value, or DuckDB's error where it cannot be had; the caller then looks for the row."""
        if self.guard is None:
            return self.value
        return f"coalesce({self.value}, CASE WHEN {self.guard} THEN error('{BAD_VALUE}') END)"


def native_type(sql_type: str) -> DataType:
    """The type of a column of DuckDB."""
    name = sql_type.upper()
    if name in _INTEGERS:
        return DataType.INTEGER
    if name.startswith("DECIMAL("):
        return DataType.DECIMAL
    if name.startswith("ENUM(") or name in ("TIME", "TIME_NS"):
        return DataType.TEXT
    known = {
        "FLOAT": DataType.FLOAT,
        "DOUBLE": DataType.FLOAT,
        "VARCHAR": DataType.TEXT,
        "UUID": DataType.TEXT,
        '"NULL"': DataType.TEXT,
        "BOOLEAN": DataType.BOOLEAN,
        "DATE": DataType.DATE,
        "TIMESTAMP": DataType.TIMESTAMP,
        "TIMESTAMP_S": DataType.TIMESTAMP,
        "TIMESTAMP_MS": DataType.TIMESTAMP,
        "TIMESTAMP_NS": DataType.TIMESTAMP,
        "TIMESTAMP WITH TIME ZONE": DataType.INSTANT,
        "TIMESTAMPTZ_NS": DataType.INSTANT,
        "INTERVAL": DataType.DURATION,
    }
    return known.get(name, DataType.OTHER)


def needs_digits(native: DataType, request: ColumnRequest) -> bool:
    """Whether `convert` wants to know the digits of the column first."""
    if request.as_type is DataType.DECIMAL:
        return native in (DataType.TEXT, DataType.FLOAT)
    return request.as_type is DataType.INTEGER and native is DataType.TEXT


def measures(x: str, style: NumberStyle = PLAIN) -> tuple[str, str, str]:
    """Aggregates over a text expression that give the three parts of `Digits`; texts that are no numerals do not
    count. Most are written plainly: of these lengths tell, which patterns take six times as long for.
    """
    n = numeral(x, style)
    text = x if style.plain else n
    is_plain = f"regexp_full_match({text}, {literal(_PLAINLY)})"
    point, length = f"strpos({text}, '.')", f"strlen({text})"
    sign = f"CASE WHEN starts_with({text}, '-') THEN 1 ELSE 0 END"
    is_below_1 = f"starts_with({text}, '0') OR starts_with({text}, '-0')"
    before = f"CASE WHEN {is_below_1} THEN 0 WHEN {point} = 0 THEN {length} - {sign} ELSE {point} - 1 - {sign} END"
    significant = f"CASE WHEN ends_with({text}, '0') THEN strlen(rtrim({text}, '0')) ELSE {length} END"
    after = f"CASE WHEN {point} = 0 THEN 0 ELSE {significant} - {point} END"
    whole, scale, exponent = _measured(n)
    return (
        f"max(CASE WHEN {is_plain} THEN {before} ELSE {whole} END)",
        f"max(CASE WHEN {is_plain} THEN {after} ELSE {scale} END)",
        f"bool_or(CASE WHEN {is_plain} THEN false ELSE {exponent} END)",
    )


def _measured(n: str) -> tuple[str, str, str]:
    """Of any numeral: its digits before the point, those after it, and whether it has an exponent."""
    plain, exponent = (
        f"regexp_full_match({n}, {literal(numerals.PADDED)})",
        f"regexp_full_match({n}, {literal(numerals.EXPONENT)})",
    )
    power = f"coalesce(TRY_CAST(regexp_extract({n}, '[eE]([+-]?[0-9]+)$', 1) AS INTEGER), 0)"
    zero = f"regexp_full_match({n}, '[+-]?[0.]+([eE].*)?')"
    whole = f"length(regexp_extract({n}, '^[+-]?0*([0-9]*)', 1))"
    scale = rf"length(rtrim(regexp_extract({n}, '\.([0-9]*)', 1), '0'))"
    either = f"({plain} OR {exponent}) AND NOT {zero}"
    return (
        f"CASE WHEN {either} THEN greatest({whole} + {power}, 0) END",
        f"CASE WHEN {either} THEN greatest({scale} - {power}, 0) END",
        exponent,
    )


def as_text(x: str, sql_type: str) -> str:
    """A column's value as the text that its digits are read from."""
    return x if sql_type == "VARCHAR" else f"CAST({x} AS VARCHAR)"


def convert(
    x: str,
    sql_type: str,
    request: ColumnRequest,
    *,
    digits: Digits = USUAL_DIGITS,
    style: NumberStyle = PLAIN,
    strict: bool = False,
) -> Conversion:
    """The expression for column `x` of DuckDB type `sql_type`, as the request wants it.

    `digits` bounds text that becomes a number (a value beyond is bad). `strict` is for text whose type came from the
    data: only what that decision counted as the type is accepted, so that 00123 is bad in a column of integers.
    Raises SourceError K0604 for types that have no conversion.
    """
    native = native_type(sql_type)
    wanted = request.as_type or native
    if (per_second := ticks(request.format)) is not None and native.is_number:
        return _counted(x, native, per_second)
    if request.format is not None and wanted.is_time and (native is DataType.TEXT or native is DataType.INTEGER):
        return from_text(as_text(x, sql_type), wanted, request, digits, style, strict)
    if native is DataType.DURATION and wanted is native:
        return _seconds(x)
    if sql_type == "BLOB" and wanted is DataType.TEXT:
        return Conversion(f"TRY(decode({x}))", wanted, f"{x} IS NOT NULL")
    if native is DataType.OTHER and wanted is native:
        return Conversion(f"CAST({x} AS VARCHAR)", native)  # a list, as Python has it, is no member of anything
    if wanted is native or wanted is DataType.OTHER:
        return Conversion(_normal(x, sql_type), native)
    if wanted is DataType.TEXT and (native not in (DataType.OTHER, DataType.DURATION) or sql_type.startswith("TIME")):
        return Conversion(f"CAST({x} AS VARCHAR)", wanted)
    if native is DataType.TEXT:
        return from_text(as_text(x, sql_type), wanted, request, digits, style, strict)
    tried: str | None = None
    match (native, wanted):
        case (DataType.FLOAT, DataType.DECIMAL):
            return from_text(as_text(x, sql_type), wanted, request, digits, PLAIN, strict)
        case (DataType.INTEGER, DataType.DECIMAL):
            target = "DECIMAL(18,0)" if sql_type in _SMALL else "DECIMAL(38,0)"
            tried = f"TRY_CAST({x} AS {target})"
        case (DataType.INTEGER | DataType.DECIMAL, DataType.FLOAT):
            return Conversion(f"CAST({x} AS DOUBLE)", wanted)
        case (DataType.DECIMAL | DataType.FLOAT, DataType.INTEGER):
            tried = f"CASE WHEN {x} = trunc({x}) THEN TRY_CAST({x} AS HUGEINT) END"
        case (DataType.INTEGER, DataType.BOOLEAN):
            tried = f"CASE {x} WHEN 1 THEN true WHEN 0 THEN false END"
        case (DataType.BOOLEAN, DataType.INTEGER):
            return Conversion(f"CAST({x} AS BIGINT)", wanted)
        case (DataType.DATE, DataType.TIMESTAMP):
            return Conversion(f"CAST({x} AS TIMESTAMP)", wanted)
        case (DataType.TIMESTAMP, DataType.DATE):
            civil = _normal(x, sql_type)
            tried = f"CASE WHEN {civil} = date_trunc('day', {civil}) THEN CAST({civil} AS DATE) END"
        case _:
            raise _no_way(request, native, wanted)
    present = _is_number(x) if native is DataType.FLOAT else f"{x} IS NOT NULL"
    return Conversion(tried, wanted, present)


def _counted(x: str, native: DataType, per_second: int) -> Conversion:
    """A number that counts since 1970. Seven digits after the point are what a float has there."""
    if native is DataType.INTEGER:
        return Conversion(counted.of_whole(x, per_second), DataType.INSTANT, f"{x} IS NOT NULL", is_light=True)
    if native is DataType.FLOAT:
        return Conversion(counted.of_fraction(x, per_second, 7), DataType.INSTANT, _is_number(x))
    return Conversion(counted.of_fraction(x, per_second), DataType.INSTANT, f"{x} IS NOT NULL")


def from_text(
    x: str, wanted: DataType, request: ColumnRequest, digits: Digits, style: NumberStyle, strict: bool
) -> Conversion:
    """A text expression as a number, boolean or time. Blank text is NULL, and so is NaN where a number is wanted."""
    t = f"trim({x}, {_BLANKS})"
    absent = [f"{t} = ''"]
    # The first attempt takes the text as it is: almost every value succeeds there, and trimming costs as much again.
    attempts: tuple[str, ...]
    if wanted.is_number:
        absent.append(f"regexp_full_match({t}, {literal(numerals.NAN)})")
        texts = (x, t) if style.plain else (numeral(x, style),)
        attempts = tuple(_number(text, wanted, digits, strict) for text in texts)
    elif wanted is DataType.BOOLEAN:
        yes, no = ("'true'", "'false'") if strict else ("'true', 't', 'yes', 'y', '1'", "'false', 'f', 'no', 'n', '0'")
        attempts = (f"CASE WHEN lower({t}) IN ({yes}) THEN true WHEN lower({t}) IN ({no}) THEN false END",)
    elif (per_second := ticks(request.format)) is not None:
        text = numeral(x, style)
        exact = counted.of_fraction(f"TRY_CAST({text} AS DECIMAL(38, 9))", per_second)
        attempts = (_matched(text, f"{numerals.PADDED}|{numerals.EXPONENT}", exact),)
    elif wanted.is_time:
        attempts = (formatted(t, wanted, request),) if request.format is not None else _iso(x, t, wanted)
    else:
        raise _no_way(request, DataType.TEXT, wanted)
    value = attempts[0] if len(attempts) == 1 else f"coalesce({', '.join(attempts)})"
    if request.format is None and style.plain:
        value = _quickly(x, wanted, digits, value)
    return Conversion(value, wanted, f"{x} IS NOT NULL AND NOT ({' OR '.join(absent)})")


def _quickly(x: str, wanted: DataType, digits: Digits, value: str) -> str:
    """The value of a text that DuckDB writes back as it stands (of a decimal, but for zeros at the end), which the
    patterns take, too; otherwise `value`. A length keeps years of five digits, and those before 1, to the patterns.

    Most texts of a column are such ones, and patterns cost several times as much. It has to be a CASE: in anything
    else, DuckDB works out what `value` has twice for all rows before it looks whether it needs it.
    """
    back = "CAST({} AS VARCHAR)".format
    if wanted is DataType.INTEGER:
        most = _WORD if digits.whole <= _WORD else numerals.DIGITS
        tried = f"TRY_CAST({x} AS {_whole_type(digits)})"
        written = f"strlen({x}) <= {most} AND {back(tried)} = {x}"
    elif wanted is DataType.DECIMAL:
        tried = f"TRY_CAST({x} AS DECIMAL({_width(digits)},{digits.scale}))"
        written = f"starts_with({back(tried)}, {x})"
    elif wanted is DataType.DATE:
        tried = f"TRY_CAST({x} AS DATE)"
        written = f"strlen({x}) = 10 AND {back(tried)} = {x}"
    elif wanted is DataType.TIMESTAMP:
        tried = f"TRY_CAST({x} AS TIMESTAMP)"
        blank = f"replace({x}, 'T', ' ')"
        written = f"strlen({x}) = 19 AND ({back(tried)} = {x} OR {back(tried)} = {blank})"
    elif wanted is DataType.BOOLEAN:
        return f"CASE {x} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {value} END"
    else:
        return f"CASE WHEN {x} IS NOT NULL THEN {value} END"
    return f"CASE WHEN {written} THEN {tried} ELSE {value} END"


def _whole_type(digits: Digits) -> str:
    """The type of whole numbers of so many digits."""
    return "BIGINT" if digits.whole <= _WORD else "HUGEINT"


def _width(digits: Digits) -> int:
    """The digits of a decimal: what fits a machine word, or all there can be. There is nothing between worth having."""
    return _WORD if digits.whole + digits.scale <= _WORD else numerals.DIGITS


def _normal(x: str, sql_type: str) -> str:
    """A value in the one physical type that its kind has here."""
    kind = native_type(sql_type)
    match kind:
        case DataType.FLOAT:
            double = x if sql_type == "DOUBLE" else f"CAST({x} AS DOUBLE)"
            return f"CASE WHEN {_is_number(x)} THEN {double} END"
        case DataType.INTEGER if sql_type in _SMALL:
            return f"CAST({x} AS BIGINT)"
        case DataType.INTEGER if sql_type not in ("BIGINT", "HUGEINT"):
            return f"CAST({x} AS HUGEINT)"
        case DataType.TEXT if sql_type != "VARCHAR":
            return f"CAST({x} AS VARCHAR)"
        case DataType.TIMESTAMP if sql_type == "TIMESTAMP_NS":
            return _whole_micros(x)
        case DataType.TIMESTAMP if sql_type != "TIMESTAMP":
            return f"CAST({x} AS TIMESTAMP)"
        case DataType.INSTANT if sql_type == "TIMESTAMPTZ_NS":
            utc = f"timezone('UTC', {x})"
            return f"timezone('UTC', {_whole_micros(utc)})"
        case _:
            return x


def _seconds(x: str) -> Conversion:
    """An interval as what a length of time is elsewhere: exact seconds. One with months has no length."""
    months = f"date_part('year', {x}) <> 0 OR date_part('month', {x}) <> 0"
    micros = f"CAST(epoch_us({x}) AS DECIMAL(20, 0)) * CAST(0.000001 AS DECIMAL(7, 6))"
    return Conversion(f"CASE WHEN NOT ({months}) THEN {micros} END", DataType.DURATION, f"{x} IS NOT NULL")


def _whole_micros(x: str) -> str:
    """A time without its nanoseconds: a cast rounds, and the last of a day would be in the next. Infinity stays."""
    return f"coalesce(make_timestamp(epoch_us({x})), CAST({x} AS TIMESTAMP))"


def _is_number(x: str) -> str:
    """True for a float that is neither NULL nor NaN.

    Not by `isnan`: DuckDB takes it to be false wherever a Parquet file's statistics show no NaN, and they never do.
    """
    return f"(isfinite({x}) OR isinf({x}))"


def numeral(x: str, style: NumberStyle) -> str:
    """A text expression with its numerals in the plain style."""
    n = f"trim({x}, {_BLANKS})"
    grouped = style.grouped
    if grouped is not None and style.thousands is not None:
        marks = " \u00a0\u202f" if style.thousands == " " else style.thousands
        ungrouped = _matched(n, grouped, f"translate({n}, {literal(marks)}, '')")
        n = f"coalesce({ungrouped}, {n})"
    if style.decimal != ".":
        n = f"translate({n}, {literal('.' + style.decimal)}, '~.')"
    return n


def _number(n: str, wanted: DataType, digits: Digits, strict: bool) -> str:
    if wanted is DataType.FLOAT:
        double = f"TRY_CAST({n} AS DOUBLE)"
        plain = numerals.DECIMAL if strict else numerals.PADDED
        # A numeral too large for a float becomes infinite there, which nobody wrote.
        finite = _matched(n, f"{plain}|{numerals.EXPONENT}", f"CASE WHEN isfinite({double}) THEN {double} END")
        return f"coalesce({finite}, {_matched(n, numerals.INFINITY, double)})"
    whole, scale = digits.whole, digits.scale
    if wanted is DataType.INTEGER:
        whole, sql_type = _WORD if whole <= _WORD else numerals.DIGITS, _whole_type(digits)
        fraction = "" if strict else r"(?:\.0*)?"
    else:
        width = _width(digits)
        whole, sql_type = width - scale, f"DECIMAL({width},{scale})"
        fraction = rf"(?:\.[0-9]{{0,{scale}}}0*)?"
    if strict:
        body = f"(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole > 0 else "0"
        pattern = f"[+-]?{body}?{fraction}" if wanted is DataType.DECIMAL else f"[+-]?{body}"
    else:
        pattern = f"[+-]?0*[0-9]{{0,{whole}}}{fraction}"
    if digits.exponent and not strict:
        pattern = f"{pattern}|{numerals.EXPONENT}"
        if wanted is DataType.INTEGER:
            exact = f"TRY_CAST({n} AS DECIMAL({numerals.DIGITS},{scale}))"
            return _matched(n, pattern, f"CASE WHEN {exact} = trunc({exact}) THEN TRY_CAST({exact} AS {sql_type}) END")
    return _matched(n, pattern, f"TRY_CAST({n} AS {sql_type})")


def _iso(x: str, t: str, wanted: DataType) -> tuple[str, ...]:
    pointed = f"replace({t}, ',', '.')"
    match wanted:
        case DataType.DATE:
            midnight = rf"{numerals.DATE}[T ]00:00(?::00(?:[.,]0+)?)?"
            return (
                _matched(x, numerals.DATE, f"TRY_CAST({x} AS DATE)"),
                _matched(t, f"{numerals.DATE}|{midnight}", f"TRY_CAST(left({t}, 10) AS DATE)"),
            )
        case DataType.TIMESTAMP:
            pattern = f"{numerals.DATE}|{numerals.TIMESTAMP}"
            return tuple(_matched(text, pattern, f"TRY_CAST({text} AS TIMESTAMP)") for text in (x, pointed))
        case _:
            signed = f"replace(replace(upper({pointed}), ' +', '+'), ' -', '-')"
            tight = f"regexp_replace({signed}, ' ?(?:{numerals.ZERO_OFFSET})$', 'Z')"
            zoned = "TIMESTAMP WITH TIME ZONE"
            return tuple(_matched(text, numerals.INSTANT, f"TRY_CAST({text} AS {zoned})") for text in (x, tight))


def _matched(text: str, pattern: str, value: str) -> str:
    """The value where the whole text matches, else NULL."""
    return f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {value} END"


def _no_way(request: ColumnRequest, native: DataType, wanted: DataType) -> SourceError:
    written = 'date "%Y%m%d"' if wanted is DataType.DATE else 'timestamp "seconds since 1970"'
    hints = {
        DataType.INTEGER: f"a number needs a format to be a time: `column {request.name}: {written}`",
        DataType.INSTANT: f"leave out `column {request.name}: …`: an instant needs no zone",
    }
    hint = hints.get(native) if wanted.is_time else None
    message = f"column `{request.name}` is of type {native.value} and cannot be read as {wanted.value}"
    return SourceError(message, code="K0604", hint=hint or f"leave `column {request.name}: …` out, or name a type")
