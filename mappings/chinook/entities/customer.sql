-- The source does not say since when it knows a customer: since the first invoice. It keeps a fax number
-- and a support representative too, which are nothing to billing.
with known as (
    select customer_id, min(try_cast(invoice_date as timestamp)) as since from source.invoice group by customer_id
)
select row_number,
       chunk.customer_id as source_key,
       first_name || ' ' || last_name as name,
       email,
       phone,
       company,
       assumed_currency() as currency,
       getvariable('source_time_zone') as time_zone,
       address as address_line1,
       -- PostgreSQL's dump has lost the blank that the other dialects keep behind one city (M30).
       rtrim(city) as city,
       state as region,
       postal_code,
       customer_country(country) as country,
       false as is_tax_exempt,
       'active' as status,
       source_instant(since) as created_at
  from chunk
  left join known on known.customer_id = chunk.customer_id
