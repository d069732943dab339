select cast(id as varchar) as source_key, row_number, cast(payment_id as varchar) as payment_key,
       case when status in ('pending', 'succeeded', 'failed') then status
            when status = 'canceled' then 'cancelled' end as status,
       currency, micros(amount_cents, currency) as amount_micros, reason, stripe_refund_id as psp_refund_id,
       utc(created_date) as occurred_at
  from source.legacy_refunds
