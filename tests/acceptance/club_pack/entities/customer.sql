-- Members are private people in one town.
select row_number, id as source_key, name, email, currency, 'Europe/Lisbon' as time_zone,
       false as is_tax_exempt, member_state(state) as status, source_instant(joined) as created_at
  from chunk
