-- Money moves only as transfers: one debit account, one credit account, one positive amount.
create schema ledger;

create table ledger.account (
    tenant_id integer not null,
    account_id uuid not null,
    kind text not null,
    currency text not null,
    customer_id uuid,
    created_at timestamptz not null default now(),
    constraint account_pkey primary key (tenant_id, account_id),
    constraint account_currency_key unique (tenant_id, account_id, currency),
    constraint account_identity_key unique nulls not distinct (tenant_id, kind, currency, customer_id),
    constraint account_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint account_currency_shape check (currency ~ '^[A-Z]{3}$')
);

create table ledger.transfer (
    tenant_id integer not null,
    transfer_id uuid not null,
    entry_id uuid not null,
    template text not null,
    debit_account_id uuid not null,
    credit_account_id uuid not null,
    amount_micros bigint not null,
    currency text not null,
    effective_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    recorded_xid xid8 not null default pg_current_xact_id(),
    is_imported boolean not null,
    constraint transfer_pkey primary key (tenant_id, transfer_id),
    constraint transfer_debit_fkey foreign key (tenant_id, debit_account_id, currency)
        references ledger.account (tenant_id, account_id, currency),
    constraint transfer_credit_fkey foreign key (tenant_id, credit_account_id, currency)
        references ledger.account (tenant_id, account_id, currency),
    constraint transfer_amount_positive check (amount_micros > 0),
    constraint transfer_two_accounts check (debit_account_id <> credit_account_id),
    constraint transfer_imported_is_past check (not is_imported or effective_at <= recorded_at)
);
comment on column ledger.transfer.entry_id is 'the business fact that moved the money: an invoice, a payment, a credit';
comment on column ledger.transfer.recorded_xid is 'orders transfers by commit for the balance projection';
create index transfer_recorded_xid_idx on ledger.transfer (tenant_id, recorded_xid);

create trigger transfer_is_a_fact before update or delete on ledger.transfer
    for each row execute function tenancy.refuse_change();

-- A projection of the transfers recorded before folded_xid; ledger.balance adds the ones since.
create table ledger.folded_balance (
    tenant_id integer not null,
    account_id uuid not null,
    debits_micros numeric(38, 0) not null,
    credits_micros numeric(38, 0) not null,
    constraint folded_balance_pkey primary key (tenant_id, account_id),
    constraint folded_balance_account_fkey foreign key (tenant_id, account_id)
        references ledger.account (tenant_id, account_id)
);

create table ledger.fold (
    tenant_id integer not null,
    folded_xid xid8 not null,
    folded_at timestamptz not null default now(),
    constraint fold_pkey primary key (tenant_id),
    constraint fold_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id)
);
comment on column ledger.fold.folded_xid is 'transfers with recorded_xid below this are in folded_balance';

create view ledger.balance with (security_invoker = true) as
with fresh as (
    select t.tenant_id, t.debit_account_id, t.credit_account_id, t.amount_micros
      from ledger.transfer t
      left join ledger.fold f using (tenant_id)
     where t.recorded_xid >= coalesce(f.folded_xid, '0'::xid8)
), movement as (
    select tenant_id, account_id, debits_micros, credits_micros from ledger.folded_balance
    union all
    select tenant_id, debit_account_id, amount_micros, 0 from fresh
    union all
    select tenant_id, credit_account_id, 0, amount_micros from fresh
)
select a.tenant_id, a.account_id, a.kind, a.currency, a.customer_id,
       coalesce(sum(m.debits_micros), 0) as debits_micros,
       coalesce(sum(m.credits_micros), 0) as credits_micros
  from ledger.account a
  left join movement m using (tenant_id, account_id)
 group by a.tenant_id, a.account_id, a.kind, a.currency, a.customer_id;

do $$ declare name text; begin
    foreach name in array array['account', 'transfer', 'folded_balance', 'fold'] loop
        execute format('alter table ledger.%I enable row level security', name);
        execute format('create policy tenant_wall on ledger.%I
            using (tenant_id = tenancy.current_tenant())
            with check (tenant_id = tenancy.current_tenant())', name);
    end loop;
end $$;

grant usage on schema ledger to trueup_app;
grant select, insert on ledger.account, ledger.transfer to trueup_app;
grant select, insert, update, delete on ledger.folded_balance, ledger.fold to trueup_app;
grant select on ledger.balance to trueup_app;
