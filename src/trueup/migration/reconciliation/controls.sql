-- name: revenue
-- Money kept: succeeded payments less succeeded refunds, by the payment's customer.
with moved as (
    select p.customer_id, p.currency, p.amount_micros
      from billing.payment p
     where p.status = 'succeeded'
    union all
    select p.customer_id, r.currency, -r.amount_micros
      from billing.refund r
      join billing.payment p on p.tenant_id = r.tenant_id and p.payment_id = r.payment_id
     where r.status = 'succeeded'
)
select coalesce(c.source_key, 'target:' || m.customer_id) as customer_key, m.currency, '' as part,
       sum(m.amount_micros)::bigint as amount_micros
  from moved m
  left join migration.crosswalk c on c.entity = 'customer' and c.target_id = m.customer_id
 where c.load_id is null or c.load_id = %(load_id)s
 group by 1, 2
having sum(m.amount_micros) <> 0;

-- name: billed
-- Issued gross: totals of invoices that are open, paid or given up on; no drafts, no void ones.
select coalesce(c.source_key, 'target:' || i.customer_id) as customer_key, i.currency, '' as part,
       sum(i.total_micros)::bigint as amount_micros
  from billing.invoice i
  left join migration.crosswalk c on c.entity = 'customer' and c.target_id = i.customer_id
 where i.status in ('open', 'paid', 'uncollectible')
   and (c.load_id is null or c.load_id = %(load_id)s)
 group by 1, 2
having sum(i.total_micros) <> 0;

-- name: open_balance
-- What is due on open invoices: total less paid less credited.
select coalesce(c.source_key, 'target:' || i.customer_id) as customer_key, i.currency, '' as part,
       sum(i.total_micros - i.paid_micros - i.credited_micros)::bigint as amount_micros
  from billing.invoice i
  left join migration.crosswalk c on c.entity = 'customer' and c.target_id = i.customer_id
 where i.status = 'open' and (c.load_id is null or c.load_id = %(load_id)s)
 group by 1, 2
having sum(i.total_micros - i.paid_micros - i.credited_micros) <> 0;

-- name: credits_remaining
-- What is left of credits, spent, expired and negative ones included.
select coalesce(c.source_key, 'target:' || k.customer_id) as customer_key, k.currency, '' as part,
       sum(k.remaining_micros)::bigint as amount_micros
  from billing.credit k
  left join migration.crosswalk c on c.entity = 'customer' and c.target_id = k.customer_id
 where c.load_id is null or c.load_id = %(load_id)s
 group by 1, 2
having sum(k.remaining_micros) <> 0;

-- name: payments_by_method
-- Succeeded payments by kind of method; the part is empty where the kind is not known.
select coalesce(c.source_key, 'target:' || p.customer_id) as customer_key, p.currency,
       coalesce(p.method_kind, '') as part, sum(p.amount_micros)::bigint as amount_micros
  from billing.payment p
  left join migration.crosswalk c on c.entity = 'customer' and c.target_id = p.customer_id
 where p.status = 'succeeded' and (c.load_id is null or c.load_id = %(load_id)s)
 group by 1, 2, 3
having sum(p.amount_micros) <> 0;

-- name: mrr
-- Monthly recurring revenue before discounts, tax and usage: per item of an active or past-due
-- subscription, the fixed price of one interval times its quantity (a flat price counts once),
-- over the interval's months (quarter 3, year 12, week 7 x 12 / 365, day 12 / 365, none for once),
-- rounded half away from zero to a millionth.  Metered and tiered prices have no fixed part.
with item as (
    select s.customer_id, s.currency, pl.interval_count,
           p.unit_amount_micros * case p.model when 'flat' then 1 else i.quantity end as amount,
           case pl.interval when 'month' then 1 when 'quarter' then 1 when 'year' then 1
                            when 'week' then 365 when 'day' then 365 end as numerator,
           case pl.interval when 'month' then 1 when 'quarter' then 3 when 'year' then 12
                            when 'week' then 84 when 'day' then 12 end as denominator
      from billing.subscription s
      join billing.subscription_item i on i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id
      join billing.price p on p.tenant_id = i.tenant_id and p.price_id = i.price_id
      join billing.plan pl on pl.tenant_id = p.tenant_id and pl.plan_id = p.plan_id
     where s.status in ('active', 'past_due') and p.meter is null and p.tiers is null
       and pl.interval <> 'once'
)
select coalesce(c.source_key, 'target:' || t.customer_id) as customer_key, t.currency, '' as part,
       sum(round(t.amount * t.numerator / (t.denominator * t.interval_count)))::bigint as amount_micros
  from item t
  left join migration.crosswalk c on c.entity = 'customer' and c.target_id = t.customer_id
 where c.load_id is null or c.load_id = %(load_id)s
 group by 1, 2
having sum(round(t.amount * t.numerator / (t.denominator * t.interval_count))) <> 0;

-- name: next_bill
-- The next bill of each subscription that will have one: active, trialing or past due, and billed in
-- arrears or not ending by then.  In arrears is what has metered prices alone, after its trial: it is
-- billed at the end of its period or of itself, for what is charged through is where usage is billed
-- to.  At, otherwise: the end of the trial, else what is charged through, else the period's end.
-- Amount: fixed prices of one interval times quantity (a flat price counts once), less the
-- discounts in force then, each of the whole, at most all of it; no tax, no usage.
with metered as (
    select i.tenant_id, i.subscription_id
      from billing.subscription_item i
      join billing.price p on p.tenant_id = i.tenant_id and p.price_id = i.price_id
     group by 1, 2
    having bool_and(p.meter is not null)
), due as (
    select s.tenant_id, s.subscription_id, s.currency, s.cancel_at_period_end, s.cancel_at,
           m.subscription_id is not null and s.status <> 'trialing' as is_in_arrears,
           case when s.status = 'trialing' then coalesce(s.trial_end_at, s.current_period_end)
                when m.subscription_id is not null then least(coalesce(s.current_period_end, s.charged_through_at), s.cancel_at)
                else coalesce(s.charged_through_at, s.current_period_end) end as next_bill_at
      from billing.subscription s
      left join metered m on m.tenant_id = s.tenant_id and m.subscription_id = s.subscription_id
     where s.status in ('active', 'trialing', 'past_due')
), next as (
    select tenant_id, subscription_id, currency, next_bill_at
      from due
     where is_in_arrears or (not cancel_at_period_end and (cancel_at is null or cancel_at > next_bill_at))
), gross as (
    select n.tenant_id, n.subscription_id,
           sum(coalesce(case when p.meter is null and p.tiers is null
                             then round(p.unit_amount_micros * case p.model when 'flat' then 1 else i.quantity end)
                        end, 0)) as micros
      from next n
      join billing.subscription_item i on i.tenant_id = n.tenant_id and i.subscription_id = n.subscription_id
      join billing.price p on p.tenant_id = i.tenant_id and p.price_id = i.price_id
     group by 1, 2
), discounts as (
    select n.tenant_id, n.subscription_id,
           sum(coalesce(d.amount_micros, round(g.micros * d.percent_bp / 10000))) as micros
      from next n
      join gross g on g.tenant_id = n.tenant_id and g.subscription_id = n.subscription_id
      join billing.discount d on d.tenant_id = n.tenant_id and d.subscription_id = n.subscription_id
     where coalesce(d.periods_remaining, 1) > 0
       and (d.starts_at is null or d.starts_at <= n.next_bill_at)
       and (d.ends_at is null or d.ends_at > n.next_bill_at)
       and (d.currency is null or d.currency = n.currency)
     group by 1, 2
)
select coalesce(x.source_key, 'target:' || n.subscription_id) as source_key, n.next_bill_at, n.currency,
       greatest(coalesce(g.micros, 0) - coalesce(d.micros, 0), 0)::bigint as amount_micros
  from next n
  left join gross g on g.tenant_id = n.tenant_id and g.subscription_id = n.subscription_id
  left join discounts d on d.tenant_id = n.tenant_id and d.subscription_id = n.subscription_id
  left join migration.crosswalk x on x.entity = 'subscription' and x.target_id = n.subscription_id
 where x.load_id is null or x.load_id = %(load_id)s;
