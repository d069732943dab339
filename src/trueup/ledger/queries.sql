-- name: open_accounts
-- Open the accounts of pg_temp.ledger_accounts that are not open yet; none, mostly. In the order of
-- their ids, so that two transactions that open the same ones wait for each other, never in a ring, and
-- each look-up finds its page where the last one was. Relies on account_pkey: `offset 0` looks each up
-- by itself, whatever is known of the stage.
insert into ledger.account (tenant_id, account_id, kind, currency, customer_id)
select tenancy.current_tenant(), s.account_id, s.kind, s.currency, s.customer_id
  from (select account_id, kind, currency, customer_id from pg_temp.ledger_accounts order by account_id offset 0) s
 where not exists (
       select from ledger.account a
        where a.tenant_id = tenancy.current_tenant() and a.account_id = s.account_id offset 0)
    on conflict do nothing;

-- name: insert_transfers_once
-- Post pg_temp.ledger_transfers_once, none of which is posted.
insert into ledger.transfer (tenant_id, transfer_id, entry_id, template, debit_account_id,
       credit_account_id, amount_micros, currency, effective_at, is_imported)
select tenancy.current_tenant(), transfer_id, entry_id, template, debit_account_id,
       credit_account_id, amount_micros, currency, effective_at, false
  from pg_temp.ledger_transfers_once;

-- name: import_instant
-- The instant of this import; one row. History takes effect before it or at it (B60).
select now() as instant;

-- name: post_missing
-- Post those transfers of pg_temp.ledger_transfers that are not posted. Relies on transfer_pkey.
insert into ledger.transfer (tenant_id, transfer_id, entry_id, template, debit_account_id,
       credit_account_id, amount_micros, currency, effective_at, is_imported)
select tenancy.current_tenant(), transfer_id, entry_id, template, debit_account_id,
       credit_account_id, amount_micros, currency, effective_at, true
  from pg_temp.ledger_transfers
    on conflict (tenant_id, transfer_id) do nothing;

-- name: start_fold
-- The tenant's fold, made if there was none; one row. Relies on fold_pkey.
insert into ledger.fold (tenant_id, folded_xid)
values (tenancy.current_tenant(), '0'::xid8)
    on conflict (tenant_id) do nothing;

-- name: fold_transfers
-- Add the transfers between the last fold and the new horizon to the folded balances; counts the
-- accounts that moved. The horizon is the oldest transaction still running as this statement sees
-- it: whatever was recorded before it is finished, so nothing older can appear later.
-- Relies on fold_pkey (locks two folds apart) and transfer_recorded_xid_idx.
with last as materialized (
    select folded_xid from ledger.fold where tenant_id = tenancy.current_tenant() for update
), horizon as materialized (
    select last.folded_xid as since, pg_snapshot_xmin(pg_current_snapshot()) as until from last
), fresh as not materialized (
    -- Read twice rather than kept: of a load's millions a copy would lie on the disk.
    select t.debit_account_id, t.credit_account_id, t.amount_micros
      from ledger.transfer t, horizon
     where t.tenant_id = tenancy.current_tenant()
       and t.recorded_xid >= horizon.since and t.recorded_xid < horizon.until
), movement as (
    select debit_account_id as account_id, amount_micros as debits, 0::bigint as credits from fresh
    union all
    select credit_account_id, 0::bigint, amount_micros from fresh
), marked as (
    update ledger.fold f set folded_xid = horizon.until, folded_at = now()
      from horizon
     where f.tenant_id = tenancy.current_tenant() and horizon.until > f.folded_xid
)
insert into ledger.folded_balance as b (tenant_id, account_id, debits_micros, credits_micros)
select tenancy.current_tenant(), account_id, sum(debits), sum(credits)
  from movement
 group by account_id
    on conflict (tenant_id, account_id) do update
   set debits_micros = b.debits_micros + excluded.debits_micros,
       credits_micros = b.credits_micros + excluded.credits_micros;

-- name: forget_fold
-- Start the tenant's fold over; one row. Holds other folds off until the transaction ends.
update ledger.fold set folded_xid = '0'::xid8 where tenant_id = tenancy.current_tenant();

-- name: forget_balances
-- Drop the tenant's folded balances, one an account. Relies on folded_balance_pkey.
delete from ledger.folded_balance where tenant_id = tenancy.current_tenant();

-- name: plan_for_many
-- Plan the rest of the transaction for many rows. Of a tenant that was loaded a moment ago
-- PostgreSQL's statistics know nothing; it would expect one row and loop over millions for hours.
select set_config('enable_nestloop', 'off', true);

-- name: balances
-- The accounts of one kind, in no order, with what stands on their normal side; one a customer and
-- currency at most.
select account_id, customer_id, currency,
       (case when %(is_debit)s then debits_micros - credits_micros
             else credits_micros - debits_micros end)::bigint as balance_micros
  from ledger.balance
 where kind = %(kind)s;

-- name: trial_balance
-- Both sides of each kind of account, per currency; a few dozen rows.
select currency, kind, sum(debits_micros) as debits_micros, sum(credits_micros) as credits_micros
  from ledger.balance
 group by currency, kind
 order by currency, kind;
