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

-- name: take_numbers
-- The first of :count numbers of a series, which are now taken; one row. Whoever else wants one waits
-- until this transaction ends, so that none is ever left out (B40).
insert into billing.number_series as n (tenant_id, document, prefix, digits, next_number)
values (tenancy.current_tenant(), %(document)s, %(prefix)s, %(digits)s, %(count)s + 1)
    on conflict (tenant_id, document, prefix) do update
   set next_number = n.next_number + %(count)s
returning next_number - %(count)s as first, digits;

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
-- What stands of earlier invoices of some subscriptions, oldest first, with the header of each invoice; without
-- drafts that are drafted anew.
-- Relies on line_item_billed_once.
select l.subscription_id, l.invoice_id, l.item_key, l.line_key, l.kind, l.plan, l.charge, l.quantity,
       l.amount_micros, l.discount_micros, l.period_start, l.period_end, l.full_start, l.full_end, l.gives_back,
       l.tax_percent, l.tax_rate, l.tax_micros as line_tax_micros,
       i.subtotal_micros - i.discount_micros as net_micros, i.tax_micros, i.issued_at, i.status = 'void' as is_void
  from billing.line_item l
  join billing.invoice i on i.tenant_id = l.tenant_id and i.invoice_id = l.invoice_id
 where l.tenant_id = tenancy.current_tenant() and l.subscription_id = any(%(ids)s) and not l.is_void
   and l.invoice_id <> all(%(without)s::uuid[])
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
-- Discounts of some subscriptions that may still count, held, oldest first; as they were before drafts that are
-- drafted anew. Relies on discount_use_pkey.
select d.discount_id, d.subscription_id, d.coupon_code, d.percent_bp, d.amount_micros, d.currency,
       d.periods_remaining + coalesce(u.uses_counted, 0) as periods_remaining, d.starts_at, d.ends_at,
       least(d.left_micros + coalesce(u.amount_micros, 0), d.amount_micros) as left_micros, d.limits, d.is_once
  from billing.discount d
  left join (
       select discount_id, sum(uses_counted)::integer as uses_counted, sum(amount_micros)::bigint as amount_micros
         from billing.discount_use
        where tenant_id = tenancy.current_tenant() and invoice_id = any(%(without)s::uuid[])
        group by discount_id) u on u.discount_id = d.discount_id
 where d.tenant_id = tenancy.current_tenant() and d.subscription_id = any(%(ids)s)
   and coalesce(d.periods_remaining + coalesce(u.uses_counted, 0), 1) > 0
   and coalesce(d.left_micros + coalesce(u.amount_micros, 0), 1) > 0
 order by d.discount_id
   for update of d;

-- name: credits
-- Credits of some customers with something left, held in one order for all.
select credit_id, customer_id, currency, remaining_micros, priority, granted_at, expires_at
  from billing.credit
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s) and remaining_micros > 0
 order by credit_id
   for update;

-- name: pending_items
-- Items of some customers, whom we bill, that wait for an invoice, or for a draft that is drafted anew; held in one order for all, so that who
-- waited for another worker does not see what that one billed; their customers against a hand-over. goes_with: null where the subscription
-- they are for will have no invoice any more. Relies on pending_item_waiting_idx.
select p.pending_item_id, p.customer_id, p.subscription_id,
       case when s.next_bill_at is not null then s.subscription_id end as goes_with, s.legal_entity_id, s.dialect,
       p.description, p.currency, p.amount_micros, p.occurred_at, p.invoice_id
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  left join billing.subscription s on s.tenant_id = p.tenant_id and s.subscription_id = p.subscription_id
 where p.tenant_id = tenancy.current_tenant() and p.customer_id = any(%(ids)s)
   and (p.invoice_id is null or p.invoice_id = any(%(without)s::uuid[]))
   and c.authority = 'target'
 order by p.pending_item_id
   for update of p for share of c;

-- name: count_waiting
-- Items of customers we bill that wait for an invoice; one row. Relies on pending_item_waiting_idx.
select count(*) as items
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
 where p.tenant_id = tenancy.current_tenant() and p.invoice_id is null and c.authority = 'target';

-- name: can_lift
-- One row: whether the login may insert rows before those they refer to.
select has_parameter_privilege(session_user, 'session_replication_role', 'set') as can_lift;

-- name: known_derivations
-- Which derivations of pg_temp.derivations are not kept yet, put in by their ids' order.
insert into billing.derivation (tenant_id, derivation_id, body)
select tenancy.current_tenant(), derivation_id, body
  from pg_temp.new_derivations
 order by derivation_id
    on conflict do nothing;

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
       put_aside_micros, replaces_invoice_id, drafted_at, finalized_at)
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
       case when n.finalize_after is not null then least(n.issued_at, now()) end,
       case when n.finalize_after is null then clock_timestamp() end
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

-- name: insert_tax_exchanges
-- What the tax of pg_temp.new_tax_exchanges' invoices is in the currency of the tax office.
insert into billing.tax_exchange (tenant_id, invoice_id, fx_rate_id, currency, tax_micros)
select tenancy.current_tenant(), invoice_id, fx_rate_id, currency, tax_micros
  from pg_temp.new_tax_exchanges;

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

-- name: bill_pending_items
-- Items are on invoices now; as many as are named.
update billing.pending_item p set invoice_id = b.invoice_id
  from unnest(%(ids)s::uuid[], %(invoices)s::uuid[]) as b (pending_item_id, invoice_id)
 where p.tenant_id = tenancy.current_tenant() and p.pending_item_id = b.pending_item_id and p.invoice_id is null;
