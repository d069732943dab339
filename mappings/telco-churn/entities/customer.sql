-- Nobody has a name. A customer came as many months ago as the tenure says; who left, left by the day
-- of the export. Age, sex and household are nothing to billing.
select row_number,
       customer_id as source_key,
       assumed_currency() as currency,
       getvariable('source_time_zone') as time_zone,
       false as is_tax_exempt,
       customer_status(churn) as status,
       joined_at(tenure) as created_at,
       if(churn = 'Yes', source_instant(taken_on()), null) as closed_at
  from chunk
