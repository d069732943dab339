-- name: drafts_of_usage
-- Drafts in their days of grace that bill usage, a row for each subscription on one, those after
-- :after_at and :after_id, in order; ends_on: of the usage that belongs on them. Relies on invoice_draft_idx.
with drafted as materialized (
    select i.invoice_id, i.finalize_after, i.drafted_at, i.issued_at
      from billing.invoice i
      join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
     where i.tenant_id = tenancy.current_tenant() and i.status = 'draft' and i.kind = 'cycle'
       and i.finalize_after >= %(after_at)s and (i.finalize_after, i.invoice_id) > (%(after_at)s, %(after_id)s)
       and i.issued_at <= %(until)s and i.drafted_at is not null and c.authority = 'target'
     order by i.finalize_after, i.invoice_id
     limit %(limit)s
)
select d.invoice_id, d.finalize_after, d.drafted_at, l.subscription_id,
       (d.issued_at at time zone s.time_zone)::date as ends_on
  from drafted d
  left join lateral (
       select distinct l.subscription_id from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.invoice_id = d.invoice_id and l.kind = 'usage') l on true
  left join billing.subscription s on s.tenant_id = tenancy.current_tenant() and s.subscription_id = l.subscription_id
 order by d.finalize_after, d.invoice_id, l.subscription_id;

-- name: hold_subscriptions
-- The subscriptions of some ids, held: no run bills them and no order changes them meanwhile.
select subscription_id
  from billing.subscription
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s)
 order by subscription_id
   for update;

-- name: forget_discount_uses
-- What a draft used of discounts, which are restored.
delete from billing.discount_use where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: forget_tax_exchange
-- What the tax of a draft that is drafted anew was in the currency of the tax office.
delete from billing.tax_exchange where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: forget_draft_lines
-- The lines of a draft that is drafted anew.
delete from billing.line_item where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: forget_draft
-- A draft that is drafted anew; one row.
delete from billing.invoice where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and status = 'draft';

-- name: mark_drafted
-- Usage on a draft is read anew; one row.
update billing.invoice set drafted_at = least(%(at)s, now())
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and status = 'draft';

-- name: drafts_to_finalize
-- Drafts whose days of grace are over, held, the longest first. Relies on invoice_draft_idx.
select invoice_id, legal_entity_id
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and status = 'draft' and finalize_after <= %(until)s
 order by finalize_after, invoice_id
 limit %(limit)s
   for update skip locked;

-- name: drafts
-- Drafts of some ids as they are announced and posted, in the order of numbering.
select invoice_id, customer_id, currency, subtotal_micros, discount_micros, tax_micros, total_micros, put_aside_micros,
       issued_at, legal_entity_id,
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
       credited_micros = i.credited_micros + f.credited,
       paid_at = case when i.total_micros = i.credited_micros + f.credited then i.issued_at end
  from unnest(%(ids)s::uuid[], %(numbers)s::text[], %(credited)s::bigint[]) as f (invoice_id, number, credited)
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = f.invoice_id and i.status = 'draft';
