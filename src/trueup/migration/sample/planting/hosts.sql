-- Dirt goes only to customers of its own: each is touched by one kind, so counts never mix.
create schema dirt;
create table dirt.taken (customer_id bigint);
create table dirt.planted (kind varchar, table_name varchar, id bigint, falls boolean);
create table dirt.fallen (kind varchar, table_name varchar, id bigint);

create macro quota() as greatest(3, getvariable('customers') // 1000);

-- A paid invoice with exactly one payment and nothing else attached to either.
create temp table plain_invoice as
select invoice.id as invoice_id, invoice.customer_id, invoice.subscription_id, invoice.currency, total_amount_cents,
       payment.id as payment_id
  from legacy.legacy_invoices as invoice
  join (select invoice_id, min(id) as id, count(*) as payments, min(status) as status
          from legacy.legacy_payments group by invoice_id) as payment on payment.invoice_id = invoice.id
 where invoice.status = 'paid' and credited_amount_cents = 0 and payments = 1 and payment.status = 'succeeded'
   and invoice.subscription_id is not null
   and payment.id not in (select payment_id from legacy.legacy_disputes)
   and payment.id not in (select payment_id from legacy.legacy_refunds);

create table dirt.host as
with relative as (
    select parent_customer_id as id from legacy.legacy_customers where parent_customer_id is not null
    union select id from legacy.legacy_customers where parent_customer_id is not null
), latest as (
    select customer_id, max(invoice_id) as invoice_id, arg_max(payment_id, invoice_id) as payment_id,
           arg_max(subscription_id, invoice_id) as subscription_id, arg_max(currency, invoice_id) as currency,
           arg_max(total_amount_cents, invoice_id) as total_cents
      from plain_invoice group by customer_id
), equal as (
    select customer_id, min(payment_id) as lost_payment_id, max(payment_id) as doubled_payment_id
      from (select customer_id, payment_id, count(*) over (partition by customer_id, subscription_id, currency, total_amount_cents) as times
              from plain_invoice) where times > 1 group by customer_id
), running as (
    select customer_id, count(*) filter (where status <> 'canceled') as live, min(id) as any_subscription_id
      from legacy.legacy_subscriptions group by customer_id
), method as (
    select customer_id, max(id) filter (where is_default) as method_id from legacy.legacy_payment_methods group by customer_id
), used as (
    select customer_id, min(usage.id) as usage_id
      from legacy.legacy_usage_records as usage
      join legacy.legacy_subscriptions as subscription on subscription.id = usage.subscription_id
     where usage.invoice_id is not null group by customer_id
)
select customer.id as customer_id, customer.billing_currency, latest.* exclude (customer_id), lost_payment_id, doubled_payment_id,
       coalesce(live, 0) as live, any_subscription_id, method_id, usage_id, has_tax_id, is_tax_exempt, customer.status,
       draw('host', customer.id) as turn
  from legacy.legacy_customers as customer
  left join latest on latest.customer_id = customer.id
  left join equal on equal.customer_id = customer.id
  left join running on running.customer_id = customer.id
  left join method on method.customer_id = customer.id
  left join used on used.customer_id = customer.id
  left join (select distinct customer_id, true as has_tax_id from legacy.legacy_tax_ids) as tax on tax.customer_id = customer.id
 where customer.id not in (select id from relative where id is not null);

create view dirt.free as select * from dirt.host where customer_id not in (select customer_id from dirt.taken);

-- Where a kind adds rows: behind the last id of the table. What does not exist: an id far above all.
create macro nowhere(number) as 990000000 + number;
