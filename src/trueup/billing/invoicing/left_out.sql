-- name: leave_out
-- Of the usage in pg_temp.new_left_out what no run has told yet, as this run's; a row for each meter and
-- period of a subscription. Of what is unpriced only what is new is staged. Relies on usage_left_out_pkey.
insert into billing.usage_left_out as u (tenant_id, bill_run_id, subscription_id, meter, reason, starts_at, ends_at,
       events, quantity)
select tenancy.current_tenant(), %(run_id)s, n.subscription_id, n.meter, n.reason, n.starts_at, n.ends_at,
       n.events - k.events, n.quantity - k.quantity
  from pg_temp.new_left_out n
 cross join lateral (
       select coalesce(sum(k.events), 0)::bigint as events, coalesce(sum(k.quantity), 0) as quantity
         from billing.usage_left_out k
        where k.tenant_id = tenancy.current_tenant() and k.subscription_id = n.subscription_id
          and k.meter = n.meter and k.starts_at = n.starts_at and k.reason = n.reason
          and n.reason <> 'unpriced') k
 where n.events > k.events
 order by n.subscription_id, n.meter, n.starts_at, n.reason
    on conflict on constraint usage_left_out_pkey do update
   set events = u.events + excluded.events, quantity = u.quantity + excluded.quantity;

-- name: told_unpriced
-- What runs told of usage that no charge of some subscriptions prices, a row a meter. Relies on usage_left_out_pkey.
select subscription_id, meter, sum(events)::bigint as events, sum(quantity) as quantity
  from billing.usage_left_out
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s) and reason = 'unpriced'
 group by subscription_id, meter;

-- name: left_out
-- Usage that runs met and left on no bill, of one or all, the last run's first. Relies on usage_left_out_run_idx.
select l.bill_run_id, r.started_at, l.subscription_id, s.customer_id, c.name as customer, l.meter, l.reason,
       l.starts_at, l.ends_at, l.events, l.quantity, coalesce(s.time_zone, c.time_zone) as time_zone
  from billing.usage_left_out l
  join billing.bill_run r on r.tenant_id = l.tenant_id and r.bill_run_id = l.bill_run_id
  join billing.subscription s on s.tenant_id = l.tenant_id and s.subscription_id = l.subscription_id
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where l.tenant_id = tenancy.current_tenant() and (%(run_id)s::uuid is null or l.bill_run_id = %(run_id)s)
 order by r.started_at desc, l.bill_run_id, c.name, l.subscription_id, l.starts_at, l.meter, l.reason
 limit %(limit)s;
