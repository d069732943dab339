-- What a customer's copy on a test clock is made of, in the order of references. Each statement counts the rows
-- it copied; :source is the tenant, :books its test books, :customers the customers, :accounts the new ids of
-- the tenant's own ledger accounts. Run by the owner. A test holds that every table of billing is named here or
-- in `clocks.service.LEFT`.

-- name: freeze
-- The copy is of one moment.
set transaction isolation level repeatable read;

-- name: hold_customers
-- The customers, held: whoever bills them waits or goes on without them.
select customer_id from billing.customer
 where tenant_id = %(source)s and customer_id = any(%(customers)s) order by customer_id for update;

-- name: on_clock
-- Customers with a copy in the books already, the first of them; a row or none.
select customer_id from billing.customer where tenant_id = %(books)s and customer_id = any(%(customers)s) limit 1;

-- name: own_accounts
-- The tenant's own ledger accounts: a few a currency.
select account_id, kind, currency from ledger.account where tenant_id = %(source)s and customer_id is null;

-- name: catalog_product
-- Everything that is sold, is agreed, and issues invoices.
select tenancy.copy_rows('billing.product', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: catalog_plan
-- As catalog_product.
select tenancy.copy_rows('billing.plan', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: catalog_price
-- As catalog_product.
select tenancy.copy_rows('billing.price', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: catalog_dialect
-- As catalog_product.
select tenancy.copy_rows('billing.dialect', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: catalog_legal_entity
-- As catalog_product; their series are marked by a trigger.
select tenancy.copy_rows('billing.legal_entity', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: catalog_legal_entity_earlier
-- As catalog_product: what is copied of documents says what theirs say.
select tenancy.copy_rows('billing.legal_entity_earlier', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: catalog_fx_rate
-- As catalog_product.
select tenancy.copy_rows('billing.fx_rate', %(source)s, %(books)s, '{}', 'true', '{}', '{}') as copied;

-- name: customer
-- A parent goes along only if it is copied too.
select tenancy.copy_rows('billing.customer', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{"parent_customer_id": "case when t.parent_customer_id = any($3) then t.parent_customer_id end",
         "psp": "null", "psp_customer_id": "null"}', '{}') as copied;

-- name: customer_tax_identity
-- What decides about tax.
select tenancy.copy_rows('billing.tax_identity', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{}', '{}') as copied;

-- name: customer_earlier
-- What copied documents say of them.
select tenancy.copy_rows('billing.customer_earlier', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{}', '{}') as copied;

-- name: subscription
-- Parked ones are tried again.
select tenancy.copy_rows('billing.subscription', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{"parked_by": "null::uuid"}', '{}') as copied;

-- name: subscription_item
-- Spans of service.
select tenancy.copy_rows('billing.subscription_item', %(source)s, %(books)s, %(customers)s,
       't.subscription_id in (select s.subscription_id from billing.subscription s
          where s.tenant_id = $1 and s.customer_id = any($3))', '{}', '{}') as copied;

-- name: subscription_pause
-- As subscription_item.
select tenancy.copy_rows('billing.subscription_pause', %(source)s, %(books)s, %(customers)s,
       't.subscription_id in (select s.subscription_id from billing.subscription s
          where s.tenant_id = $1 and s.customer_id = any($3))', '{}', '{}') as copied;

-- name: subscription_order
-- As subscription_item.
select tenancy.copy_rows('billing.subscription_order', %(source)s, %(books)s, %(customers)s,
       't.subscription_id in (select s.subscription_id from billing.subscription s
          where s.tenant_id = $1 and s.customer_id = any($3))', '{}', '{}') as copied;

-- name: subscription_discount
-- As subscription_item.
select tenancy.copy_rows('billing.discount', %(source)s, %(books)s, %(customers)s,
       't.subscription_id in (select s.subscription_id from billing.subscription s
          where s.tenant_id = $1 and s.customer_id = any($3))', '{}', '{}') as copied;

-- name: subscription_usage_event
-- Usage that no other system billed; the rest decides nothing.
select tenancy.copy_rows('billing.usage_event', %(source)s, %(books)s, %(customers)s,
       'not t.is_billed and t.subscription_id in (select s.subscription_id from billing.subscription s
          where s.tenant_id = $1 and s.customer_id = any($3))', '{}', '{}') as copied;

-- name: subscription_usage_summary
-- As subscription_item.
select tenancy.copy_rows('billing.usage_summary', %(source)s, %(books)s, %(customers)s,
       't.subscription_id in (select s.subscription_id from billing.subscription s
          where s.tenant_id = $1 and s.customer_id = any($3))', '{}', '{}') as copied;

-- name: invoice_derivation
-- How copied lines came about, and why they were taxed.
select tenancy.copy_rows('billing.derivation', %(source)s, %(books)s, %(customers)s,
       't.derivation_id in (
           select i.tax_fact_id from billing.invoice i where i.tenant_id = $1 and i.customer_id = any($3)
           union
           select l.derivation_id from billing.invoice i
             join billing.line_item l on l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id
            where i.tenant_id = $1 and i.customer_id = any($3)
           union
           select l.derivation_id from billing.invoice i
             join billing.credit_note n on n.tenant_id = i.tenant_id and n.invoice_id = i.invoice_id
             join billing.credit_note_line l on l.tenant_id = n.tenant_id and l.credit_note_id = n.credit_note_id
            where i.tenant_id = $1 and i.customer_id = any($3))', '{}', '{}') as copied;

-- name: invoice
-- History under the mark of a copy: what was billed is not billed again.
select tenancy.copy_rows('billing.invoice', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{"number": "''COPY-'' || t.number", "bill_run_id": "null::uuid"}', '{}') as copied;

-- name: invoice_line_item
-- As invoice.
select tenancy.copy_rows('billing.line_item', %(source)s, %(books)s, %(customers)s,
       't.invoice_id in (select i.invoice_id from billing.invoice i
          where i.tenant_id = $1 and i.customer_id = any($3))', '{}', '{}') as copied;

-- name: invoice_discount_use
-- As invoice.
select tenancy.copy_rows('billing.discount_use', %(source)s, %(books)s, %(customers)s,
       't.invoice_id in (select i.invoice_id from billing.invoice i
          where i.tenant_id = $1 and i.customer_id = any($3))', '{}', '{}') as copied;

-- name: invoice_tax_exchange
-- As invoice.
select tenancy.copy_rows('billing.tax_exchange', %(source)s, %(books)s, %(customers)s,
       't.invoice_id in (select i.invoice_id from billing.invoice i
          where i.tenant_id = $1 and i.customer_id = any($3))', '{}', '{}') as copied;

-- name: invoice_credit_note
-- As invoice.
select tenancy.copy_rows('billing.credit_note', %(source)s, %(books)s, %(customers)s,
       't.invoice_id in (select i.invoice_id from billing.invoice i
          where i.tenant_id = $1 and i.customer_id = any($3))',
       '{"number": "''COPY-'' || t.number", "bill_run_id": "null::uuid"}', '{}') as copied;

-- name: invoice_credit_note_line
-- As invoice.
select tenancy.copy_rows('billing.credit_note_line', %(source)s, %(books)s, %(customers)s,
       't.credit_note_id in (select n.credit_note_id from billing.invoice i
           join billing.credit_note n on n.tenant_id = i.tenant_id and n.invoice_id = i.invoice_id
          where i.tenant_id = $1 and i.customer_id = any($3))', '{}', '{}') as copied;

-- name: money_pending_item
-- What waits for an invoice.
select tenancy.copy_rows('billing.pending_item', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{}', '{}') as copied;

-- name: money_credit
-- What is left to spend, and what was spent.
select tenancy.copy_rows('billing.credit', %(source)s, %(books)s, %(customers)s, 't.customer_id = any($3)',
       '{}', '{}') as copied;

-- name: money_credit_application
-- As money_credit.
select tenancy.copy_rows('billing.credit_application', %(source)s, %(books)s, %(customers)s,
       't.credit_id in (select c.credit_id from billing.credit c
          where c.tenant_id = $1 and c.customer_id = any($3))
        and t.invoice_id in (select i.invoice_id from billing.invoice i
          where i.tenant_id = $1 and i.customer_id = any($3))', '{}', '{}') as copied;

-- name: money_credit_payout
-- As money_credit.
select tenancy.copy_rows('billing.credit_payout', %(source)s, %(books)s, %(customers)s,
       't.credit_id in (select c.credit_id from billing.credit c
          where c.tenant_id = $1 and c.customer_id = any($3))', '{}', '{}') as copied;

-- name: money_credit_payout_undone
-- As money_credit.
select tenancy.copy_rows('billing.credit_payout_undone', %(source)s, %(books)s, %(customers)s,
       't.credit_payout_id in (select o.credit_payout_id from billing.credit_payout o
          join billing.credit c on c.tenant_id = o.tenant_id and c.credit_id = o.credit_id
          where o.tenant_id = $1 and c.customer_id = any($3))', '{}', '{}') as copied;

-- name: money_credit_breakage
-- As money_credit.
select tenancy.copy_rows('billing.credit_breakage', %(source)s, %(books)s, %(customers)s,
       't.credit_id in (select c.credit_id from billing.credit c
          where c.tenant_id = $1 and c.customer_id = any($3))', '{"bill_run_id": "null::uuid"}', '{}') as copied;

-- name: money_payment
-- Money that came in; without the tokens it came by: a test charges nobody.
select tenancy.copy_rows('billing.payment', %(source)s, %(books)s, %(customers)s,
       't.customer_id = any($3) and (t.invoice_id is null or t.invoice_id in (select i.invoice_id
           from billing.invoice i where i.tenant_id = $1 and i.customer_id = any($3)))',
       '{"payment_method_id": "null::uuid", "psp": "null", "psp_payment_id": "null"}', '{}') as copied;

-- name: money_refund
-- As money_payment.
select tenancy.copy_rows('billing.refund', %(source)s, %(books)s, %(customers)s,
       't.payment_id in (select p.payment_id from billing.payment p
          where p.tenant_id = $2 and p.customer_id = any($3))', '{"psp_refund_id": "null"}', '{}') as copied;

-- name: money_dispute
-- As money_payment.
select tenancy.copy_rows('billing.dispute', %(source)s, %(books)s, %(customers)s,
       't.payment_id in (select p.payment_id from billing.payment p
          where p.tenant_id = $2 and p.customer_id = any($3))', '{}', '{}') as copied;

-- name: ledger_account
-- Accounts of the customers, the tenant's own under their new ids.
select tenancy.copy_rows('ledger.account', %(source)s, %(books)s, %(customers)s,
       't.customer_id is null or t.customer_id = any($3)',
       '{"account_id": "coalesce(($4 ->> t.account_id::text)::uuid, t.account_id)"}', %(accounts)s) as copied;

-- name: ledger_transfer
-- What moved between them, and nothing of other customers: the copy's books balance by themselves. Passes over
-- the tenant's transfers once: they are not kept by account.
select tenancy.copy_rows('ledger.transfer', %(source)s, %(books)s, %(customers)s,
       't.debit_account_id in (select a.account_id from ledger.account a
            where a.tenant_id = $1 and (a.customer_id is null or a.customer_id = any($3)))
        and t.credit_account_id in (select a.account_id from ledger.account a
            where a.tenant_id = $1 and (a.customer_id is null or a.customer_id = any($3)))
        and (t.debit_account_id in (select a.account_id from ledger.account a
                where a.tenant_id = $1 and a.customer_id = any($3))
             or t.credit_account_id in (select a.account_id from ledger.account a
                where a.tenant_id = $1 and a.customer_id = any($3)))',
       '{"debit_account_id": "coalesce(($4 ->> t.debit_account_id::text)::uuid, t.debit_account_id)",
         "credit_account_id": "coalesce(($4 ->> t.credit_account_id::text)::uuid, t.credit_account_id)",
         "recorded_at": "now()", "recorded_xid": "pg_current_xact_id()"}', %(accounts)s) as copied;

-- name: tell_planner
-- Tell the planner of what was copied: of test books it knows nothing, would expect a row, and pass over all
-- customers for each subscription.
analyze billing.customer, billing.tax_identity, billing.subscription, billing.subscription_item, billing.subscription_pause,
    billing.discount, billing.usage_event, billing.usage_summary, billing.invoice, billing.line_item, billing.credit_note,
    billing.credit_note_line, billing.pending_item, billing.credit, ledger.account, ledger.transfer;
