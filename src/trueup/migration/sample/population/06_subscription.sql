-- Who holds what since when, and in which state it is today.
create table subscription_draft as
with slots as (
    select customer.*, slot, id * 10 + slot as key, draw('sub.a', id * 10 + slot) as d,
           draw('sub.b', id * 10 + slot) as e
      from customer cross join (values (0), (1), (2)) as s (slot)
     where case slot when 0 then roll(c, 3) >= 40 when 1 then roll(c, 4) < 120 else roll(c, 4) < 30 end
), chosen as (
    select slots.* exclude (currency),
           case when slot > 0 and roll(e, 5) < 250 then if(currency = 'USD', 'EUR', 'USD') else currency end as currency,
           case when closed_at is not null then 'canceled'
                when roll(d, 0) < 20 then 'trialing' when roll(d, 0) < 30 then 'pending'
                when roll(d, 0) < 38 then 'incomplete' when roll(d, 0) < 46 then 'incomplete_expired'
                when created_at > getvariable('as_of') - interval 30 day then 'active'
                when roll(d, 0) < 186 then 'canceled' when roll(d, 0) < 206 then 'paused'
                when roll(d, 0) < 240 then 'past_due' when roll(d, 0) < 254 then 'unpaid'
                else 'active' end as status
      from slots
), sold as (
    select chosen.*, plan.* exclude (currency, created_at, weight_from, weight_to),
           chosen.created_at + to_days((slot * date_diff('day', chosen.created_at, getvariable('as_of')) // 4)::integer)
               + interval 20 minute as natural_start
      from chosen
      join shape on roll(d, 1) >= shape.weight_from and roll(d, 1) < shape.weight_to
      join plan on plan.currency = chosen.currency and plan.shape_no = shape.shape_no
)
select *,
       case when status = 'trialing'
                 then date_trunc('day', getvariable('as_of')) - to_days((1 + roll(e, 0) % 2)::integer) + daytime(d)
            when status = 'pending'
                 then date_trunc('day', getvariable('as_of')) + to_days((2 + roll(e, 0) % 40)::integer) + daytime(d)
            when status = 'incomplete'
                 then date_trunc('day', getvariable('as_of')) - to_days((1 + roll(e, 0) % 2)::integer) + daytime(d)
            when billing_interval = 'year' and natural_start < timestamp '2024-02-29' and roll(e, 1) < 900
                 then timestamp '2024-02-29 10:00:00'
            -- some start on the last day of their month: anchors 29, 30 and 31
            when roll(e, 1) < 100 and closed_at is null and last_day(natural_start) < getvariable('as_of') - interval 40 day
                 then last_day(natural_start)::timestamp + (natural_start - date_trunc('day', natural_start))
            else natural_start end as started_at,
       case when status = 'trialing' then greatest(trial_days, 14)
            when status in ('pending', 'incomplete', 'incomplete_expired') then 0
            when trial_days > 0 and roll(e, 2) < 600
                 and natural_start < getvariable('as_of') - interval 45 day then trial_days else 0 end as trial_used
  from sold;

create table subscription_dated as
with billed as (
    select *, started_at + to_days(trial_used::integer) as billing_start,
           -- cancelled and paused ones stopped somewhere between their start and today
           case when status in ('canceled', 'paused', 'incomplete_expired') then
               date_trunc('day', started_at) + to_days(trial_used::integer) + to_days((1
                   + (greatest(date_diff('day', started_at, coalesce(closed_at, getvariable('as_of'))) - trial_used - 2, 1)
                      * (if(status = 'paused', 700, 0) + roll(e, 3) * if(status = 'paused', 3, 10) // 10)) // 1000)::integer) + interval 18 hour
           end as stopped_at
      from subscription_draft
), counted as (
    select *, least(getvariable('as_of'), coalesce(stopped_at, getvariable('as_of'))) as seen_until,
           if(months > 0, date_diff('month', billing_start, seen_until) // months,
              date_diff('day', billing_start, seen_until) // days) as guess
      from billed
), settled as (
    select *, greatest(if(period_at(billing_start, months, days, guess) > seen_until, guess - 1, guess), 0) as seen_k
      from counted
)
-- most cancellations take effect at the end of a period that was already paid
select *, status = 'canceled' and roll(e, 4) < 700 and seen_k > 0 as ended_at_boundary,
       case when status = 'incomplete_expired' then 0
            when status = 'canceled' and roll(e, 4) < 700 and seen_k > 0 then seen_k - 1 else seen_k end as last_k
  from settled;

create table subscription as
select 30000 + row_number() over (order by id, slot) as subscription_id, id as customer_id, key, d, e, status, plan_id,
       model, is_usage, metric, months, days, currency, tax_ppm, pays_by_transfer, started_at, billing_start, trial_used,
       stopped_at, seen_until, last_k, ended_at_boundary, country, billing_interval, closed_at,
       case when ended_at_boundary then period_at(billing_start, months, days, last_k + 1)
            when status in ('canceled', 'incomplete_expired') then stopped_at end as ended_at,
       period_at(billing_start, months, days, last_k) as period_start,
       period_at(billing_start, months, days, last_k + 1) as period_end,
       case when model = 'per_unit' and not is_usage then 1 + (roll(e, 2) * roll(e, 3)) // 20000 else 1 end::integer as quantity,
       case when not is_usage and roll(d, 2) < 20 then true else false end as is_custom,
       case when started_at >= timestamp '2026-01-01 09:00:00' then 3
            when started_at >= timestamp '2024-07-01 09:00:00' then 2 else 1 end as version,
       case when pays_by_transfer then 14 + 16 * (roll(d, 3)::integer % 2) else 0 end as net_days
  from subscription_dated;

-- At most one discount for a subscription: for ever, for some more periods, or already over.
create table discount as
with drawn as (
    select *, draw('discount', subscription_id) as x from subscription
     where status not in ('pending', 'incomplete', 'incomplete_expired') and not is_usage
)
select 40000 + row_number() over (order by subscription_id) as discount_id, subscription_id, currency,
       pick(['WELCOME10', 'Spring25', 'NONPROFIT', 'PARTNER-15', 'loyal'], roll(x, 1)) as coupon_code,
       case when roll(x, 2) < 750 then pick([1000, 1500, 2500, 1250], roll(x, 3)) end as percent_bp,
       case when roll(x, 2) >= 750 then minor_per_dollar * 3 end as amount_minor,
       case when roll(x, 4) < 300 then 1 + roll(x, 5)::integer % 6 when roll(x, 4) < 550 then 0 end as periods_remaining,
       billing_start as starts_at,
       case when roll(x, 4) >= 300 and roll(x, 4) < 550
            then period_at(billing_start, months, days, (last_k + 1) // 2) end as ends_at
  from drawn join market using (currency)
 where roll(x, 0) < 80;
