-- One item a subscription, beside its row.
select id || '#1' as source_key, row_number, 1 as position, price_key, quantity
  from source.s_subscription
