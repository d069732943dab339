-- The evidence behind a tax exemption, not only the flag (D19).
select row_number,
       id as source_key,
       customer_id as customer_key,
       tax_identity_kind(kind) as kind,
       value,
       country,
       valid_until,
       certificate_url as evidence
  from chunk
