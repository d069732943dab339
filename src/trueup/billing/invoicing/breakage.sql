-- name: claim_ended
-- Credits of customers we bill that ended by :at and of which other than what is left is in the books as not spent, those
-- after :after_at and :after_id, in order, now held with their customers. Relies on credit_to_break_idx.
select k.credit_id, k.customer_id, k.currency, k.expires_at, greatest(k.expires_at, k.granted_at) as effective_at,
       greatest(k.remaining_micros, 0) - k.broken_micros as amount_micros
  from billing.credit k
  join billing.customer c on c.tenant_id = k.tenant_id and c.customer_id = k.customer_id
 where k.tenant_id = tenancy.current_tenant() and k.expires_at is not null and k.expires_at <= %(at)s
   and k.broken_micros <> greatest(k.remaining_micros, 0)
   and k.expires_at >= %(after_at)s and (k.expires_at, k.credit_id) > (%(after_at)s, %(after_id)s)
   and c.authority = 'target'
 order by k.expires_at, k.credit_id
 limit %(limit)s
   for update of k skip locked
   for share of c skip locked;

-- name: break_credits
-- What is left of pg_temp.new_credit_breakage's credits is in the books as not spent; as many as are staged.
update billing.credit k set broken_micros = k.broken_micros + b.amount_micros
  from pg_temp.new_credit_breakage b
 where k.tenant_id = tenancy.current_tenant() and k.credit_id = b.credit_id;

-- name: keep_breakage
-- By how much; a row each.
insert into billing.credit_breakage (tenant_id, credit_breakage_id, credit_id, bill_run_id, amount_micros)
select tenancy.current_tenant(), credit_breakage_id, credit_id, bill_run_id, amount_micros
  from pg_temp.new_credit_breakage;
