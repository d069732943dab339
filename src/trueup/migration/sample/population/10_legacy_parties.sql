-- The legacy tables themselves: who buys and what is sold.
create schema legacy;

create table legacy.legacy_customers as
select id, email as customer_email, name as customer_name, company, phone, currency as billing_currency,
       home.time_zone as timezone, locale, concat(1 + roll(b, 3), ' ', pick(['High St', 'Hauptstraße', 'Rue Haute', 'Calle Mayor'], roll(c, 0))) as address_line1,
       if(roll(c, 2) < 150, concat('Floor ', 1 + roll(c, 1) % 20), null) as address_line2, home.city as city, home.region as state,
       concat(home.postal, lpad((roll(b, 3) % 100)::varchar, 2, '0')) as postal_code, country, parent_id as parent_customer_id,
       is_exempt as is_tax_exempt, left(token('cus_', 'customer', id), 18) as stripe_customer_id,
       if(closed_at is null, 'active', 'closed') as status, null::bigint as merged_into_id, false as is_test,
       created_at as created_date, coalesce(closed_at, created_at + interval 5 minute) as updated_date, closed_at as closed_date
  from customer order by id;

create table legacy.legacy_tax_ids as
select 15000 + row_number() over (order by id) as id, id as customer_id,
       if(is_exempt, 'exemption_certificate', tax_kind) as kind,
       if(is_exempt, concat('EX-', id), concat(country, lpad((roll(b, 1) * 1000 + roll(b, 2))::varchar, 9, '9'))) as value,
       country, if(is_exempt, date '2028-12-31', null) as valid_until,
       if(is_exempt, concat('https://files.example.com/certificates/', id, '.pdf'), null) as certificate_url
  from customer where is_exempt or (is_business and tax_kind <> 'none') order by id;

create table legacy.legacy_payment_methods as
select method_id as id, customer_id, stripe_payment_method_id, type, if(type = 'card', card_last_four, null) as card_last_four,
       if(type = 'card', brand, null) as card_brand, if(type = 'card', exp_month, null) as exp_month,
       if(type = 'card', exp_year, null) as exp_year, fingerprint, if(type = 'sepa_debit', mandate, null) as mandate_reference,
       is_default, is_detached, created_at as created_date
  from payment_method order by id;

create table legacy.legacy_plans as
select plan_id as id, concat(plan_name, ' ', currency) as plan_name, product_name, billing_interval, interval_count,
       unit_minor as price_cents, currency, trial_days as trial_period_days, is_usage as is_usage_based, model as pricing_model,
       metric as usage_metric, tiers_json as usage_tiers_json, is_active, created_at as created_date
  from plan join (select plan_id, unit_minor, tiers_json from price where version = 3) using (plan_id) order by id;

create table legacy.legacy_plan_prices as
select price_id as id, plan_id, unit_minor as price_cents, tiers_json as usage_tiers_json, effective_from from price order by id;

create table legacy.legacy_subscriptions as
select subscription_id as id, customer_id, plan_id, plan_id * 10 + version as plan_price_id,
       if(is_custom, unit_minor * 85 // 100, null) as custom_price_cents, status, quantity, currency,
       started_at as started_date, if(trial_used > 0, billing_start, null) as trial_end,
       case status when 'pending' then null when 'trialing' then started_at else period_start end as current_period_start,
       case status when 'pending' then null when 'trialing' then billing_start else period_end end as current_period_end,
       case when status in ('pending', 'incomplete', 'incomplete_expired') then null when status = 'trialing' then billing_start
            when subscription.is_usage and not ended_at_boundary then period_start else period_end end as charged_through_date,
       day(billing_start)::integer as billing_anchor_day,
       ended_at_boundary or (status = 'active' and roll(d, 5) < 40) as cancel_at_period_end,
       if(status = 'active' and roll(d, 5) between 40 and 49, period_end + interval 45 day, null) as cancel_at,
       if(ended_at_boundary, period_start, if(status = 'canceled', ended_at, null)) as canceled_at, ended_at,
       if(status = 'paused', stopped_at, null) as paused_at,
       if(pays_by_transfer, 'send_invoice', 'charge_automatically') as collection_method, net_days::integer as net_days,
       if(status = 'pending', getvariable('as_of') - interval 1 day, started_at - interval 5 minute) as created_date,
       if(status = 'pending', getvariable('as_of') - interval 1 day, coalesce(ended_at, greatest(started_at, period_start))) as updated_date
  from subscription join price using (plan_id, version) order by id;

create table legacy.legacy_discounts as
select discount_id as id, subscription_id, coupon_code, (percent_bp::decimal(6, 0) * 0.01::decimal(3, 2))::decimal(5, 2) as percent_off,
       amount_minor::bigint as amount_off_cents, if(amount_minor is null, null, currency) as currency,
       periods_remaining, starts_at, ends_at
  from discount order by id;
