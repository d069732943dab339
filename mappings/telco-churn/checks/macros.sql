-- The words of this reading; it shares no line with entities/ and must not begin to.

-- Millionths of a dollar. A blank is not zero: nothing was stated.
create macro micros(amount) as cast(try_cast(nullif(trim(amount), '') as decimal(18, 6)) * 1000000 as bigint);

-- Midnight of a day in the zone that the manifest declares.
create macro at_midnight(day) as cast(day as timestamp) at time zone getvariable('source_time_zone');

-- The day on which all of it was true.
create macro export_day() as strptime(assumed_taken_on(), '%Y-%m-%d');

-- Everything that is known of each row, in this reading's own words.
create table stated as
select customer_id as id, row_number, payment_method, churn = 'Yes' as has_left,
       at_midnight(export_day()) as export_at,
       at_midnight(date_add(export_day(), to_months(-cast(tenure as integer)))) as came_at,
       micros(monthly_charges) as monthly_micros, monthly_charges as monthly_text,
       micros(total_charges) as lifetime_micros,
       case when phone_service = 'Yes' and internet_service = 'DSL' then 'telephone and DSL'
            when phone_service = 'Yes' and internet_service = 'Fiber optic' then 'telephone and fiber optic'
            when phone_service = 'Yes' and internet_service = 'No' then 'telephone'
            when phone_service = 'No' and internet_service = 'DSL' then 'DSL'
            when phone_service = 'No' and internet_service = 'Fiber optic' then 'fiber optic' end as product,
       case contract when 'Month-to-month' then 'month to month' when 'One year' then 'one year'
                     when 'Two year' then 'two years' end as bound_for
  from source.telco_customer_churn;

create macro plan_of(product, bound_for) as concat(product, ', ', bound_for);
create macro price_of(product, bound_for, monthly_text) as concat('custom:', product, ', ', bound_for, ':', monthly_text);
