-- Probes of keys, references and enumerated values. Each yields rows of `offender`:
-- row_number, key, shown, currency, micros.

-- name: key_missing
select {{row}}, {{shown}} as shown
  from {{table}} as here
 where {{is_missing}};

-- name: key_duplicate
-- The second and later rows of a key; the first keeps it.
select {{row}}, {{shown}} as shown
  from {{table}} as here
 where ({{key}}) in (select {{key}} from {{table}} as here group by all having count(*) > 1)
qualify row_number() over (partition by {{key}} order by "trueup row") > 1;

-- name: value_duplicate
-- The second and later rows of a value that should be one row's alone.
select {{row}}, {{column}} as shown
  from {{table}} as here
 where {{column}} in (
     select {{column}} from {{table}} as here
      where is_written({{column}}) group by all having count(*) > 1)
qualify row_number() over (partition by {{column}} order by "trueup row") > 1;

-- name: row_duplicate
-- The second and later of rows alike in every column, compared by a 64-bit hash.
with hashed as materialized (
    select "trueup row" as row_number, hash({{content}}) as content from {{table}} as here
),
again as (
    select row_number from hashed
     where content in (select content from hashed group by all having count(*) > 1)
   qualify row_number() over (partition by content order by row_number) > 1
)
select {{row}}, 'as an earlier row' as shown
  from {{table}} as here
 where "trueup row" in (select row_number from again);

-- name: reference_broken
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where {{is_written}}
   and not exists (select 1 from {{target}} as there where there.{{target_column}} = {{column}});

-- name: value_unmapped
-- Values a total map does not know; null is known where the map has a key (null).
select {{row}}, coalesce({{column}}, '(null)') as shown
  from {{table}} as here
 where coalesce({{column}}, '(null)') not in ({{values}});

-- name: value_padded
-- Quoted, or the white space would not be seen.
select {{row}}, concat('"', {{column}}, '"') as shown
  from {{table}} as here
 where is_padded({{column}});

-- name: value_damaged
select {{row}}, {{column}} as shown
  from {{table}} as here
 where is_damaged({{column}});

-- name: value_other_case
-- Rows whose spelling is not the most frequent of those that differ by case only.
with spelling as (
    select {{column}} as value, count(*) as rows from {{table}} as here
     where is_written({{column}}) group by all
),
other as (
    select value from spelling
   qualify row_number() over (partition by lower(value) order by rows desc, value) > 1
)
select {{row}}, {{column}} as shown
  from {{table}} as here
 where {{column}} in (select value from other);

-- name: value_unreadable
-- Text among numbers or times that reads as neither.
select {{row}}, {{column}} as shown
  from {{table}} as here
 where is_written({{column}}) and not ({{is_readable}});

-- name: card_number
-- The number itself never leaves this query.
select {{row}}, 'a card number, not shown' as shown
  from {{table}} as here
 where case when {{card_like}}({{column}}) then holds_card_number({{column}}) else false end;
