-- name: hold_authority
-- The claimed customers that this platform may bill, under the epoch of the claim; one row a
-- customer. Held against a hand-over until the transaction ends. Relies on customer_pkey.
select c.customer_id
  from unnest(%(customers)s::uuid[], %(epochs)s::bigint[]) as claim (customer_id, epoch)
  join billing.customer c using (customer_id)
 where c.authority = 'target' and c.authority_epoch = claim.epoch
 order by c.customer_id
   for share of c;
