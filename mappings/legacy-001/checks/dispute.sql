select cast(id as varchar) as source_key, row_number, cast(payment_id as varchar) as payment_key,
       case when status in ('needs_response', 'under_review') then 'open'
            when status in ('won', 'lost') then status end as status,
       currency, micros(amount_cents, currency) as amount_micros, reason, utc(opened_date) as opened_at,
       utc(closed_date) as closed_at
  from source.legacy_disputes
