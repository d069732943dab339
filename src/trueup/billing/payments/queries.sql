-- name: insert_payment
-- A payment that somebody told us of; one row, or none if its key is known (payment_idempotency_key_key).
insert into billing.payment (tenant_id, payment_id, customer_id, invoice_id, method_kind, status, currency,
       amount_micros, occurred_at, idempotency_key)
values (tenancy.current_tenant(), %(payment_id)s, %(customer_id)s, %(invoice_id)s, %(method_kind)s, 'succeeded',
       %(currency)s, %(amount_micros)s, %(at)s, %(key)s)
    on conflict (tenant_id, idempotency_key) do nothing;

-- name: settle
-- So much more of an invoice is paid; paid where nothing is due any more (B54). One row.
update billing.invoice
   set paid_micros = paid_micros + %(micros)s,
       status = case when total_micros = paid_micros + credited_micros + %(micros)s then 'paid' else status end,
       paid_at = case when total_micros = paid_micros + credited_micros + %(micros)s then %(at)s else paid_at end
 where tenant_id = tenancy.current_tenant() and invoice_id = %(invoice_id)s;
