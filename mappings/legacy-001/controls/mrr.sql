-- The month's share of each fixed price: a year is twelve months and 365 days, a quarter three months.
-- Rounded half away from zero to a millionth for each subscription; overdue ones still recur.
with running as (
    select coalesce(s.survivor_id, t.customer_id) as customer_id, t.currency, p.micros, p.billing_interval, p.interval_count
      from accepted.subscription t
      join interval_price p using (row_number)
      left join survivor s on s.merged_id = t.customer_id
     where t.status in ('active', 'past_due')
), shared as (
    select *, case billing_interval when 'day' then 365 when 'week' then 365 else 12 end::hugeint as share,
           case billing_interval when 'day' then 12 when 'week' then 84 when 'month' then 12
                                 when 'quarter' then 36 when 'year' then 144 end::hugeint * try_cast(interval_count as bigint) as whole
      from running
)
select cast(customer_id as varchar) as customer_key, currency,
       cast(sign(micros) * ((2 * abs(micros) * share + whole) // (2 * whole)) as bigint) as amount_micros
  from shared
 where micros is not null
