-- What the KPIs and the evidence of specs/housing must be, as of 2026-10-31, in plain SQL over the same CSV files. The form is that of flights.sql.
--
-- The anchor is 2026-11-01 00:00, so last 12 months is November 2025 to October 2026.

-- name: setup
create view tenancies as from read_csv('{data}/tenancies.csv');
create view repairs as from read_csv('{data}/repairs.csv');
create view survey as from read_csv('{data}/survey.csv');
create view invitations as from read_csv('{data}/invitations.csv');
create view first_years as
select borough, moved_in + interval 364 day as over, moved_out is null or moved_out >= moved_in + interval 364 day as stayed from tenancies;

-- name: tenancies_kept
select avg(stayed::int) filter (over >= date '2025-11-01' and over < date '2026-11-01') as value, 0.85 as target,
    avg(stayed::int) filter (over >= date '2024-11-01' and over < date '2025-11-01') as "1 year earlier"
from first_years;

-- name: tenancies_kept by borough
select borough, avg(stayed::int) filter (over >= date '2025-11-01' and over < date '2026-11-01') as value, 0.85 as target,
    avg(stayed::int) filter (over >= date '2024-11-01' and over < date '2025-11-01') as "1 year earlier"
from first_years group by borough order by borough;

-- name: repairs_in_time
select avg((done_on - reported_on <= 14)::int) filter (reported_on >= date '2026-08-01') as value, 0.85 as target,
    avg((done_on - reported_on <= 14)::int) filter (reported_on >= date '2026-05-01' and reported_on < date '2026-08-01') as "previous"
from repairs where reported_on < date '2026-11-01';

-- name: answers_come_back
select (select count(*) from survey where answered_on >= date '2025-11-01') / (select count(*) from invitations where sent_on >= date '2025-11-01') as value,
    0.4 as target;
