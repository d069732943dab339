-- Discounts with their end (D25); a percentage in hundredths of a percent, exactly.
select row_number,
       id as source_key,
       subscription_id as subscription_key,
       coupon_code,
       scaled(percent_off, 100) as percent_bp,
       if(scaled(percent_off, 100) is null, percent_off::varchar, null) as unread_percent_bp,
       micros_from_minor(amount_off_cents, currency) as amount_micros,
       unread_minor(amount_off_cents, currency) as unread_amount_micros,
       currency,
       periods_remaining,
       source_instant(written_time(starts_at)) as starts_at,
       source_instant(written_time(ends_at)) as ends_at,
       if(amount_off_cents is not null and currency is null, 'rejected', null) as aside_bucket,
       'amount_without_currency' as aside_reason,
       'currency' as aside_field,
       amount_off_cents::varchar as aside_value,
       'name the currency of the amount' as aside_fix
  from chunk
