-- What the statements of several entities share.

-- A yes or no as any of the source's engines writes it; null and the unreadable are no.
create or replace temp macro is_true(flag) as coalesce(try_cast(flag as boolean), false);

-- A local time, without the zero date by which MariaDB says that there is none.
create or replace temp macro written_time(local) as (
    case when typeof(local) <> 'VARCHAR' or not starts_with(local::varchar, '0000-00-00')
         then local end);

-- Each plan once: where its key is repeated, the first row, which is the one that is loaded.
create or replace temp macro plans() as table
with numbered as (
    select id, product_name, plan_name, price_cents, currency, is_usage_based, pricing_model,
           usage_metric, usage_tiers_json, row_number() over () as position
      from source.legacy_plans
)
select id, price_cents, currency, price_model(pricing_model) as model, usage_tiers_json,
       case when is_true(is_usage_based) then usage_metric end as meter
  from numbered
qualify row_number() over (partition by id order by position) = 1;

-- Each price version once, likewise.
create or replace temp macro price_versions() as table
with numbered as (
    select id, plan_id, try_cast(effective_from as timestamp) as effective_from,
           row_number() over () as position
      from source.legacy_plan_prices
)
select id, plan_id, effective_from
  from numbered
qualify row_number() over (partition by id order by position) = 1;

-- The end of each chain of merged customers. A chain that ends nowhere, or never, has no row. A table,
-- for every chunk of payments asks for it.
create or replace temp table survivors as
with recursive numbered as (
    select id, status, merged_into_id, row_number() over () as position from source.legacy_customers
), merged as (
    select id, merged_into_id from (
        select id, status, merged_into_id from numbered
          semi join (select id from source.legacy_customers where status = 'merged') using (id)
        qualify row_number() over (partition by id order by position) = 1
    ) where status = 'merged'
), chain as (
    select id as customer_id, merged_into_id as survivor_id from merged
    union
    select chain.customer_id, merged.merged_into_id
      from chain join merged on merged.id = chain.survivor_id
)
select distinct customer_id, survivor_id
  from chain
  anti join merged on merged.id = chain.survivor_id
  semi join source.legacy_customers survivor on survivor.id = chain.survivor_id;

-- The tiers as the source writes them; null where the JSON is none, or is not a list of tiers.
create or replace temp macro read_tiers(tiers_json) as
    try(from_json(tiers_json, '[{"up_to": "VARCHAR", "unit_price_cents": "VARCHAR",
        "flat_price_cents": "VARCHAR", "package_size": "VARCHAR", "package_price_cents": "VARCHAR"}]'));

-- Whether a tier says anything that read_tiers does not know: it could change what is charged.
create or replace temp macro has_unknown_terms(tiers_json) as
    len(list_filter(
        flatten(list_transform(try(from_json(tiers_json, '["JSON"]')), lambda tier: json_keys(tier))),
        lambda term: term not in ('up_to', 'unit_price_cents', 'flat_price_cents', 'package_size',
                                  'package_price_cents'))) > 0;

-- Canonical tiers. A package is a tier of its size: each started one costs its flat amount.
create or replace temp macro canonical_tiers(model, tiers, currency) as
    list_transform(tiers, lambda tier: case when model = 'package'
        then {'up_to': tier.package_size, 'unit_amount_micros': 0::bigint,
              'flat_amount_micros': micros_from_minor(tier.package_price_cents, currency)}
        else {'up_to': tier.up_to,
              'unit_amount_micros': micros_from_minor(
                  coalesce(tier.unit_price_cents, if(tier.flat_price_cents is null, null, '0')), currency),
              'flat_amount_micros': micros_from_minor(coalesce(tier.flat_price_cents, '0'), currency)}
        end);

-- What a price charges: its amount or its tiers, or the reason why neither can be read exactly.
-- A price per unit may be written as one tier without end.
create or replace temp macro price_terms(model, price_cents, tiers_json, currency) as (
    case when tiers_json is not null and read_tiers(tiers_json) is null
         then {'amount': null::bigint, 'tiers': null::json, 'problem': 'unreadable_json'}
         when has_unknown_terms(tiers_json)
         then {'amount': null, 'tiers': null, 'problem': 'unknown_tier_terms'}
         when len(list_filter(canonical_tiers(model, read_tiers(tiers_json), currency),
                  lambda tier: tier.unit_amount_micros is null or tier.flat_amount_micros is null)) > 0
         then {'amount': null, 'tiers': null, 'problem': 'tiers_not_exact'}
         when model in ('graduated', 'volume', 'package') and coalesce(try_cast(price_cents as bigint), 0) <> 0
         then {'amount': null, 'tiers': null, 'problem': 'base_fee_beside_tiers'}
         when model in ('graduated', 'volume', 'package')
         then {'amount': null, 'tiers': to_json(canonical_tiers(model, read_tiers(tiers_json), currency)),
               'problem': null}
         when tiers_json is null
         then {'amount': micros_from_minor(price_cents, currency), 'tiers': null, 'problem': null}
         when model = 'per_unit' and len(read_tiers(tiers_json)) = 1
              and read_tiers(tiers_json)[1].up_to is null and read_tiers(tiers_json)[1].flat_price_cents is null
              and coalesce(try_cast(price_cents as bigint), 0) = 0
         then {'amount': micros_from_minor(read_tiers(tiers_json)[1].unit_price_cents, currency),
               'tiers': null, 'problem': null}
         else {'amount': null, 'tiers': null, 'problem': 'tiers_beside_a_single_price'} end);
