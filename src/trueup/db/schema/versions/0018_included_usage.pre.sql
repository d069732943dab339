-- Usage that a period of a fee pays for: used up, it is not given back with unused time. B33; ADR 0094.
alter table billing.price
    add column included_meter text,
    add column included_quantity numeric(20, 6),
    add constraint price_included_whole check ((included_meter is null) = (included_quantity is null)),
    add constraint price_included_positive check (included_quantity > 0);
comment on column billing.price.included_meter is 'usage that a period of the fee pays for, of each unit where it is per unit; used up, it is not given back';
