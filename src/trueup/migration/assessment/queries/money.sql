-- Probes of amounts, currencies and documents.

-- name: currency_missing
select {{row}}, coalesce(cast({{amount}} as varchar), '') as shown
  from {{table}} as here
 where not coalesce(is_written({{column}}), false) and amount_of({{amount}}) <> 0;

-- name: currency_unknown
select {{row}}, {{column}} as shown
  from {{table}} as here
 where is_written({{column}}) and known_currency({{column}}) is null;

-- name: currencies_mixed
-- One line per currency of a table that holds several. The amounts are in no danger by that alone.
select null::bigint as row_number, null::varchar as key, "trueup currency" as currency,
       null::hugeint as micros, concat("trueup currency", ' in ', count(*), ' rows') as shown
  from {{table}} as here
 where "trueup currency" is not null
 group by "trueup currency"
qualify count(*) over () > 1;

-- name: currency_not_the_others
-- Rows in another currency than the row they belong to.
select {{row}}, concat(here."trueup currency", ', there ', there."trueup currency") as shown
  from {{table}} as here
  join {{target}} as there on there.{{target_column}} = {{column}}
 where here."trueup currency" <> there."trueup currency";

-- name: amount_unreadable
select {{row}}, {{column}} as shown
  from {{table}} as here
 where is_written({{column}}) and amount_of({{column}}) is null;

-- name: amount_below_step
-- A part of a cent in a column of cents.
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where amount_of({{column}}) <> floor(amount_of({{column}}));

-- name: amount_not_positive
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where amount_of({{column}}) <= 0;

-- name: amount_negative
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where amount_of({{column}}) < 0;

-- name: amount_outlier
-- More than the factor times the median of its currency and 5 times the 95th of 100. Both are
-- read from a histogram of quarter powers of two, so that the answer never depends on the order
-- in which threads met the rows.
with bin as (
    select "trueup currency" as currency, floor(log2({{number}}) * 4) as bin, count(*) as rows
      from {{table}} as here
     where {{number}} > 0
     group by all
),
running as (
    select currency, bin,
           sum(rows) over (partition by currency order by bin) as below,
           sum(rows) over (partition by currency) as total
      from bin
),
usual as (
    select currency, power(2, min(bin + 1) filter (below * 2 >= total) / 4.0) as median,
           power(2, min(bin + 1) filter (below * 20 >= total * 19) / 4.0) as high
      from running
     where total >= {{least_rows}}
     group by currency
)
select {{row}}, concat(cast({{column}} as varchar), '; usual is about ', round(median, 2)) as shown
  from {{table}} as here
  join usual on here."trueup currency" is not distinct from usual.currency
 where {{number}} > {{factor}} * median and {{number}} > 5 * high;

-- name: discount_unclear
-- Neither a percentage nor an amount, or both.
select {{row}}, '' as shown
  from {{table}} as here
 where (coalesce(amount_of({{percent}}), 0) = 0) = (coalesce(amount_of({{amount}}), 0) = 0);

-- name: payment_hundredfold
-- A payment exactly a hundred times its invoice, or a hundredth of it.
select {{row}}, concat({{column}}, ' for an invoice over ', there.{{total}}) as shown
  from {{table}} as here
  join {{target}} as there on there.{{target_column}} = {{reference}}
 where amount_of(there.{{total}}) <> 0
   and (amount_of({{column}}) = amount_of(there.{{total}}) * 100
        or amount_of({{column}}) * 100 = amount_of(there.{{total}}));

-- name: total_does_not_add_up
select {{row}}, concat({{total}}, ' ≠ ', {{sum_shown}}) as shown
  from {{table}} as here
 where amount_of({{total}}) <> {{sum}};

-- name: lines_do_not_add_up
-- Lines are a JSON list of objects; their amount stands under amount_cents or amount.
with read as (
    select *, case when json_valid({{lines}}) then list_transform(
               from_json({{lines}},
                   '[{"amount_cents": "DECIMAL(28,6)", "amount": "DECIMAL(28,6)"}]'),
               lambda line: coalesce(line.amount_cents, line.amount)) end as amounts
      from {{table}} as here
)
select {{row}}, concat({{subtotal}}, ' ≠ lines of ', list_sum(amounts)) as shown
  from read as here
 where len(amounts) > 0 and list_sum(amounts) <> amount_of({{subtotal}});

-- name: json_unreadable
select {{row}}, 'not JSON' as shown
  from {{table}} as here
 where is_written({{column}}) and not json_valid({{column}});
