-- The words of this reading; it shares no line with entities/ and must not begin to.

-- Millionths of a dollar; the source keeps two decimals.
create macro micros(amount) as cast(cast(amount as decimal(12, 2)) * 1000000 as bigint);

-- Midnights without a zone are those of the zone that the manifest declares.
create macro utc(written) as cast(written as timestamp) at time zone getvariable('source_time_zone');
