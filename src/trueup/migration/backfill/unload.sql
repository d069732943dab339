-- Statements of an unload, run by the owner in one transaction; every one names its tenant.

-- name: can_lift_guards
-- One row: whether the login may do what follows; superusers may, others by a grant.
select has_parameter_privilege('session_replication_role', 'set') as is_allowed;

-- name: lift_guards
-- Facts may be removed and references are not checked row by row until this transaction ends: the
-- load goes as a whole or not at all.
set local session_replication_role = replica;

-- name: await_referrers
-- Wait for loads that refer to what is removed, such as a currency's opening accounts, and hold them
-- off: without triggers nothing else keeps the two apart.
select tenancy.await_referrers(%(tenant_id)s);

-- name: moved_customers
-- How many customers of the load the target bills by now.
select count(*) as customers
  from migration.crosswalk x
  join billing.customer c on c.tenant_id = x.tenant_id and c.customer_id = x.target_id
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'customer'
   and c.authority <> 'source';

-- name: remove_transfers
-- Transfers of the load's records.
delete from ledger.transfer t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s
   and t.tenant_id = x.tenant_id and t.entry_id = x.target_id and t.is_imported;

-- name: remove_accounts
-- Ledger accounts of the load's customers.
delete from ledger.account a
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'customer'
   and a.tenant_id = x.tenant_id and a.customer_id = x.target_id;

-- name: remove_opening_accounts
-- Opening accounts of the currencies in which nothing is booked any more: they come as a set, one a
-- currency, and another load may still use it.
delete from ledger.account a
 where a.tenant_id = %(tenant_id)s and a.customer_id is null and starts_with(a.kind, 'opening_')
   and a.currency not in (select currency from ledger.transfer where tenant_id = %(tenant_id)s);

-- name: remove_folded_balances
-- The balance projection of the tenant, to be folded anew.
delete from ledger.folded_balance where tenant_id = %(tenant_id)s;

-- name: remove_fold
-- How far the projection went.
delete from ledger.fold where tenant_id = %(tenant_id)s;

-- name: remove_usage_summary
-- Days of usage of the load's subscriptions: without triggers nothing removes them with their own.
delete from billing.usage_summary t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'subscription'
   and t.tenant_id = x.tenant_id and t.subscription_id = x.target_id;

-- name: remove_usage_event
-- Rows of billing.usage_event that the load made.
delete from billing.usage_event t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'usage_event'
   and t.tenant_id = x.tenant_id and t.usage_event_id = x.target_id;

-- name: remove_credit_application
-- Rows of billing.credit_application that the load made.
delete from billing.credit_application t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'credit_application'
   and t.tenant_id = x.tenant_id and t.credit_application_id = x.target_id;

-- name: remove_credit
-- Rows of billing.credit that the load made.
delete from billing.credit t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'credit'
   and t.tenant_id = x.tenant_id and t.credit_id = x.target_id;

-- name: remove_dispute
-- Rows of billing.dispute that the load made.
delete from billing.dispute t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'dispute'
   and t.tenant_id = x.tenant_id and t.dispute_id = x.target_id;

-- name: remove_refund
-- Rows of billing.refund that the load made.
delete from billing.refund t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'refund'
   and t.tenant_id = x.tenant_id and t.refund_id = x.target_id;

-- name: remove_payment
-- Rows of billing.payment that the load made.
delete from billing.payment t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'payment'
   and t.tenant_id = x.tenant_id and t.payment_id = x.target_id;

-- name: remove_pending_item
-- Rows of billing.pending_item that the load made.
delete from billing.pending_item t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'pending_item'
   and t.tenant_id = x.tenant_id and t.pending_item_id = x.target_id;

-- name: remove_credit_note
-- Rows of billing.credit_note that the load made.
delete from billing.credit_note t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'credit_note'
   and t.tenant_id = x.tenant_id and t.credit_note_id = x.target_id;

-- name: remove_line_item
-- Rows of billing.line_item that the load made.
delete from billing.line_item t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'invoice'
   and t.tenant_id = x.tenant_id and t.invoice_id = x.target_id;

-- name: remove_invoice
-- Rows of billing.invoice that the load made.
delete from billing.invoice t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'invoice'
   and t.tenant_id = x.tenant_id and t.invoice_id = x.target_id;

-- name: remove_discount
-- Rows of billing.discount that the load made.
delete from billing.discount t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'discount'
   and t.tenant_id = x.tenant_id and t.discount_id = x.target_id;

-- name: remove_subscription_item
-- Rows of billing.subscription_item that the load made.
delete from billing.subscription_item t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'subscription'
   and t.tenant_id = x.tenant_id and t.subscription_id = x.target_id;

-- name: remove_subscription
-- Rows of billing.subscription that the load made.
delete from billing.subscription t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'subscription'
   and t.tenant_id = x.tenant_id and t.subscription_id = x.target_id;

-- name: remove_payment_method
-- Rows of billing.payment_method that the load made.
delete from billing.payment_method t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'payment_method'
   and t.tenant_id = x.tenant_id and t.payment_method_id = x.target_id;

-- name: remove_tax_identity
-- Rows of billing.tax_identity that the load made.
delete from billing.tax_identity t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'tax_identity'
   and t.tenant_id = x.tenant_id and t.tax_identity_id = x.target_id;

-- name: remove_customer_earlier
-- What was mended of customers of the load.
delete from billing.customer_earlier t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'customer'
   and t.tenant_id = x.tenant_id and t.customer_id = x.target_id;

-- name: remove_customer
-- Rows of billing.customer that the load made.
delete from billing.customer t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'customer'
   and t.tenant_id = x.tenant_id and t.customer_id = x.target_id;

-- name: remove_price
-- Rows of billing.price that the load made.
delete from billing.price t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'price'
   and t.tenant_id = x.tenant_id and t.price_id = x.target_id;

-- name: remove_plan
-- Rows of billing.plan that the load made.
delete from billing.plan t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'plan'
   and t.tenant_id = x.tenant_id and t.plan_id = x.target_id;

-- name: remove_product
-- Rows of billing.product that the load made.
delete from billing.product t
 using migration.crosswalk x
 where x.tenant_id = %(tenant_id)s and x.load_id = %(load_id)s and x.entity = 'product'
   and t.tenant_id = x.tenant_id and t.product_id = x.target_id;

-- name: remove_number_series
-- Number series of a tenant that holds no document any more.
delete from billing.number_series s
 where s.tenant_id = %(tenant_id)s
   and not exists (select from billing.invoice i where i.tenant_id = s.tenant_id);

-- name: remove_set_aside
-- What the migration knows of the load.
delete from migration.set_aside where tenant_id = %(tenant_id)s and load_id = %(load_id)s;

-- name: remove_table_set_aside
-- What the migration knows of the load.
delete from migration.table_set_aside where tenant_id = %(tenant_id)s and load_id = %(load_id)s;

-- name: remove_checkpoint
-- What the migration knows of the load.
delete from migration.checkpoint where tenant_id = %(tenant_id)s and load_id = %(load_id)s;

-- name: remove_crosswalk
-- What the migration knows of the load.
delete from migration.crosswalk where tenant_id = %(tenant_id)s and load_id = %(load_id)s;

-- name: remove_load_record
-- What the migration knows of the load.
delete from migration.load where tenant_id = %(tenant_id)s and load_id = %(load_id)s;
