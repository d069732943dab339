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
insert into billing.customer (tenant_id, customer_id, name, email, company, currency, time_zone, locale, country,
       region, postal_code, is_tax_exempt, status, created_at, authority, origin)
values (tenancy.current_tenant(), %(customer_id)s, %(name)s, %(email)s, %(company)s, %(currency)s, %(time_zone)s,
       %(locale)s, %(country)s, %(region)s, %(postal_code)s, %(is_tax_exempt)s, 'active', %(created_at)s, 'target',
       'native');

-- name: customer_named
-- The customer of an id, e-mail address or name; as many as fit, at most two.
select customer_id, name, email, currency, time_zone, country, authority
  from billing.customer
 where tenant_id = tenancy.current_tenant()
   and (customer_id = %(id)s or email = %(named)s or name = %(named)s)
 order by customer_id
 limit 2;
