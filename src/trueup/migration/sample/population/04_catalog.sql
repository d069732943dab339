-- What is sold: every shape in every market; three price versions, the newest being the plan's own.
create table shape as
select * from (values
    (0, 0, 230, 'Starter Monthly', 'Starter', 'month', 1, 1, 0, 1900, 14, false, 'flat', null),
    (1, 230, 280, 'Starter Yearly', 'Starter', 'year', 1, 12, 0, 19000, 30, false, 'flat', null),
    (2, 280, 500, 'Team Monthly', 'Team', 'month', 1, 1, 0, 1200, 14, false, 'per_unit', null),
    (3, 500, 570, 'Team Quarterly', 'Team', 'quarter', 1, 3, 0, 3300, 0, false, 'per_unit', null),
    (4, 570, 620, 'Team Yearly', 'Team', 'year', 1, 12, 0, 12000, 0, false, 'per_unit', null),
    (5, 620, 700, 'Business Monthly', 'Business', 'month', 1, 1, 0, 14900, 0, false, 'flat', null),
    (6, 700, 730, 'Business every 3 months', 'Business', 'month', 3, 3, 0, 42900, 0, false, 'flat', null),
    (7, 730, 750, 'Business 2 Years', 'Business', 'year', 2, 24, 0, 299000, 0, false, 'flat', null),
    (8, 750, 775, 'Coaching Fortnightly', 'Coaching', 'week', 2, 0, 14, 4500, 7, false, 'flat', null),
    (9, 775, 785, 'Coaching Weekly', 'Coaching', 'week', 1, 0, 7, 2500, 7, false, 'flat', null),
    (10, 785, 800, 'Access 30 Days', 'Access', 'day', 30, 0, 30, 900, 0, false, 'flat', null),
    (11, 800, 870, 'API Calls', 'API', 'month', 1, 1, 0, 0, 0, true, 'graduated', 'api_calls'),
    (12, 870, 920, 'Messages', 'Messaging', 'month', 1, 1, 0, 0, 14, true, 'per_unit', 'messages'),
    (13, 920, 960, 'Storage', 'Storage', 'month', 1, 1, 0, 0, 0, true, 'volume', 'gb_hours'),
    (14, 960, 1000, 'Documents', 'Documents', 'quarter', 1, 3, 0, 0, 0, true, 'package', 'documents')
) as t (shape_no, weight_from, weight_to, plan_name, product_name, billing_interval, interval_count,
        months, days, dollar_cents, trial_days, is_usage, model, metric);

create table plan as
select 100 + market_no * 20 + shape_no as plan_id, market.*, shape.*,
       dollar_cents * minor_per_dollar // 100 as price_minor,
       timestamp '2022-01-10 09:00:00' + to_days((shape_no * 3)::integer) as created_at,
       -- Daily access was sold until last year and is still billed.
       shape_no <> 10 as is_active
  from market cross join shape;

-- Unit prices of usage in thousandths of a minor unit, for a quantity of one.
create table price as
with versions as (
    select * from (values (1, timestamp '2022-01-10 09:00:00', 80), (2, timestamp '2024-07-01 09:00:00', 90),
                          (3, timestamp '2026-01-01 09:00:00', 100)) as t (version, effective_from, percent)
), priced as (
    select plan_id * 10 + version as price_id, plan_id, version, effective_from, model, is_usage,
           price_minor * percent // 100 as unit_minor,
           350 * minor_per_dollar * percent // 10000 as first_milli,
           250 * minor_per_dollar * percent // 10000 as second_milli,
           120 * minor_per_dollar * percent // 10000 as third_milli,
           240 * minor_per_dollar * percent // 10000 as package_minor
      from plan cross join versions
)
select *, 1000 as first_up_to, 10000 as second_up_to, 100 as package_size,
       case when not is_usage then null
            when model = 'package' then concat('[{"up_to":null,"package_size":100,"package_price_cents":"', package_minor, '"}]')
            when model = 'per_unit' then concat('[{"up_to":null,"unit_price_cents":"', milli_text(first_milli), '"}]')
            else concat('[{"up_to":1000,"unit_price_cents":"', milli_text(first_milli),
                        '"},{"up_to":10000,"unit_price_cents":"', milli_text(second_milli),
                        '"},{"up_to":null,"unit_price_cents":"', milli_text(third_milli), '"}]')
       end as tiers_json
  from priced;
