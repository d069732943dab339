-- Chance without a generator: every value is a digest of (seed, field, id), so it is the same on every
-- run, machine and engine version, and one row's values do not depend on any other row.
create macro draw(field, id) as md5_number_lower(concat_ws('|', getvariable('seed'), field, id));

-- One digest holds six independent rolls of 0..999, nth 0 to 5.
create macro roll(word, nth) as
    (word // ([1, 1000, 1000000, 1000000000, 1000000000000, 1000000000000000]::ubigint[])[nth + 1])::ubigint
    % 1000::ubigint;

create macro pick(choices, number) as choices[1 + (number % len(choices)::ubigint)::bigint];

create macro token(prefix, field, id) as
    prefix || left(md5(concat_ws('|', getvariable('seed'), 'token', field, id)), 24);

-- Between 06:00 and 21:59: a clean row never lies in an hour that a clock change skips or repeats.
create macro daytime(word) as
    to_hours((6 + roll(word, 4) % 16)::bigint) + to_minutes((roll(word, 5) % 60)::bigint)
    + to_seconds((roll(word, 3) % 60)::bigint);

create macro period_at(billing_start, months, days, k) as
    billing_start + to_months((months * k)::integer) + to_days((days * k)::integer);

create macro share(amount, ppm) as ((amount::hugeint * ppm + 500000) // 1000000)::bigint;

create macro milli_text(milli) as concat(milli // 1000, '.', lpad((milli % 1000)::varchar, 3, '0'));

-- Price of `quantity_milli` thousandths of a unit, rounded once, half up, to the minor unit.
create macro usage_minor(model, quantity_milli, price) as ((case model
    when 'package' then ((quantity_milli + 99999) // 100000)::hugeint * price.package_minor * 1000000
    when 'per_unit' then quantity_milli::hugeint * price.first_milli
    when 'volume' then quantity_milli::hugeint * case when quantity_milli <= 1000000 then price.first_milli
                           when quantity_milli <= 10000000 then price.second_milli else price.third_milli end
    else least(quantity_milli, 1000000)::hugeint * price.first_milli
         + greatest(least(quantity_milli, 10000000) - 1000000, 0)::hugeint * price.second_milli
         + greatest(quantity_milli - 10000000, 0)::hugeint * price.third_milli
    end + 500000) // 1000000)::bigint;
