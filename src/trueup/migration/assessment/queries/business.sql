-- Probes of what the business left undone.

-- name: open_item
-- Documents that still wait for money, and how much.
select here."trueup row" as row_number, here."trueup key" as key,
       here."trueup currency" as currency, {{due}} as micros, {{status}} as shown
  from {{table}} as here
 where lower(trim({{status}})) in ({{open}}) and {{due}} <> 0;

-- name: closed_customer
-- Rows still alive of customers who are closed.
select {{row}}, {{shown}} as shown
  from {{table}} as here
  join {{target}} as there on there.{{target_column}} = {{reference}}
 where {{is_closed}} and {{is_alive}};

-- name: email_missing
select {{row}}, '' as shown from {{table}} as here where not coalesce(is_written({{column}}), false);

-- name: email_malformed
select {{row}}, {{column}} as shown
  from {{table}} as here
 where is_written({{column}})
   and not regexp_full_match(trim({{column}}), '[^@\s]+@[^@\s]+[.][^@\s.]+');

-- name: email_duplicate
-- All rows of an e-mail that several rows share, whatever its case.
select {{row}}, {{column}} as shown
  from {{table}} as here
 where lower(trim({{column}})) in (
     select lower(trim({{column}})) from {{table}} as here
      where is_written({{column}}) group by all having count(*) > 1);

-- name: number_missing
select {{row}}, {{shown}} as shown
  from {{table}} as here
 where not coalesce(is_written({{column}}), false) and not ({{is_draft}});

-- name: number_gap
-- Gaps, each before the document of its key; a series is what stands before the last digits.
with numbered as (
    select "trueup row" as position_in_table, "trueup key" as key, {{column}} as number,
           rtrim({{column}}, '0123456789') as series,
           try_cast(substr({{column}}, length(series) + 1) as bigint) as position
      from {{table}} as here
     where is_written({{column}})
),
stepped as (
    select key, number, position,
           lag(number) over numbers as number_before, lag(position) over numbers as position_before
      from numbered where position is not null
    window numbers as (partition by series order by position, position_in_table)
)
select null::bigint as row_number, key, null::varchar as currency, null::hugeint as micros,
       concat(position - position_before - 1, ' missing between ', number_before, ' and ', number)
           as shown
  from stepped
 where position - position_before > 1;

-- name: defaults_several
-- Rows beyond the first that a customer has as default.
select {{row}}, concat('customer ', cast({{customer}} as varchar)) as shown
  from {{table}} as here
 where is_true({{column}}) and not ({{is_gone}})
qualify row_number() over (partition by {{customer}} order by "trueup row") > 1;

-- name: expiry_impossible
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where amount_of({{column}}) not between 1 and 12;

-- name: flag_set
select {{row}}, '' as shown from {{table}} as here where is_true({{column}});

-- name: payment_without_invoice
select {{row}}, coalesce(cast({{status}} as varchar), '') as shown
  from {{table}} as here
 where not coalesce(is_written(cast({{column}} as varchar)), false);

-- name: credit_expired
select {{row}}, cast({{expires}} as varchar) as shown
  from {{table}} as here
 where instant_of({{expires}}) < {{taken_at}}::timestamp and amount_of({{column}}) > 0;

-- name: credit_partly_used
select {{row}}, concat({{column}}, ' left of ', {{granted}}) as shown
  from {{table}} as here
 where amount_of({{column}}) > 0 and amount_of({{column}}) < amount_of({{granted}});

-- name: credit_above_grant
select {{row}}, concat({{column}}, ' left of ', {{granted}}) as shown
  from {{table}} as here
 where amount_of({{column}}) > amount_of({{granted}});
