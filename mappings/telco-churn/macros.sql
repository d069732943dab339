-- What several statements share.

-- What is sold to a customer, such as `telephone and fiber optic`.
create or replace temp macro services(phone_service, internet_service) as
    concat_ws(' and ', nullif(telephone(phone_service), ''), nullif(internet(internet_service), ''));

-- The plan: what is sold, and for how long the customer is bound.
create or replace temp macro plan_name(phone_service, internet_service, contract) as
    services(phone_service, internet_service) || ', ' || term(contract);

-- A price is what one customer pays each month: there is no list from which it could be derived.
create or replace temp macro custom_price(phone_service, internet_service, contract, monthly_charges) as
    'custom:' || plan_name(phone_service, internet_service, contract) || ':' || monthly_charges;

-- The day of the export, and the first day of the month in which a customer of some tenure came.
create or replace temp macro taken_on() as cast(assumed_taken_on() as date);
create or replace temp macro joined_at(tenure) as
    source_instant(taken_on() - to_months(try_cast(tenure as integer)));
