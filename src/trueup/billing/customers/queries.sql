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
