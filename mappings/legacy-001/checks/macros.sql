-- The words of this reading, for the checks and the controls alone. It is the second opinion on the
-- load: written from the legacy schema, it shares no line with entities/ and must not begin to.

-- Millionths of the main unit in the smallest step of a currency. Source: ISO 4217, list one.
create macro step(code) as case
    when code in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                  'XAF', 'XOF', 'XPF') then 1000000
    when code in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
    when code in ('CLF', 'UYW') then 100
    else 10000 end;

-- A `*_cents` column: whole steps of the row's currency, whatever the column is called. Null, which no
-- loaded amount is, where it is a part of a step or too much: only the load may refuse, nobody may round.
create macro micros(cents, code) as
    if(try_cast(cents as bigint) = try_cast(cents as double),
       try_cast(try_cast(cents as bigint)::hugeint * step(code) as bigint), null);

-- An amount that nobody stated is none; one that cannot be read is not.
create macro micros_or_zero(cents, code) as if(cents is null, 0, micros(cents, code));

-- A price that may be finer than a step.
create macro fine_micros(cents, code) as
    coalesce(micros(cents, code), try_cast(try_cast(cents as decimal(27, 9)) * step(code) as bigint));

-- A decimal as it is written: engines without decimals hand out the double nearest to it, whose
-- shortest text is what was stored.
create macro exact(written) as try_cast(cast(written as varchar) as decimal(38, 12));

-- 0000-00-00 is how MariaDB writes that there was no date.
create macro is_nothing(written) as written is null or starts_with(cast(written as varchar), '0000-00-00');

-- The instant of a local time of the legacy server, which wrote no offset. What cannot be read is not
-- the same as nothing: it becomes an instant that no record has.
create macro utc(written) as coalesce(
    try_cast(written as timestamp) at time zone getvariable('source_time_zone'),
    if(is_nothing(written), null, timestamptz '-infinity'));

create macro calendar_day(written) as coalesce(
    try_cast(written as date), if(is_nothing(written), null, date '-infinity'));

create macro stripe_if(token) as case when token is not null then 'stripe' end;

create macro method_kind(type) as case
    when type = 'card' then 'card'
    when type in ('sepa_debit', 'bacs_debit', 'us_bank_account') then 'bank_debit'
    when type = 'customer_balance' then 'bank_transfer'
    when type in ('link', 'paypal') then 'wallet' end;

-- Who holds what was a merged customer's: the last of the chain. A hundred links are a circle.
create table survivor as
with recursive chain as (
    select id as merged_id, merged_into_id as survivor_id, 1 as links
      from source.legacy_customers
     where status = 'merged' and merged_into_id is not null
    union all
    select chain.merged_id, next.merged_into_id, chain.links + 1
      from chain
      join source.legacy_customers next on next.id = chain.survivor_id
     where next.status = 'merged' and next.merged_into_id is not null and chain.links < 100
)
select merged_id, arg_max(survivor_id, links) as survivor_id from chain group by merged_id;

-- Every payment method with the customer who holds it today. By row: a source without keys repeats ids.
create table held_method as
select m.row_number, m.id, try_cast(m.id as bigint) as number, coalesce(s.survivor_id, m.customer_id) as holder_id,
       m.stripe_payment_method_id as token, m.type, cast(m.is_default as boolean) as is_default, coalesce(cast(m.is_detached as boolean), false) as is_detached,
       try_cast(m.created_date as timestamp) as attached_at
  from source.legacy_payment_methods m
  left join survivor s on s.merged_id = m.customer_id;

-- The method a token means to a customer: the newest attached one, else the newest detached one.
create table method_of_token as
select holder_id, token, id as method_id, type
  from held_method
 where token is not null
qualify row_number() over (partition by holder_id, token
                           order by is_detached, attached_at desc nulls last, number desc) = 1;

-- The plans, each once: of rows with one id the first speaks.
create table plan_sold as
select * from source.legacy_plans qualify row_number() over (partition by id order by row_number) = 1;

-- All prices there are: the versions of the plans, what single customers were promised, and the
-- plan's own price where it has no version. One amount cannot take the place of tiers.
create table sold_price as
with stated as (
    select cast(v.id as varchar) as price_key, v.row_number, v.plan_id, p.currency, v.price_cents, v.usage_tiers_json,
           v.effective_from
      from source.legacy_plan_prices v
      left join plan_sold p on p.id = v.plan_id
    union all
    select distinct concat_ws(':', 'custom', s.plan_id, s.custom_price_cents, s.currency), null, s.plan_id, s.currency,
           s.custom_price_cents, null, null
      from source.legacy_subscriptions s
      join plan_sold p on p.id = s.plan_id
     where s.custom_price_cents is not null and p.pricing_model not in ('graduated', 'volume', 'package')
    union all
    select concat('plan:', p.id), null, p.id, p.currency, p.price_cents, p.usage_tiers_json, null
      from plan_sold p
      anti join source.legacy_plan_prices v on v.plan_id = p.id
), parsed as (
    select stated.*, plan.pricing_model as model, if(cast(plan.is_usage_based as boolean), plan.usage_metric, null) as meter,
           case when json_valid(stated.usage_tiers_json) then from_json(stated.usage_tiers_json, '[{
               "up_to": "VARCHAR", "unit_price_cents": "VARCHAR", "flat_price_cents": "VARCHAR",
               "package_size": "VARCHAR", "package_price_cents": "VARCHAR"}]') end as stated_tiers
      from stated
      left join plan_sold plan on plan.id = stated.plan_id
)
-- A single open tier per unit is a unit price; a package is a flat amount for each started `up_to` units.
select price_key, row_number, plan_id, currency, model, meter, effective_from,
       case when stated_tiers is null then micros(price_cents, currency)
            when model = 'per_unit' then fine_micros(stated_tiers[1].unit_price_cents, currency) end as unit_amount_micros,
       case when model = 'per_unit' then null
            when model = 'package' then list_transform(stated_tiers, lambda tier: {
                'up_to': tier.package_size, 'flat_amount_micros': fine_micros(tier.package_price_cents, currency),
                'unit_amount_micros': 0})
            else list_transform(stated_tiers, lambda tier: {
                'up_to': tier.up_to, 'flat_amount_micros': coalesce(fine_micros(tier.flat_price_cents, currency), 0),
                'unit_amount_micros': fine_micros(tier.unit_price_cents, currency)}) end as tiers,
       -- What one interval of one unit costs; null where usage decides.
       if(meter is null and tiers is null, unit_amount_micros, null) as fixed_micros
  from parsed;

-- The price of each subscription: its own, else the version it names, else the version in force when
-- it started (the first, if it started before all or nobody knows when), else the plan's.
create table agreed_price as
with version as (
    select id, plan_id, try_cast(id as bigint) as number, try_cast(effective_from as timestamp) as from_at
      from source.legacy_plan_prices
), in_force as (
    select s.row_number,
           coalesce(arg_max(v.id, (v.from_at, v.number)) filter (where v.from_at <= try_cast(s.started_date as timestamp)),
                    arg_min(v.id, (v.from_at, v.number))) as version_id
      from source.legacy_subscriptions s
      join version v on v.plan_id = s.plan_id
     where s.plan_price_id is null
     group by s.row_number
)
select s.row_number,
       case when s.custom_price_cents is not null
            then concat_ws(':', 'custom', s.plan_id, s.custom_price_cents, s.currency)
            else coalesce(cast(s.plan_price_id as varchar), cast(f.version_id as varchar), concat('plan:', s.plan_id))
       end as price_key
  from source.legacy_subscriptions s
  left join in_force f using (row_number);

-- What each subscription pays for one interval, for the controls; `fixed_micros` null where usage decides.
-- Metered usage is billed when its period is over.
create table interval_price as
select a.row_number, plan.billing_interval, plan.interval_count, p.meter is not null as is_metered,
       p.fixed_micros * if(p.model = 'flat', 1, try_cast(s.quantity as bigint)) as micros
  from agreed_price a
  join source.legacy_subscriptions s using (row_number)
  join (from sold_price qualify row_number() over (partition by price_key order by row_number) = 1) p
    on p.price_key = a.price_key
  join plan_sold plan on plan.id = p.plan_id;

-- The product of a plan: the name that it shares with other plans. Without a name it is one of its own.
create macro product_of(product_name, plan_id) as
    if(product_name is null, concat('plan:', plan_id), concat('name:', product_name));
