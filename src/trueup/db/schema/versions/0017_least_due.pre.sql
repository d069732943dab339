-- Of which less would be due than is collected, waits for the next invoice. ADR 0091.
alter table billing.legal_entity add column least_due jsonb not null default '{}';
comment on column billing.legal_entity.least_due is 'by currency, in micro-units, the least that is collected: {"EUR": 500000}';
