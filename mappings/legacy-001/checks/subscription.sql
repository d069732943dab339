select cast(t.id as varchar) as source_key, t.row_number,
       cast(coalesce(s.survivor_id, t.customer_id) as varchar) as customer_key,
       case when t.status in ('pending', 'incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused') then t.status
            when t.status = 'canceled' then 'cancelled'
            when t.status = 'incomplete_expired' then 'expired' end as status,
       t.currency, utc(t.started_date) as started_at, utc(t.trial_end) as trial_end_at,
       utc(t.current_period_start) as current_period_start, utc(t.current_period_end) as current_period_end,
       utc(t.charged_through_date) as charged_through_at, t.billing_anchor_day as anchor_day,
       coalesce(cast(t.cancel_at_period_end as boolean), false) as cancel_at_period_end, utc(t.cancel_at) as cancel_at,
       utc(t.canceled_at) as cancelled_at, utc(t.ended_at) as ended_at, utc(t.paused_at) as paused_at,
       case when t.collection_method in ('charge_automatically', 'send_invoice') then t.collection_method end as collection_method,
       coalesce(try_cast(t.net_days as bigint), 0) as net_days
  from source.legacy_subscriptions t
  left join survivor s on s.merged_id = t.customer_id
