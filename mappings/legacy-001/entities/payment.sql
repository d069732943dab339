-- Every payment, on account too (D6). Its method is the customer's own with the processor's id, one to
-- one: the newest still attached, else the newest detached (D7). Every payment gets a key in a scope of
-- its own, so that none is lost to a collision and none is taken twice (D31).
with methods as (
    select coalesce(survivor_id, method.customer_id) as owner_id, stripe_payment_method_id,
           arg_max({'id': method.id, 'type': type},
                   {'is_attached': not is_true(is_detached),
                    'since': coalesce(try_cast(created_date as timestamp), timestamp 'epoch'), 'id': method.id}) as method
      from source.legacy_payment_methods method
      semi join chunk using (stripe_payment_method_id)
      left join survivors survivor on survivor.customer_id = method.customer_id
     group by all
)
select row_number,
       chunk.id as source_key,
       chunk.customer_id as customer_key,
       invoice_id as invoice_key,
       method.id as payment_method_key,
       payment_method_kind(method.type) as method_kind,
       payment_status(status) as status,
       currency,
       micros_from_minor(amount_cents, currency) as amount_micros,
       unread_minor(amount_cents, currency) as unread_amount_micros,
       source_instant(written_time(created_date)) as occurred_at,
       unread_instant(written_time(created_date)) as unread_occurred_at,
       if(coalesce(stripe_charge_id, chunk.stripe_payment_method_id) is null, null, 'stripe') as psp,
       stripe_charge_id as psp_payment_id,
       failure_message,
       concat('legacy:', idempotency_key, '#', chunk.id) as idempotency_key
  from chunk
  left join survivors survivor on survivor.customer_id = chunk.customer_id
  left join methods
    on methods.stripe_payment_method_id = chunk.stripe_payment_method_id
   and methods.owner_id = coalesce(survivor_id, chunk.customer_id)
