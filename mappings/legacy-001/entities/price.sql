-- Each version of a plan's price, with the plan's own pricing model (D23, D24).
with priced as (
    select chunk.*, plan.id as found_plan_id, plan.currency, plan.model, plan.meter,
           price_terms(plan.model, chunk.price_cents, chunk.usage_tiers_json, plan.currency) as terms
      from chunk
      left join plans() plan on plan.id = chunk.plan_id
)
select row_number,
       id as source_key,
       plan_id as plan_key,
       currency,
       model,
       meter,
       terms.amount as unit_amount_micros,
       terms.tiers::varchar as tiers,
       source_instant(written_time(effective_from)) as effective_from,
       unread_instant(written_time(effective_from)) as unread_effective_from,
       case when found_plan_id is null or terms.problem is not null then 'rejected' end as aside_bucket,
       if(found_plan_id is null, 'orphan', terms.problem) as aside_reason,
       if(found_plan_id is null, 'plan_key', 'tiers') as aside_field,
       if(found_plan_id is null, plan_id::varchar, left(usage_tiers_json, 200)) as aside_value,
       if(found_plan_id is null,
          'the source holds no plan with this key: restore it, or correct the reference',
          'state the price exactly: an amount, or tiers in known terms, but not both') as aside_fix
  from priced
