-- Profiles of columns. `measures` are lines of this file's own measures, one per column.

-- name: sizes
-- One row: rows, then for each column its filled count and a HyperLogLog estimate of its values.
select {{measures}} from {{table}} as here;

-- name: size_measure
-- Of any column.
count({{column}}), approx_count_distinct({{column}})

-- name: text_measure
-- Of one text column. weight is 1 where rows are read, a count where values are.
sum({{weight}}) filter (is_blank({{column}})),
min(case when is_blank({{column}}) then null else length({{column}}) end),
max(length({{column}})),
sum({{weight}}) filter (is_padded({{column}})),
sum({{weight}}) filter (is_damaged({{column}})),
sum({{weight}}) filter (strlen({{column}}) <> length({{column}})),
sum({{weight}}) filter (is_integer({{column}})),
sum({{weight}}) filter (is_decimal({{column}})),
sum({{weight}}) filter (is_instant({{column}})),
sum({{weight}}) filter (is_boolean({{column}})),
sum({{weight}}) filter ({{card_like}}({{column}}))

-- name: grouped_measures
-- The measures of one text column, by value.
select {{measures}}
  from (select {{column}} as value, count(*) as rows from {{table}} as here group by all) as here;

-- name: range_measure
-- Of one column of numbers or times.
cast(min({{column}}) as varchar), cast(max({{column}}) as varchar)

-- name: values_of
-- Every value of an enumeration and its rows; at most the limit and one, most frequent first.
select cast({{column}} as varchar) as value, count(*) as rows
  from {{table}} as here
 group by all
 order by rows desc, value
 limit {{limit}};

-- name: magnitudes
-- Rows by power of ten: -3 for -9999 to -1000, null for zero, 3 for 1000 to 9999.
select case when value < 0 then -1 else 1 end as sign,
       case when value <> 0 then floor(log10(abs(value)))::integer end as power,
       count(*) as rows
  from (select try_cast({{column}} as double) as value from {{table}} as here)
 where value is not null and isfinite(value)
 group by sign, power
 order by sign * (coalesce(power, -100) + 101);

-- name: years
-- Rows by year.
select year(instant) as year, count(*) as rows
  from (select instant_of({{column}}) as instant from {{table}} as here)
 where isfinite(instant)
 group by all
 order by year;
