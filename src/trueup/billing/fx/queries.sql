-- name: add_rates
-- Rates of pg_temp.new_fx_rates that are not on file yet; counts them. Relies on fx_rate_instant_key.
insert into billing.fx_rate (tenant_id, fx_rate_id, base, quote, rate, source, effective_at)
select tenancy.current_tenant(), fx_rate_id, base, quote, rate, source, effective_at
  from pg_temp.new_fx_rates
 order by base, quote, effective_at
    on conflict do nothing;

-- name: conflicts
-- What is on file otherwise than pg_temp.new_fx_rates says; at most some.
select r.base, r.quote, r.rate, r.source, r.effective_at
  from pg_temp.new_fx_rates n
  join billing.fx_rate r
    on r.tenant_id = tenancy.current_tenant() and r.base = n.base and r.quote = n.quote
   and r.effective_at = n.effective_at
 where (r.rate, r.source) is distinct from (n.rate, n.source)
 order by r.base, r.quote, r.effective_at
 limit 20;

-- name: rates_of
-- Rates to or from some currencies, all that are on file: a few hundred a pair and year.
select fx_rate_id, base, quote, rate, source, effective_at
  from billing.fx_rate
 where tenant_id = tenancy.current_tenant() and (base = any(%(codes)s) or quote = any(%(codes)s));

-- name: listed
-- Rates for people, the newest first.
select base, quote, rate, source, effective_at, recorded_at
  from billing.fx_rate
 where tenant_id = tenancy.current_tenant()
   and (%(base)s::text is null or base = %(base)s) and (%(quote)s::text is null or quote = %(quote)s)
 order by effective_at desc, base, quote
 limit %(limit)s;

-- name: rate
-- The rate of an id; one row. Relies on fx_rate_pkey.
select fx_rate_id, base, quote, rate, source, effective_at
  from billing.fx_rate
 where tenant_id = tenancy.current_tenant() and fx_rate_id = %(id)s;
