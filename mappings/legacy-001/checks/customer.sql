-- A parent that was merged into its own branch is no parent any more. Nothing said is no exemption.
select cast(c.id as varchar) as source_key, c.row_number, c.customer_name as name, c.customer_email as email, c.phone, c.company,
       c.billing_currency as currency, coalesce(nullif(c.timezone, ''), assumed_customer_time_zone()) as time_zone, c.locale,
       c.address_line1, c.address_line2, c.city, c.state as region, c.postal_code, c.country,
       cast(if(s.survivor_id = c.id, null, coalesce(s.survivor_id, c.parent_customer_id)) as varchar) as parent_customer_key,
       coalesce(cast(c.is_tax_exempt as boolean), false) as is_tax_exempt,
       stripe_if(c.stripe_customer_id) as psp, c.stripe_customer_id as psp_customer_id,
       case when c.status = 'active' then 'active' when c.status in ('closed', 'merged', 'erased') then 'closed' end as status,
       utc(c.created_date) as created_at, utc(c.closed_date) as closed_at
  from source.legacy_customers c
  left join survivor s on s.merged_id = c.parent_customer_id
