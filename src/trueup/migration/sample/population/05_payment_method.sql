-- One default method for each customer who pays by card or debit, sometimes a second, sometimes a
-- detached older one that past payments still name.
create table payment_method as
with slots as (
    select customer.*, slot, draw('method', id * 10 + slot) as m
      from customer cross join (values (0), (1), (2)) as s (slot)
     where not pays_by_transfer
       and (slot = 0 or (slot = 1 and roll(c, 1) < 150) or (slot = 2 and roll(c, 2) < 120))
)
select 20000 + row_number() over (order by id, slot) as method_id, id as customer_id, slot,
       token('pm_', 'method', id * 10 + slot) as stripe_payment_method_id,
       case when slot = 0 and currency = 'EUR' and roll(m, 0) < 250 then 'sepa_debit'
            when slot = 0 and country = 'US' and roll(m, 0) < 60 then 'us_bank_account' else 'card' end as type,
       lpad(((roll(m, 1) * 10 + roll(m, 2) % 10) % 10000)::varchar, 4, '0') as card_last_four,
       pick(['visa', 'mastercard', 'amex', 'jcb'], roll(m, 3) * roll(m, 4)) as brand,
       (1 + roll(m, 4) % 12)::integer as exp_month, (2024 + slot % 2 + roll(m, 5) % 6)::integer as exp_year,
       concat('fp', left(md5(concat('finger', id, slot)), 14)) as fingerprint,
       concat('MD-', id, '-', slot) as mandate,
       slot = 0 as is_default, slot = 2 as is_detached, created_at + to_minutes(slot) as created_at
  from slots;
