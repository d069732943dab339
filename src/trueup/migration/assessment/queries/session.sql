-- Statements that prepare a DuckDB connection: how values read, and one view per table.

-- name: prepare
-- Times without a zone stay as written; those with one are shown in UTC.
set timezone = 'UTC';

-- The ISO 4217 code a value means, or null. Case and white space forgiven: the sums of an
-- assessment are for orientation, and the spelling is a finding of its own.
create macro known_currency(code) as
    case when upper(trim(code)) in ({{known}}) then upper(trim(code)) end;

-- Micro-units in one smallest unit of a known currency.
create macro minor_factor(code) as
    case when code in ({{no_decimals}}) then 1000000
         when code in ({{three_decimals}}) then 1000
         when code in ({{four_decimals}}) then 100
         when code is not null then 10000 end;

-- A value read as a number, or null. First as a short decimal: DuckDB parses text into one of more
-- than 18 digits 200 times slower, and few amounts need it.
create macro amount_of(value) as coalesce(
    cast(try_cast(value as decimal(18, 6)) as decimal(28, 6)), try_cast(value as decimal(28, 6)));

-- A value read as an ISO 8601 date or time, or null.
create macro instant_of(value) as try_cast(value as timestamp);

-- Neither null nor blank text.
create macro is_written(value) as value is not null and not is_blank(value);

-- A flag of any type that says yes.
create macro is_true(flag) as
    lower(trim(cast(flag as varchar))) in ('true', 't', '1', 'yes', 'y');

-- Empty or white space. Only a text that begins below '!' needs a closer look; `case`, because
-- DuckDB asks the two sides of an `and` in the order it likes.
create macro is_blank(value) as
    case when value < '!' then trim(value, E' \t\r\n') = '' else false end;

-- White space at an end of what is not blank.
create macro is_padded(value) as
    case when value < '!' or suffix(value, ' ') or suffix(value, chr(9))
              or suffix(value, chr(10)) or suffix(value, chr(13))
         then trim(value, E' \t\r\n') not in ('', value) else false end;

-- Control or replacement characters, or letters encoded twice. Those beyond ASCII need more bytes
-- than characters, which is cheaper to ask.
create macro is_damaged(value) as
    regexp_matches(value, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
    or case when strlen(value) <> length(value) then regexp_matches(
           value, '\x{FFFD}|Ã[\x{80}-\x{BF}]|Â[\x{A0}-\x{BF}]|â€|[\x{80}-\x{9F}]')
       else false end;

-- Whether a text may be a number or a time: short, and no letter at its beginning.
create macro begins_like_number(value) as strlen(value) <= 40 and value < ':';

create macro is_integer(value) as
    case when begins_like_number(value)
         then regexp_full_match(value, '\s*[+-]?[0-9]+\s*') else false end;

create macro is_decimal(value) as
    case when begins_like_number(value)
         then regexp_full_match(value, '\s*[+-]?[0-9]*[.][0-9]+\s*') else false end;

create macro is_instant(value) as
    case when begins_like_number(value)
              and regexp_full_match(value, '\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T].*)?\s*')
         then try_cast(value as timestamp) is not null else false end;

create macro is_boolean(value) as
    case when strlen(value) <= 5 then lower(trim(value)) in ('true', 'false', 't', 'f')
         else false end;

-- Digits enough for a card number, in prose.
create macro may_hold_card_number(value) as regexp_matches(value, '[0-9]([ -]?[0-9]){12}');

-- The same where tokens stand: random letters and digits hold such a run by chance, so that only
-- digits with no letter beside them count.  Source: trueup.kernel.cards.
create macro may_hold_card_number_among_tokens(value) as
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

-- name: view_of_rows
-- A table's rows under the names the snapshot is read by, each with its position in the table.
create view numbered.{{table}} as
select {{columns}},
       list_extract({{first_rows}}::bigint[], file_index::bigint + 1) + file_row_number
           as "trueup row"
  from read_parquet({{files}});

-- name: spellings
-- Every spelling of a known currency that a column holds, its code and its factor.
select spelling, code, minor_factor(code) as factor
  from (select spelling, known_currency(spelling) as code
          from (select distinct cast({{column}} as varchar) as spelling
                  from numbered.{{table}} as source))
 where code is not null
 order by spelling;

-- name: view_of_table
-- A table's rows with three columns of ours more: key as text, currency, and how many micro-units
-- its smallest unit has. The last two are null where the currency is unknown.
create view seen.{{table}} as
select source.*,
       {{key}} as "trueup key",
       {{currency}} as "trueup currency",
       {{factor}} as "trueup factor"
  from numbered.{{table}} as source;
