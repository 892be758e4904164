-- What the KPIs of specs/flights must be, as of 2013-12-31, in plain SQL over the same Parquet files.
--
-- Written by hand from the words of the specs, without looking at what kpidsl makes of them. A test runs it in DuckDB
-- beside `kpidsl eval specs/flights --as-of 2013-12-31`.
--
--   `-- name: setup`            is run first; `{data}` stands for the folder of the Parquet files.
--   `-- name: KPI`              one row: `value`, `n`, a column for each comparison, called by its label, and `target` where it is a value too.
--   `-- name: KPI by COLUMN`    a row for each segment: the dimension, `value`, `n`, comparisons.
--   `-- name: KPI trend`        a row for each point, oldest first: `start` (of the value's window, civil time), `value`.
--
-- Windows are civil time in New York, where 2013-12-31 as as-of means 2014-01-01 00:00. So last month is December, last quarter is
-- October to December, last week is 2013-12-23 to 2013-12-29, month to date is December.

-- name: setup
create view flights as
select f.*,
    a.name as airline,
    f.departed_at is null as cancelled,
    f.departed_at is not null and f.arr_delay is null as diverted,
    f.block_time - f.air_time as taxi_time,
    -- Unknown where the hour was not recorded: both comparisons are NULL there.
    w.visib < 3 or w.precip >= 0.1 as adverse,
    date_trunc('month', f.scheduled_at) as month,
    date_trunc('quarter', f.scheduled_at) as quarter,
    date_trunc('week', f.scheduled_at) as week,
    cast(f.scheduled_at as date) as day
from read_parquet('{data}/flights.parquet') f
left join read_parquet('{data}/airlines.parquet') a on a.carrier = f.carrier
left join read_parquet('{data}/weather.parquet') w on w.origin = f.origin and w.hour_at = f.scheduled_hour;

create macro share(hits, rows) as cast(hits as double) / nullif(rows, 0);

-- The months, quarters and weeks that comparisons look at.
create macro december() as timestamp '2013-12-01';
create macro november() as timestamp '2013-11-01';
create macro autumn() as timestamp '2013-10-01';
create macro summer() as timestamp '2013-07-01';

-- name: on_time_arrival
with months as (
    select month, count(*) as rows, count(*) filter (arr_delay < 15) as hits from flights group by month
)
select share(d.hits, d.rows) as value, d.rows as n,
    share(p.hits, p.rows) as "previous", share(q.hits, q.rows) as "3 months earlier"
from months d, months p, months q
where d.month = december() and p.month = november() and q.month = timestamp '2013-09-01';

-- name: on_time_arrival trend
select month as start, share(count(*) filter (arr_delay < 15), count(*)) as value
from flights group by month order by month;

-- name: on_time_arrival_by_carrier
with quarters as (
    select quarter, count(*) as rows, count(*) filter (arr_delay < 15) as hits from flights group by quarter
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: on_time_arrival_by_carrier by carrier
with quarters as (
    select quarter, carrier, count(*) as rows, count(*) filter (arr_delay < 15) as hits from flights group by all
)
-- Fewer than 30 flights are an insufficient sample: no value.
select d.carrier, case when d.rows >= 30 then share(d.hits, d.rows) end as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d left join quarters p on p.carrier = d.carrier and p.quarter = summer()
where d.quarter = autumn() order by d.carrier;

-- name: on_time_arrival_by_carrier trend
select quarter as start, share(count(*) filter (arr_delay < 15), count(*)) as value
from flights group by quarter order by quarter;

-- name: first_wave_departure
with months as (
    select month, count(*) as rows, count(*) filter (dep_delay < 15) as hits
    from flights where extract(hour from scheduled_at) in (0, 1, 2, 3, 4, 5, 6, 7) group by month
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: first_wave_departure trend
select month as start, share(count(*) filter (dep_delay < 15), count(*)) as value
from flights where scheduled_at - day < interval 8 hours and month >= timestamp '2013-07-01'
group by month order by month;

-- name: on_time_departure
with months as (
    select month, count(*) as rows, count(*) filter (dep_delay < 15) as hits from flights group by month
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: on_time_departure by origin
with months as (
    select month, origin, count(*) as rows, count(*) filter (dep_delay < 15) as hits from flights group by all
)
select d.origin, share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from months d join months p on p.origin = d.origin
where d.month = december() and p.month = november() order by d.origin;

-- name: on_time_departure trend
select month as start, share(count(*) filter (dep_delay < 15), count(*)) as value
from flights group by month order by month;

-- name: weekly_on_time_arrival
with weeks as (
    select week, count(*) as rows, count(*) filter (arr_delay < 15) as hits from flights group by week
)
select share(d.hits, d.rows) as value, d.rows as n,
    share(p.hits, p.rows) as "previous", share(q.hits, q.rows) as "4 weeks earlier"
from weeks d, weeks p, weeks q
where d.week = date '2013-12-23' and p.week = date '2013-12-16' and q.week = date '2013-11-25';

-- name: weekly_on_time_arrival trend
select week as start, share(count(*) filter (arr_delay < 15), count(*)) as value
from flights where week between date '2013-01-07' and date '2013-12-23' group by week order by week;

-- name: weekly_on_time_arrival signal
with weeks as (
    select week, share(count(*) filter (arr_delay < 15), count(*)) as value
    from flights where week between date '2013-01-07' and date '2013-12-23' group by week
),
ranged as (select value, abs(value - lag(value) over (order by week)) as range from weeks)
select avg(value) as centre, avg(value) - 2.66 * avg(range) as lower, avg(value) + 2.66 * avg(range) as upper from ranged;

-- name: good_days
with days as (
    select quarter, day, count(*) filter (arr_delay < 15) * 5 >= count(*) * 4 as good from flights group by quarter, day
),
quarters as (
    select quarter, count(*) as rows, count(*) filter (good) as hits from days group by quarter
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: carriers_on_standard
with carriers as (
    select quarter, carrier, count(*) filter (arr_delay < 15) * 4 >= count(*) * 3 as good from flights group by quarter, carrier
),
quarters as (
    select quarter, count(*) as rows, count(*) filter (good) as hits from carriers group by quarter
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: worst_departure_delays
with months as (
    select month, quantile_cont(dep_delay, 0.95) as value, count(dep_delay) as rows from flights group by month
)
select d.value, d.rows as n, p.value as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: worst_departure_delays by origin
with months as (
    select month, origin, quantile_cont(dep_delay, 0.95) as value, count(dep_delay) as rows from flights group by all
)
select d.origin, d.value, d.rows as n, p.value as "previous"
from months d join months p on p.origin = d.origin
where d.month = december() and p.month = november() order by d.origin;

-- name: worst_departure_delays trend
select month as start, quantile_cont(dep_delay, 0.95) as value from flights group by month order by month;

-- name: typical_departure_delay
with months as (
    select month, median(dep_delay) as value, count(dep_delay) as rows from flights group by month
)
select d.value, d.rows as n, p.value as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: typical_departure_delay trend
select month as start, median(dep_delay) as value from flights group by month order by month;

-- name: hour_late_departures
with quarters as (
    select quarter, count(*) filter (dep_delay is not null) as rows, count(*) filter (dep_delay >= 60) as hits
    from flights group by quarter
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: timetable_slack
with quarters as (
    select quarter, sum(dep_delay - arr_delay) as minutes, count(dep_delay - arr_delay) as rows from flights group by quarter
)
select d.minutes / d.rows as value, d.rows as n, p.minutes / p.rows as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: timetable_slack trend
select quarter as start, avg(dep_delay - arr_delay) as value from flights group by quarter order by quarter;

-- name: cancellations
with months as (
    select month, count(*) as rows, count(*) filter (departed_at is null) as hits from flights group by month
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: cancellations by airline
with months as (
    select month, airline, count(*) as rows, count(*) filter (departed_at is null) as hits from flights group by all
)
-- Fewer than 30 flights are an insufficient sample: no value.
select airline, case when d.rows >= 30 then share(d.hits, d.rows) end as value, coalesce(d.rows, 0) as n, share(p.hits, p.rows) as "previous"
from (select * from months where month = december()) d
full join (select * from months where month = november()) p using (airline) order by airline;

-- name: cancellations trend
select month as start, share(count(*) filter (departed_at is null), count(*)) as value
from flights group by month order by month;

-- name: diversions
with quarters as (
    select quarter, count(*) as rows, count(*) filter (departed_at is not null and arr_delay is null) as hits
    from flights group by quarter
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: diversions trend
select quarter as start, share(count(*) filter (diverted), count(*)) as value from flights group by quarter order by quarter;

-- name: daily_flights
select (select count(*) from flights where month = december()) / 31 as value, 31 as n,
    (select count(*) from flights where month = november()) / 30 as "previous";

-- name: daily_flights trend
select month as start, count(*) / count(distinct day) as value from flights group by month order by month;

-- name: newark_peak_hour
with hours as (
    select month, date_trunc('hour', scheduled_at) as hour, count(*) as rows
    from flights where origin = 'EWR' group by all
)
select max(rows) filter (month = december()) as value, 31 * 24 as n, max(rows) filter (month = november()) as "previous"
from hours;

-- name: taxiing
with months as (
    select month, sum(block_time - air_time) as minutes, count(block_time - air_time) as rows from flights group by month
)
select d.minutes / d.rows as value, d.rows as n, p.minutes / p.rows as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: taxiing by origin
with months as (
    select month, origin, sum(block_time - air_time) as minutes, count(block_time - air_time) as rows from flights group by all
)
select d.origin, d.minutes / d.rows as value, d.rows as n, p.minutes / p.rows as "previous"
from months d join months p on p.origin = d.origin
where d.month = december() and p.month = november() order by d.origin;

-- name: taxiing trend
select month as start, avg(block_time - air_time) as value from flights group by month order by month;

-- name: taxi_share_of_journey
with quarters as (
    select quarter, sum(block_time - air_time) as taxi, sum(block_time) as block, count(block_time) as rows
    from flights group by quarter
)
select d.taxi / d.block as value, d.rows as n, p.taxi / p.block as "previous", p.taxi / p.block as target
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: long_taxiing
with months as (
    select month, count(*) as rows from flights where block_time - air_time >= 120 group by month
)
select d.rows as value, d.rows as n, p.rows as "1 month earlier"
from months d, months p where d.month = december() and p.month = november();

-- name: average_air_time
with quarters as (
    select quarter, sum(air_time) as minutes, count(air_time) as rows from flights group by quarter
)
select d.minutes / d.rows as value, d.rows as n, p.minutes / p.rows as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: average_air_time by origin
with quarters as (
    select quarter, origin, sum(air_time) as minutes, count(air_time) as rows from flights group by all
)
select d.origin, d.minutes / d.rows as value, d.rows as n, p.minutes / p.rows as "previous"
from quarters d join quarters p on p.origin = d.origin
where d.quarter = autumn() and p.quarter = summer() order by d.origin;

-- name: average_air_time trend
select quarter as start, avg(air_time) as value from flights group by quarter order by quarter;

-- name: fair_weather_cancellations
with months as (
    select month, count(*) as rows, count(*) filter (departed_at is null) as hits from flights where adverse = false group by month
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: adverse_weather_departure
with quarters as (
    select quarter, count(*) as rows, count(*) filter (dep_delay < 15) as hits from flights where adverse group by quarter
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: adverse_weather_departure by origin
with quarters as (
    select quarter, origin, count(*) as rows, count(*) filter (dep_delay < 15) as hits from flights where adverse group by all
)
select d.origin, share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from quarters d join quarters p on p.origin = d.origin
where d.quarter = autumn() and p.quarter = summer() order by d.origin;

-- name: weather_sensitivity
with quarters as (
    select quarter,
        count(*) filter (adverse) as adverse_rows, count(*) filter (adverse and cancelled) as adverse_hits,
        count(*) filter (not adverse) as fair_rows, count(*) filter (not adverse and cancelled) as fair_hits
    from flights group by quarter
)
select share(d.adverse_hits * d.fair_rows, d.adverse_rows * d.fair_hits) as value,
    share(p.adverse_hits * p.fair_rows, p.adverse_rows * p.fair_hits) as "previous"
from quarters d, quarters p where d.quarter = autumn() and p.quarter = summer();

-- name: weather_exposure
with months as (
    select month, count(adverse) as rows, count(*) filter (adverse) as hits from flights group by month
)
select share(d.hits, d.rows) as value, d.rows as n, share(p.hits, p.rows) as "previous"
from months d, months p where d.month = december() and p.month = november();

-- name: weather_exposure trend
select month as start, share(count(*) filter (adverse), count(adverse)) as value from flights group by month order by month;
