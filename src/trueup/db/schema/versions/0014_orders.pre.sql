-- Orders that are taken back, prices agreed with one customer, credits that are taken back.
alter table billing.subscription_order
    drop constraint subscription_order_kind_known,
    add constraint subscription_order_kind_known check (kind in ('start', 'change', 'change_quantity', 'add', 'remove',
        'cancel', 'uncancel', 'pause', 'resume', 'change_cycle', 'hand_over', 'change_price', 'take_back')),
    add column replaced jsonb;
comment on column billing.subscription_order.replaced is 'what an order for later replaced, to take it back until then';

alter table billing.credit add column is_goodwill boolean not null default false;
comment on column billing.credit.is_goodwill is 'given out of goodwill, not the customer''s own money: what is left of it can be taken back';
update billing.credit c set is_goodwill = true
 where exists (select from ledger.transfer t
                where t.tenant_id = c.tenant_id and t.entry_id = c.credit_id and t.template = 'credit_granted');
