-- name: legal_entities
-- Who issues invoices; a handful.
select legal_entity_id, code, name, country, region, postal_code, vat_number, collects_in, takes_tax,
       invoice_prefix, credit_note_prefix, digits, grace_days, is_default, time_zone, tax_currency, least_due
  from billing.legal_entity
 where tenant_id = tenancy.current_tenant()
 order by code;

-- name: insert_legal_entity
-- A new legal entity; one row.
insert into billing.legal_entity (tenant_id, legal_entity_id, code, name, country, region, postal_code, vat_number,
       collects_in, takes_tax, invoice_prefix, credit_note_prefix, digits, grace_days, is_default, time_zone,
       tax_currency, least_due)
values (tenancy.current_tenant(), %(legal_entity_id)s, %(code)s, %(name)s, %(country)s, %(region)s, %(postal_code)s,
       %(vat_number)s, %(collects_in)s, %(takes_tax)s, %(invoice_prefix)s, %(credit_note_prefix)s, %(digits)s,
       %(grace_days)s, %(is_default)s, %(time_zone)s, %(tax_currency)s, %(least_due)s);

-- name: hold_series
-- The series of a legal entity, held: who issues its documents is done, or waits. In one order for all.
select n.document, n.prefix
  from billing.number_series n
 where n.tenant_id = tenancy.current_tenant()
   and exists (select from billing.legal_entity e
                where e.tenant_id = n.tenant_id and e.code = %(code)s
                  and n.prefix = case n.document when 'invoice' then e.invoice_prefix else e.credit_note_prefix end)
 order by n.document desc, n.prefix
   for update of n;

-- name: keep_earlier_entity
-- What documents printed of a legal entity until now, if a mend changes it; a row or none. Relies on
-- legal_entity_code_key.
insert into billing.legal_entity_earlier (tenant_id, legal_entity_id, held_until, name, country, region, postal_code,
       vat_number, time_zone)
select tenant_id, legal_entity_id, clock_timestamp(), name, country, region, postal_code, vat_number, time_zone
  from billing.legal_entity
 where tenant_id = tenancy.current_tenant() and code = %(code)s
   and (coalesce(%(name)s, name), coalesce(%(country)s, country), coalesce(%(region)s, region),
        coalesce(%(postal_code)s, postal_code), coalesce(%(vat_number)s, vat_number), coalesce(%(time_zone)s, time_zone))
       is distinct from (name, country, region, postal_code, vat_number, time_zone);

-- name: earlier_entities
-- What documents printed of legal entities before mends, the oldest first; a handful.
select legal_entity_id, held_until, name, country, region, postal_code, vat_number, time_zone
  from billing.legal_entity_earlier
 where tenant_id = tenancy.current_tenant()
 order by legal_entity_id, held_until;

-- name: mend_legal_entity
-- What is given of a legal entity, null leaving it; one row. Relies on legal_entity_code_key.
update billing.legal_entity
   set name = coalesce(%(name)s, name), country = coalesce(%(country)s, country), region = coalesce(%(region)s, region),
       postal_code = coalesce(%(postal_code)s, postal_code), vat_number = coalesce(%(vat_number)s, vat_number),
       collects_in = coalesce(%(collects_in)s::jsonb, collects_in), time_zone = coalesce(%(time_zone)s, time_zone),
       least_due = least_due || coalesce(%(least_due)s::jsonb, '{}')
 where tenant_id = tenancy.current_tenant() and code = %(code)s;

-- name: has_invoices
-- An invoice that an entity made, a draft too; one row or none.
select invoice_id
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and legal_entity_id = %(id)s
 limit 1;

-- name: keep_tax_currency
-- From now on an entity's invoices tell their tax in this currency too; a row where there is such an entity.
update billing.legal_entity set tax_currency = %(tax_currency)s
 where tenant_id = tenancy.current_tenant() and code = %(code)s;
