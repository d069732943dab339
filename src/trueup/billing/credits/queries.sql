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
