"""Credit applied to invoices that are issued, and paid out: each part of it is spent once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Thread

import pytest
from tests.service.billing.test_pending_items import wait
from tests.service.billing.worlds import EURO, FEE, World, day

from trueup.billing.credits import service as credit_service
from trueup.billing.credits import spending
from trueup.billing.credits.errors import (
    CreditAboveDue,
    CreditAppliedAlike,
    CreditNotMoney,
    CreditShort,
    CreditSpent,
    CreditUnfit,
    NothingToPayOut,
    NothingToSpend,
    NotPaidIn,
    PayOutKnown,
    PayOutUndone,
    PayOutUnknown,
    SpendingNotPositive,
)
from trueup.billing.credits.model import NewCredit, PayOut
from trueup.billing.customers.errors import AuthorityElsewhere
from trueup.billing.invoicing import documents, issued, pending
from trueup.billing.invoicing.errors import VoidForbidden
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import Received
from trueup.billing.subscriptions.rules import planning
from trueup.db.queries import parse_queries
from trueup.kernel.errors import Refusal
from trueup.ledger import service as ledger

NOW = day("2026-03-01")
TABLES = parse_queries(
    """
-- name: credits
-- Each credit with what was spent of it on invoices that stand, and paid out.
select k.credit_id, k.original_micros, k.remaining_micros, k.is_taken_back, k.broken_micros,
       coalesce((select sum(a.amount_micros) from billing.credit_application a
                   join billing.invoice i using (tenant_id, invoice_id)
                  where a.credit_id = k.credit_id and i.status <> 'void'), 0)::bigint as applied_micros,
       coalesce((select sum(o.amount_micros) from billing.credit_payout o where o.credit_id = k.credit_id
                    and not exists (select from billing.credit_payout_undone u
                                     where u.credit_payout_id = o.credit_payout_id)), 0)::bigint
           as paid_out_micros
  from billing.credit k order by k.granted_at, k.credit_id

-- name: paid
-- What came in.
select coalesce(sum(amount_micros), 0)::bigint as micros from billing.payment where status = 'succeeded'

-- name: payout_transfers
-- What pay-outs moved, in the order in which it was posted.
select amount_micros from ledger.transfer where template = 'credit_paid_out' order by recorded_xid

-- name: to_source
-- Another system bills everybody.
update billing.customer set authority = 'source'

-- name: of_source
-- Credits as if they had been imported.
update billing.credit set origin = 'imported', is_goodwill = false
""",
    origin="test_credit_spending",
)


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity(takes_tax=False).plan("pro", FEE).customer("ann")


class Purse:
    """What is done with one customer's credit, in few words; amounts in cents."""

    def __init__(self, world) -> None:
        self.world, self.names = world, 0

    def grant(self, cents, *, priority=0, until=None, at="2026-01-01", currency="EUR"):
        self.names += 1
        key = self.world.id(f"credit {self.names}")
        given = NewCredit(key, self.world.id("ann"), currency, cents * EURO // 100, day(at), None, priority, until and day(until))  # fmt: skip
        with self.world.tx() as tx:
            credit_service.grant(tx, given, NOW)
        return key

    def bill(self, cents, *, at=NOW):
        """An open invoice of so much.  Credit that is there settles of it what it can."""
        self.names += 1
        wait(self.world, f"Item {self.names}", str(cents / 100), "2026-01-05")
        with self.world.tx() as tx:
            (made,) = pending.bill_now(tx, self.world.id("ann"), at)
        return made.number

    def apply(self, number, cents=None, *, at=NOW, again=False):
        micros = None if cents is None else cents * EURO // 100
        return self.world.on(spending.apply, number, at, micros, again=again)

    def pay(self, number, cents):
        self.names += 1
        with self.world.tx() as tx:
            invoice = documents.get_invoice(tx, number).invoice_id
            key = f"payment {self.names}"
            payments.record_payment(tx, Received(self.world.id(key), invoice, cents * EURO // 100, NOW, key))  # fmt: skip

    def pay_out(self, reference, **options):
        with self.world.tx() as tx:
            return self.pay_out_in(tx, reference, **options)

    def pay_out_in(self, tx, reference, *, credit=None, cents=None, currency="EUR", at=NOW):
        micros = None if cents is None else cents * EURO // 100
        sent = PayOut(self.world.id("ann"), currency, reference, at, credit, micros)
        return [part.amount_micros * 100 // EURO for part in spending.pay_out(tx, sent)]

    def take_pay_out_back(self, reference):
        with self.world.tx() as tx:
            spending.take_back_pay_out(tx, reference, NOW)

    def take_back(self, credit):
        with self.world.tx() as tx:
            credit_service.take_back(tx, credit, NOW)

    def left(self):
        return [row.remaining_micros * 100 // EURO for row in self.rows("credits")]

    def rows(self, name):
        with self.world.tx() as tx:
            return tx.many(getattr(TABLES, name))

    def due(self):
        """By number, what is due in cents and the status."""
        rows = self.world.rows("invoices")
        return {
            r.number: ((r.total_micros - r.paid_micros - r.credited_micros) * 100 // EURO, r.status)
            for r in rows
        }

    def check(self):
        """B59: nothing is spent that was not granted, and the books say the same."""
        world, held = self.world, self.rows("credits")
        for row in held:
            spent = row.applied_micros + row.paid_out_micros
            assert 0 <= row.remaining_micros <= row.original_micros - spent
            assert row.is_taken_back or row.remaining_micros == row.original_micros - spent
        with world.tx() as tx:
            ledger.trial_balance(tx)
        open_due = sum(cents for cents, status in self.due().values() if status == "open")
        out, (paid,) = sum(row.paid_out_micros for row in held), self.rows("paid")
        assert 0 <= out <= paid.micros
        spendable = sum(row.remaining_micros - row.broken_micros for row in held)
        assert world.balance("customer_credit") == -spendable
        assert world.balance("breakage") == -sum(row.broken_micros for row in held)
        assert world.balance("receivable") == open_due * EURO // 100
        assert world.balance("cash") == paid.micros - out


@pytest.fixture
def purse(world):
    return Purse(world)


def test_credit_granted_after_an_invoice_settles_it_when_asked_to(purse):
    """B42: smaller priority first, then what ends sooner; never more than is due."""
    number = purse.bill(1000)
    purse.grant(700, priority=1)
    purse.grant(200)
    purse.grant(400, until="2026-04-01")
    made = purse.apply(number)
    assert (made.applied_micros, made.due_micros) == (10 * EURO, 0)
    assert (purse.left(), purse.due()) == ([300, 0, 0], {number: (0, "paid")})
    purse.check()


def test_the_document_of_an_invoice_dated_ahead_stays_as_it_was_issued(purse):
    """B41: credit that is applied before its day comes settles it, and is no part of it."""
    number = purse.bill(1000, at=NOW + timedelta(days=30))
    purse.grant(700)

    def document():
        with purse.world.tx() as tx:
            return issued.invoice(tx, number)

    before = document()
    purse.apply(number, at=NOW)
    purse.grant(100)
    purse.apply(number, at=NOW + timedelta(days=30))
    assert document() == before
    assert purse.due() == {number: (200, "open")}


def test_no_more_is_applied_than_was_asked_for_and_nothing_twice(purse):
    number = purse.bill(1000)
    purse.grant(700)
    purse.apply(number, 200)
    with pytest.raises(CreditAppliedAlike, match=r"2\.00 EUR .* today"):
        purse.apply(number, 200, at=NOW + timedelta(hours=1))
    purse.apply(number, 200, at=NOW + timedelta(hours=1), again=True)
    purse.apply(number, 200, at=NOW + timedelta(days=1))
    assert (purse.left(), purse.due()) == ([100], {number: (400, "open")})
    purse.check()
    purse.apply(number)
    with pytest.raises(NothingToSpend):
        purse.apply(number)


@pytest.mark.parametrize(
    ("cents", "refusal", "said"),
    [
        (0, SpendingNotPositive, r"more than nothing, not 0\.00 EUR"),
        (-100, SpendingNotPositive, r"not -1\.00 EUR"),
        (1001, CreditAboveDue, r"On invoice INV-000001 10\.00 EUR is due, not 10\.01 EUR"),
        (701, CreditShort, r"7\.00 EUR of credit is left for this, not 7\.01 EUR"),
    ],
)
def test_an_amount_that_cannot_be_applied_is_refused_and_nothing_moves(purse, cents, refusal, said):
    number = purse.bill(1000)
    purse.grant(700)
    with pytest.raises(refusal, match=said):
        purse.apply(number, cents)
    assert (purse.left(), purse.due()[number][0]) == ([700], 1000)


@pytest.mark.parametrize(
    "grant", [{"currency": "USD"}, {"until": "2026-03-01"}], ids=["other currency", "ended"]
)
def test_credit_of_another_currency_or_that_has_ended_settles_nothing(purse, grant):
    """B20, B42."""
    number = purse.bill(1000)
    purse.grant(700, **grant)
    with pytest.raises(NothingToSpend, match="EUR"):
        purse.apply(number)


def test_only_an_issued_invoice_on_which_something_is_due_takes_credit(purse):
    number = purse.bill(1000)
    purse.grant(2000)
    purse.apply(number)
    with pytest.raises(CreditUnfit, match="is paid"):
        purse.apply(number)
    purse.world.on(documents.void, number, NOW)
    with pytest.raises(CreditUnfit, match="is void"):
        purse.apply(number)


def test_credit_settles_an_invoice_that_was_given_up_and_the_loss_is_none(purse):
    number = purse.bill(1000)
    purse.world.on(documents.write_off, number, NOW)
    purse.grant(1000)
    purse.apply(number)
    assert purse.due() == {number: (0, "paid")}
    assert purse.world.balance("losses") == 0
    purse.check()


def test_who_is_billed_elsewhere_spends_credit_there(purse):
    """One biller at a time: the other system spends it, too."""
    number = purse.bill(1000)
    purse.grant(700)
    with purse.world.tx() as tx:
        tx.execute(TABLES.to_source)
    with pytest.raises(AuthorityElsewhere):
        purse.apply(number)
    with pytest.raises(AuthorityElsewhere):
        purse.pay_out("wire-1")


def test_one_credit_applied_by_two_at_once_is_spent_once(purse):
    """The second waits for the first, and finds what that left."""
    numbers = [purse.bill(1000), purse.bill(1000)]
    purse.grant(1200)
    begun, applied = Event(), []

    def first():
        with purse.world.tx() as tx:
            key = documents.get_invoice(tx, numbers[0]).invoice_id
            applied.append(spending.apply(tx, key, NOW).applied_micros)
            begun.set()
            other.join(timeout=0.5)

    def second():
        assert begun.wait(timeout=30)
        applied.append(purse.apply(numbers[1]).applied_micros)

    other, one = Thread(target=second), Thread(target=first)
    one.start()
    other.start()
    one.join(timeout=60)
    other.join(timeout=60)
    assert sorted(applied) == [2 * EURO, 10 * EURO]
    purse.check()


# ---- paid out


def test_what_was_paid_too_much_is_paid_out_once(purse):
    """B54, B57."""
    purse.pay(purse.bill(1000), 1700)
    assert purse.pay_out("wire-1", cents=300) == [300]
    with pytest.raises(PayOutKnown, match="wire-1"):
        purse.pay_out("wire-1", cents=300)
    assert purse.pay_out("wire-2") == [400]
    with pytest.raises(NothingToPayOut, match="ann has no credit in EUR"):
        purse.pay_out("wire-3")
    purse.check()


def test_a_pay_out_of_several_credits_has_one_reference(purse):
    first, second = purse.bill(1000), purse.bill(300)
    purse.pay(first, 1500)
    purse.pay(second, 800)
    assert purse.pay_out("wire-1") == [500, 500]
    with pytest.raises(PayOutKnown):
        purse.pay_out("wire-1")
    purse.check()


def test_what_a_note_gives_back_of_a_paid_invoice_is_the_customers_money(purse):
    """B48, B57."""
    number = purse.bill(1000)
    purse.pay(number, 1000)
    purse.world.on(documents.credit, number, NOW, net_micros=4 * EURO)
    assert purse.pay_out("wire-1") == [400]
    purse.check()


def test_what_was_given_out_of_goodwill_is_not_paid_out(purse):
    """It is no money, nor becomes any by an invoice and a note (B57)."""
    given = purse.grant(1000)
    with pytest.raises(CreditNotMoney, match="given out of goodwill and is no money"):
        purse.pay_out("wire-1", credit=given)
    with pytest.raises(NothingToPayOut):
        purse.pay_out("wire-1")
    number = purse.bill(1000)
    purse.world.on(documents.credit, number, NOW)
    with pytest.raises(NothingToPayOut):
        purse.pay_out("wire-1")
    purse.check()


def test_goodwill_becomes_no_money_by_a_note_though_another_invoice_was_paid(purse):
    """B57: what a note puts aside stays what it was, however often it is spent and given back."""
    purse.pay(purse.bill(1000), 1000)
    purse.grant(1000, priority=3, until="2030-01-01")
    for number in (purse.bill(1000), purse.bill(1000)):
        purse.world.on(documents.credit, number, NOW)
        with pytest.raises(NothingToPayOut):
            purse.pay_out("wire-1")
        purse.check()
        with purse.world.tx() as tx:
            aside = credit_service.listed(tx, purse.world.id("ann"), 1)[0]
            assert (aside.is_goodwill, aside.priority, aside.expires_at) == (True, 3, day("2030-01-01"))  # fmt: skip
    with pytest.raises(CreditNotMoney, match="given out of goodwill"):
        purse.pay_out("wire-1", credit=aside.credit_id)
    purse.take_back(aside.credit_id)
    assert (purse.world.balance("customer_credit"), purse.world.balance("revenue")) == (0, -10 * EURO)  # fmt: skip


def test_of_an_invoice_settled_by_both_a_note_gives_back_money_first_and_never_more_of_it(purse):
    """B48, B57."""
    purse.grant(400)
    number = purse.bill(1000)
    purse.pay(number, 600)
    purse.pay(purse.bill(1000), 1000)
    for net in (3, 4, 3):
        purse.world.on(documents.credit, number, NOW, net_micros=net * EURO)
        purse.check()
    assert sorted(purse.left()) == [0, 100, 300, 300, 300]
    assert purse.pay_out("wire-1") == [300, 300]
    with pytest.raises(NothingToPayOut):
        purse.pay_out("wire-2")
    purse.check()


def given_back(world, *, paid=0):
    """A month of 12.50 from March on, `paid` cents of it by money; all of it is given back."""
    purse = Purse(world)
    purse.pay(purse.bill(2000), 2000)
    purse.grant(1250 - paid, priority=3, until="2030-01-01")
    world.start("s", "ann", "pro", "2026-03-01").run("2026-03-01")
    world.run("2026-03-05")
    number = world.rows("invoices")[-1].number
    if paid:
        purse.pay(number, paid)
    world.order("s", "2026-03-01", lambda s, d, o: planning.cancel(s, o, d))
    world.run("2026-03-06")
    world.run("2026-03-10")
    (below,) = (i for i in world.rows("invoices") if i.put_aside_micros)
    return purse, below


@pytest.mark.parametrize("grace_days", [0, 3])
def test_goodwill_becomes_no_money_by_an_invoice_below_zero(db, tenant_id, grace_days):
    """B19, B57: what it gives back of time that goodwill settled is goodwill, until the same day."""
    world = World(db, tenant_id).entity(takes_tax=False, grace_days=grace_days).plan("pro", FEE)
    purse, below = given_back(world.customer("ann", zone="UTC"))
    assert below.put_aside_micros == 12_500_000
    with world.tx() as tx:
        (aside,) = (row for row in credit_service.listed(tx, world.id("ann"), 9) if row.remaining_micros)  # fmt: skip
    assert (aside.is_goodwill, aside.priority, aside.expires_at) == (True, 3, day("2030-01-01"))
    with pytest.raises(NothingToPayOut):
        purse.pay_out("wire-1", at=day("2026-03-20"))
    purse.check()


def test_what_an_invoice_below_zero_puts_aside_is_money_as_far_as_money_settled_it(world):
    """B19, B57, B59: and void, it leaves nothing of either."""
    purse, below = given_back(world, paid=450)
    assert sorted(purse.left()) == [0, 450, 800]
    purse.check()
    world.on(documents.void, below.number, NOW)
    assert sorted(purse.left()) == [0, 0, 0]


def test_of_what_was_put_aside_below_zero_only_the_money_is_paid_out(world):
    purse, below = given_back(world, paid=450)
    assert purse.pay_out("wire-1", at=day("2026-03-20")) == [450]
    purse.check()
    with pytest.raises(VoidForbidden, match="used credits"):
        world.on(documents.void, below.number, NOW)


def test_money_that_settled_an_invoice_as_credit_is_money_again(purse):
    """B54, B57."""
    purse.pay(purse.bill(1000), 1700)
    purse.world.on(documents.credit, purse.bill(500), NOW)
    assert sum(purse.pay_out("wire-1")) == 700
    purse.check()


def test_what_another_systems_credit_settled_is_no_money_when_a_note_gives_it_back(purse):
    purse.pay(purse.bill(1000), 1000)
    purse.grant(1000)
    with purse.world.tx() as tx:
        tx.execute(TABLES.of_source)
    purse.world.on(documents.credit, purse.bill(1000), NOW)
    with pytest.raises(NothingToPayOut):
        purse.pay_out("wire-1")
    purse.check()


def test_a_credit_of_another_system_is_not_paid_out_nobody_says_that_it_is_money(purse):
    given = purse.grant(1000)
    with purse.world.tx() as tx:
        tx.execute(TABLES.of_source)
    with pytest.raises(CreditNotMoney, match="does not say that it is the customer's money"):
        purse.pay_out("wire-1", credit=given)


def test_more_than_is_left_is_not_paid_out(purse):
    purse.pay(purse.bill(1000), 1700)
    with pytest.raises(CreditShort, match=r"7\.00 EUR of credit is left for this, not 7\.01 EUR"):
        purse.pay_out("wire-1", cents=701)
    with pytest.raises(SpendingNotPositive):
        purse.pay_out("wire-1", cents=0)


def test_no_more_is_paid_out_than_came_in_whatever_an_invoice_put_aside(purse):
    """B57."""
    wait(purse.world, "Sorry", "-4", "2026-01-05")
    with purse.world.tx() as tx:
        pending.bill_now(tx, purse.world.id("ann"), NOW)
    with pytest.raises(NotPaidIn, match=r"Of what ann paid, 0\.00 EUR was not given back"):
        purse.pay_out("wire-1")


def test_a_pay_out_that_came_back_is_undone_once_and_can_be_spent_again(purse):
    """B57, B59: by transfers of its own; what was recorded stays recorded."""
    purse.pay(purse.bill(1000), 1700)
    assert purse.pay_out("wire-1") == [700]
    purse.take_pay_out_back("wire-1")
    assert purse.left() == [700]
    purse.check()
    with pytest.raises(PayOutUndone, match="'wire-1' was taken back already"):
        purse.take_pay_out_back("wire-1")
    with pytest.raises(PayOutUnknown):
        purse.take_pay_out_back("wire-2")
    with pytest.raises(PayOutKnown):
        purse.pay_out("wire-1")
    assert purse.pay_out("wire-2", cents=500) == [500]
    purse.check()
    with purse.world.tx() as tx:
        moved = tx.many(TABLES.payout_transfers)
        listed = spending.payouts(tx, None, 9)
    assert [row.amount_micros for row in moved] == [7 * EURO, 7 * EURO, 5 * EURO]
    assert {row.reference: row.undone_at is not None for row in listed} == {"wire-1": True, "wire-2": False}  # fmt: skip


def test_two_who_take_one_pay_out_back_undo_it_once(purse):
    """B59: the second waits, and finds that the first did."""
    purse.pay(purse.bill(1000), 1700)
    purse.pay_out("wire-1")
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(purse.take_pay_out_back, "wire-1") for _ in range(2)]
        assert sorted(type(each.exception(timeout=60)).__name__ for each in done) == ["NoneType", "PayOutUndone"]  # fmt: skip
    assert purse.left() == [700]
    purse.check()


def test_an_invoice_whose_credit_was_paid_out_cannot_be_void(purse):
    """B41: what it put aside is gone."""
    purse.pay(purse.bill(1000), 1000)
    wait(purse.world, "Sorry", "-4", "2026-01-05")
    with purse.world.tx() as tx:
        (below,) = pending.bill_now(tx, purse.world.id("ann"), NOW)
    assert purse.pay_out("wire-1") == [400]
    with pytest.raises(VoidForbidden, match="used credits"):
        purse.world.on(documents.void, below.number, NOW)
    purse.take_pay_out_back("wire-1")
    purse.world.on(documents.void, below.number, NOW)
    purse.check()


# ---- what a void invoice gives back


@pytest.mark.parametrize("credit_use", ["settled", "applied", "line"])
def test_what_was_taken_back_does_not_return_with_a_void_invoice(purse, credit_use):
    """B41: the grant is over; what comes back of it is revenue again."""
    purse.world.dialect(credit_use=credit_use)
    given = purse.grant(1500)
    purse.world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")  # for 12.50
    purse.take_back(given)
    purse.world.on(documents.void, "INV-000001", NOW)
    assert purse.left() == [0]
    purse.check()
    assert purse.world.balance("revenue") == 0
    with pytest.raises(NothingToSpend):
        purse.apply(purse.bill(1000))
    with pytest.raises(CreditSpent):
        purse.take_back(given)


def test_what_has_ended_is_given_back_and_not_spent_again(purse):
    """B42: what is left of it stays in the books until it is taken back."""
    given = purse.grant(1500, until="2026-02-01")
    purse.world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    purse.world.on(documents.void, "INV-000001", NOW)
    assert purse.left() == [1500]
    with pytest.raises(NothingToSpend):
        purse.apply(purse.bill(1000))
    purse.take_back(given)
    purse.check()


def test_credit_applied_by_hand_is_to_spend_again_after_a_void_invoice(purse):
    """B41."""
    number = purse.bill(1000)
    purse.grant(700)
    purse.apply(number, 300)
    purse.apply(number, 200)
    purse.world.on(documents.void, number, NOW)
    assert purse.left() == [700]
    purse.check()


# ---- laws


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_with_credit_the_parts_sum_and_the_books_agree(purse, seed):
    """B57, B59: any order of grants, bills, applications, payments, notes, voids and pay-outs."""
    chance = random.Random(seed)  # noqa: S311  repeatable, no secret
    numbers, granted = [purse.bill(900)], [purse.grant(500)]

    def any_number():
        return chance.choice(numbers)

    deeds = (
        lambda: granted.append(purse.grant(chance.randint(1, 900), priority=chance.randint(0, 1))),
        lambda: numbers.append(purse.bill(chance.randint(1, 900))),
        lambda: purse.apply(any_number()),
        lambda: purse.apply(any_number(), chance.randint(1, 400), again=True),
        lambda: purse.pay(any_number(), chance.randint(1, 900)),
        lambda: purse.world.on(documents.credit, any_number(), NOW),
        lambda: purse.world.on(documents.void, any_number(), NOW),
        lambda: purse.take_back(chance.choice(granted)),
        lambda: purse.pay_out(f"wire-{chance.random()}"),
    )
    done = 0
    for _ in range(60):
        try:
            chance.choice(deeds)()
        except Refusal:
            continue
        done += 1
        purse.check()
    assert done > 5
