-- A customer has one default: the newest of those that say so and are still attached.
with chosen as (
    select row_number from held_method
     where is_default and not is_detached
    qualify row_number() over (partition by holder_id order by attached_at desc nulls last, number desc) = 1
)
select cast(m.id as varchar) as source_key, m.row_number, cast(h.holder_id as varchar) as customer_key,
       method_kind(m.type) as kind, stripe_if(m.stripe_payment_method_id) as psp,
       m.stripe_payment_method_id as psp_payment_method_id, m.card_brand as brand, m.card_last_four as last4,
       m.exp_year as expiry_year, m.exp_month as expiry_month, m.fingerprint, m.mandate_reference,
       chosen.row_number is not null as is_default,
       case when h.is_detached then 'detached' else 'active' end as status, utc(m.created_date) as created_at
  from source.legacy_payment_methods m
  join held_method h using (row_number)
  left join chosen using (row_number)
