-- name: find_invoice
-- The invoice of a number; one row or none. Relies on invoice_number_key.
select invoice_id, status from billing.invoice
 where tenant_id = tenancy.current_tenant() and number = %(number)s;

-- name: find_note
-- The credit note of a number, if it stands; one row or none. Relies on credit_note_number_key.
select credit_note_id, invoice_id from billing.credit_note
 where tenant_id = tenancy.current_tenant() and number = %(number)s and status = 'issued';

-- name: run_exists
-- How many issued invoices a bill run has; one row.
select count(*) as invoices from billing.invoice
 where tenant_id = tenancy.current_tenant() and bill_run_id = %(run_id)s
   and status in ('open', 'paid', 'uncollectible');

-- name: invoices_of_run
-- The next issued invoices of a bill run, by id. Relies on invoice_pkey.
select invoice_id from billing.invoice
 where tenant_id = tenancy.current_tenant() and bill_run_id = %(run_id)s and invoice_id > %(after)s
   and status in ('open', 'paid', 'uncollectible')
 order by invoice_id
 limit %(limit)s;

-- name: invoices
-- Some invoices as they were issued, each with its customer as they are, the tax fact it keeps, the rate by which its tax
-- is told once more, and what credits had settled by then; one row each. Relies on invoice_pkey.
select i.invoice_id, i.customer_id, i.number, i.status, i.origin, i.currency, i.subtotal_micros, i.discount_micros,
       i.tax_micros, i.total_micros, i.put_aside_micros, i.issued_at, i.due_at, i.period_start, i.period_end,
       i.legal_entity_id, i.subscription_id, i.finalized_at, f.body as tax_fact,
       coalesce(s.time_zone, c.time_zone) as time_zone, s.dialect,
       c.name, c.company, c.email, c.locale, c.address_line1, c.address_line2, c.city, c.region, c.postal_code,
       c.country, coalesce(a.applied_micros, 0)::bigint as applied_micros, x.tax_micros as exchanged_micros,
       r.fx_rate_id, r.base, r.quote, r.rate, r.source, r.effective_at
  from billing.invoice i
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
  left join billing.subscription s on s.tenant_id = i.tenant_id and s.subscription_id = i.subscription_id
  left join billing.tax_exchange x on x.tenant_id = i.tenant_id and x.invoice_id = i.invoice_id
  left join billing.fx_rate r on r.tenant_id = x.tenant_id and r.fx_rate_id = x.fx_rate_id
  left join billing.derivation f on f.tenant_id = i.tenant_id and f.derivation_id = i.tax_fact_id
  left join (select a.invoice_id, sum(a.amount_micros) as applied_micros
               from billing.credit_application a
               join billing.invoice i on i.tenant_id = a.tenant_id and i.invoice_id = a.invoice_id
              where a.tenant_id = tenancy.current_tenant() and a.invoice_id = any(%(ids)s)
                and a.applied_at <= i.issued_at and not a.is_after_issue
              group by a.invoice_id) a on a.invoice_id = i.invoice_id
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = any(%(ids)s)
 order by i.invoice_id;

-- name: lines
-- Lines of some invoices with how they came about, in the order of the page. Relies on line_item_pkey.
select l.invoice_id, l.position, l.description, l.quantity, l.unit_amount_micros, l.amount_micros, l.tax_micros,
       l.tax_rate, l.period_start, l.period_end, l.subscription_id, l.line_key, l.kind,
       coalesce(p.name, l.plan) as plan, l.charge, l.discount_micros, l.gives_back, d.body as derivation, s.dialect, s.time_zone
  from billing.line_item l
  left join billing.derivation d on d.tenant_id = l.tenant_id and d.derivation_id = l.derivation_id
  left join billing.subscription s on s.tenant_id = l.tenant_id and s.subscription_id = l.subscription_id
  left join billing.plan p on p.tenant_id = l.tenant_id and p.code = l.plan
 where l.tenant_id = tenancy.current_tenant() and l.invoice_id = any(%(ids)s)
 order by l.invoice_id, l.position;

-- name: notes
-- Some credit notes. Relies on credit_note_pkey.
select credit_note_id, invoice_id, number, currency, amount_micros, tax_micros, reason, issued_at, recorded_at
  from billing.credit_note
 where tenant_id = tenancy.current_tenant() and credit_note_id = any(%(ids)s)
 order by credit_note_id;

-- name: note_lines
-- What some credit notes give back, in the order of the page. Relies on credit_note_line_pkey.
select l.credit_note_id, l.position, l.subscription_id, l.gives_back, l.amount_micros, l.period_start, l.period_end,
       d.body as derivation
  from billing.credit_note_line l
  left join billing.derivation d on d.tenant_id = l.tenant_id and d.derivation_id = l.derivation_id
 where l.tenant_id = tenancy.current_tenant() and l.credit_note_id = any(%(ids)s)
 order by l.credit_note_id, l.position;
