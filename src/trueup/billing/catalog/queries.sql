-- name: insert_product
-- A new product; one row.
insert into billing.product (tenant_id, product_id, name, is_active)
values (tenancy.current_tenant(), %(product_id)s, %(name)s, true);

-- name: insert_plan
-- A new plan; one row.
insert into billing.plan (tenant_id, plan_id, product_id, name, interval, interval_count, trial_days, is_active,
       created_at, code, minimum_commitment_micros, thresholds, phases, tax_category)
values (tenancy.current_tenant(), %(plan_id)s, %(product_id)s, %(name)s, %(interval)s, %(interval_count)s,
       %(trial_days)s, true, %(created_at)s, %(code)s, %(minimum_commitment_micros)s, %(thresholds)s, %(phases)s,
       %(tax_category)s);

-- name: retire_plan
-- Offer a plan no longer, or again; one row. What is sold of it goes on.
update billing.plan set is_active = %(is_active)s
 where tenant_id = tenancy.current_tenant() and plan_id = %(plan_id)s;

-- name: insert_price
-- A new price version; one row.
insert into billing.price (tenant_id, price_id, plan_id, currency, model, meter, unit_amount_micros, tiers,
       effective_from, charge, kind, timing, phase, interval, interval_count, aggregation, is_prorated, carries_over,
       is_per_unit, is_private, minimum_micros, cost, tax_percent, included_meter, included_quantity)
values (tenancy.current_tenant(), %(price_id)s, %(plan_id)s, %(currency)s, %(model)s, %(meter)s,
       %(unit_amount_micros)s, %(tiers)s, %(effective_from)s, %(charge)s, %(kind)s, %(timing)s, %(phase)s,
       %(interval)s, %(interval_count)s, %(aggregation)s, %(is_prorated)s, %(carries_over)s, %(is_per_unit)s,
       %(is_private)s, %(minimum_micros)s, %(cost)s, %(tax_percent)s, %(included_meter)s, %(included_quantity)s);

-- name: plans
-- The plans of some ids, or all of them; a few hundred rows. Relies on plan_pkey.
select plan_id, product_id, name, interval, interval_count, trial_days, code, minimum_commitment_micros,
       thresholds, phases, tax_category, is_active
  from billing.plan
 where tenant_id = tenancy.current_tenant()
   and (%(ids)s::uuid[] is null or plan_id = any(%(ids)s))
 order by name, plan_id;

-- name: plan_named
-- The plan of a code; one row or none. Relies on plan_code_key.
select plan_id
  from billing.plan
 where tenant_id = tenancy.current_tenant() and code = %(code)s;

-- name: prices
-- The price versions of some ids. Relies on price_pkey.
select price_id, plan_id, currency, model, meter, unit_amount_micros, tiers, effective_from, charge, kind, timing,
       phase, interval, interval_count, aggregation, is_prorated, carries_over, is_per_unit, is_private,
       minimum_micros, cost, tax_percent, included_meter, included_quantity
  from billing.price
 where tenant_id = tenancy.current_tenant() and price_id = any(%(ids)s);

-- name: prices_of_plan
-- Every price version of a plan, oldest first; a few dozen rows. Relies on price_of_plan_idx.
select price_id, plan_id, currency, model, meter, unit_amount_micros, tiers, effective_from, charge, kind, timing,
       phase, interval, interval_count, aggregation, is_prorated, carries_over, is_per_unit, is_private,
       minimum_micros, cost, tax_percent, included_meter, included_quantity
  from billing.price
 where tenant_id = tenancy.current_tenant() and plan_id = %(plan_id)s
 order by effective_from nulls first, price_id;

-- name: products
-- Every product, by name, with how many plans it has; a few hundred rows.
select p.product_id, p.name, p.is_active,
       (select count(*) from billing.plan l where l.tenant_id = p.tenant_id and l.product_id = p.product_id) as plans
  from billing.product p
 where p.tenant_id = tenancy.current_tenant()
 order by p.name, p.product_id;
