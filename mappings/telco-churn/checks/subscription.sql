-- Nobody who left may be active.
select id as source_key, row_number, id as customer_key, if(has_left, 'cancelled', 'active') as status,
       assumed_currency() as currency, came_at as started_at, null as trial_end_at,
       case when not has_left then export_at end as current_period_start,
       case when not has_left then at_midnight(date_add(export_day(), interval 1 month)) end as current_period_end,
       export_at as charged_through_at, extract(day from export_day()) as anchor_day, false as cancel_at_period_end,
       null as cancel_at, case when has_left then export_at end as cancelled_at,
       case when has_left then export_at end as ended_at, null as paused_at,
       if(payment_method like '%(automatic)', 'charge_automatically', 'send_invoice') as collection_method,
       0 as net_days
  from stated
