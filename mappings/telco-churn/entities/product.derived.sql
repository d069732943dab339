select distinct services(phone_service, internet_service) as source_key,
       services(phone_service, internet_service) as name,
       true as is_active
  from source.telco_customer_churn
