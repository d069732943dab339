-- name: invoice
-- The invoice of an id or number, with its customer's zone; one row or none. Relies on invoice_pkey,
-- invoice_number_key.
select i.invoice_id, i.customer_id, i.subscription_id, i.number, i.status, i.currency, i.subtotal_micros,
       i.discount_micros, i.tax_micros, i.total_micros, i.paid_micros, i.credited_micros, i.put_aside_micros,
       i.issued_at, i.due_at, i.paid_at, i.voided_at, i.period_start, i.period_end, i.origin, i.legal_entity_id,
       i.bill_run_id, i.kind, i.finalize_after, i.tax_fact_id, i.replaces_invoice_id, c.time_zone
  from billing.invoice i
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where i.tenant_id = tenancy.current_tenant() and (i.invoice_id = %(id)s or i.number = %(number)s);

-- name: lock_invoices
-- Some invoices, held until the transaction ends, in one order for all.
select invoice_id, status
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s)
 order by invoice_id
   for update;

-- name: hold_credits
-- Those of some credits that there are, held: nobody spends of them meanwhile. Relies on credit_pkey.
select credit_id
  from billing.credit
 where tenant_id = tenancy.current_tenant() and credit_id = any(%(ids)s)
 order by credit_id
   for update;

-- name: invoice_lines
-- The lines of an invoice with what they came from, in order. Relies on line_item_pkey.
select l.line_item_id, l.position, l.description, l.quantity, l.unit_amount_micros, l.amount_micros, l.tax_micros,
       l.tax_rate, l.discount_micros, l.period_start, l.period_end, l.full_start, l.full_end, l.kind, l.plan, l.charge,
       l.subscription_id, l.item_key, l.line_key, l.gives_back, l.tax_percent, l.derivation_id, d.body::text as derivation
  from billing.line_item l
  left join billing.derivation d on d.tenant_id = l.tenant_id and d.derivation_id = l.derivation_id
 where l.tenant_id = tenancy.current_tenant() and l.invoice_id = %(id)s
 order by l.position;

-- name: tax_exchange
-- The tax of an invoice once more; a row or none. Relies on tax_exchange_pkey.
select fx_rate_id, currency, tax_micros
  from billing.tax_exchange
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: derivation
-- A derivation or tax fact; one row or none. Relies on derivation_pkey.
select body::text as body
  from billing.derivation
 where tenant_id = tenancy.current_tenant() and derivation_id = %(id)s;

-- name: invoices
-- Invoices for people, the newest first; of one customer or all, of one status or all.
select i.invoice_id, i.number, i.status, i.currency, i.total_micros, i.paid_micros, i.credited_micros, i.issued_at,
       i.due_at, i.period_start, i.period_end, c.name as customer, i.customer_id, c.time_zone
  from billing.invoice i
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where i.tenant_id = tenancy.current_tenant()
   and (%(customer_id)s::uuid is null or i.customer_id = %(customer_id)s)
   and (%(status)s::text is null or i.status = %(status)s)
 order by i.issued_at desc nulls first, i.invoice_id
 limit %(limit)s;

-- name: hangs_on
-- What an invoice is needed for, so that it cannot be void (B41); one row.
select greatest((select count(*) from billing.payment p
                  where p.tenant_id = i.tenant_id and p.invoice_id = i.invoice_id and p.status = 'succeeded'),
                (i.paid_micros > 0)::integer) as payments,
       (select count(*) from billing.payment p
         where p.tenant_id = i.tenant_id and p.invoice_id = i.invoice_id and p.status = 'pending') as payments_under_way,
       (select count(*) from billing.credit_note n
         where n.tenant_id = i.tenant_id and n.invoice_id = i.invoice_id and n.status = 'issued') as credit_notes,
       (select count(*) from billing.line_item g
          join billing.line_item o
            on o.tenant_id = g.tenant_id and o.subscription_id = g.subscription_id and o.line_key = g.gives_back
         where o.tenant_id = i.tenant_id and o.invoice_id = i.invoice_id and not o.is_void and not g.is_void
           and g.invoice_id <> i.invoice_id) as credits_on_later_invoices,
       (select count(*) from billing.dispute d
          join billing.payment p on p.tenant_id = d.tenant_id and p.payment_id = d.payment_id
         where p.tenant_id = i.tenant_id and p.invoice_id = i.invoice_id and d.status = 'lost') as lost_disputes,
       (select count(*) from billing.credit c
         where c.tenant_id = i.tenant_id and c.credit_id = any(%(put_aside)s)
           and c.remaining_micros < c.original_micros) as used_credits
  from billing.invoice i
 where i.tenant_id = tenancy.current_tenant() and i.invoice_id = %(id)s;

-- name: void_invoice
-- An invoice is void; one row. It keeps its number (B40).
update billing.invoice set status = 'void', voided_at = %(at)s
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: void_lines
-- What a void invoice billed is unbilled again.
update billing.line_item set is_void = true
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and not is_void;

-- name: rebill
-- The subscriptions on an invoice owe again what it billed: at the next run, under a new identity. Usage is
-- looked at anew, from the first event on.
update billing.subscription s
   set next_bill_at = least(coalesce(s.next_bill_at, %(at)s), %(at)s), is_steady = false, orders = s.orders + 1,
       last_billed_at = null,
       usage_watched_at = case when s.usage_watched_at is not null then timestamptz 'epoch' end
 where s.tenant_id = tenancy.current_tenant()
   and s.subscription_id in (
       select l.subscription_id from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.invoice_id = %(id)s and l.subscription_id is not null);

-- name: give_credits_back
-- Credits that an invoice used are to spend again, but those that were taken back since.
update billing.credit c
   set remaining_micros = c.remaining_micros + a.amount_micros
  from (select credit_id, sum(amount_micros)::bigint as amount_micros
          from billing.credit_application
         where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s
         group by credit_id) a
 where c.tenant_id = tenancy.current_tenant() and c.credit_id = a.credit_id and not c.is_taken_back;

-- name: take_credits_back
-- What a void invoice put on the customer's credit is not to spend any more.
update billing.credit set remaining_micros = 0, is_taken_back = true
 where tenant_id = tenancy.current_tenant() and credit_id = any(%(ids)s);

-- name: restore_discounts
-- Discounts that void invoices, or drafts, used up are as before them (B44).
update billing.discount d
   set periods_remaining = d.periods_remaining + u.uses_counted,
       left_micros = least(d.left_micros + u.amount_micros, d.amount_micros)
  from (select discount_id, sum(uses_counted)::integer as uses_counted, sum(amount_micros)::bigint as amount_micros
          from billing.discount_use
         where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s)
         group by discount_id) u
 where d.tenant_id = tenancy.current_tenant() and d.discount_id = u.discount_id;

-- name: release_pending_items
-- What void invoices, or drafts, billed of them waits again. Relies on pending_item_billed_idx.
update billing.pending_item set invoice_id = null
 where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s);

-- name: write_off
-- An invoice is given up; one row.
update billing.invoice set status = 'uncollectible', voided_at = %(at)s
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s;

-- name: credit_invoice
-- A part of an invoice is settled by a note or credit; paid where nothing is due any more, since it was first.
update billing.invoice
   set credited_micros = credited_micros + %(micros)s,
       status = case when total_micros = paid_micros + credited_micros + %(micros)s then 'paid' else status end,
       paid_at = case when total_micros = paid_micros + credited_micros + %(micros)s
                      then coalesce(paid_at, %(at)s) else paid_at end
 where tenant_id = tenancy.current_tenant() and invoice_id = %(id)s and status in ('open', 'paid', 'uncollectible');

-- name: applications
-- What credits settled of an invoice; the credits are held.
select a.credit_application_id, a.credit_id, a.amount_micros, c.customer_id, c.currency, c.is_taken_back
  from billing.credit_application a
  join billing.credit c on c.tenant_id = a.tenant_id and c.credit_id = a.credit_id
 where a.tenant_id = tenancy.current_tenant() and a.invoice_id = %(id)s
 order by a.credit_id, a.credit_application_id
   for update of c;

-- name: given_back
-- What of an invoice's lines was given back, by later lines and by notes that stand.
select gives_back, sum(amount_micros)::bigint as amount_micros
  from (
       select l.subscription_id::text || '/' || l.gives_back as gives_back, -l.amount_micros as amount_micros
         from billing.line_item l
        where l.tenant_id = tenancy.current_tenant() and l.gives_back is not null and not l.is_void
          and l.subscription_id in (
              select o.subscription_id from billing.line_item o
               where o.tenant_id = tenancy.current_tenant() and o.invoice_id = %(id)s)
       union all
       select coalesce(n.subscription_id::text || '/', '') || n.gives_back, n.amount_micros
         from billing.credit_note_line n
         join billing.credit_note c on c.tenant_id = n.tenant_id and c.credit_note_id = n.credit_note_id
        where n.tenant_id = tenancy.current_tenant() and c.invoice_id = %(id)s and c.status = 'issued') given
 group by gives_back;

-- name: insert_credit
-- A credit of ours; one row.
insert into billing.credit (tenant_id, credit_id, customer_id, currency, original_micros, remaining_micros, reason,
       priority, granted_at, is_goodwill, origin, expires_at)
values (tenancy.current_tenant(), %(credit_id)s, %(customer_id)s, %(currency)s, %(micros)s, %(micros)s, %(reason)s,
       %(priority)s, %(at)s, %(is_goodwill)s, %(origin)s, %(expires_at)s);

-- name: credits_spent
-- Credits that settled some invoices, each with how much, by invoice, the last spent first. Relies on credit_pkey.
select a.invoice_id, c.credit_id, c.is_goodwill, c.origin, c.priority, c.expires_at, sum(a.amount_micros)::bigint as amount_micros
  from billing.credit_application a
  join billing.credit c on c.tenant_id = a.tenant_id and c.credit_id = a.credit_id
 where a.tenant_id = tenancy.current_tenant() and a.invoice_id = any(%(ids)s)
 group by a.invoice_id, c.tenant_id, c.credit_id
 order by a.invoice_id, max(a.applied_at) desc, c.priority desc, c.expires_at desc nulls first, c.granted_at desc, c.credit_id desc;

-- name: given_back_of
-- What gave back of some invoices: credit notes that stand, and other invoices, below zero, that are not void.
select invoice_id, credit_note_id, null::uuid as below_id
  from billing.credit_note
 where tenant_id = tenancy.current_tenant() and invoice_id = any(%(ids)s) and status = 'issued'
 union
select o.invoice_id, null, g.invoice_id
  from billing.line_item o
  join billing.line_item g
    on g.tenant_id = o.tenant_id and g.subscription_id = o.subscription_id and g.gives_back = o.line_key
  join billing.invoice b on b.tenant_id = g.tenant_id and b.invoice_id = g.invoice_id
 where o.tenant_id = tenancy.current_tenant() and o.invoice_id = any(%(ids)s) and g.invoice_id <> o.invoice_id
   and b.put_aside_micros > 0 and b.status <> 'void'
 order by 1, 2, 3;

-- name: gives_back_of
-- What some invoices below zero give back, with tax, a row an invoice that it is of, with what payments settled of that
-- and is still due; of_invoice_id null: of none. Relies on line_item_pkey, line_item_billed_once.
select l.invoice_id, o.invoice_id as of_invoice_id,
       -sum(l.amount_micros - l.discount_micros + l.tax_micros)::bigint as gross_micros,
       coalesce(max(i.total_micros - i.credited_micros), 0)::bigint as paid_micros
  from billing.line_item l
  left join billing.line_item o
    on o.tenant_id = l.tenant_id and o.subscription_id = l.subscription_id and o.line_key = l.gives_back and not o.is_void
  left join billing.invoice i on i.tenant_id = o.tenant_id and i.invoice_id = o.invoice_id
 where l.tenant_id = tenancy.current_tenant() and l.invoice_id = any(%(ids)s) and l.amount_micros < 0
   and l.kind <> 'account_credit'
 group by l.invoice_id, o.invoice_id
 order by l.invoice_id, o.invoice_id nulls first;

-- name: granted
-- What some credits were made with; those that there are. Relies on credit_pkey.
select credit_id, original_micros
  from billing.credit
 where tenant_id = tenancy.current_tenant() and credit_id = any(%(ids)s);

-- name: insert_note
-- A credit note of ours; one row.
insert into billing.credit_note (tenant_id, credit_note_id, invoice_id, number, currency, amount_micros, tax_micros,
       reason, status, issued_at, origin, recorded_at)
values (tenancy.current_tenant(), %(credit_note_id)s, %(invoice_id)s, %(number)s, %(currency)s, %(amount_micros)s,
       %(tax_micros)s, %(reason)s, 'issued', %(at)s, 'native', clock_timestamp());

-- name: notes
-- Credit notes for people, the newest first; of one customer or all.
select n.credit_note_id, n.number, n.status, n.currency, n.amount_micros - n.tax_micros as net_micros, n.tax_micros,
       n.amount_micros as total_micros, n.reason, n.issued_at, i.number as invoice, n.invoice_id, c.name as customer,
       i.customer_id, c.time_zone
  from billing.credit_note n
  join billing.invoice i on i.tenant_id = n.tenant_id and i.invoice_id = n.invoice_id
  join billing.customer c on c.tenant_id = i.tenant_id and c.customer_id = i.customer_id
 where n.tenant_id = tenancy.current_tenant() and (%(customer_id)s::uuid is null or i.customer_id = %(customer_id)s)
 order by n.issued_at desc, n.credit_note_id
 limit %(limit)s;

-- name: insert_pending_item
-- A charge or credit of ours that waits for an invoice; one row.
insert into billing.pending_item (tenant_id, pending_item_id, customer_id, subscription_id, description, currency,
       amount_micros, occurred_at)
values (tenancy.current_tenant(), %(pending_item_id)s, %(customer_id)s, %(subscription_id)s, %(description)s,
       %(currency)s, %(amount_micros)s, %(occurred_at)s);

-- name: pending_alike
-- An item of a customer and a subscription that is for the same, of one amount and one day of theirs; one row or none.
select p.pending_item_id
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
 where p.tenant_id = tenancy.current_tenant() and p.customer_id = %(customer_id)s
   and p.subscription_id is not distinct from %(subscription_id)s::uuid
   and p.currency = %(currency)s and p.amount_micros = %(amount_micros)s and p.description = %(description)s
   and (p.occurred_at at time zone c.time_zone)::date
       = (%(occurred_at)s::timestamptz at time zone c.time_zone)::date
 limit 1;

-- name: pending_listed
-- Items for people, the newest first: of one customer or all, with the invoices of those that are billed.
select p.pending_item_id, p.customer_id, c.name as customer, p.subscription_id, p.description, p.currency,
       p.amount_micros, p.occurred_at, c.authority, p.invoice_id, i.number
  from billing.pending_item p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  left join billing.invoice i on i.tenant_id = p.tenant_id and i.invoice_id = p.invoice_id
 where p.tenant_id = tenancy.current_tenant()
   and (%(customer_id)s::uuid is null or p.customer_id = %(customer_id)s)
   and (%(is_billed_too)s or p.invoice_id is null)
 order by p.occurred_at desc nulls last, p.pending_item_id
 limit %(limit)s;

-- name: drop_pending_item
-- An item that waits is taken back; one row, or none: it is billed, or it is not there, or not ours.
delete from billing.pending_item p
 using billing.customer c
 where p.tenant_id = tenancy.current_tenant() and p.pending_item_id = %(id)s and p.invoice_id is null
   and c.tenant_id = p.tenant_id and c.customer_id = p.customer_id and c.authority = 'target';
