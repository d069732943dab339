-- Credit that a person applied to an issued invoice, however far ahead that is dated: no part of its document. B41.
alter table billing.credit_application add column is_after_issue boolean not null default false;
comment on column billing.credit_application.is_after_issue is 'applied when the invoice was issued already: its document does not tell of it';
update billing.credit_application a set is_after_issue = true
  from billing.invoice i
 where i.tenant_id = a.tenant_id and i.invoice_id = a.invoice_id and i.origin = 'native' and a.applied_at <> i.issued_at;
