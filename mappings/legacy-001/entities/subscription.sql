-- Everything that decides the next bill (D26), at the price that was sold (D24): the customer's own,
-- else the version named, else the version in force at the start.
with histories as (
    select plan_id, list({'since': effective_from, 'id': id} order by effective_from, id) as versions
      from price_versions()
     where effective_from is not null
     group by plan_id
), sold as (
    select chunk.*, plan.id as found_plan_id, plan.model, plan.currency as plan_currency,
           named.plan_id as named_plan_id,
           coalesce(list_filter(versions, lambda version:
                        version.since <= try_cast(started_date as timestamp))[-1].id, versions[1].id) as version_id
      from chunk
      left join plans() plan on plan.id = chunk.plan_id
      left join price_versions() named on named.id = chunk.plan_price_id
      left join histories on histories.plan_id = chunk.plan_id
), judged as (
    select *,
           case when found_plan_id is null then 'orphan'
                when named_plan_id <> plan_id then 'price_of_another_plan'
                when custom_price_cents is not null and model not in ('flat', 'per_unit')
                then 'own_price_beside_tiers'
                when custom_price_cents is null and plan_currency <> currency then 'currency_differs'
           end as problem
      from sold
)
select row_number,
       id as source_key,
       customer_id as customer_key,
       subscription_status(status) as status,
       currency,
       source_instant(written_time(started_date)) as started_at,
       unread_instant(written_time(started_date)) as unread_started_at,
       source_instant(written_time(trial_end)) as trial_end_at,
       unread_instant(written_time(trial_end)) as unread_trial_end_at,
       source_instant(written_time(current_period_start)) as current_period_start,
       unread_instant(written_time(current_period_start)) as unread_current_period_start,
       source_instant(written_time(current_period_end)) as current_period_end,
       unread_instant(written_time(current_period_end)) as unread_current_period_end,
       source_instant(written_time(charged_through_date)) as charged_through_at,
       unread_instant(written_time(charged_through_date)) as unread_charged_through_at,
       billing_anchor_day as anchor_day,
       is_true(cancel_at_period_end) as cancel_at_period_end,
       source_instant(written_time(cancel_at)) as cancel_at,
       unread_instant(written_time(cancel_at)) as unread_cancel_at,
       source_instant(written_time(canceled_at)) as cancelled_at,
       unread_instant(written_time(canceled_at)) as unread_cancelled_at,
       source_instant(written_time(ended_at)) as ended_at,
       unread_instant(written_time(ended_at)) as unread_ended_at,
       source_instant(written_time(paused_at)) as paused_at,
       unread_instant(written_time(paused_at)) as unread_paused_at,
       collection_method(collection_method) as collection_method,
       coalesce(net_days::varchar, if(collection_method = 'charge_automatically', '0', null)) as net_days,
       [{'price_key': case
             when custom_price_cents is not null
             then concat_ws(':', 'custom', plan_id, custom_price_cents, currency)
             when plan_price_id is not null then plan_price_id::varchar
             else coalesce(version_id::varchar, concat('plan:', plan_id)) end,
         'quantity': exact_quantity(quantity)}] as items,
       if(problem is null, null, 'rejected') as aside_bucket,
       problem as aside_reason,
       case problem when 'orphan' then 'plan_id' when 'price_of_another_plan' then 'plan_price_id'
            when 'own_price_beside_tiers' then 'custom_price_cents' when 'currency_differs' then 'currency'
       end as aside_field,
       case problem when 'orphan' then plan_id::varchar when 'price_of_another_plan' then plan_price_id::varchar
            when 'own_price_beside_tiers' then custom_price_cents::varchar when 'currency_differs' then currency
       end as aside_value,
       case problem
            when 'orphan' then 'the source holds no plan with this key: restore it, or correct the reference'
            when 'price_of_another_plan' then 'name a price version of the plan that was sold'
            when 'own_price_beside_tiers' then 'state the tiers that this customer was promised'
            when 'currency_differs' then 'both must be in one currency: correct the record that is wrong'
       end as aside_fix
  from judged
