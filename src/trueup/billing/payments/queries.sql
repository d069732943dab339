-- name: insert_payment
-- A payment that somebody told us of; one row, or none if its key is known (payment_idempotency_key_key).
insert into billing.payment (tenant_id, payment_id, customer_id, invoice_id, method_kind, status, currency,
       amount_micros, occurred_at, idempotency_key)
values (tenancy.current_tenant(), %(payment_id)s, %(customer_id)s, %(invoice_id)s, %(method_kind)s, 'succeeded',
       %(currency)s, %(amount_micros)s, %(at)s, %(key)s)
    on conflict (tenant_id, idempotency_key) do nothing;

-- name: known
-- The payment of a key; one row or none (payment_idempotency_key_key).
select p.payment_id
  from billing.payment p
 where p.tenant_id = tenancy.current_tenant() and p.idempotency_key = %(key)s;

-- name: alike
-- A payment of an invoice, of one day of its customer's and of one amount, of any if that is 0; one row or none.
select p.amount_micros
  from billing.payment p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
 where p.tenant_id = tenancy.current_tenant() and p.invoice_id = %(invoice_id)s and p.status = 'succeeded'
   and %(micros)s in (p.amount_micros, 0)
   and (p.occurred_at at time zone c.time_zone)::date = (%(at)s::timestamptz at time zone c.time_zone)::date
 limit 1;

-- name: settle
-- So much more of an invoice is paid; paid where nothing is due any more (B54). One row.
update billing.invoice
   set paid_micros = paid_micros + %(micros)s,
       status = case when total_micros = paid_micros + credited_micros + %(micros)s then 'paid' else status end,
       paid_at = case when total_micros = paid_micros + credited_micros + %(micros)s then %(at)s else paid_at end
 where tenant_id = tenancy.current_tenant() and invoice_id = %(invoice_id)s;

-- name: listed
-- Payments for people, the newest first; of one customer or all.
select p.payment_id, p.status, p.currency, p.amount_micros, p.occurred_at, p.method_kind, p.idempotency_key as reference,
       p.failure_message, i.number as invoice, p.invoice_id, c.name as customer, p.customer_id, c.time_zone
  from billing.payment p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  left join billing.invoice i on i.tenant_id = p.tenant_id and i.invoice_id = p.invoice_id
 where p.tenant_id = tenancy.current_tenant() and (%(customer_id)s::uuid is null or p.customer_id = %(customer_id)s)
 order by p.occurred_at desc, p.payment_id
 limit %(limit)s;
