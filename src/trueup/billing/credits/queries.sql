-- name: applications_with_owner
-- Each of pg_temp.imported_credit_applications with customer and currency of its credit; as many as
-- were staged. Relies on credit_pkey.
select s.credit_application_id as entry_id, s.amount_micros, s.applied_at as effective_at,
       c.customer_id, c.currency
  from pg_temp.imported_credit_applications s
 cross join lateral (
       select customer_id, currency
         from billing.credit
        where tenant_id = tenancy.current_tenant() and credit_id = s.credit_id
       offset 0) c;

-- name: listed
-- Credits of one customer or all, the newest first.
select k.credit_id, c.name as customer, k.currency, k.original_micros, k.remaining_micros, k.reason, k.priority,
       k.is_goodwill, k.granted_at, k.expires_at, c.time_zone
  from billing.credit k
  join billing.customer c on c.tenant_id = k.tenant_id and c.customer_id = k.customer_id
 where k.tenant_id = tenancy.current_tenant()
   and (%(customer_id)s::uuid is null or k.customer_id = %(customer_id)s)
 order by k.granted_at desc, k.credit_id
 limit %(limit)s;

-- name: held
-- A credit, held; one row or none. Relies on credit_pkey.
select credit_id, customer_id, currency, original_micros, remaining_micros, is_goodwill
  from billing.credit
 where tenant_id = tenancy.current_tenant() and credit_id = %(credit_id)s
   for update;

-- name: take_back
-- Nothing of a credit is left to spend; one row.
update billing.credit set remaining_micros = 0
 where tenant_id = tenancy.current_tenant() and credit_id = %(credit_id)s;
