-- The whole token record (D18). Of several defaults the newest that can still be charged is the one;
-- a customer who merged into another keeps its methods, and the survivor's own default comes first.
with owned as (
    select id, is_default, is_detached, created_date, survivor_id is null as is_own,
           coalesce(survivor_id, method.customer_id) as owner_id
      from source.legacy_payment_methods method
      left join survivors survivor on survivor.customer_id = method.customer_id
), standing as (
    select owner_id,
           arg_max(id, {'is_own': is_own, 'since': coalesce(try_cast(created_date as timestamp), timestamp 'epoch'),
                        'id': id}) as id
      from owned
     where is_true(is_default) and not is_true(is_detached)
     group by owner_id
)
select row_number,
       chunk.id as source_key,
       customer_id as customer_key,
       payment_method_kind(type) as kind,
       if(stripe_payment_method_id is null, null, 'stripe') as psp,
       stripe_payment_method_id as psp_payment_method_id,
       card_brand as brand,
       card_last_four as last4,
       exp_year as expiry_year,
       exp_month as expiry_month,
       fingerprint,
       mandate_reference,
       default_of.id is not null as is_default,
       if(is_true(is_detached), 'detached', 'active') as status,
       source_instant(written_time(created_date)) as created_at,
       unread_instant(written_time(created_date)) as unread_created_at
  from chunk
  left join (select distinct id from standing) default_of on default_of.id = chunk.id
