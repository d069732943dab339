-- What a bill run has to know of usage: who is billed by it before a period ends, and what a draft knew. ADR 0093.

alter table billing.subscription add column usage_watched_at timestamptz;
comment on column billing.subscription.usage_watched_at is 'usage may make an invoice before its period ends: when that was looked at last; null: it may not';
create index subscription_watched_idx on billing.subscription (tenant_id, subscription_id)
    where usage_watched_at is not null;

alter table billing.invoice add column drafted_at timestamptz;
comment on column billing.invoice.drafted_at is 'of a draft in its days of grace: when the usage on it was read';
