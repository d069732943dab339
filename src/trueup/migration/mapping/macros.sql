-- name: exponent
-- Micro-units in the smallest step of a currency; null for a code that ISO 4217 does not know.
create or replace temp macro micros_per_step(code) as (
    case when list_contains(getvariable('steps_of_2'), code) then 10000
         when list_contains(getvariable('steps_of_0'), code) then 1000000
         when list_contains(getvariable('steps_of_3'), code) then 1000
         when list_contains(getvariable('steps_of_4'), code) then 100 end);

-- name: exact
-- A decimal that is a whole number as bigint, else null: nothing is rounded on the way in.
create or replace temp macro exact_bigint(amount) as (
    case when amount = trunc(amount) then try_cast(amount as bigint) end);

-- name: scaled
-- An amount times a whole factor of at most seven digits, exactly, else null. Integers take the quick
-- way. Other numbers are read as text, because a cast to decimal would round digits that it cannot
-- hold, and in the narrowest decimal that holds them, because the wide ones are read a hundred times
-- slower.
create or replace temp macro scaled(amount bigint, factor) as
    try_cast(amount::hugeint * factor as bigint), (amount, factor) as (
    case when regexp_full_match(amount::varchar, '[+-]?\d{1,11}')
         then try_cast(amount::varchar as bigint) * factor
         when regexp_full_match(amount::varchar, '[+-]?\d{1,7}\.\d{0,4}')
         then exact_bigint(try_cast(amount::varchar as decimal(11, 4)) * cast(factor as decimal(7, 0)))
         when regexp_full_match(amount::varchar, '[+-]?\d{1,12}(\.\d{0,6})?')
         then exact_bigint(try_cast(amount::varchar as decimal(18, 6)) * cast(factor as decimal(19, 0)))
         when regexp_full_match(amount::varchar, '[+-]?\d{0,19}(\.\d{0,9})?')
         then exact_bigint(try_cast(amount::varchar as decimal(28, 9)) * cast(factor as decimal(7, 0))) end);

-- name: from_minor
-- Micro-units of an amount in minor units (cents, yen, fils); text and fractions are read exactly.
create or replace temp macro micros_from_minor(amount, code) as scaled(amount, micros_per_step(code));

-- name: from_major
-- Micro-units of an amount in main units (euros, yen, dinars), read exactly.
create or replace temp macro micros_from_major(amount) as scaled(amount, 1000000);

-- name: unread_minor
-- What the source wrote as an amount in minor units, where it cannot be read exactly; else null.
create or replace temp macro unread_minor(amount, code) as (
    case when micros_from_minor(amount, code) is null and micros_per_step(code) is not null
         then cast(amount as varchar) end);

-- name: unread_major
-- What the source wrote as an amount in main units, where it cannot be read exactly; else null.
create or replace temp macro unread_major(amount) as (
    case when micros_from_major(amount) is null then cast(amount as varchar) end);

-- name: quantity
-- A quantity with at most six decimals, exactly, else null; in the narrowest decimal, as above.
create or replace temp macro exact_quantity(amount) as (
    case when regexp_full_match(typeof(amount), 'BIGINT|INTEGER|SMALLINT|TINYINT|DECIMAL\(\d+,[0-6]\)')
         then try_cast(amount as decimal(20, 6))
         when regexp_full_match(amount::varchar, '[+-]?\d{1,12}(\.\d{0,6})?')
         then try_cast(amount::varchar as decimal(18, 6))::decimal(20, 6)
         when regexp_full_match(amount::varchar, '[+-]?(\d+\.?|\d*\.\d{1,6}0*)')
         then try_cast(amount::varchar as decimal(20, 6)) end);

-- name: unread_quantity
-- What the source wrote as a quantity, where it cannot be read exactly; else null.
create or replace temp macro unread_quantity(amount) as (
    case when exact_quantity(amount) is null then cast(amount as varchar) end);

-- name: instant
-- The instant of a local time written by the source's server; null stays null. What is there but is
-- no time becomes minus infinity, which no record may hold: it must not pass for an absent one.
create or replace temp macro source_instant(local) as (
    case when local is not null
         then coalesce(timezone(getvariable('source_time_zone'), try_cast(local as timestamp)),
                       timestamptz '-infinity') end);

-- name: unread_instant
-- What the source wrote as a local time, where it is none; else null.
create or replace temp macro unread_instant(local) as (
    case when try_cast(local as timestamp) is null then cast(local as varchar) end);

-- name: last_number
-- The number that ends a text, its last fourteen digits at most, else 0.
create or replace temp macro last_number(written) as
    coalesce(try_cast(regexp_extract(written, '[0-9]{1,14}$') as bigint), 0);

-- name: uuid_version_8
-- The sixteen bytes of a number of 47 bits and of a SHA-1, as a version 8 UUID (RFC 9562, section 5.8): a
-- one and the number, the version, and those of a UUIDv5's digits that are nothing but the hash.
create or replace temp macro uuid8_of(number, digest) as
    unhex(to_hex((140737488355328 + number) * 16 + 8) || digest[1:3] || '8' || digest[18:32]);

-- name: imported_id
-- The id of an imported record; the same as kernel.ids.imported_id.
create or replace temp macro imported_id(entity, source_key) as
    uuid8_of(last_number(source_key),
             sha1(getvariable('id_namespace') || encode(getvariable('id_prefix') || entity || chr(31) || source_key)));

-- name: text_card_number
-- Whether a text holds a card number; only what looks like one is looked at closely.
create or replace temp macro text_holds_card_number(written) as (
    regexp_matches(written, '[0-9](?:[ -]?[0-9]){12,}') and any_card_number(written));

-- name: token_card_number
-- Whether a token is a card number: random digits between letters are not.
create or replace temp macro token_holds_card_number(written) as (
    regexp_matches(written, '(^|[^0-9A-Za-z_])[0-9](?:[ -]?[0-9]){12,}([^0-9A-Za-z_]|$)')
    and lone_card_number(written));
