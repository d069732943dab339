-- Items that wait for an invoice are billed by runs, once, and then say on which. ADR 0090.
alter table billing.pending_item
    add column invoice_id uuid,
    add constraint pending_item_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id);
comment on column billing.pending_item.invoice_id is 'the invoice that bills it; null: it waits for one';
create index pending_item_waiting_idx on billing.pending_item (tenant_id, customer_id) where invoice_id is null;
create index pending_item_billed_idx on billing.pending_item (tenant_id, invoice_id) where invoice_id is not null;

-- What is billed stays as it was billed; only a void invoice lets go of it.
create function billing.refuse_billed_item_change() returns trigger
    language plpgsql as $$
begin
    if old.invoice_id is null then
        return coalesce(new, old);
    end if;
    if tg_op = 'UPDATE' and new.invoice_id is null then
        old.invoice_id := null;
        if new is not distinct from old then
            return new;
        end if;
    end if;
    raise exception 'a pending item that is billed stays as it is: % refused', tg_op
        using errcode = 'integrity_constraint_violation', hint = 'correct its invoice by a credit note';
end $$;
create trigger pending_item_stays_billed before update or delete on billing.pending_item
    for each row execute function billing.refuse_billed_item_change();

-- B39, for lines of no subscription: `line_item_billed_once` is for those that have one.
create unique index line_item_billed_once_apart on billing.line_item (tenant_id, line_key)
    where subscription_id is null and line_key is not null and not is_void;

select tenancy.guard_referenced();
