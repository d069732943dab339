select cast(t.id as varchar) as source_key, t.row_number,
       cast(coalesce(s.survivor_id, t.customer_id) as varchar) as customer_key,
       case when t.kind in ('eu_vat', 'gb_vat') then 'vat'
            when t.kind = 'in_gst' then 'gst'
            when t.kind = 'us_ein' then 'ein'
            when t.kind in ('exemption_certificate', 'other') then t.kind end as kind,
       t.value, t.country, calendar_day(t.valid_until) as valid_until, t.certificate_url as evidence
  from source.legacy_tax_ids t
  left join survivor s on s.merged_id = t.customer_id
