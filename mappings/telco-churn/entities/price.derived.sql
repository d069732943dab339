select distinct custom_price(phone_service, internet_service, contract, monthly_charges) as source_key,
       plan_name(phone_service, internet_service, contract) as plan_key,
       assumed_currency() as currency,
       'flat' as model,
       micros_from_major(monthly_charges) as unit_amount_micros,
       unread_major(monthly_charges) as unread_unit_amount_micros
  from source.telco_customer_churn
