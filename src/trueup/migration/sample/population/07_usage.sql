-- Reports of use: some each period, spread over its days; those of the running period wait for a bill.
create table usage as
with periods as (
    select subscription_id, metric, seen_until, k,
           period_at(billing_start, months, days, k) as period_start,
           period_at(billing_start, months, days, k + 1) as period_end,
           draw('usage.period', subscription_id * 1000 + k) as p
      from subscription cross join lateral (select unnest(range(0, last_k + 1)) as k)
     where is_usage and status not in ('pending', 'trialing', 'incomplete', 'incomplete_expired')
), reports as (
    select periods.*, j, 3 + roll(p, 0)::bigint % 5 as reports,
           draw('usage', (subscription_id * 1000 + k) * 10 + j) as u
      from periods cross join lateral (select unnest(range(0, 3 + roll(p, 0)::bigint % 5)) as j)
), dated as (
    select *, date_trunc('day', period_start)
              + to_days((1 + (j * (date_diff('day', period_start, period_end) - 2)) // reports
                         + roll(u, 2)::bigint % 4)::integer) + daytime(u) as recorded_at
      from reports
)
select subscription_id, k, j, metric, recorded_at, period_end,
       case metric when 'gb_hours' then 1 + roll(u, 0)::bigint * roll(u, 1)::bigint
                   when 'api_calls' then 1000 * (1 + roll(u, 0)::bigint * (1 + roll(u, 1)::bigint % 9))
                   else 1000 * (1 + roll(u, 0)::bigint // 3) end as quantity_milli,
       -- reported after the invoice of its period was made: arrears nobody has billed yet
       roll(p, 1) < 30 and j = 0 as is_late
  from dated
 where recorded_at < least(period_end, seen_until);
