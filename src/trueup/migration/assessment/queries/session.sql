-- Statements that prepare a DuckDB connection: how values read, and one view per table.

-- name: in_utc
-- Times without a zone stay as written; those with one are shown in UTC.
set timezone = 'UTC';

-- name: known_currency
-- The ISO 4217 code a value means, or null. Case and white space forgiven: the sums of an
-- assessment are for orientation, and the spelling is a finding of its own.
create macro known_currency(code) as
    case when upper(trim(code)) in ({{known}}) then upper(trim(code)) end;

-- name: minor_factor
-- Micro-units in one smallest unit of a known currency.
create macro minor_factor(code) as
    case when code in ({{no_decimals}}) then 1000000
         when code in ({{three_decimals}}) then 1000
         when code in ({{four_decimals}}) then 100
         when code is not null then 10000 end;

-- name: amount_of
-- A value read as a number, or null.
create macro amount_of(value) as try_cast(value as decimal(28, 6));

-- name: instant_of
-- A value read as an ISO 8601 date or time, or null.
create macro instant_of(value) as try_cast(value as timestamp);

-- name: is_written
-- Neither null nor blank text.
create macro is_written(value) as value is not null and not is_blank(value);

-- name: is_true
-- A flag of any type that says yes.
create macro is_true(flag) as
    lower(trim(cast(flag as varchar))) in ('true', 't', '1', 'yes', 'y');

-- name: is_blank
-- Empty or white space. Only a text that begins below '!' needs a closer look.
create macro is_blank(value) as value < '!' and trim(value, E' \t\r\n') = '';

-- name: is_padded
-- White space at an end of what is not blank.
create macro is_padded(value) as
    (value < '!' or suffix(value, ' ') or suffix(value, chr(9)) or suffix(value, chr(10))
     or suffix(value, chr(13)))
    and not is_blank(value) and value <> trim(value, E' \t\r\n');

-- name: is_damaged
-- Control or replacement characters, or letters encoded twice. Those beyond ASCII need more bytes
-- than characters, which is cheaper to ask.
create macro is_damaged(value) as
    regexp_matches(value, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
    or strlen(value) <> length(value) and regexp_matches(
        value, '\x{FFFD}|Ã[\x{80}-\x{BF}]|Â[\x{A0}-\x{BF}]|â€|[\x{80}-\x{9F}]');

-- name: begins_like_number
-- Whether a text may be a number or a time: short, and no letter at its beginning.
create macro begins_like_number(value) as strlen(value) <= 40 and value < ':';

-- name: is_integer
create macro is_integer(value) as regexp_full_match(value, '\s*[+-]?[0-9]+\s*');

-- name: is_decimal
create macro is_decimal(value) as regexp_full_match(value, '\s*[+-]?[0-9]*[.][0-9]+\s*');

-- name: is_instant
create macro is_instant(value) as
    regexp_full_match(value, '\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T].*)?\s*')
    and try_cast(value as timestamp) is not null;

-- name: is_boolean
create macro is_boolean(value) as lower(trim(value)) in ('true', 'false', 't', 'f');

-- name: may_hold_card_number
-- Enough digits in a row. Digits inside a token (letters beside them) are none.
create macro may_hold_card_number(value) as
    regexp_matches(value, '(^|[^0-9A-Za-z_])[0-9]([ -]?[0-9]){12,}([^0-9A-Za-z_]|$)');

-- name: offender_table
-- What the probes find: a row of the source, or a group of rows where row_number is null.
create table offender (
    probe integer not null,
    table_number integer not null,
    severity varchar not null,
    row_number bigint,
    key varchar,
    shown varchar,
    currency varchar,
    micros hugeint
);

-- name: spellings
-- Every spelling of a known currency that a column holds, its code and its factor.
select spelling, code, minor_factor(code) as factor
  from (select spelling, known_currency(spelling) as code
          from (select distinct cast({{column}} as varchar) as spelling
                  from read_parquet({{files}}) as source))
 where code is not null
 order by spelling;

-- name: view_of_table
-- A table's rows with four columns of ours: their position, key as text, currency, and how many
-- micro-units its smallest unit has. The last two are null where the currency is unknown.
create view seen.{{table}} as
select source.*,
       list_extract({{first_rows}}::bigint[], file_index::bigint + 1) + file_row_number as "trueup row",
       {{key}} as "trueup key",
       {{currency}} as "trueup currency",
       {{factor}} as "trueup factor"
  from read_parquet({{files}}) as source;
