-- Whose days a legal entity's own dates are: of bill runs and of price lists. ADR 0095.
alter table billing.legal_entity add column time_zone text not null default 'UTC';
comment on column billing.legal_entity.time_zone is 'whose days are meant by dates that concern no single customer';
