select id as source_key, row_number, null as name, null as email, null as phone, null as company,
       assumed_currency() as currency, getvariable('source_time_zone') as time_zone, null as locale,
       null as address_line1, null as address_line2, null as city, null as region, null as postal_code,
       null as country, null as parent_customer_key, false as is_tax_exempt, null as psp, null as psp_customer_id,
       if(has_left, 'closed', 'active') as status, came_at as created_at,
       case when has_left then export_at end as closed_at
  from stated
