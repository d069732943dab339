-- A refunded payment was taken before it was given back. Keys of two payments may be equal or absent:
-- each carries its payment's id, so every charge has one, and none can meet a key made on this side (D31).
select cast(p.id as varchar) as source_key, p.row_number,
       cast(coalesce(s.survivor_id, p.customer_id) as varchar) as customer_key,
       cast(p.invoice_id as varchar) as invoice_key, cast(m.method_id as varchar) as payment_method_key,
       method_kind(m.type) as method_kind,
       case when p.status in ('succeeded', 'refunded') then 'succeeded'
            when p.status = 'processing' then 'pending'
            when p.status = 'failed' then 'failed'
            when p.status = 'canceled' then 'cancelled' end as status,
       p.currency, micros(p.amount_cents, p.currency) as amount_micros, utc(p.created_date) as occurred_at,
       stripe_if(coalesce(p.stripe_charge_id, p.stripe_payment_method_id)) as psp, p.stripe_charge_id as psp_payment_id, p.failure_message,
       concat('legacy:', p.idempotency_key, '#', p.id) as idempotency_key
  from source.legacy_payments p
  left join survivor s on s.merged_id = p.customer_id
  left join method_of_token m
         on m.holder_id = coalesce(s.survivor_id, p.customer_id) and m.token = p.stripe_payment_method_id
