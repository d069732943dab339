select cast(id as varchar) as source_key, row_number, cast(subscription_id as varchar) as subscription_key, coupon_code,
       cast(exact(percent_off) * 100 as bigint) as percent_bp, micros(amount_off_cents, currency) as amount_micros,
       currency, periods_remaining, utc(starts_at) as starts_at, utc(ends_at) as ends_at
  from source.legacy_discounts
