-- name: link_parents
-- Give each customer of pg_temp.customer_links its parent; a row each. Only to customers another
-- system still bills, and only a first parent or the same again. Relies on customer_pkey.
update billing.customer c
   set parent_customer_id = l.parent_customer_id
  from pg_temp.customer_links l
 where c.tenant_id = tenancy.current_tenant() and c.customer_id = l.customer_id
   and c.origin = 'imported' and c.authority = 'source'
   and coalesce(c.parent_customer_id, l.parent_customer_id) = l.parent_customer_id;

-- name: hold_authority
-- The claimed customers that this platform may bill, under the epoch of the claim; one row a
-- customer. Held against a hand-over until the transaction ends. Relies on customer_pkey.
select c.customer_id
  from unnest(%(customers)s::uuid[], %(epochs)s::bigint[]) as claim (customer_id, epoch)
  join billing.customer c using (customer_id)
 where c.authority = 'target' and c.authority_epoch = claim.epoch
 order by c.customer_id
   for share of c;

-- name: hand_over
-- Customers that this platform bills from now on, each under a new epoch; those it bills already stay.
update billing.customer
   set authority = 'target', authority_epoch = authority_epoch + 1
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s) and authority = 'source'
returning customer_id;

-- name: customers_at_source
-- Customers that another system bills, some by name or id, or all of them.
select customer_id
  from billing.customer
 where tenant_id = tenancy.current_tenant() and authority = 'source'
   and (%(named)s::text[] is null or customer_id::text = any(%(named)s) or email = any(%(named)s))
 order by customer_id
 limit %(limit)s;

-- name: insert_customer
-- A customer of our own; one row.
insert into billing.customer (tenant_id, customer_id, name, email, company, currency, time_zone, locale, address_line1,
       address_line2, city, country, region, postal_code, is_tax_exempt, status, created_at, authority, origin)
values (tenancy.current_tenant(), %(customer_id)s, %(name)s, %(email)s, %(company)s, %(currency)s, %(time_zone)s,
       %(locale)s, %(address_line1)s, %(address_line2)s, %(city)s, %(country)s, %(region)s, %(postal_code)s,
       %(is_tax_exempt)s, 'active', %(created_at)s, 'target', 'native');

-- name: insert_tax_identity
-- What identifies a customer to a tax office; one row.
insert into billing.tax_identity (tenant_id, tax_identity_id, customer_id, kind, value, country, valid_until, evidence)
values (tenancy.current_tenant(), %(tax_identity_id)s, %(customer_id)s, %(kind)s, %(value)s, %(country)s,
       %(valid_until)s, %(evidence)s);

-- name: renew_tax_identity
-- What is known anew of a number or certificate on file; a row where it is. Relies on tax_identity_customer_idx.
update billing.tax_identity
   set country = coalesce(%(country)s, country), valid_until = coalesce(%(valid_until)s, valid_until),
       evidence = coalesce(%(evidence)s, evidence)
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and kind = %(kind)s
   and value = %(value)s;

-- name: mend_customer
-- What is given of a customer's record, null leaving it; one row. Relies on customer_pkey.
update billing.customer
   set name = coalesce(%(name)s, name), email = coalesce(%(email)s, email), company = coalesce(%(company)s, company),
       locale = coalesce(%(locale)s, locale), time_zone = coalesce(%(time_zone)s, time_zone),
       address_line1 = coalesce(%(address_line1)s, address_line1),
       address_line2 = coalesce(%(address_line2)s, address_line2), city = coalesce(%(city)s, city),
       region = coalesce(%(region)s, region), postal_code = coalesce(%(postal_code)s, postal_code),
       country = coalesce(%(country)s, country), is_tax_exempt = coalesce(%(is_tax_exempt)s, is_tax_exempt)
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s;

-- name: customer_shown
-- Everything a person sees of a customer; one row. Relies on customer_pkey.
select customer_id, name, email, company, currency, time_zone, locale, address_line1, address_line2, city, region,
       postal_code, country, is_tax_exempt, status, created_at, closed_at, authority, origin
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = %(id)s;

-- name: tax_identities_shown
-- What identifies a customer to tax offices, a few rows. Relies on tax_identity_customer_idx.
select kind, value, country, valid_until, evidence
  from billing.tax_identity
 where tenant_id = tenancy.current_tenant() and customer_id = %(id)s
 order by kind, value, tax_identity_id;

-- name: customers_listed
-- Customers for people, the newest first.
select customer_id, name, email, currency, country, time_zone, status, authority, created_at
  from billing.customer
 where tenant_id = tenancy.current_tenant()
 order by created_at desc, customer_id
 limit %(limit)s;

-- name: customer_named
-- The customer of an id, e-mail address or name; as many as fit, at most two. One that is closed, merged or erased
-- fits only where no active one does.
  with fitting as (
select customer_id, name, email, currency, time_zone, country, authority, status = 'active' as is_active
  from billing.customer
 where tenant_id = tenancy.current_tenant()
   and (customer_id = %(id)s or email = %(named)s or name = %(named)s)
       )
select f.customer_id, f.name, f.email, f.currency, f.time_zone, f.country, f.authority
  from fitting f
 where f.is_active or not exists (select 1 from fitting o where o.is_active)
 order by f.customer_id
 limit 2;

-- name: customers_alike
-- Other customers of the same name or e-mail address, closed ones too; the oldest first, a few.
select customer_id, name, email
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id <> %(customer_id)s
   and (name = %(name)s or lower(email) = lower(%(email)s))
 order by created_at, customer_id
 limit %(limit)s;

-- name: close_customer
-- A customer is closed; one row, or none where that was so. Relies on customer_pkey.
update billing.customer set status = 'closed', closed_at = %(at)s
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and status = 'active';

-- name: reopen_customer
-- A customer is active again; one row. Relies on customer_pkey.
update billing.customer set status = 'active', closed_at = null
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s;

-- name: names
-- What some customers are called; a row each. Relies on customer_pkey.
select customer_id, name
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s);

-- name: hold_record
-- A customer, held until the transaction ends: who bills them waits, and is done when this is. Relies on customer_pkey.
select customer_id
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = %(id)s
   for no key update;

-- name: hold_standing
-- A customer, held against a mend until the transaction ends. Relies on customer_pkey.
select customer_id
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = %(id)s
   for share;

-- name: printed
-- What documents print of a customer; one row, or none. Relies on customer_pkey.
select customer_id, name, company, email, locale, time_zone, address_line1, address_line2, city, region, postal_code,
       country
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = %(id)s;

-- name: vat_numbers
-- VAT numbers on file of some customers, in a fixed order: the first of each is printed. Relies on
-- tax_identity_customer_idx.
select customer_id, value
  from billing.tax_identity
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s) and kind = 'vat'
 order by customer_id, (evidence is null), tax_identity_id;

-- name: keep_earlier
-- What documents printed of a customer until now; one row.
insert into billing.customer_earlier (tenant_id, customer_id, held_until, name, company, email, locale, time_zone,
       address_line1, address_line2, city, region, postal_code, country, vat_number)
values (tenancy.current_tenant(), %(customer_id)s, clock_timestamp(), %(name)s, %(company)s, %(email)s, %(locale)s,
       %(time_zone)s, %(address_line1)s, %(address_line2)s, %(city)s, %(region)s, %(postal_code)s, %(country)s,
       %(vat_number)s);

-- name: earlier
-- What documents printed of some customers before mends, the oldest first. Relies on customer_earlier_pkey.
select customer_id, held_until, name, company, email, locale, time_zone, address_line1, address_line2, city, region,
       postal_code, country, vat_number
  from billing.customer_earlier
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s)
 order by customer_id, held_until;
