-- Test, merged and erased customers stay behind by name (D22); a customer of unknown zone lives in the
-- server's (D20); texts are kept as they are written, spaces and letter case included.
select row_number,
       id as source_key,
       customer_name as name,
       customer_email as email,
       phone,
       company,
       billing_currency as currency,
       coalesce(nullif(timezone, ''), assumed_customer_time_zone()) as time_zone,
       locale,
       address_line1,
       address_line2,
       city,
       state as region,
       postal_code,
       country,
       parent_customer_id as parent_customer_key,
       is_true(is_tax_exempt) as is_tax_exempt,
       if(stripe_customer_id is null, null, 'stripe') as psp,
       stripe_customer_id as psp_customer_id,
       customer_status(status) as status,
       source_instant(written_time(created_date)) as created_at,
       unread_instant(written_time(created_date)) as unread_created_at,
       source_instant(written_time(closed_date)) as closed_at,
       unread_instant(written_time(closed_date)) as unread_closed_at,
       case when is_true(is_test) or status = 'erased' then 'excluded'
            when status = 'merged' and survivor_id is not null then 'merged'
            when status = 'merged' then 'rejected' end as aside_bucket,
       case when is_true(is_test) then 'test_customer'
            when status = 'erased' then 'erased_person'
            when status = 'merged' and survivor_id is not null then 'merged_customer'
            when status = 'merged' then 'survivor_missing' end as aside_reason,
       case when is_true(is_test) then 'is_test' when status = 'erased' then 'status'
            else 'merged_into_id' end as aside_field,
       case when is_true(is_test) then is_test::varchar when status = 'erased' then status
            else merged_into_id::varchar end as aside_value,
       case when is_true(is_test) then 'finance' when status = 'erased' then 'privacy' end as aside_owner,
       case when status = 'merged'
            then 'name the customer that this one was merged into, one that is there' end as aside_fix,
       survivor_id as aside_survivor
  from chunk
  left join survivors survivor on survivor.customer_id = chunk.id
