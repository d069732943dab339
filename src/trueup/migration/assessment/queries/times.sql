-- Probes of times.

-- name: time_unreadable
select {{row}}, {{column}} as shown
  from {{table}} as here
 where is_written({{column}}) and instant_of({{column}}) is null;

-- name: time_implausible
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where not isfinite(instant_of({{column}}))
    or year(instant_of({{column}})) not between {{first_year}} and {{last_year}};

-- name: time_in_future
-- After the snapshot was taken, whatever the zone: local time runs at most 14 hours ahead of UTC.
select {{row}}, cast({{column}} as varchar) as shown
  from {{table}} as here
 where instant_of({{column}}) > {{taken_at}}::timestamp + interval 14 hours
   and year(instant_of({{column}})) <= {{last_year}};

-- name: times_inverted
select {{row}}, concat({{start}}, ' > ', {{end}}) as shown
  from {{table}} as here
 where instant_of({{start}}) {{order}} instant_of({{end}});
