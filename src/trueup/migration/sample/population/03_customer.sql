-- Customers in the order in which they came; tax settled here, once for all their invoices.
create macro joined(n, customers) as  -- days ago: half of them came in the last 340 of 1100 days
    if(2 * n > customers, 680 * (customers - n) // customers, 340 + 1520 * (customers - 2 * n) // (2 * customers));

create table customer as
with drawn as (
    select n, 10000 + n as id, draw('customer.a', n) as a, draw('customer.b', n) as b, draw('customer.c', n) as c
      from range(1, getvariable('customers') + 1) as r(n)
), placed as (
    select drawn.*, place.*, pick(regions, roll(a, 1)) as home,
           roll(a, 2) < 550 as is_business,
           date_trunc('day', getvariable('as_of'))
               - to_days((3 + joined(n, getvariable('customers')))::integer)
               + daytime(c) as created_at
      from drawn
      join place on roll(a, 0) >= weight_from and roll(a, 0) < weight_to
), judged as (
    select *, is_business and country = 'US' and roll(b, 4) < 40 as is_exempt,
           is_business and country in ('DE', 'FR', 'ES', 'PL') and roll(b, 4) < 700 as is_reverse_charge,
           roll(b, 2) < 35 and created_at < getvariable('as_of') - interval 200 day as is_closed,
           roll(c, 0) < 70 as pays_by_transfer
      from placed
)
select id, n, a, b, c, country, currency, locale, home, is_business, tax_kind, is_exempt, is_reverse_charge,
       pays_by_transfer, created_at,
       pick(given, roll(a, 3)) as given_name, pick(family, roll(a, 4)) as family_name,
       concat_ws(' ', pick(given, roll(a, 3)), pick(family, roll(a, 4))) as name,
       case when is_business then concat_ws(' ', pick(family, roll(a, 4)),
            pick(['Werke', 'Labs', 'Studio', 'Logistics', 'Café', 'Partners', '& Sons', 'Data'], roll(a, 5)),
            pick(['Inc.', 'Ltd', 'GmbH', 'SA', 'LLC', 'K.K.'], roll(b, 5))) end as company,
       concat('billing', id, '@', pick(['acme', 'globex', 'initech', 'umbrella', 'hooli'], roll(b, 3)),
              '.example.', domain) as email,
       concat(phone, lpad((roll(c, 1) % 100)::varchar, 2, '0')) as phone,
       case when is_exempt or is_reverse_charge then 0 else home.tax_ppm end as tax_ppm,
       case when is_closed then date_trunc('day', getvariable('as_of'))
            - to_days((2 + roll(b, 3) % 50)::integer) + interval 20 hour end as closed_at,
       -- every tenth customer may be a parent and is never a child: families are one level deep
       case when roll(b, 0) < 45 and n % 10 <> 0 and n > 20
            then 10000 + greatest(10, ((n - 1 - roll(b, 1)::bigint % 200) // 10) * 10) end as parent_id
  from judged;
