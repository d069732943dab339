-- name: find_load
-- The load of a source, at most one. Relies on load_source_key.
select load_id, snapshot_hash, mapping_hash, status
  from migration.load
 where source = %(source)s;

-- name: set_aside
-- Every row that a load set aside, by position.
select entity, row_number, source_key, bucket, reason
  from migration.set_aside
 where load_id = %(load_id)s;

-- name: tables_set_aside
-- Source tables of which no row becomes a record, with how many rows were seen.
select source_table, row_count
  from migration.table_set_aside
 where load_id = %(load_id)s;

-- name: ledger_receivable
-- Customers whose receivable in the ledger is not the open balance of their invoices: the first few,
-- each with how many there are and what they add up to.
with owed as (
    select customer_id, currency, sum(total_micros - paid_micros - credited_micros) as micros
      from billing.invoice
     where status = 'open'
     group by 1, 2
), booked as (
    select customer_id, currency, debits_micros - credits_micros as micros
      from ledger.balance
     where kind = 'receivable'
)
select coalesce(o.customer_id, b.customer_id)::text as customer_id,
       coalesce(o.currency, b.currency) as currency,
       coalesce(o.micros, 0)::bigint as expected_micros, coalesce(b.micros, 0)::bigint as booked_micros
  from owed o
  full join booked b on b.customer_id = o.customer_id and b.currency = o.currency
 where coalesce(o.micros, 0) <> coalesce(b.micros, 0);

-- name: ledger_customer_credit
-- Customers whose credit in the ledger is not what their credits, but those that ended, and unallocated payments leave.
with due as (
    select customer_id, currency, remaining_micros - broken_micros as micros from billing.credit
    union all
    select customer_id, currency, amount_micros
      from billing.payment
     where status = 'succeeded' and invoice_id is null
), owed as (
    select customer_id, currency, sum(micros) as micros from due group by 1, 2
), booked as (
    select customer_id, currency, credits_micros - debits_micros as micros
      from ledger.balance
     where kind = 'customer_credit'
)
select coalesce(o.customer_id, b.customer_id)::text as customer_id,
       coalesce(o.currency, b.currency) as currency,
       coalesce(o.micros, 0)::bigint as expected_micros, coalesce(b.micros, 0)::bigint as booked_micros
  from owed o
  full join booked b on b.customer_id = o.customer_id and b.currency = o.currency
 where coalesce(o.micros, 0) <> coalesce(b.micros, 0);

-- name: ledger_trial_balance
-- Currencies in which the balances are not the transfers' own sums, or debits are not credits.
with moved as (
    select currency, sum(amount_micros) as micros from ledger.transfer group by 1
), standing as (
    select currency, sum(debits_micros) as debits, sum(credits_micros) as credits
      from ledger.balance group by 1
)
select ''::text as customer_id, s.currency, coalesce(m.micros, 0)::bigint as expected_micros,
       (case when s.debits <> coalesce(m.micros, 0) then s.debits else s.credits end)::bigint as booked_micros
  from standing s
  left join moved m on m.currency = s.currency
 where s.debits <> coalesce(m.micros, 0) or s.credits <> coalesce(m.micros, 0);
