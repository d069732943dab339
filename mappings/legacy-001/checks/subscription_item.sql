-- A legacy subscription sells one thing.
select concat(t.id, '#1') as source_key, t.row_number, 1 as position, a.price_key, exact(t.quantity) as quantity
  from source.legacy_subscriptions t
  join agreed_price a using (row_number)
