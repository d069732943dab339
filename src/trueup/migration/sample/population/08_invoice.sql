-- Usage that the invoice of a period bills; late reports stay out of it.
create table usage_billed as
select subscription_id, k, sum(quantity_milli)::bigint as quantity_milli from usage where not is_late group by all;

-- One row an invoice: fixed fees at the start of their period, usage at its end, a zero invoice for a
-- trial, a draft for some renewals to come, and a few one-off invoices without a subscription.
create table invoice_wanted as
with renewals as (
    select subscription.*, k, period_at(billing_start, months, days, k) as from_at,
           period_at(billing_start, months, days, k + 1) as to_at
      from subscription cross join lateral (select unnest(range(0, last_k + 1)) as k)
     where status not in ('pending', 'trialing')
)
select subscription_id, customer_id, plan_id, version, model, is_usage, is_custom, quantity, currency, tax_ppm, status as sub_status,
       net_days, k, last_k - is_usage::integer - k as age, from_at, to_at, if(is_usage, to_at, from_at) as billed_at, 'renewal' as kind
  from renewals where not is_usage or to_at <= seen_until
union all
select subscription_id, customer_id, plan_id, version, model, is_usage, is_custom, quantity, currency, tax_ppm, status,
       net_days, -1, 99, started_at, billing_start, started_at, 'trial'
  from subscription where trial_used > 0
union all
select subscription_id, customer_id, plan_id, version, model, is_usage, is_custom, quantity, currency, tax_ppm, status,
       net_days, last_k + 1, 0, period_end, period_at(billing_start, months, days, last_k + 2),
       getvariable('as_of') - interval 30 minute, 'draft'
  from subscription where status = 'active' and not is_usage and roll(d, 4) < 8
union all
select null, id, null, null, 'flat', false, false, 1, currency, tax_ppm, null, if(pays_by_transfer, 30, 0), -2, 99,
       null, null, created_at + interval 40 minute, if(roll(c, 5) % 4 = 0, 'draft', 'one_off')
  from customer where roll(b, 5) < 40;

-- Lines: the fee or the usage, then sometimes an add-on, then sometimes a proration credit.
create table invoice_lined as
with drawn as (
    select *, coalesce(subscription_id * 1000 + k + 2, -customer_id) as key,
           draw('invoice.a', coalesce(subscription_id * 1000 + k + 2, -customer_id)) as g,
           draw('invoice.b', coalesce(subscription_id * 1000 + k + 2, -customer_id)) as h
      from invoice_wanted
), based as (
    select drawn.*, minor_per_dollar, coalesce(usage_billed.quantity_milli, 0) as quantity_milli,
           if(is_custom, unit_minor * 85 // 100, unit_minor) as unit_minor, first_milli,
           case when kind = 'trial' then 0
                when drawn.subscription_id is null then (20 + roll(h, 0)::bigint % 300) * minor_per_dollar
                when drawn.is_usage then usage_minor(drawn.model, coalesce(usage_billed.quantity_milli, 0), price)
                else if(is_custom, unit_minor * 85 // 100, unit_minor) * quantity end::bigint as base_minor
      from drawn
      join market using (currency)
      left join price on price.plan_id = drawn.plan_id and price.version = drawn.version
      left join usage_billed on usage_billed.subscription_id = drawn.subscription_id
                            and usage_billed.k = drawn.k
), added as (
    select *, if(kind <> 'trial' and roll(g, 0) < 380, (5 + roll(h, 1)::bigint % 60) * minor_per_dollar, 0) as addon_minor,
           if(kind = 'renewal' and roll(g, 1) < 90 and base_minor > 100, -(base_minor * (1 + roll(h, 2)::bigint % 150) // 1000), 0)
               as proration_minor
      from based
)
select added.*, coalesce(base_minor + addon_minor + proration_minor, 0) as subtotal_minor,
       case when kind = 'trial' or from_at < starts_at or from_at >= ends_at then 0
            when percent_bp is not null then share(base_minor + addon_minor + proration_minor, percent_bp * 100)
            when amount_minor is not null then least(amount_minor, base_minor + addon_minor + proration_minor)
            else 0 end as discount_minor
  from added
  left join discount on discount.subscription_id = added.subscription_id;

-- What became of each invoice, by the state of its subscription and the luck of the draw.
create table invoice_fated as
with taxed as (
    select *, subtotal_minor - discount_minor as net_minor, share(subtotal_minor - discount_minor, tax_ppm) as tax_minor
      from invoice_lined
), issued as (
    select *, net_minor + tax_minor as total_minor,
           billed_at + to_minutes(if(billed_at < getvariable('as_of') - interval 1 hour, roll(g, 2) % 30, 0)::bigint) as issued_at
      from taxed
), fated as (
    select *, issued_at + to_days(net_days::integer) as due_at,
           if(net_days > 0, issued_at + to_days((3 + roll(h, 3) % 25)::integer),
              issued_at + to_days((if(roll(g, 3) < 60, 3 + roll(h, 3) % 7, 0))::integer) + to_minutes((roll(h, 4) % 40)::bigint)) as pay_at,
           case when kind = 'draft' then 'draft' when total_minor = 0 then 'paid'
                when sub_status = 'incomplete' then 'open' when sub_status = 'incomplete_expired' then 'void'
                when sub_status = 'past_due' and age = 0 then 'past_due'
                when sub_status = 'unpaid' and age <= 1 then if(roll(g, 4) < 500, 'uncollectible', 'past_due')
                when roll(g, 4) < 7 then 'void' when roll(g, 4) < 12 then 'uncollectible'
                when roll(g, 4) < 18 and total_minor > 10 then 'partially_paid'
                else 'paid' end as fate
      from issued
)
select *, case when fate in ('paid', 'partially_paid', 'void', 'uncollectible') and total_minor > 0
                    and coalesce(sub_status, '') <> 'incomplete_expired' and pay_at >= getvariable('as_of') - interval 1 hour
               then if(due_at < getvariable('as_of') - interval 7 day, 'past_due', 'open') else fate end as status
  from fated;

-- Ids ascend with time, as a sequence would have given them.
create table invoice as
with numbered as (
    select *, 500000 + row_number() over (order by issued_at, key) as invoice_id,
           if(currency in ('EUR', 'GBP'), 'EU-', 'INV-') as series, status <> 'draft' as is_issued
      from invoice_fated
), credited as (
    select *, case when is_issued then concat(series, lpad((row_number() over (partition by series, is_issued order by invoice_id))::varchar, 7, '0'))
               end as number,
           status = 'paid' and total_minor >= 20 as can_credit
      from numbered
)
select * exclude (can_credit),
       -- settled by a credit; by a credit note before payment; given back after it
       if(can_credit and roll(g, 5) < 7, greatest(total_minor * (20 + roll(h, 5)::bigint % 81) // 100, 1), 0) as applied_minor,
       if(can_credit and roll(g, 5) between 10 and 13, greatest(total_minor * (10 + roll(h, 5)::bigint % 21) // 100, 1), 0) as noted_before_minor,
       if(can_credit and roll(g, 5) between 20 and 31 and pay_at < getvariable('as_of') - interval 12 day,
          if(roll(g, 5) < 25, total_minor, greatest(total_minor * (10 + roll(h, 5)::bigint % 41) // 100, 1)), 0) as refunded_minor
  from credited;
