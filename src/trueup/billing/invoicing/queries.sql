-- name: standing_credit_notes
-- Those of pg_temp.imported_credit_notes that stand, each with its invoice's customer; as many as
-- were staged. Relies on invoice_pkey.
select s.credit_note_id as entry_id, s.currency, s.amount_micros, s.tax_micros,
       s.issued_at as effective_at,
       (select i.customer_id
          from billing.invoice i
         where i.tenant_id = tenancy.current_tenant()
           and i.invoice_id = s.invoice_id) as customer_id
  from pg_temp.imported_credit_notes s
 where s.status = 'issued';

-- name: reserve_numbers
-- Set each series of numbers above the highest number used, by us or by the system before us; a few
-- rows, or one a customer. A series is what precedes the last digits of a number: INV-2024-000123 is number 123 of
-- INV-2024-, written with six digits. Reads every invoice and credit note of the tenant.
with used as (
    -- Space around a number is no part of it: EU-0000933 is taken, however it was typed.
    select 'invoice' as document, btrim(number) as number from billing.invoice where number is not null
    union all
    select 'credit_note', btrim(number) from billing.credit_note
), split as (
    select document, number, right(number, length(number) - length(rtrim(number, '0123456789'))) as tail
      from used
), parsed as (
    select document, left(number, -length(right(tail, 15))) as prefix, right(tail, 15) as digits
      from split
     where tail <> ''
), series as (
    select document, prefix, min(length(digits)) as digits, max(digits::bigint) + 1 as next_number
      from parsed
     group by document, prefix
)
insert into billing.number_series as n (tenant_id, document, prefix, digits, next_number)
select tenancy.current_tenant(), document, prefix, digits, next_number
  from series
 order by document, prefix
    on conflict (tenant_id, document, prefix) do update
   set next_number = greatest(n.next_number, excluded.next_number);

-- name: claim_due
-- Lock up to :limit subscriptions that owe something by :until and that this platform may bill, the
-- longest due first, skipping those another worker holds and those this run has parked, or a later one
-- that still runs: two runs would else park them for each other for ever. Their customers are held
-- against a hand-over until the transaction ends. Relies on subscription_due_idx.
select s.subscription_id, s.customer_id, s.next_bill_at
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant()
   and s.next_bill_at <= %(until)s and s.is_joint = %(is_joint)s
   and s.parked_by is distinct from %(run_id)s
   and not exists (
       select from billing.bill_run r
        where r.tenant_id = s.tenant_id and r.bill_run_id = s.parked_by and r.bill_run_id > %(run_id)s
          and r.finished_at is null)
   and c.authority = 'target'
   and (%(ids)s::uuid[] is null or s.subscription_id = any(%(ids)s))
 order by s.next_bill_at, s.subscription_id
 limit %(limit)s
   for update of s skip locked
   for share of c skip locked;

-- name: claim_customers
-- Lock up to :limit customers who are billed on joint invoices and owe something by :until. Relies on
-- subscription_due_idx.
select c.customer_id
  from billing.customer c
 where c.tenant_id = tenancy.current_tenant() and c.authority = 'target'
   and exists (
       select from billing.subscription s
        where s.tenant_id = c.tenant_id and s.customer_id = c.customer_id and s.is_joint
          and s.next_bill_at <= %(until)s and s.parked_by is distinct from %(run_id)s
          and not exists (
              select from billing.bill_run r
               where r.tenant_id = s.tenant_id and r.bill_run_id = s.parked_by and r.bill_run_id > %(run_id)s
                 and r.finished_at is null))
 order by c.customer_id
 limit %(limit)s
   for update skip locked;

-- name: due_of_customers
-- Joint subscriptions of some customers that owe something by :until, now held. Relies on
-- subscription_customer_idx.
select subscription_id, customer_id, next_bill_at
  from billing.subscription s
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(customers)s) and is_joint
   and next_bill_at <= %(until)s and s.parked_by is distinct from %(run_id)s
   and not exists (
       select from billing.bill_run r
        where r.tenant_id = s.tenant_id and r.bill_run_id = s.parked_by and r.bill_run_id > %(run_id)s
          and r.finished_at is null)
 order by next_bill_at, subscription_id
   for update;

-- name: count_due
-- How many subscriptions owe something by :until: ours to bill, and of them parked by the run. One row.
select count(*) as due, count(*) filter (where s.parked_by = %(run_id)s) as parked
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant() and s.next_bill_at <= %(until)s and c.authority = 'target';

-- name: buyers
-- What decides about the tax of some customers; one row each. Relies on customer_pkey.
select c.customer_id, c.country, c.region, c.postal_code, c.company is not null as is_business, c.is_tax_exempt
  from billing.customer c
 where c.tenant_id = tenancy.current_tenant() and c.customer_id = any(%(ids)s);

-- name: tax_identities
-- Tax numbers and certificates of some customers, in a fixed order.
select customer_id, kind, value, country, valid_until, evidence
  from billing.tax_identity
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s)
 order by customer_id, kind, tax_identity_id;

-- name: billed_lines
-- What stands of earlier invoices of some subscriptions, oldest first, with the header of each invoice.
-- Relies on line_item_billed_once.
select l.subscription_id, l.invoice_id, l.item_key, l.line_key, l.kind, l.plan, l.charge, l.quantity,
       l.amount_micros, l.discount_micros, l.period_start, l.period_end, l.full_start, l.full_end, l.gives_back,
       l.tax_percent, l.tax_rate, l.tax_micros as line_tax_micros,
       i.subtotal_micros - i.discount_micros as net_micros, i.tax_micros, i.issued_at, i.status = 'void' as is_void
  from billing.line_item l
  join billing.invoice i on i.tenant_id = l.tenant_id and i.invoice_id = l.invoice_id
 where l.tenant_id = tenancy.current_tenant() and l.subscription_id = any(%(ids)s) and not l.is_void
 order by l.subscription_id, i.issued_at nulls last, i.invoice_id, l.position;

-- name: noted_lines
-- What credit notes that stand gave back of some subscriptions' lines.
select l.subscription_id, l.gives_back, l.amount_micros, l.period_start, l.period_end, n.invoice_id
  from billing.credit_note_line l
  join billing.credit_note n on n.tenant_id = l.tenant_id and n.credit_note_id = l.credit_note_id
 where l.tenant_id = tenancy.current_tenant() and l.subscription_id = any(%(ids)s) and n.status = 'issued'
 order by l.subscription_id, n.issued_at, l.credit_note_id, l.position;

-- name: noted_sums
-- Net and tax that credit notes that stand took from some invoices.
select invoice_id, sum(amount_micros - tax_micros)::bigint as net_micros, sum(tax_micros)::bigint as tax_micros
  from billing.credit_note
 where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s) and status = 'issued'
 group by invoice_id;

-- name: discounts
-- Discounts of some subscriptions that may still count, held, oldest first.
select discount_id, subscription_id, coupon_code, percent_bp, amount_micros, currency, periods_remaining, starts_at,
       ends_at, left_micros, limits, is_once
  from billing.discount
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s)
   and coalesce(periods_remaining, 1) > 0 and coalesce(left_micros, 1) > 0
 order by discount_id
   for update;

-- name: credits
-- Credits of some customers with something left, held in one order for all.
select credit_id, customer_id, currency, remaining_micros, priority, granted_at, expires_at
  from billing.credit
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s) and remaining_micros > 0
 order by credit_id
   for update;

-- name: count_waiting
-- Items of customers we bill that wait for an invoice; one row. Relies on pending_item_waiting_idx.
select count(*) as items
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
 where p.tenant_id = tenancy.current_tenant() and p.invoice_id is null and c.authority = 'target';

-- name: pending_items
-- Items of some customers, whom we bill, that wait for an invoice; held in one order for all, so that who
-- waited for another worker does not see what that one billed; their customers against a hand-over. goes_with: null where the subscription
-- they are for will have no invoice any more. Relies on pending_item_waiting_idx.
select p.pending_item_id, p.customer_id, p.subscription_id,
       case when s.next_bill_at is not null then s.subscription_id end as goes_with, s.legal_entity_id, s.dialect,
       p.description, p.currency, p.amount_micros, p.occurred_at
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  left join billing.subscription s on s.tenant_id = p.tenant_id and s.subscription_id = p.subscription_id
 where p.tenant_id = tenancy.current_tenant() and p.customer_id = any(%(ids)s) and p.invoice_id is null
   and c.authority = 'target'
 order by p.pending_item_id
   for update of p for share of c;

-- name: bill_pending_items
-- Items are on invoices now; as many as are named.
update billing.pending_item p set invoice_id = b.invoice_id
  from unnest(%(ids)s::uuid[], %(invoices)s::uuid[]) as b (pending_item_id, invoice_id)
 where p.tenant_id = tenancy.current_tenant() and p.pending_item_id = b.pending_item_id and p.invoice_id is null;

-- name: release_pending_items
-- What a void invoice billed of them waits again. Relies on pending_item_billed_idx.
update billing.pending_item set invoice_id = null
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: insert_pending_item
-- A charge or credit of ours that waits for an invoice; one row.
insert into billing.pending_item (tenant_id, pending_item_id, customer_id, subscription_id, description, currency,
       amount_micros, occurred_at)
values (tenancy.current_tenant(), %(pending_item_id)s, %(customer_id)s, %(subscription_id)s, %(description)s,
       %(currency)s, %(amount_micros)s, %(occurred_at)s);

-- name: pending_listed
-- Items for people, the newest first: of one customer or all, with the invoices of those that are billed.
select p.pending_item_id, p.customer_id, c.name as customer, p.subscription_id, p.description, p.currency,
       p.amount_micros, p.occurred_at, c.authority, p.invoice_id, i.number
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  left join billing.invoice i on i.tenant_id = p.tenant_id and i.invoice_id = p.invoice_id
 where p.tenant_id = tenancy.current_tenant()
   and (%(customer_id)s::uuid is null or p.customer_id = %(customer_id)s)
   and (%(is_billed_too)s or p.invoice_id is null)
 order by p.occurred_at desc nulls last, p.pending_item_id
 limit %(limit)s;

-- name: drop_pending_item
-- An item that waits is taken back; one row, or none: it is billed, or it is not there, or not ours.
delete from billing.pending_item p
 using billing.customer c
 where p.tenant_id = tenancy.current_tenant() and p.pending_item_id = %(id)s and p.invoice_id is null
   and c.tenant_id = p.tenant_id and c.customer_id = p.customer_id and c.authority = 'target';

-- name: legal_entities
-- Who issues invoices; a handful.
select legal_entity_id, code, name, country, region, postal_code, vat_number, collects_in, takes_tax,
       invoice_prefix, credit_note_prefix, digits, grace_days, is_default, time_zone, tax_currency, least_due
  from billing.legal_entity
 where tenant_id = tenancy.current_tenant()
 order by code;

-- name: insert_legal_entity
-- A new legal entity; one row.
insert into billing.legal_entity (tenant_id, legal_entity_id, code, name, country, region, postal_code, vat_number,
       collects_in, takes_tax, invoice_prefix, credit_note_prefix, digits, grace_days, is_default, time_zone,
       tax_currency, least_due)
values (tenancy.current_tenant(), %(legal_entity_id)s, %(code)s, %(name)s, %(country)s, %(region)s, %(postal_code)s,
       %(vat_number)s, %(collects_in)s, %(takes_tax)s, %(invoice_prefix)s, %(credit_note_prefix)s, %(digits)s,
       %(grace_days)s, %(is_default)s, %(time_zone)s, %(tax_currency)s, %(least_due)s);

-- name: mend_legal_entity
-- What is given of a legal entity, null leaving it; one row. Relies on legal_entity_code_key.
update billing.legal_entity
   set name = coalesce(%(name)s, name), region = coalesce(%(region)s, region),
       postal_code = coalesce(%(postal_code)s, postal_code), vat_number = coalesce(%(vat_number)s, vat_number),
       collects_in = coalesce(%(collects_in)s::jsonb, collects_in), time_zone = coalesce(%(time_zone)s, time_zone)
 where tenant_id = tenancy.current_tenant() and code = %(code)s;

-- name: take_numbers
-- The first of :count numbers of a series, which are now taken; one row. Whoever else wants one waits
-- until this transaction ends, so that none is ever left out (B40).
insert into billing.number_series as n (tenant_id, document, prefix, digits, next_number)
values (tenancy.current_tenant(), %(document)s, %(prefix)s, %(digits)s, %(count)s + 1)
    on conflict (tenant_id, document, prefix) do update
   set next_number = n.next_number + %(count)s
returning next_number - %(count)s as first, digits;

-- name: advance_subscriptions
-- Move pg_temp.billed_subscriptions on to their next bill. What is billed ahead of its time is billed now:
-- usage that comes after is late (claim_steady). Relies on subscription_pkey.
update billing.subscription s
   set status = b.status, current_period_start = b.current_period_start, current_period_end = b.current_period_end,
       charged_through_at = coalesce(b.charged_through_at, s.charged_through_at), next_bill_at = b.next_bill_at,
       last_billed_at = least(b.last_billed_at, now()),
       usage_watched_at = case when b.usage_watched_at is null then null
                               when s.usage_watched_at = timestamptz 'epoch' then s.usage_watched_at -- rebill
                               else least(b.usage_watched_at, now()) end,
       is_steady = b.is_steady, ended_at = b.ended_at, paused_at = b.paused_at,
       parked_by = null
  from pg_temp.billed_subscriptions b
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = b.subscription_id;

-- name: park
-- Leave pg_temp.parked_subscriptions to a person.
insert into billing.parked as p (tenant_id, subscription_id, customer_id, bill_run_id, code, sentence, fix, since)
select tenancy.current_tenant(), subscription_id, customer_id, bill_run_id, code, sentence, fix, since
  from pg_temp.parked_subscriptions
    on conflict (tenant_id, subscription_id) do update
   set bill_run_id = excluded.bill_run_id, code = excluded.code, sentence = excluded.sentence, fix = excluded.fix,
       since = case when p.code = excluded.code then p.since else excluded.since end;

-- name: mark_parked
-- Keep this run from claiming pg_temp.parked_subscriptions again; the next looks at each by itself.
update billing.subscription s set parked_by = p.bill_run_id, is_steady = false
  from pg_temp.parked_subscriptions p
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = p.subscription_id;

-- name: unpark
-- What is billed is parked no more.
delete from billing.parked p
 using pg_temp.billed_subscriptions b
 where p.tenant_id = tenancy.current_tenant() and p.subscription_id = b.subscription_id;

-- name: parked
-- What waits for a person, the oldest first.
select p.subscription_id, p.customer_id, c.name as customer, p.code, p.sentence, p.fix, p.since, p.bill_run_id,
       s.next_bill_at, s.time_zone
  from billing.parked p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  join billing.subscription s on s.tenant_id = p.tenant_id and s.subscription_id = p.subscription_id
 where p.tenant_id = tenancy.current_tenant()
 order by p.since, p.subscription_id
 limit %(limit)s;

-- name: use_discounts
-- What is left of pg_temp.used_discounts.
update billing.discount d
   set periods_remaining = u.periods_remaining, left_micros = u.left_micros
  from pg_temp.used_discounts u
 where d.tenant_id = tenancy.current_tenant() and d.discount_id = u.discount_id;

-- name: spend_credits
-- Take what pg_temp.spent_credits says from the credits.
update billing.credit c
   set remaining_micros = c.remaining_micros - u.amount_micros
  from (select credit_id, sum(amount_micros)::bigint as amount_micros from pg_temp.spent_credits group by credit_id) u
 where c.tenant_id = tenancy.current_tenant() and c.credit_id = u.credit_id;

-- name: known_derivations
-- Which derivations of pg_temp.derivations are not kept yet, put in by their ids' order.
insert into billing.derivation (tenant_id, derivation_id, body)
select tenancy.current_tenant(), derivation_id, body
  from pg_temp.new_derivations
 order by derivation_id
    on conflict do nothing;

-- name: open_run
-- A bill run begins; one row.
insert into billing.bill_run (tenant_id, bill_run_id, until, started_at, due)
values (tenancy.current_tenant(), %(run_id)s, %(until)s, %(at)s, %(due)s);

-- name: close_run
-- A bill run is over; one row.
update billing.bill_run
   set finished_at = %(at)s, billed = %(billed)s, quiet = %(quiet)s, parked = %(parked)s, invoices = %(invoices)s,
       still_due = %(still_due)s, money = %(money)s
 where tenant_id = tenancy.current_tenant() and bill_run_id = %(run_id)s;

-- name: runs
-- Bill runs, the newest first.
select bill_run_id, until, started_at, finished_at, due, billed, quiet, parked, invoices, still_due, money
  from billing.bill_run
 where tenant_id = tenancy.current_tenant()
 order by started_at desc
 limit %(limit)s;

-- name: claim_steady
-- Lock up to :limit subscriptions whose next bill is a plain renewal, as claim_due does, and say what
-- decides about them: a row for each kind of renewal, the subscriptions of a kind packed side by side.
-- Left to claim_due: those with a discount, a credit or an item that waits, or that count other days
-- than their customer. amounts: of each item its quantity, empty where what was used decides; is_metered:
-- something of it is or was. Relies on subscription_due_idx, subscription_item_pkey.
with claimed as materialized (
    select s.subscription_id, s.customer_id, s.currency, s.next_bill_at, s.current_period_start, s.time_zone, s.cycle,
           s.dialect, s.legal_entity_id, s.net_days, s.plan_id, s.orders, s.last_billed_at, c.country, c.region,
           c.postal_code, c.company is not null as is_business, c.is_tax_exempt
      from billing.subscription s
      join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
     where s.tenant_id = tenancy.current_tenant()
       and s.next_bill_at <= %(until)s and s.is_steady and not s.is_joint
       and s.status in ('active', 'past_due', 'unpaid')
       and s.parked_by is distinct from %(run_id)s
       and c.authority = 'target' and c.time_zone = s.time_zone
       and not exists (
           select from billing.credit k
            where k.tenant_id = s.tenant_id and k.customer_id = s.customer_id and k.remaining_micros > 0)
       and not exists (
           select from billing.discount d
            where d.tenant_id = s.tenant_id and d.subscription_id = s.subscription_id)
       and not exists (
           select from billing.pending_item p
            where p.tenant_id = s.tenant_id and p.customer_id = s.customer_id and p.currency = s.currency
              and p.invoice_id is null)
     order by s.next_bill_at, s.subscription_id
     limit %(limit)s
       for update of s skip locked
       for share of c skip locked
)
select s.currency, s.next_bill_at, s.current_period_start, s.time_zone, s.cycle, s.dialect, s.legal_entity_id,
       s.net_days, s.plan_id, n.prices, s.country, s.region, s.postal_code, s.is_business, s.is_tax_exempt,
       t.customer_id as identified, n.is_metered, n.known_at,
       string_agg(uuid_send(s.subscription_id), ''::bytea order by s.subscription_id) as subscriptions,
       string_agg(uuid_send(s.customer_id), ''::bytea order by s.subscription_id) as customers,
       string_agg(int4send(s.orders), ''::bytea order by s.subscription_id) as orders,
       string_agg(n.amounts, '|' order by s.subscription_id) as amounts,
       string_agg(n.keys, chr(30) order by s.subscription_id) as keys
  from claimed s
 cross join lateral (
       select array_agg(i.price_id order by i.position) filter (where i.renews) as prices,
              string_agg(case when i.meter is null then trim_scale(i.quantity)::text else '' end,
                  ' ' order by i.position) filter (where i.renews) as amounts,
              string_agg(i.item_key, chr(31) order by i.position) filter (where i.renews) as keys,
              bool_or(i.meter is not null) as is_metered,
              case when bool_or(i.meter is not null) then s.last_billed_at end as known_at
         from (select i.position, i.price_id, i.quantity, i.item_key, p.meter,
                      i.served_until is null and coalesce(p.kind, 'recurring') not in ('one_off', 'fixed') as renews
                 from billing.subscription_item i
                 join billing.price p on p.tenant_id = i.tenant_id and p.price_id = i.price_id
                where i.tenant_id = tenancy.current_tenant() and i.subscription_id = s.subscription_id) i
       offset 0) n
  left join (select distinct customer_id from billing.tax_identity where tenant_id = tenancy.current_tenant()
                and customer_id in (select customer_id from claimed)) t
    on t.customer_id = s.customer_id
 group by s.currency, s.next_bill_at, s.current_period_start, s.time_zone, s.cycle, s.dialect, s.legal_entity_id,
       s.net_days, s.plan_id, n.prices, s.country, s.region, s.postal_code, s.is_business, s.is_tax_exempt,
       t.customer_id, n.is_metered, n.known_at
 order by s.next_bill_at, min(s.subscription_id::text);

-- name: advance_steady
-- Move pg_temp.renewed_subscriptions on by one period. Relies on subscription_pkey.
update billing.subscription s
   set current_period_start = b.current_period_start, current_period_end = b.current_period_end,
       charged_through_at = b.charged_through_at, next_bill_at = b.next_bill_at,
       last_billed_at = least(b.last_billed_at, now())
  from pg_temp.renewed_subscriptions b
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = b.subscription_id;

-- name: claim_watched
-- Lock up to :limit subscriptions after :after that usage may bill before their periods end and that owe
-- nothing else by :until, by id, as claim_due does. starts_on: of the first day that can matter; null:
-- a charge has periods of its own. Relies on subscription_watched_idx.
select s.subscription_id, s.customer_id, s.usage_watched_at,
       case when not exists (
           select from billing.subscription_item i
            where i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id and i.cycle is not null)
            then (s.current_period_start at time zone s.time_zone)::date end as starts_on
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant() and s.usage_watched_at is not null
   and s.subscription_id > %(after)s
   and (s.next_bill_at is null or s.next_bill_at > %(until)s) and s.current_period_start <= %(until)s
   and s.parked_by is distinct from %(run_id)s
   and c.authority = 'target'
 order by s.subscription_id
 limit %(limit)s
   for update of s skip locked
   for share of c skip locked;

-- name: mark_watched
-- What usage made due of some subscriptions is billed: what comes after is looked at next time.
update billing.subscription set usage_watched_at = least(%(at)s, now())
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s);

-- name: unpark_watched
-- Subscriptions that could be billed wait for nobody.
delete from billing.parked
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s);

-- name: leave_to_rules
-- Some subscriptions are no plain renewals: one of them may be refused, and only it is parked.
update billing.subscription set is_steady = false
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s);

-- name: keep_tax_currency
-- From now on an entity's invoices tell their tax in this currency too; a row where there is such an entity.
update billing.legal_entity set tax_currency = %(tax_currency)s
 where tenant_id = tenancy.current_tenant() and code = %(code)s;

-- name: insert_tax_exchanges
-- What the tax of pg_temp.new_tax_exchanges' invoices is in the currency of the tax office.
insert into billing.tax_exchange (tenant_id, invoice_id, fx_rate_id, currency, tax_micros)
select tenancy.current_tenant(), invoice_id, fx_rate_id, currency, tax_micros
  from pg_temp.new_tax_exchanges;

-- name: tax_exchange
-- The tax of an invoice once more; a row or none. Relies on tax_exchange_pkey.
select fx_rate_id, currency, tax_micros
  from billing.tax_exchange
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: can_lift
-- One row: whether the login may insert rows before those they refer to.
select has_parameter_privilege(session_user, 'session_replication_role', 'set') as can_lift;

-- name: insert_lines
-- The lines of pg_temp.new_lines.
insert into billing.line_item (tenant_id, line_item_id, invoice_id, position, description, quantity, amount_micros,
       tax_micros, tax_rate, period_start, period_end, subscription_id, item_key, line_key, kind, plan, charge, discount_micros,
       full_start, full_end, gives_back, tax_percent, derivation_id)
select tenancy.current_tenant(), line_item_id, invoice_id, position, description, quantity, amount_micros, tax_micros,
       tax_rate, period_start, period_end, subscription_id, item_key, line_key, kind, plan, charge, discount_micros,
       full_start, full_end, gives_back, tax_percent, derivation_id
  from pg_temp.new_lines;

-- name: insert_invoices
-- The invoices of pg_temp.new_invoices: those without grace with a number of their entity's series, in
-- the order they came. Paid where nothing is due.
insert into billing.invoice (tenant_id, invoice_id, customer_id, subscription_id, number, status, currency,
       subtotal_micros, discount_micros, tax_micros, total_micros, paid_micros, credited_micros, issued_at, due_at,
       paid_at, period_start, period_end, origin, legal_entity_id, bill_run_id, kind, finalize_after, tax_fact_id,
       put_aside_micros, replaces_invoice_id, drafted_at)
select tenancy.current_tenant(), n.invoice_id, n.customer_id, n.subscription_id,
       case when n.finalize_after is null
            then s.prefix || lpad(n.number, greatest(s.digits, length(n.number)), '0') end,
       case when n.finalize_after is not null then 'draft'
            when n.total_micros = n.credited_micros then 'paid' else 'open' end,
       n.currency, n.subtotal_micros, n.discount_micros, n.tax_micros, n.total_micros, 0, n.credited_micros,
       n.issued_at, n.due_at,
       case when n.finalize_after is null and n.total_micros = n.credited_micros then n.issued_at end,
       n.period_start, n.period_end, 'native', n.legal_entity_id, %(run_id)s, n.kind, n.finalize_after,
       n.tax_fact_id, n.put_aside_micros, n.replaces_invoice_id,
       case when n.finalize_after is not null then least(n.issued_at, now()) end
  from (select i.invoice_id, i.customer_id, i.subscription_id, i.currency, i.subtotal_micros, i.discount_micros,
               i.tax_micros, i.total_micros, i.credited_micros, i.issued_at, i.due_at, i.period_start, i.period_end,
               i.legal_entity_id, i.kind, i.finalize_after, i.tax_fact_id, i.put_aside_micros, i.replaces_invoice_id,
               (f.first - 1 + row_number() over (
                   partition by i.legal_entity_id, i.finalize_after is null order by i.place))::text as number
          from pg_temp.new_invoices i
          join unnest(%(entities)s::uuid[], %(firsts)s::bigint[]) as f (legal_entity_id, first)
            on f.legal_entity_id = i.legal_entity_id) n
  join unnest(%(entities)s::uuid[], %(prefixes)s::text[], %(digits)s::integer[]) as s (legal_entity_id, prefix, digits)
    on s.legal_entity_id = n.legal_entity_id;

-- name: plan_for_chunks
-- Plan the rest of the transaction for a chunk of a large table: look rows up, never pass over all of
-- them, whatever the statistics of a table that grew a moment ago say. One row.
select set_config('enable_seqscan', 'off', true) as seqscan, set_config('enable_bitmapscan', 'off', true) as bitmapscan;

-- name: invoice
-- The invoice of an id or number, with its customer's zone; one row or none. Relies on invoice_pkey,
-- invoice_number_key.
select i.invoice_id, i.customer_id, i.subscription_id, i.number, i.status, i.currency, i.subtotal_micros,
       i.discount_micros, i.tax_micros, i.total_micros, i.paid_micros, i.credited_micros, i.put_aside_micros,
       i.issued_at, i.due_at, i.paid_at, i.voided_at, i.period_start, i.period_end, i.origin, i.legal_entity_id,
       i.bill_run_id, i.kind, i.finalize_after, i.tax_fact_id, i.replaces_invoice_id, c.time_zone
  from billing.invoice i
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where i.tenant_id = tenancy.current_tenant() and (i.invoice_id = %(id)s or i.number = %(number)s);

-- name: lock_invoices
-- Some invoices, held until the transaction ends, in one order for all.
select invoice_id
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s)
 order by invoice_id
   for update;

-- name: invoice_lines
-- The lines of an invoice with what they came from, in order. Relies on line_item_pkey.
select l.line_item_id, l.position, l.description, l.quantity, l.unit_amount_micros, l.amount_micros, l.tax_micros,
       l.tax_rate, l.discount_micros, l.period_start, l.period_end, l.full_start, l.full_end, l.kind, l.plan, l.charge,
       l.subscription_id, l.item_key, l.line_key, l.gives_back, l.tax_percent, l.derivation_id, d.body::text as derivation
  from billing.line_item l
  left join billing.derivation d on d.tenant_id = l.tenant_id and d.derivation_id = l.derivation_id
 where l.tenant_id = tenancy.current_tenant() and l.invoice_id = %(id)s
 order by l.position;

-- name: derivation
-- A derivation or tax fact; one row or none. Relies on derivation_pkey.
select body::text as body
  from billing.derivation
 where tenant_id = tenancy.current_tenant() and derivation_id = %(id)s;

-- name: drafts_to_finalize
-- Drafts whose days of grace are over, held, the longest first. Relies on invoice_draft_idx.
select invoice_id, legal_entity_id
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and status = 'draft' and finalize_after <= %(until)s
 order by finalize_after, invoice_id
 limit %(limit)s
   for update skip locked;

-- name: drafts_of_usage
-- Drafts in their days of grace that bill usage, a row for each subscription on one, those after
-- :after_at and :after_id, in order; ends_on: of the usage that belongs on them. Relies on invoice_draft_idx.
with drafted as materialized (
    select i.invoice_id, i.finalize_after, i.drafted_at, i.issued_at
      from billing.invoice i
      join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
     where i.tenant_id = tenancy.current_tenant() and i.status = 'draft' and i.kind = 'cycle'
       and i.finalize_after >= %(after_at)s and (i.finalize_after, i.invoice_id) > (%(after_at)s, %(after_id)s)
       and i.issued_at <= %(until)s and i.drafted_at is not null and c.authority = 'target'
     order by i.finalize_after, i.invoice_id
     limit %(limit)s
)
select d.invoice_id, d.finalize_after, d.drafted_at, l.subscription_id,
       (d.issued_at at time zone s.time_zone)::date as ends_on
  from drafted d
  left join lateral (
       select distinct l.subscription_id from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.invoice_id = d.invoice_id and l.kind = 'usage') l on true
  left join billing.subscription s on s.tenant_id = tenancy.current_tenant() and s.subscription_id = l.subscription_id
 order by d.finalize_after, d.invoice_id, l.subscription_id;

-- name: hold_subscriptions
-- The subscriptions of some ids, held: no run bills them and no order changes them meanwhile.
select subscription_id
  from billing.subscription
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s)
 order by subscription_id
   for update;

-- name: forget_discount_uses
-- What a draft used of discounts, which are restored.
delete from billing.discount_use where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: forget_tax_exchange
-- What the tax of a draft that is drafted anew was in the currency of the tax office.
delete from billing.tax_exchange where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: forget_draft_lines
-- The lines of a draft that is drafted anew.
delete from billing.line_item where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: forget_draft
-- A draft that is drafted anew; one row.
delete from billing.invoice where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and status = 'draft';

-- name: mark_drafted
-- Usage on a draft is read anew; one row.
update billing.invoice set drafted_at = least(%(at)s, now())
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and status = 'draft';

-- name: drafts
-- Drafts of some ids as they are announced and posted, in the order of numbering.
select invoice_id, customer_id, currency, subtotal_micros, discount_micros, tax_micros, total_micros, put_aside_micros,
       issued_at, legal_entity_id,
       (select coalesce(sum(l.amount_micros), 0)::bigint
          from billing.line_item l
         where l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id and l.kind = 'account_credit') as account_micros
  from billing.invoice i
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = any(%(ids)s) and i.status = 'draft'
 order by i.finalize_after nulls first, i.invoice_id;

-- name: finalize_drafts
-- Number and issue drafts; as many as are named.
update billing.invoice i
   set number = f.number, status = case when i.total_micros = i.credited_micros + f.credited then 'paid' else 'open' end,
       credited_micros = i.credited_micros + f.credited,
       paid_at = case when i.total_micros = i.credited_micros + f.credited then i.issued_at end
  from unnest(%(ids)s::uuid[], %(numbers)s::text[], %(credited)s::bigint[]) as f (invoice_id, number, credited)
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = f.invoice_id and i.status = 'draft';

-- name: hangs_on
-- What an invoice is needed for, so that it cannot be void (B41); one row.
select greatest((select count(*) from billing.payment p
                  where p.tenant_id = i.tenant_id and p.invoice_id = i.invoice_id and p.status = 'succeeded'),
                (i.paid_micros > 0)::integer) as payments,
       (select count(*) from billing.payment p
         where p.tenant_id = i.tenant_id and p.invoice_id = i.invoice_id and p.status = 'pending') as payments_under_way,
       (select count(*) from billing.credit_note n
         where n.tenant_id = i.tenant_id and n.invoice_id = i.invoice_id and n.status = 'issued') as credit_notes,
       (select count(*) from billing.line_item g
          join billing.line_item o
            on o.tenant_id = g.tenant_id and o.subscription_id = g.subscription_id and o.line_key = g.gives_back
         where o.tenant_id = i.tenant_id and o.invoice_id = i.invoice_id and not o.is_void and not g.is_void
           and g.invoice_id <> i.invoice_id) as credits_on_later_invoices,
       (select count(*) from billing.dispute d
          join billing.payment p on p.tenant_id = d.tenant_id and p.payment_id = d.payment_id
         where p.tenant_id = i.tenant_id and p.invoice_id = i.invoice_id and d.status = 'lost') as lost_disputes,
       (select count(*) from billing.credit c
         where c.tenant_id = i.tenant_id and c.credit_id = %(put_aside)s
           and c.remaining_micros < c.original_micros) as used_credits
  from billing.invoice i
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = %(id)s;

-- name: void_invoice
-- An invoice is void; one row. It keeps its number (B40).
update billing.invoice set status = 'void', voided_at = %(at)s
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: void_lines
-- What a void invoice billed is unbilled again.
update billing.line_item set is_void = true
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and not is_void;

-- name: rebill
-- The subscriptions on an invoice owe again what it billed: at the next run, under a new identity. Those that
-- usage may bill ahead are looked at anew, from the first event on.
update billing.subscription s
   set next_bill_at = least(coalesce(s.next_bill_at, %(at)s), %(at)s), is_steady = false, orders = s.orders + 1,
       usage_watched_at = case when s.usage_watched_at is not null then timestamptz 'epoch' end
 where s.tenant_id = tenancy.current_tenant()
   and s.subscription_id in (
       select l.subscription_id from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.invoice_id = %(id)s and l.subscription_id is not null);

-- name: give_credits_back
-- Credits that an invoice used are to spend again.
update billing.credit c
   set remaining_micros = c.remaining_micros + a.amount_micros
  from (select credit_id, sum(amount_micros)::bigint as amount_micros
          from billing.credit_application
         where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s
         group by credit_id) a
 where c.tenant_id = tenancy.current_tenant() and c.credit_id = a.credit_id;

-- name: take_credit_back
-- What a void invoice put on the customer's credit is not to spend any more.
update billing.credit set remaining_micros = 0
 where tenant_id = tenancy.current_tenant() and credit_id = %(credit_id)s;

-- name: restore_discounts
-- Discounts that a void invoice used up are as before it (B44).
update billing.discount d
   set periods_remaining = d.periods_remaining + u.uses_counted,
       left_micros = least(d.left_micros + u.amount_micros, d.amount_micros)
  from billing.discount_use u
 where u.tenant_id = tenancy.current_tenant() and u.invoice_id = %(id)s
   and d.tenant_id = u.tenant_id and d.discount_id = u.discount_id;

-- name: write_off
-- An invoice is given up; one row.
update billing.invoice set status = 'uncollectible', voided_at = %(at)s
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: credit_invoice
-- A part of an invoice is settled by a note; paid where nothing is due any more.
update billing.invoice
   set credited_micros = credited_micros + %(micros)s,
       status = case when total_micros = paid_micros + credited_micros + %(micros)s then 'paid' else status end,
       paid_at = case when total_micros = paid_micros + credited_micros + %(micros)s then %(at)s else paid_at end
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and status in ('open', 'paid', 'uncollectible');

-- name: invoices
-- Invoices for people, the newest first; of one customer or all, of one status or all.
select i.invoice_id, i.number, i.status, i.currency, i.total_micros, i.paid_micros, i.credited_micros, i.issued_at,
       i.due_at, i.period_start, i.period_end, c.name as customer, i.customer_id, c.time_zone
  from billing.invoice i
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where i.tenant_id = tenancy.current_tenant()
   and (%(customer_id)s::uuid is null or i.customer_id = %(customer_id)s)
   and (%(status)s::text is null or i.status = %(status)s)
 order by i.issued_at desc nulls first, i.invoice_id
 limit %(limit)s;

-- name: due
-- What owes something by :until, the longest first, for people.
select s.subscription_id, s.next_bill_at, s.status, s.currency, s.is_steady, c.name as customer, p.name as plan,
       s.customer_id, s.time_zone
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
  left join billing.plan p on p.tenant_id = s.tenant_id and p.plan_id = s.plan_id
 where s.tenant_id = tenancy.current_tenant() and s.next_bill_at <= %(until)s and c.authority = 'target'
 order by s.next_bill_at, s.subscription_id
 limit %(limit)s;

-- name: applications
-- What credits settled of an invoice.
select a.credit_application_id, a.credit_id, a.amount_micros, c.customer_id, c.currency
  from billing.credit_application a
  join billing.credit c on c.tenant_id = a.tenant_id and c.credit_id = a.credit_id
 where a.tenant_id = tenancy.current_tenant() and a.invoice_id = %(id)s
 order by a.credit_application_id;

-- name: given_back
-- What of an invoice's lines was given back, by later lines and by notes that stand.
select gives_back, sum(amount_micros)::bigint as amount_micros
  from (
       select l.subscription_id::text || '/' || l.gives_back as gives_back, -l.amount_micros as amount_micros
         from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.gives_back is not null and not l.is_void
          and l.subscription_id in (
              select o.subscription_id from billing.line_item o
               where o.tenant_id = tenancy.current_tenant() and o.invoice_id = %(id)s)
       union all
       select coalesce(n.subscription_id::text || '/', '') || n.gives_back, n.amount_micros
         from billing.credit_note_line n
         join billing.credit_note c on c.tenant_id = n.tenant_id and c.credit_note_id = n.credit_note_id
        where n.tenant_id = tenancy.current_tenant() and c.invoice_id = %(id)s and c.status = 'issued') given
 group by gives_back;

-- name: insert_credit
-- A credit of ours; one row.
insert into billing.credit (tenant_id, credit_id, customer_id, currency, original_micros, remaining_micros, reason,
       priority, granted_at)
values (tenancy.current_tenant(), %(credit_id)s, %(customer_id)s, %(currency)s, %(micros)s, %(micros)s, %(reason)s,
       %(priority)s, %(at)s);

-- name: insert_note
-- A credit note of ours; one row.
insert into billing.credit_note (tenant_id, credit_note_id, invoice_id, number, currency, amount_micros, tax_micros,
       reason, status, issued_at, origin)
values (tenancy.current_tenant(), %(credit_note_id)s, %(invoice_id)s, %(number)s, %(currency)s, %(amount_micros)s,
       %(tax_micros)s, %(reason)s, 'issued', %(at)s, 'native');

-- name: notes
-- Credit notes for people, the newest first; of one customer or all.
select n.credit_note_id, n.number, n.status, n.currency, n.amount_micros - n.tax_micros as net_micros, n.tax_micros,
       n.amount_micros as total_micros, n.reason, n.issued_at, i.number as invoice, n.invoice_id, c.name as customer,
       i.customer_id, c.time_zone
  from billing.credit_note n
  join billing.invoice i on i.tenant_id = n.tenant_id and i.invoice_id = n.invoice_id
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where n.tenant_id = tenancy.current_tenant() and (%(customer_id)s::uuid is null or i.customer_id = %(customer_id)s)
 order by n.issued_at desc, n.credit_note_id
 limit %(limit)s;
