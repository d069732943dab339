-- name: hold_refreshing
-- One row. Until the transaction ends, await_refreshing waits for it.
select pg_advisory_xact_lock_shared(hashtext('trueup refreshing'), tenancy.current_tenant());

-- name: await_refreshing
-- One row. Waits until no worker has drafts at hand that it drafts anew.
select pg_advisory_xact_lock(hashtext('trueup refreshing'), tenancy.current_tenant());

-- name: drafts_of_usage
-- Drafts in their days of grace that bill usage, a row for each subscription on one, those after :after_at and
-- :after_id, in order, now held with their customers; none that another worker holds. ends_on: of the usage that
-- belongs on them. Relies on invoice_draft_idx.
with drafted as materialized (
    select i.invoice_id, i.finalize_after, i.drafted_at, i.issued_at
      from billing.invoice i
      join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
     where i.tenant_id = tenancy.current_tenant() and i.status = 'draft' and i.kind = 'cycle'
       and i.finalize_after >= %(after_at)s and (i.finalize_after, i.invoice_id) > (%(after_at)s, %(after_id)s)
       and i.issued_at <= %(until)s and i.drafted_at is not null and c.authority = 'target'
     order by i.finalize_after, i.invoice_id
     limit %(limit)s
       for update of i skip locked
       for share of c skip locked
)
select d.invoice_id, d.finalize_after, d.drafted_at, l.subscription_id,
       (d.issued_at at time zone s.time_zone)::date as ends_on
  from drafted d
  left join lateral (
       select distinct l.subscription_id from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.invoice_id = d.invoice_id and l.kind = 'usage') l on true
  left join billing.subscription s on s.tenant_id = tenancy.current_tenant() and s.subscription_id = l.subscription_id
 order by d.finalize_after, d.invoice_id, l.subscription_id;

-- name: draft_lines
-- The lines of some drafts with what they came from, by draft, in order. Relies on line_item_pkey.
select l.invoice_id, l.position, l.quantity, l.amount_micros, l.period_start, l.period_end, l.full_start, l.full_end,
       l.kind, l.plan, l.charge, l.subscription_id, l.item_key, l.line_key, l.gives_back, l.tax_percent,
       d.body::text as derivation, i.issued_at
  from billing.line_item l
  join billing.invoice i on i.tenant_id = l.tenant_id and i.invoice_id = l.invoice_id
  left join billing.derivation d on d.tenant_id = l.tenant_id and d.derivation_id = l.derivation_id
 where l.tenant_id = tenancy.current_tenant() and l.invoice_id = any(%(ids)s)
 order by l.invoice_id, l.position;

-- name: hold_subscriptions
-- The subscriptions of some ids, held: no run bills them and no order changes them meanwhile.
select subscription_id
  from billing.subscription
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s)
 order by subscription_id
   for update;

-- name: forget_discount_uses
-- What drafts used of discounts, which are restored.
delete from billing.discount_use where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s);

-- name: forget_tax_exchange
-- What the tax of drafts that are drafted anew was in the currency of the tax office.
delete from billing.tax_exchange where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s);

-- name: forget_draft_lines
-- The lines of drafts that are drafted anew.
delete from billing.line_item where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s);

-- name: redraft
-- Drafts as pg_temp.new_invoices says they are now; the rows stay, so that nobody has to wait who adds what refers
-- to others. Usage that comes after is looked at the next time.
update billing.invoice i
   set subtotal_micros = n.subtotal_micros, discount_micros = n.discount_micros, tax_micros = n.tax_micros,
       total_micros = n.total_micros, credited_micros = n.credited_micros, put_aside_micros = n.put_aside_micros,
       due_at = n.due_at, period_start = n.period_start, period_end = n.period_end, tax_fact_id = n.tax_fact_id,
       drafted_at = least(%(at)s, now())
  from pg_temp.new_invoices n
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = n.invoice_id and i.status = 'draft';

-- name: void_drafts
-- Drafts of which nothing is left; they never had a number.
update billing.invoice
   set status = 'void', voided_at = %(at)s, subtotal_micros = 0, discount_micros = 0, tax_micros = 0, total_micros = 0,
       credited_micros = 0, put_aside_micros = 0
 where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s) and status = 'draft';

-- name: usage_on_drafts
-- What of drafts is decided by usage, a row for each subscription that pays for it on one; ends_on: of the usage that
-- belongs on it. Relies on line_item_pkey.
select i.invoice_id, i.drafted_at, l.subscription_id, (i.issued_at at time zone s.time_zone)::date as ends_on
  from billing.invoice i
 cross join lateral (
       select distinct l.subscription_id from billing.line_item l
        where l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id and l.kind = 'usage') l
  join billing.subscription s on s.tenant_id = i.tenant_id and s.subscription_id = l.subscription_id
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = any(%(ids)s) and i.kind = 'cycle'
 order by i.finalize_after nulls first, i.invoice_id, l.subscription_id;

-- name: drafts_to_finalize
-- Drafts of customers we bill whose days of grace are over, those after :after_at and :after_id, held, the longest
-- first; their customers are held against a hand-over. Relies on invoice_draft_idx.
select i.invoice_id, i.customer_id, i.finalize_after, i.drafted_at
  from billing.invoice i
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where i.tenant_id = tenancy.current_tenant() and i.status = 'draft' and i.finalize_after <= %(until)s
   and i.finalize_after >= %(after_at)s and (i.finalize_after, i.invoice_id) > (%(after_at)s, %(after_id)s)
   and c.authority = 'target'
 order by i.finalize_after, i.invoice_id
 limit %(limit)s
   for update of i skip locked
   for share of c skip locked;

-- name: drafts
-- Drafts of some ids as they are announced and posted, in the order of numbering.
select invoice_id, customer_id, currency, subtotal_micros, discount_micros, tax_micros, total_micros, put_aside_micros,
       issued_at, legal_entity_id, drafted_at,
       (select coalesce(sum(l.amount_micros), 0)::bigint
          from billing.line_item l
         where l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id and l.kind = 'account_credit') as account_micros
  from billing.invoice i
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = any(%(ids)s) and i.status = 'draft'
 order by i.finalize_after nulls first, i.invoice_id;

-- name: finalize_drafts
-- Number and issue drafts; as many as are named.
update billing.invoice i
   set number = f.number, status = case when i.total_micros = i.credited_micros + f.credited then 'paid' else 'open' end,
       credited_micros = i.credited_micros + f.credited, finalized_at = clock_timestamp(),
       paid_at = case when i.total_micros = i.credited_micros + f.credited then i.issued_at end
  from unnest(%(ids)s::uuid[], %(numbers)s::text[], %(credited)s::bigint[]) as f (invoice_id, number, credited)
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = f.invoice_id and i.status = 'draft';

-- name: unpark_drafts
-- Subscriptions on some drafts wait for nobody with them; those whose own next bill is refused do. Relies on
-- line_item_pkey.
delete from billing.parked p
 using billing.line_item l, billing.subscription s
 where p.tenant_id = tenancy.current_tenant() and p.subscription_id = l.subscription_id
   and l.tenant_id = p.tenant_id and l.invoice_id = any(%(ids)s)
   and s.tenant_id = p.tenant_id and s.subscription_id = p.subscription_id
   and s.parked_by is distinct from p.bill_run_id;
