-- name: applications_with_owner
-- Each of pg_temp.imported_credit_applications with customer and currency of its credit; as many as
-- were staged. Relies on credit_pkey.
select s.credit_application_id as entry_id, s.amount_micros, s.applied_at as effective_at,
       c.customer_id, c.currency
  from pg_temp.imported_credit_applications s
 cross join lateral (
       select customer_id, currency
         from billing.credit
        where tenant_id = tenancy.current_tenant() and credit_id = s.credit_id
       offset 0) c;

-- name: listed
-- Credits of one customer or all, the newest first.
select k.credit_id, c.name as customer, k.currency, k.original_micros, k.remaining_micros, k.reason, k.priority,
       k.is_goodwill, k.is_taken_back, k.broken_micros, k.origin, k.granted_at, k.expires_at, c.time_zone
  from billing.credit k
  join billing.customer c on c.tenant_id = k.tenant_id and c.customer_id = k.customer_id
 where k.tenant_id = tenancy.current_tenant()
   and (%(customer_id)s::uuid is null or k.customer_id = %(customer_id)s)
 order by k.granted_at desc, k.credit_id
 limit %(limit)s;

-- name: held
-- A credit, held; one row or none. Relies on credit_pkey.
select credit_id, customer_id, currency, original_micros, remaining_micros, is_goodwill
  from billing.credit
 where tenant_id = tenancy.current_tenant() and credit_id = %(credit_id)s
   for update;

-- name: granted_alike
-- A grant to a customer that stands, of one amount and one day of theirs; one row or none.
select k.credit_id
  from billing.credit k
  join billing.customer c on c.tenant_id = k.tenant_id and c.customer_id = k.customer_id
 where k.tenant_id = tenancy.current_tenant() and k.customer_id = %(customer_id)s and k.currency = %(currency)s
   and k.is_goodwill and not k.is_taken_back and k.original_micros = %(micros)s
   and (k.granted_at at time zone c.time_zone)::date = (%(at)s::timestamptz at time zone c.time_zone)::date
 limit 1;

-- name: take_back
-- Nothing of a credit is left to spend, nor will be; one row.
update billing.credit set remaining_micros = 0, is_taken_back = true
 where tenant_id = tenancy.current_tenant() and credit_id = %(credit_id)s;

-- name: left_of
-- Credits of a customer with something left, held in one order for all. Relies on credit_to_spend_idx.
select credit_id, currency, remaining_micros, priority, granted_at, expires_at, is_goodwill, origin
  from billing.credit
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and remaining_micros > 0
 order by credit_id
   for update;

-- name: lower
-- Take from credits what was paid out of them, or, below zero, give it back; as many as are named. Relies on credit_pkey.
update billing.credit c
   set remaining_micros = c.remaining_micros - u.amount_micros
  from unnest(%(ids)s::uuid[], %(amounts)s::bigint[]) as u (credit_id, amount_micros)
 where c.tenant_id = tenancy.current_tenant() and c.credit_id = u.credit_id;

-- name: applied_alike
-- Whether credit of one amount was applied to an invoice at once, on one day of its customer's; one row or none.
select a.applied_at
  from billing.credit_application a
  join billing.invoice i on i.tenant_id = a.tenant_id and i.invoice_id = a.invoice_id
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where a.tenant_id = tenancy.current_tenant() and a.invoice_id = %(invoice_id)s
   and (a.applied_at at time zone c.time_zone)::date = (%(at)s::timestamptz at time zone c.time_zone)::date
 group by a.applied_at
having sum(a.amount_micros) = %(micros)s
 limit 1;

-- name: paid_in
-- What a customer paid, less refunds made or under way, disputes not won, and credit paid out that did not come back
-- (B57); one row.
with payment as (
    select payment_id, amount_micros
      from billing.payment
     where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and currency = %(currency)s
       and status = 'succeeded'
)
select (coalesce((select sum(amount_micros) from payment), 0)
      - coalesce((select sum(r.amount_micros) from billing.refund r join payment using (payment_id)
                   where r.tenant_id = tenancy.current_tenant() and r.status in ('pending', 'succeeded')), 0)
      - coalesce((select sum(d.amount_micros) from billing.dispute d join payment using (payment_id)
                   where d.tenant_id = tenancy.current_tenant() and d.status <> 'won'), 0)
      - coalesce((select sum(o.amount_micros) from billing.credit_payout o
                    join billing.credit k on k.tenant_id = o.tenant_id and k.credit_id = o.credit_id
                   where o.tenant_id = tenancy.current_tenant() and k.customer_id = %(customer_id)s
                     and k.currency = %(currency)s
                     and not exists (
                         select from billing.credit_payout_undone u
                          where u.tenant_id = o.tenant_id and u.credit_payout_id = o.credit_payout_id)), 0))::bigint as micros;

-- name: payout_known
-- A pay-out of a reference; one row or none. Relies on credit_payout_reference_key.
select credit_payout_id
  from billing.credit_payout
 where tenant_id = tenancy.current_tenant() and reference = %(reference)s
 limit 1;

-- name: insert_payouts
-- The parts of a pay-out; a row each, none that stands under its reference already (credit_payout_reference_key).
insert into billing.credit_payout (tenant_id, credit_payout_id, credit_id, amount_micros, reference, position,
       paid_out_at)
select tenancy.current_tenant(), p.credit_payout_id, p.credit_id, p.amount_micros, %(reference)s, p.position, %(at)s
  from unnest(%(ids)s::uuid[], %(credits)s::uuid[], %(amounts)s::bigint[])
       with ordinality as p (credit_payout_id, credit_id, amount_micros, position)
    on conflict do nothing;

-- name: payout_parts
-- The parts of a pay-out by its reference, in order, their credits held; none where nothing of it is recorded. Relies on
-- credit_payout_reference_key.
select o.credit_payout_id, o.credit_id, o.amount_micros, k.customer_id, k.currency
  from billing.credit_payout o
  join billing.credit k on k.tenant_id = o.tenant_id and k.credit_id = o.credit_id
 where o.tenant_id = tenancy.current_tenant() and o.reference = %(reference)s
 order by k.credit_id
   for update of k;

-- name: undo_payouts
-- Parts of pay-outs are undone; as many as are named, but those that were undone a moment ago.
insert into billing.credit_payout_undone (tenant_id, credit_payout_id, undone_at)
select tenancy.current_tenant(), p.credit_payout_id, %(at)s
  from unnest(%(ids)s::uuid[]) as p (credit_payout_id)
    on conflict do nothing;

-- name: payouts
-- What was paid out of credits, for people, the newest first; of one customer or all.
select o.credit_payout_id, o.credit_id, k.currency, o.amount_micros, o.reference, o.paid_out_at, u.undone_at,
       c.name as customer, k.customer_id, c.time_zone
  from billing.credit_payout o
  join billing.credit k on k.tenant_id = o.tenant_id and k.credit_id = o.credit_id
  left join billing.credit_payout_undone u on u.tenant_id = o.tenant_id and u.credit_payout_id = o.credit_payout_id
  join billing.customer c on c.tenant_id = k.tenant_id and c.customer_id = k.customer_id
 where o.tenant_id = tenancy.current_tenant() and (%(customer_id)s::uuid is null or k.customer_id = %(customer_id)s)
 order by o.paid_out_at desc, o.reference, o.position
 limit %(limit)s;
