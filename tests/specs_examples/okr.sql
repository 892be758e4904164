-- What the KPIs and key results of specs/okr must be, as of 2026-05-31, in plain SQL over the same CSV files. The form is that of flights.sql.
--
-- The anchor is 2026-06-01 00:00, so last month is May, last 12 months is June 2025 to May 2026.

-- name: setup
create view service as from read_csv('{data}/service.csv', types = {'line': 'varchar'});
create view tickets as from read_csv('{data}/tickets.csv');
create view buses as from read_csv('{data}/buses.csv');
create view survey as from read_csv('{data}/survey.csv');
create view by_month as
select date_trunc('month', day) as month, line, sum(planned) as planned, sum(ran) as ran, sum(on_time) as on_time, sum(boardings) as boardings
from service group by all;

-- name: monthly_boardings
select sum(boardings) filter (month = date '2026-05-01') as value, sum(boardings) filter (month = date '2025-05-01') as "1 year earlier", 395000 as target
from by_month;

-- name: trips_on_time_kpi
select sum(on_time) filter (month = date '2026-05-01') / sum(ran) filter (month = date '2026-05-01') as value, 0.88 as target,
    sum(on_time) filter (month = date '2026-04-01') / sum(ran) filter (month = date '2026-04-01') as "previous"
from by_month;

-- name: trips_on_time_kpi by line
select line, sum(on_time) filter (month = date '2026-05-01') / sum(ran) filter (month = date '2026-05-01') as value, 0.88 as target,
    sum(on_time) filter (month = date '2026-04-01') / sum(ran) filter (month = date '2026-04-01') as "previous"
from by_month group by line order by line;

-- name: trips_cancelled
select 1 - sum(ran) / sum(planned) as value, 0.025 as target from by_month where month = date '2026-05-01';

-- name: tickets_in_app
select sum(tickets) filter (channel = 'app') / sum(tickets) as value, 0.4 as target from tickets where day >= date '2026-05-01';

-- name: tickets_in_app trend
select strftime(date_trunc('month', day), '%Y-%m-%d %H:%M:%S') as start, sum(tickets) filter (channel = 'app') / sum(tickets) as value
from tickets where day >= date '2025-12-01' group by start order by start;
