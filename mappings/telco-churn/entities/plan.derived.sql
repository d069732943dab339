select distinct plan_name(phone_service, internet_service, contract) as source_key,
       services(phone_service, internet_service) as product_key,
       plan_name(phone_service, internet_service, contract) as name,
       'month' as interval, 1 as interval_count, 0 as trial_days, true as is_active
  from source.telco_customer_churn
