-- What hangs on a planted row that cannot be loaded: each reference once, parents before children.
insert into dirt.fallen
select kind, table_name, id from dirt.planted where falls;

insert into dirt.fallen select fallen.kind, 'legacy_plan_prices', child.id from dirt.fallen
  join legacy.legacy_plan_prices as child on child.plan_id = fallen.id where fallen.table_name = 'legacy_plans';

insert into dirt.fallen select fallen.kind, 'legacy_tax_ids', child.id from dirt.fallen
  join legacy.legacy_tax_ids as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_payment_methods', child.id from dirt.fallen
  join legacy.legacy_payment_methods as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_subscriptions', child.id from dirt.fallen
  join legacy.legacy_subscriptions as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_subscriptions', child.id from dirt.fallen
  join legacy.legacy_subscriptions as child on child.plan_id = fallen.id where fallen.table_name = 'legacy_plans';

insert into dirt.fallen select fallen.kind, 'legacy_discounts', child.id from dirt.fallen
  join legacy.legacy_discounts as child on child.subscription_id = fallen.id where fallen.table_name = 'legacy_subscriptions';

insert into dirt.fallen select fallen.kind, 'legacy_invoices', child.id from dirt.fallen
  join legacy.legacy_invoices as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_invoices', child.id from dirt.fallen
  join legacy.legacy_invoices as child on child.subscription_id = fallen.id where fallen.table_name = 'legacy_subscriptions';

insert into dirt.fallen select fallen.kind, 'legacy_credit_notes', child.id from dirt.fallen
  join legacy.legacy_credit_notes as child on child.invoice_id = fallen.id where fallen.table_name = 'legacy_invoices';

insert into dirt.fallen select fallen.kind, 'legacy_pending_items', child.id from dirt.fallen
  join legacy.legacy_pending_items as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_pending_items', child.id from dirt.fallen
  join legacy.legacy_pending_items as child on child.subscription_id = fallen.id where fallen.table_name = 'legacy_subscriptions';

insert into dirt.fallen select fallen.kind, 'legacy_payments', child.id from dirt.fallen
  join legacy.legacy_payments as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_payments', child.id from dirt.fallen
  join legacy.legacy_payments as child on child.invoice_id = fallen.id where fallen.table_name = 'legacy_invoices';

insert into dirt.fallen select fallen.kind, 'legacy_refunds', child.id from dirt.fallen
  join legacy.legacy_refunds as child on child.payment_id = fallen.id where fallen.table_name = 'legacy_payments';

insert into dirt.fallen select fallen.kind, 'legacy_disputes', child.id from dirt.fallen
  join legacy.legacy_disputes as child on child.payment_id = fallen.id where fallen.table_name = 'legacy_payments';

insert into dirt.fallen select fallen.kind, 'legacy_usage_records', child.id from dirt.fallen
  join legacy.legacy_usage_records as child on child.subscription_id = fallen.id where fallen.table_name = 'legacy_subscriptions';

insert into dirt.fallen select fallen.kind, 'legacy_credits', child.id from dirt.fallen
  join legacy.legacy_credits as child on child.customer_id = fallen.id where fallen.table_name = 'legacy_customers';

insert into dirt.fallen select fallen.kind, 'legacy_credit_applications', child.id from dirt.fallen
  join legacy.legacy_credit_applications as child on child.credit_id = fallen.id where fallen.table_name = 'legacy_credits';

insert into dirt.fallen select fallen.kind, 'legacy_credit_applications', child.id from dirt.fallen
  join legacy.legacy_credit_applications as child on child.invoice_id = fallen.id where fallen.table_name = 'legacy_invoices';
