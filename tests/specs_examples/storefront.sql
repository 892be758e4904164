-- What the KPIs of specs/storefront must be, as of 2026-05-16, in plain SQL over the same CSV files. The form is that of flights.sql.
--
-- The anchor is 2026-05-17 00:00 in Berlin, a Sunday. So last month is April, last 3 months and the last fiscal quarter are February to April, last 28 days
-- is 2026-04-19 to 2026-05-16, last 4 weeks is 2026-04-13 to 2026-05-10.

-- name: setup
create view customers as from read_csv('{data}/customers.csv');
create view plan as from read_csv('{data}/plan.csv');
create view inventory as from read_csv('{data}/inventory.csv');
create view uptime as from read_csv('{data}/uptime.csv');
create view survey as from read_csv('{data}/survey.csv');
create view staff as from read_csv('{data}/staff.csv');

create view orders as
select o.* exclude (ordered_at, amount), c.country, o.amount::decimal(12, 2) as amount,
    o.ordered_at::timestamp at time zone 'UTC' at time zone 'Europe/Berlin' as ordered,
    date_trunc('month', ordered) as month, cast(ordered as date) as day, status = 'paid' as paid
from read_csv(['{data}/orders_2025.csv', '{data}/orders_2026.csv']) o join customers c on c.customer_id = o.customer_id;

create view refunds as
select refund_id, amount::decimal(12, 2) as amount,
    refunded_at::timestamp at time zone 'UTC' at time zone 'Europe/Berlin' as refunded, date_trunc('month', refunded) as month
from read_csv('{data}/refunds.csv');

create view tickets as
select ticket_id, topic, strptime(opened, '%d.%m.%Y %H:%M') as opened,
    strptime(replied, '%d.%m.%Y %H:%M') as replied, strptime(closed, '%d.%m.%Y %H:%M') as closed
from read_csv('{data}/tickets.csv', all_varchar = true);

-- name: monthly_revenue
select sum(amount) filter (month = date '2026-04-01') as value, count(*) filter (month = date '2026-04-01') as n,
    sum(amount) filter (month = date '2026-03-01') as "previous", sum(amount) filter (month = date '2026-01-01') as "3 months earlier",
    (select sum(revenue) from plan where month = date '2026-04-01') as target
from orders where paid;

-- name: monthly_revenue by country
select country, sum(amount) filter (month = date '2026-04-01') as value, count(*) filter (month = date '2026-04-01') as n,
    sum(amount) filter (month = date '2026-03-01') as "previous", sum(amount) filter (month = date '2026-01-01') as "3 months earlier",
    (select sum(revenue) from plan p where p.month = date '2026-04-01' and p.country = orders.country) as target
from orders where paid group by country order by country;

-- name: monthly_revenue trend
select month as start, sum(amount) as value from orders
where paid and month between date '2025-11-01' and date '2026-04-01' group by month order by month;

-- name: revenue_to_plan
select (select sum(amount) from orders where paid and month between date '2026-02-01' and date '2026-04-01')
    / (select sum(revenue) from plan where month between date '2026-02-01' and date '2026-04-01') as value;

-- name: month_so_far
select sum(amount) filter (day between date '2026-05-01' and date '2026-05-16') as value,
    count(*) filter (day between date '2026-05-01' and date '2026-05-16') as n,
    sum(amount) filter (day between date '2026-04-01' and date '2026-04-16') as "1 month earlier"
from orders where paid;

-- name: order_value
select avg(amount) filter (month = date '2026-04-01') as value, count(*) filter (month = date '2026-04-01') as n,
    avg(amount) filter (month = date '2026-03-01') as "previous"
from orders where paid;

-- name: order_value by country
select country, avg(amount) filter (month = date '2026-04-01') as value, count(*) filter (month = date '2026-04-01') as n,
    avg(amount) filter (month = date '2026-03-01') as "previous"
from orders where paid group by country order by country;

-- name: order_value trend
select month as start, avg(amount) as value from orders
where paid and month between date '2025-11-01' and date '2026-04-01' group by month order by month;

-- name: basket_size
select avg(items) filter (month = date '2026-04-01') as value, count(*) filter (month = date '2026-04-01') as n,
    avg(items) filter (month = date '2026-03-01') as "previous"
from orders where paid;

-- name: customers_active
select count(distinct customer_id) filter (day between date '2026-04-19' and date '2026-05-16') as value,
    count(distinct customer_id) filter (day between date '2026-03-22' and date '2026-04-18') as "previous",
    count(distinct customer_id) filter (day between date '2026-01-25' and date '2026-02-21') as "12 weeks earlier"
from orders where paid;

-- name: customers_active by country
select country, count(distinct customer_id) filter (day between date '2026-04-19' and date '2026-05-16') as value,
    count(distinct customer_id) filter (day between date '2026-03-22' and date '2026-04-18') as "previous",
    count(distinct customer_id) filter (day between date '2026-01-25' and date '2026-02-21') as "12 weeks earlier"
from orders where paid group by country order by country;

-- name: customers_active trend
with starts as (select unnest(range(12)) as weeks, date '2026-04-19' - 7 * weeks::integer as start)
select start::timestamp as start, (select count(distinct customer_id) from orders where paid and day between start and start + 27) as value
from starts order by start;

-- name: weekly_orders
select count(*) filter (day between date '2026-05-04' and date '2026-05-10') as value,
    count(*) filter (day between date '2026-05-04' and date '2026-05-10') as n,
    count(*) filter (day between date '2026-04-27' and date '2026-05-03') as "previous"
from orders where paid;

-- name: weekly_orders trend
select date_trunc('week', day) as start, count(*) as value from orders
where paid and day between date '2025-11-03' and date '2026-05-10' group by start order by start;

-- name: weekly_orders signal
with weeks as (
    select date_trunc('week', day) as week, count(*) as value from orders
    where paid and day between date '2025-11-03' and date '2026-05-10' group by week
),
ranged as (select value, abs(value - lag(value) over (order by week)) as range from weeks),
kept as (select avg(range) as mean from ranged where range < (select 3.268 * avg(range) from ranged))
select avg(value) as centre, avg(value) - 2.66 * any_value(mean) as lower, avg(value) + 2.66 * any_value(mean) as upper
from ranged, kept;

-- name: daily_buyers
with days as (select month, day, count(distinct customer_id) as buyers from orders where paid group by month, day)
select (select sum(buyers) from days where month = date '2026-04-01') / 30 as value, 30 as n,
    (select sum(buyers) from days where month = date '2026-03-01') / 31 as "previous";

-- name: discounting
select avg(discount) filter (month = date '2026-04-01') / 100 as value, count(*) filter (month = date '2026-04-01') as n,
    avg(discount) filter (month = date '2026-03-01') / 100 as "previous"
from orders where paid;

-- name: refunds_in_revenue
select (select sum(amount) from refunds where month between date '2026-02-01' and date '2026-04-01')
        / (select sum(amount) from orders where paid and month between date '2026-02-01' and date '2026-04-01') as value,
    (select sum(amount) from refunds where month between date '2025-11-01' and date '2026-01-01')
        / (select sum(amount) from orders where paid and month between date '2025-11-01' and date '2026-01-01') as "previous";

-- name: punctual_delivery
select avg((delivered_on > promised_on)::integer) filter (month = date '2026-04-01') as value,
    count(delivered_on) filter (month = date '2026-04-01') as n,
    avg((delivered_on > promised_on)::integer) filter (month = date '2026-03-01') as "previous"
from orders;

-- name: punctual_delivery by country
select country, avg((delivered_on > promised_on)::integer) filter (month = date '2026-04-01') as value,
    count(delivered_on) filter (month = date '2026-04-01') as n,
    avg((delivered_on > promised_on)::integer) filter (month = date '2026-03-01') as "previous"
from orders group by country order by country;

-- name: punctual_delivery trend
select month as start, avg((delivered_on > promised_on)::integer) as value from orders
where month between date '2025-11-01' and date '2026-04-01' group by month order by month;

-- name: delivery_time
select median(delivered_on - day) filter (month = date '2026-04-01') as value,
    median(delivered_on - day) filter (month = date '2026-03-01') as "previous"
from orders;

-- name: stock_level
select sum(units) filter (counted_on = date '2026-05-10') as value, count(*) filter (counted_on = date '2026-05-10') as n,
    sum(units) filter (counted_on = date '2026-04-12') as "4 weeks earlier"
from inventory;

-- name: stock_level by warehouse
select warehouse, sum(units) filter (counted_on = date '2026-05-10') as value, count(*) filter (counted_on = date '2026-05-10') as n,
    sum(units) filter (counted_on = date '2026-04-12') as "4 weeks earlier"
from inventory group by warehouse order by warehouse;

-- name: empty_shelves
select count(*) as value from inventory where counted_on = date '2026-05-10' and units = 0;

-- name: steady_days
with days as (select day, (minutes - minutes_down) * 1000 >= minutes * 999 as steady from uptime)
select avg(steady::integer) filter (day between date '2026-04-19' and date '2026-05-16') as value, 28 as n,
    avg(steady::integer) filter (day between date '2026-03-22' and date '2026-04-18') as "previous"
from days;

-- name: visit_conversion
-- On 2026-05-17 the seven days of every visit of March and April are over.
with paid_orders as (
    select customer_id, ordered_at::timestamp as ordered
    from read_csv(['{data}/orders_2025.csv', '{data}/orders_2026.csv']) where status = 'paid'
), visits as (
    select visit_id, customer_id, visited_at::timestamp as visited,
        lead(visited) over (partition by customer_id order by visited, visit_id) as following,
        date_trunc('month', visited at time zone 'UTC' at time zone 'Europe/Berlin') as month
    from read_csv('{data}/visits.csv')
), judged as (
    select month, exists (
        from paid_orders o where o.customer_id = v.customer_id and o.ordered >= v.visited and o.ordered <= v.visited + interval 168 hours
            and (v.following is null or o.ordered < v.following)
    ) as converted from visits v
)
select count(*) filter (converted and month = date '2026-04-01') / count(*) filter (month = date '2026-04-01') as value,
    count(*) filter (month = date '2026-04-01') as n,
    count(*) filter (converted and month = date '2026-03-01') / count(*) filter (month = date '2026-03-01') as "previous"
from judged;

-- name: first_reply
-- An unanswered request is as old as the end of the window.
select avg((coalesce(replied, timestamp '2026-05-11') - opened <= interval 4 hours)::integer)
        filter (opened >= date '2026-04-13' and opened < date '2026-05-11') as value,
    count(*) filter (opened >= date '2026-04-13' and opened < date '2026-05-11') as n,
    avg((coalesce(replied, timestamp '2026-04-13') - opened <= interval 4 hours)::integer)
        filter (opened >= date '2026-03-16' and opened < date '2026-04-13') as "previous"
from tickets;

-- name: first_reply trend
with starts as (select unnest(range(12)) as weeks, date '2026-04-13' - 7 * weeks::integer as start)
select start::timestamp as start, (
    select avg((coalesce(replied, start + interval 28 days) - opened <= interval 4 hours)::integer)
    from tickets where opened >= start and opened < start + interval 28 days
) as value
from starts order by start;

-- name: open_requests_now
select count(*) filter (opened < timestamp '2026-05-17' and (closed is null or closed >= timestamp '2026-05-17')) as value,
    count(*) filter (opened < timestamp '2026-05-10' and (closed is null or closed >= timestamp '2026-05-10')) as "1 week earlier"
from tickets;

-- name: satisfied_customers
with answers as (
    select date_trunc('month', answered_on) between date '2026-02-01' and date '2026-04-01' as now,
        date_trunc('month', answered_on) between date '2025-11-01' and date '2026-01-01' as before, satisfied >= 4 as happy
    from survey
)
select avg(happy::integer) filter (now) as value, count(*) filter (now) as n, avg(happy::integer) filter (before) as "previous" from answers;

-- name: satisfied_customers by country
with answers as (
    select country, date_trunc('month', answered_on) between date '2026-02-01' and date '2026-04-01' as now,
        date_trunc('month', answered_on) between date '2025-11-01' and date '2026-01-01' as before, satisfied >= 4 as happy
    from survey
)
-- Fewer than 30 answers are an insufficient sample: no value.
select country, case when count(*) filter (now) >= 30 then avg(happy::integer) filter (now) end as value, count(*) filter (now) as n,
    avg(happy::integer) filter (before) as "previous"
from answers group by country order by country;

-- name: promoters
with answers as (
    select date_trunc('month', answered_on) as month, case when recommend >= 9 then 100 when recommend <= 6 then -100 else 0 end as score
    from survey where recommend is not null
)
select avg(score) filter (month between date '2026-02-01' and date '2026-04-01') as value,
    count(*) filter (month between date '2026-02-01' and date '2026-04-01') as n,
    avg(score) filter (month between date '2025-11-01' and date '2026-01-01') as "previous"
from answers;

-- name: people.team_size
select count(*) filter (hired_on <= date '2026-05-16' and (left_on is null or left_on >= date '2026-05-16')) as value,
    count(*) filter (hired_on <= date '2026-02-16' and (left_on is null or left_on >= date '2026-02-16')) as "3 months earlier"
from staff;

-- name: people.team_size by department
select department,
    count(*) filter (hired_on <= date '2026-05-16' and (left_on is null or left_on >= date '2026-05-16')) as value,
    count(*) filter (hired_on <= date '2026-02-16' and (left_on is null or left_on >= date '2026-02-16')) as "3 months earlier"
from staff group by department order by department;

-- name: people.departures
select count(*) filter (date_trunc('month', left_on) between date '2026-02-01' and date '2026-04-01') as value,
    count(*) filter (date_trunc('month', left_on) between date '2025-11-01' and date '2026-01-01') as "previous"
from staff;
