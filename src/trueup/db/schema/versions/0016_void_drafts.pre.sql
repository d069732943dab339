-- A draft in its days of grace can be void: it never had a number, and needs none then.
alter table billing.invoice
    drop constraint invoice_issued_has_number,
    add constraint invoice_issued_has_number check (status in ('draft', 'void') or number is not null) not valid;
alter table billing.invoice validate constraint invoice_issued_has_number;
