-- name: plan_for_many
-- Plan the rest of the transaction for many rows. Of a tenant that was loaded a moment ago
-- PostgreSQL's statistics know nothing; it would expect one row and loop over millions for hours.
select set_config('enable_nestloop', 'off', true);

-- name: settlements_by_other
-- Payments and credits of one customer that settled the invoice of another; few, a row each. Reads
-- all the tenant's payments and applications beside their invoices.
select uuid_send(p.payment_id) as entry_id, uuid_send(p.customer_id) as payer_id,
       uuid_send(i.customer_id) as customer_id, p.currency, p.amount_micros,
       p.occurred_at as effective_at
  from billing.payment p
  join billing.invoice i using (tenant_id, invoice_id)
 where p.status = 'succeeded' and p.customer_id <> i.customer_id and i.origin = 'imported'
 union all
select uuid_send(a.credit_application_id), uuid_send(c.customer_id),
       uuid_send(i.customer_id), c.currency, a.amount_micros, a.applied_at
  from billing.credit_application a
  join billing.credit c using (tenant_id, credit_id)
  join billing.invoice i using (tenant_id, invoice_id)
 where c.customer_id <> i.customer_id and i.origin = 'imported';

-- name: settlement_gaps
-- Invoices for which the source recorded more or less than they call settled; a row each, none in
-- clean books. Reads all the tenant's invoices and what settled them. What an invoice calls settled
-- is its header's word while it is open or given up, everything once it is paid, and nothing where
-- it claims nothing: docs/ledger.md gives the argument.
with settlement as (
    select invoice_id, currency, amount_micros, occurred_at as settled_at
      from billing.payment
     where status = 'succeeded' and invoice_id is not null
     union all
    select invoice_id, currency, amount_micros, issued_at
      from billing.credit_note
     where status = 'issued'
     union all
    select a.invoice_id, c.currency, a.amount_micros, a.applied_at
      from billing.credit_application a
      join billing.credit c using (tenant_id, credit_id)
), recorded as (
    select invoice_id, currency, sum(amount_micros) as micros, max(settled_at) as last_at
      from settlement
     group by invoice_id, currency
), stated as (
    select invoice_id, customer_id, currency,
           case status when 'paid' then total_micros
                       when 'open' then paid_micros + credited_micros
                       when 'uncollectible' then paid_micros + credited_micros
                       else 0 end as micros,
           coalesce(case when paid_at <= now() then paid_at end, voided_at, issued_at) as settled_at
      from billing.invoice
     where origin = 'imported'
)
select uuid_send(s.invoice_id) as entry_id, uuid_send(s.customer_id) as customer_id, s.currency,
       coalesce(s.settled_at, r.last_at) as effective_at,
       (s.micros - coalesce(r.micros, 0))::bigint as gap_micros
  from stated s
  left join recorded r using (invoice_id, currency)
 where s.micros <> coalesce(r.micros, 0);

-- name: credit_shrinkage
-- Credits of which less is left than was granted and not applied, or more; a row each. Reads all
-- the tenant's credits and applications.
with applied as (
    select credit_id, sum(amount_micros) as micros
      from billing.credit_application
     group by credit_id
)
select uuid_send(c.credit_id) as entry_id, uuid_send(c.customer_id) as customer_id, c.currency,
       coalesce(case when c.expires_at <= now() then c.expires_at end, c.granted_at) as effective_at,
       (c.original_micros - c.remaining_micros - coalesce(a.micros, 0))::bigint as shrunk_micros
  from billing.credit c
  left join applied a using (credit_id)
 where c.origin = 'imported' and c.original_micros - c.remaining_micros <> coalesce(a.micros, 0);
