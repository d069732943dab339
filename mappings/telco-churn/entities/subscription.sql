-- The total charged reaches to the day of the export, where the running month begins; it is due then.
-- Who left has no running month. The source states no days to pay.
select row_number,
       customer_id as source_key,
       customer_id as customer_key,
       subscription_status(churn) as status,
       assumed_currency() as currency,
       joined_at(tenure) as started_at,
       if(churn = 'No', source_instant(taken_on()), null) as current_period_start,
       if(churn = 'No', source_instant(taken_on() + interval 1 month), null) as current_period_end,
       source_instant(taken_on()) as charged_through_at,
       day(taken_on()) as anchor_day,
       false as cancel_at_period_end,
       if(churn = 'Yes', source_instant(taken_on()), null) as cancelled_at,
       if(churn = 'Yes', source_instant(taken_on()), null) as ended_at,
       subscription_collection_method(payment_method) as collection_method,
       0 as net_days,
       [{'price_key': custom_price(phone_service, internet_service, contract, monthly_charges), 'quantity': 1}] as items
  from chunk
