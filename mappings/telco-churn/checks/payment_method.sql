select id as source_key, row_number, id as customer_key,
       case when payment_method = 'Mailed check' then 'check'
            when payment_method = 'Electronic check' then 'bank_debit'
            when payment_method like 'Bank transfer %' then 'bank_transfer'
            when payment_method like 'Credit card %' then 'card' end as kind,
       null as psp, null as psp_payment_method_id, null as brand, null as last4, null as expiry_year,
       null as expiry_month, null as fingerprint, null as mandate_reference, true as is_default,
       'active' as status, null as created_at
  from stated
