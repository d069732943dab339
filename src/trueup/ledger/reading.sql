-- name: accounts
-- Accounts that are asked about with both sides of each, by kind in the order of :kinds, the tenant's own first. Without
-- :until from the balances that are kept, else from the transfers that take effect before it, passed over once.
with side as (
    select account_id, debits_micros, credits_micros from ledger.balance where %(until)s::timestamptz is null
    union all
    select debit_account_id, amount_micros, 0
      from ledger.transfer
     where tenant_id = tenancy.current_tenant() and effective_at < %(until)s
    union all
    select credit_account_id, 0, amount_micros
      from ledger.transfer
     where tenant_id = tenancy.current_tenant() and effective_at < %(until)s
), moved as (
    select account_id, sum(debits_micros)::bigint as debits_micros, sum(credits_micros)::bigint as credits_micros
      from side
     group by 1
)
select a.account_id, a.kind, a.customer_id, a.currency, coalesce(m.debits_micros, 0) as debits_micros,
       coalesce(m.credits_micros, 0) as credits_micros
  from ledger.account a
  left join moved m on m.account_id = a.account_id
 where a.tenant_id = tenancy.current_tenant()
   and (%(kind)s::text is null or a.kind = %(kind)s)
   and (%(customer_id)s::uuid is null or a.customer_id = %(customer_id)s)
   and (%(currency)s::text is null or a.currency = %(currency)s)
 order by array_position(%(kinds)s::text[], a.kind), a.currency, a.customer_id nulls first
 limit %(limit)s;

-- name: sums
-- Both sides of each kind of the accounts that are asked about, per currency; a few dozen rows. As accounts.
with side as (
    select account_id, debits_micros, credits_micros from ledger.balance where %(until)s::timestamptz is null
    union all
    select debit_account_id, amount_micros, 0
      from ledger.transfer
     where tenant_id = tenancy.current_tenant() and effective_at < %(until)s
    union all
    select credit_account_id, 0, amount_micros
      from ledger.transfer
     where tenant_id = tenancy.current_tenant() and effective_at < %(until)s
)
select a.currency, a.kind, sum(s.debits_micros)::bigint as debits_micros, sum(s.credits_micros)::bigint as credits_micros
  from side s
  join ledger.account a on a.account_id = s.account_id
 where a.tenant_id = tenancy.current_tenant()
   and (%(kind)s::text is null or a.kind = %(kind)s)
   and (%(customer_id)s::uuid is null or a.customer_id = %(customer_id)s)
   and (%(currency)s::text is null or a.currency = %(currency)s)
 group by a.currency, a.kind
 order by a.currency, array_position(%(kinds)s::text[], a.kind);

-- name: entries
-- Transfers of the accounts that are asked about, the last to take effect first, those of an entry together. They are
-- not kept by account: passes over those of the time.
with wanted as materialized (
    select account_id
      from ledger.account
     where tenant_id = tenancy.current_tenant()
       and (%(kind)s::text is null or kind = %(kind)s)
       and (%(customer_id)s::uuid is null or customer_id = %(customer_id)s)
       and (%(currency)s::text is null or currency = %(currency)s)
), newest as materialized (
    select transfer_id, entry_id, template, debit_account_id, credit_account_id, amount_micros, currency, effective_at,
           recorded_at, is_imported
      from ledger.transfer
     where tenant_id = tenancy.current_tenant()
       and (%(entry_id)s::uuid is null or entry_id = %(entry_id)s)
       and (%(since)s::timestamptz is null or effective_at >= %(since)s)
       and (%(until)s::timestamptz is null or effective_at < %(until)s)
       and (%(is_all)s or debit_account_id in (select account_id from wanted)
            or credit_account_id in (select account_id from wanted))
     order by effective_at desc, entry_id, transfer_id
     limit %(limit)s
)
select t.entry_id, t.template, d.kind as debit, d.customer_id as debit_customer_id, c.kind as credit,
       c.customer_id as credit_customer_id, t.amount_micros, t.currency, t.effective_at, t.recorded_at, t.is_imported
  from newest t
  join ledger.account d on d.tenant_id = tenancy.current_tenant() and d.account_id = t.debit_account_id
  join ledger.account c on c.tenant_id = tenancy.current_tenant() and c.account_id = t.credit_account_id
 order by t.effective_at desc, t.entry_id, t.transfer_id;
