-- name: insert_clock
-- The clock of new test books; one row. Run by the owner, who alone makes books.
insert into billing.test_clock (tenant_id, of_tenant_id, stands_at)
values (%(books)s, %(source)s, %(at)s);

-- name: is_test
-- Whether a tenant is test books; one row. Run by the owner.
select exists (select from billing.test_clock where tenant_id = %(tenant)s) as is_test;

-- name: clocks
-- The clocks of a tenant, by name, or the one of a name. Run by the owner: they are rows of other tenants.
select c.tenant_id as books_id, t.name as books, c.stands_at, c.heading_to,
       (select count(*) from billing.customer u where u.tenant_id = c.tenant_id) as customers
  from billing.test_clock c
  join tenancy.tenant t on t.tenant_id = c.tenant_id
 where c.of_tenant_id = %(source)s and (%(books)s::text is null or t.name = %(books)s)
 order by t.name;

-- name: stand
-- Where the clock of these books stands; a row in test books, none in real ones.
select stands_at from billing.test_clock where tenant_id = tenancy.current_tenant();

-- name: head
-- An advance begins; one row.
update billing.test_clock set heading_to = %(to)s where tenant_id = tenancy.current_tenant();

-- name: move
-- The clock moves on; one row.
update billing.test_clock set stands_at = %(at)s where tenant_id = tenancy.current_tenant();

-- name: arrive
-- An advance is over; one row.
update billing.test_clock set heading_to = null where tenant_id = tenancy.current_tenant();

-- name: next_due
-- When something is due next, by :until: a bill nobody waits for a person with, or a draft whose days of grace
-- end and with which nobody waits either. One row; null where nothing is. Relies on subscription_due_idx, invoice_draft_idx.
select least(
    (select min(s.next_bill_at)
       from billing.subscription s
       join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
      where s.tenant_id = tenancy.current_tenant() and s.next_bill_at <= %(until)s and s.parked_by is null
        and c.authority = 'target'),
    (select min(i.finalize_after)
       from billing.invoice i
      where i.tenant_id = tenancy.current_tenant() and i.status = 'draft' and i.finalize_after <= %(until)s
        and not exists (
            select from billing.line_item l
              join billing.parked p on p.tenant_id = l.tenant_id and p.subscription_id = l.subscription_id
             where l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id))) as at;

-- name: lift_guards
-- Facts may be removed until this transaction ends: the books go as a whole or not at all.
set local session_replication_role = replica;

-- name: can_lift_guards
-- One row: whether the login may do that; superusers may, others by a grant.
select has_parameter_privilege('session_replication_role', 'set') as is_allowed;

-- name: remove_books
-- Remove test books and count their rows; one row. Refuses any other.
select tenancy.remove_test_books(%(books)s) as removed;
