"""What notes, voids and drafts that are issued move; the law of a note is that it never exceeds (B48)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.invoicing.subscribers import CENT, CUSTOMER, at, ident, key, row, rows

from trueup.billing.discounts.model import CreditUse, SpendableCredit
from trueup.billing.drafting.model import InvoiceFacts, LineKind
from trueup.billing.drafting.rules.amounts import flat, negated
from trueup.billing.drafting.rules.assembly import note_against
from trueup.billing.invoicing.rules.noting import (
    FACTS,
    MICROS,
    Application,
    applications_back,
    applications_table,
    applied_anew,
    credits_for,
    credits_of,
    drafts_table,
    facts_of,
    line_name,
    of_invoice,
    of_note,
    recovered,
    taken_back_again,
)
from trueup.billing.taxes.rules.crediting import Taxed
from trueup.kernel.currency import currency
from trueup.kernel.ids import derived_id
from trueup.ledger.model import Facts
from trueup.ledger.rules import postings
from trueup.ledger.templates import CREDIT_NOTE, INVOICE, INVOICE_VOIDED

EUR, JPY = currency("EUR"), currency("JPY")
BILL = UUID(int=0xB1)
HEADER = {
    "invoice_id": BILL, "customer_id": CUSTOMER, "currency": "EUR", "issued_at": at("03-01"), "subtotal_micros": 1000,
    "discount_micros": 200, "tax_micros": 152, "total_micros": 952, "paid_micros": 300, "credited_micros": 52,
    "put_aside_micros": 9, "account_micros": 70,
}  # fmt: skip
LINE = {
    "line_item_id": UUID(int=0x11), "subscription_id": ident(1), "line_key": "1/recurring", "item_key": "1", "plan": "plan",
    "charge": "fee", "amount_micros": 0, "discount_micros": 0, "tax_micros": 0, "tax_rate": None,
}  # fmt: skip
NAME = f"{key(1)}/1/recurring"
BASE = {"customer_id": CUSTOMER.bytes, "currency": "EUR", "effective_at": at("04-01")}


# ---- facts for the ledger


def test_an_invoice_that_is_undone_moves_back_all_that_it_claimed():
    (fact,) = of_invoice(row(HEADER), at("04-01"), account_micros=70).to_pylist()
    assert fact == BASE | {
        "entry_id": BILL.bytes,
        "net_micros": 730,  # what a line moved of the account is no revenue
        "tax_micros": 152,
        "put_aside_micros": 9,
        "due_micros": 600,
    }
    (plain,) = of_invoice(row(HEADER), at("04-01")).to_pylist()
    assert plain["net_micros"] == 800


def test_what_settles_an_invoice_that_was_given_up_claims_it_again():
    cause = UUID(int=0xCA)
    (fact,) = recovered(row(HEADER), cause, 250, at("04-01")).to_pylist()
    assert fact == BASE | {"entry_id": cause.bytes, "due_micros": -250}


def test_a_note_moves_its_net_its_tax_and_what_is_put_aside():
    note = UUID(int=0x40)
    (fact,) = of_note(note, CUSTOMER, "EUR", 800, 152, 52, at("04-01")).to_pylist()
    assert fact == BASE | {
        "entry_id": note.bytes,
        "net_micros": 800,
        "tax_micros": 152,
        "put_aside_micros": 52,
    }


def test_an_application_settles_and_is_undone_under_an_identity_of_its_own():
    made = Application(UUID(int=1), UUID(int=2), BILL, CUSTOMER, "EUR", 40, at("04-01"))
    (used,) = applications_table([made]).to_pylist()
    assert used == BASE | {"entry_id": UUID(int=1).bytes, "amount_micros": 40}
    stored = {"credit_application_id": UUID(int=1), "customer_id": CUSTOMER, "currency": "EUR", "amount_micros": 40}  # fmt: skip
    (back,) = applications_back([row(stored)], at("04-01")).to_pylist()
    undone = derived_id(UUID(int=1), "undone").bytes
    assert back == BASE | {"entry_id": undone, "amount_micros": -40}
    (again,) = taken_back_again([row(stored)], at("04-01")).to_pylist()
    assert again == back | {"entry_id": derived_id(UUID(int=1), "taken_back").bytes}
    for nothing in (applications_table([]), applications_back([], at("04-01"))):
        assert nothing.schema == pa.schema(FACTS | {"amount_micros": MICROS})


def test_credit_settles_an_issued_invoice_part_after_part_under_identities_of_their_own():
    """A part told again is the same part; what one credit settles later is another one."""
    credit, other = UUID(int=7), UUID(int=8)
    uses = [CreditUse(str(credit), 40), CreditUse(str(other), 2)]
    first = applied_anew(row(HEADER), uses, [], at("04-01"))
    assert [(each.credit_id, each.amount_micros) for each in first] == [(credit, 40), (other, 2)]
    assert {(a.invoice_id, a.customer_id, a.currency, a.at, a.is_after_issue) for a in first} == {
        (BILL, CUSTOMER, "EUR", at("04-01"), True)
    }
    assert applied_anew(row(HEADER), uses, [], at("04-01")) == first
    earlier = [row({"credit_id": credit})]
    second = applied_anew(row(HEADER), uses, earlier, at("04-02"))
    assert second[0].application_id not in {each.application_id for each in first}
    assert second[1].application_id == first[1].application_id  # nothing of it was spent here
    elsewhere = applied_anew(row(HEADER, invoice_id=UUID(int=9)), uses, [], at("04-01"))
    assert len({each.application_id for each in (*first, *elsewhere)}) == 4


def test_drafts_that_are_issued_are_a_table_of_what_they_claim():
    names = ["invoice_id", "customer_id", "currency", "issued_at", "subtotal_micros", "discount_micros", "tax_micros", "total_micros", "put_aside_micros", "account_micros"]  # fmt: skip
    table = drafts_table([row(HEADER)])
    assert table.column_names == names
    expected = {n: v.bytes if isinstance(v, UUID) else v for n, v in HEADER.items() if n in names}
    assert table.to_pylist() == [expected]
    assert drafts_table([]).num_rows == 0


@pytest.mark.parametrize(("template", "facts"), [
    (INVOICE_VOIDED, of_invoice(row(HEADER), at("04-01"), 70)),
    (CREDIT_NOTE, of_note(UUID(int=3), CUSTOMER, "EUR", 800, 152, 52, at("04-01"))),
])  # fmt: skip
def test_what_is_moved_back_leaves_the_books_balanced(template, facts):
    """Each transfer has both its accounts and a positive amount."""
    moved = postings(1, [Facts(template, facts)], None).transfers.to_pylist()
    assert len(moved) == len(template.legs)
    accounts: dict[bytes, int] = {}
    for transfer in moved:
        assert transfer["amount_micros"] > 0
        for side, sign in (("debit_account_id", 1), ("credit_account_id", -1)):
            account = transfer[side]
            accounts[account] = accounts.get(account, 0) + sign * transfer["amount_micros"]
    assert sum(accounts.values()) == 0


def test_an_invoice_and_its_void_come_to_nothing():
    """B41: it never claimed anything."""
    facts = of_invoice(row(HEADER), at("04-01"))
    sums: dict[bytes, int] = {}
    for template in (INVOICE, INVOICE_VOIDED):
        for transfer in postings(1, [Facts(template, facts)], None).transfers.to_pylist():
            for side, sign in (("debit_account_id", 1), ("credit_account_id", -1)):
                sums[transfer[side]] = sums.get(transfer[side], 0) + sign * transfer["amount_micros"]  # fmt: skip
    assert set(sums.values()) == {0}


# ---- credits that settle drafts as they are issued


def held(number: int, cents: int, **more) -> SpendableCredit:
    plain = {"currency": "EUR", "priority": 0, "granted_at": at("01-01"), "expires_at": None}
    return SpendableCredit(str(UUID(int=number)), cents, **(plain | more))


def draft(number: int, cents: int, **more):
    said = {"invoice_id": UUID(int=0xB0 + number), "total_micros": cents}
    return row(HEADER, **(said | more))


def test_credits_settle_drafts_in_their_order_and_none_is_spent_twice():
    """B42, B49."""
    credits_held = {
        (CUSTOMER, "EUR"): [held(1, 500), held(2, 300, priority=1)],
        (CUSTOMER, "USD"): [held(3, 100, currency="USD")],
    }
    found = credits_for(
        [
            draft(1, 400),
            draft(2, 350),
            draft(3, 100, currency="USD"),
            draft(4, 999),
            draft(5, 100, customer_id=UUID(int=0xD)),
        ],
        credits_held,
    )
    assert [(a.credit_id.int, a.invoice_id.int - 0xB0, a.amount_micros) for a in found] == [
        (1, 1, 400),
        (1, 2, 100),
        (2, 2, 250),
        (3, 3, 100),
        (2, 4, 50),
    ]
    first = found[0]
    name = derived_id(UUID(int=1), "application", str(first.invoice_id))
    assert first == Application(name, UUID(int=1), UUID(int=0xB1), CUSTOMER, "EUR", 400, at("03-01"))  # fmt: skip


def test_the_credit_of_the_smaller_number_is_spent_first():
    credits_held = {(CUSTOMER, "EUR"): [held(1, 100, priority=2), held(2, 100, priority=1)]}
    assert [a.credit_id.int for a in credits_for([draft(1, 150)], credits_held)] == [2, 1]


def test_a_credit_that_expired_before_the_draft_is_issued_settles_nothing():
    credits_held = {(CUSTOMER, "EUR"): [held(1, 500, expires_at=at("03-01")), held(2, 9, expires_at=at("03-02"))]}  # fmt: skip
    assert [a.credit_id.int for a in credits_for([draft(1, 400)], credits_held)] == [2]


@given(st.lists(st.integers(-100, 1000), max_size=6), st.lists(st.integers(0, 1000), max_size=6))
def test_credits_never_settle_more_than_they_are_or_than_is_due(totals, amounts):
    credits_held = {(CUSTOMER, "EUR"): [held(n, a) for n, a in enumerate(amounts)]}
    found = credits_for([draft(n, total) for n, total in enumerate(totals)], credits_held)
    for number, amount in enumerate(amounts):
        assert sum(a.amount_micros for a in found if a.credit_id.int == number) <= amount
    for number, total in enumerate(totals):
        of = [a.amount_micros for a in found if a.invoice_id.int == 0xB0 + number]
        assert sum(of) <= max(total, 0)
        assert all(part > 0 for part in of)
    due = sum(max(total, 0) for total in totals)
    assert sum(a.amount_micros for a in found) == min(due, sum(amounts))


# ---- notes against an invoice


@pytest.mark.parametrize(("said", "name"), [
    ({}, NAME),
    ({"subscription_id": None}, "1/recurring"),
    ({"line_key": None}, str(UUID(int=0x11))),
])  # fmt: skip
def test_a_line_is_called_by_its_subscription_and_key_or_by_its_id(said, name):
    """An imported line has no key."""
    assert line_name(row(LINE, **said)) == name


def test_what_a_note_has_to_know_is_read_off_the_invoice_and_the_notes_before():
    lines = rows(
        LINE,
        {"amount_micros": 600, "discount_micros": 100, "tax_micros": 95, "tax_rate": Decimal("0.19")},
        {"amount_micros": 400, "discount_micros": 100, "tax_micros": 21, "tax_rate": Decimal("0.07"), "line_key": "2"},
    )  # fmt: skip
    noted = [SimpleNamespace(net_micros=n, tax_micros=t) for n, t in ((10, 2), (30, 6))]
    other = f"{key(1)}/2"
    assert facts_of(row(HEADER), lines, noted, {NAME: 40}) == InvoiceFacts(
        invoice=str(BILL),
        net_micros=800,
        tax_micros=152,
        off={NAME: 100, other: 100},
        amounts={NAME: 600, other: 400},
        noted_net_micros=40,
        noted_tax_micros=8,
        given={NAME: 40},
        at_rate={NAME: Taxed(500, 95), other: Taxed(300, 21)},
    )


def invoice(*amounts: tuple[int, int], given: dict[str, int] | None = None, taxed: int = 0):
    """Lines as pairs of amount and discount, in cents, with 20 % of tax."""
    lines = rows(
        LINE,
        *(
            {"amount_micros": a * CENT, "discount_micros": d * CENT, "line_key": str(n)}
            for n, (a, d) in enumerate(amounts)
        ),
    )
    net = sum(a - d for a, d in amounts) * CENT
    head = row(
        HEADER, subtotal_micros=net, discount_micros=0, tax_micros=taxed or net // 5 // CENT * CENT
    )
    back = {f"{key(1)}/{n}": micros for n, micros in (given or {}).items()}
    return lines, facts_of(head, lines, (), back)


def taken(lines, facts, net: int | None, money=EUR) -> list[tuple[str, int]]:
    found = credits_of(lines, facts, None if net is None else net * CENT, money)
    assert all(isinstance(line.amount_micros, int) for line in found)
    return [((line.gives_back or "")[-1], -line.amount_micros // CENT) for line in found]


@pytest.mark.parametrize(("amounts", "given_back", "net", "expected"), [
    ([(100, 0), (50, 0)], {}, None, [("0", 100), ("1", 50)]),
    ([(100, 0), (50, 0)], {}, 30, [("0", 30)]),
    ([(100, 0), (50, 0)], {}, 100, [("0", 100)]),
    ([(100, 0), (50, 0)], {}, 120, [("0", 100), ("1", 20)]),
    ([(100, 0), (50, 0)], {}, 500, [("0", 100), ("1", 50)]),  # never more than there is
    ([(100, 0), (50, 0)], {"0": 100 * CENT}, 20, [("1", 20)]),  # what is given back is passed over
    ([(100, 0), (50, 0)], {"0": 70 * CENT}, 40, [("0", 30), ("1", 10)]),
    ([(-20, 0), (50, 0)], {}, 40, [("1", 40)]),  # a line that gave back has nothing to give
    ([(100, 50)], {}, 25, [("0", 50)]),  # half of it was taken off: twice as much goes back
    ([(100, 50)], {"0": 50 * CENT}, None, [("0", 50)]),
    ([(100, 100), (10, 0)], {}, 5, [("0", 100), ("1", 5)]),  # one that cost nothing goes along
    ([(100, 0)], {}, 0, []),
    ([(6, 4)], {}, 1, [("0", 2)]),  # the least of it that leaves a cent
    ([(6, 4)], {"0": CENT}, 1, [("0", 1)]),  # of which one was given back before
])  # fmt: skip
def test_a_note_takes_its_amount_from_the_first_lines_first(amounts, given_back, net, expected):
    assert taken(*invoice(*amounts, given=given_back), net) == expected


def test_a_line_of_a_note_says_what_it_gives_back_and_at_which_place():
    """Two notes against one line have names of their own (B39)."""
    lines, facts = invoice((100, 0), given={"0": 30 * CENT})
    (line,) = credits_of(lines, facts, 10 * CENT, EUR)
    name = f"{key(1)}/0"
    assert (line.key, line.gives_back) == (f"{name}/note/0/{30 * CENT}", name)
    assert (line.kind, line.contract, line.item) == (LineKind.CREDIT, key(1), "1")
    assert (line.plan, line.component, line.span, line.full) == ("plan", "fee", None, None)
    assert (line.amount_micros, line.derivation) == (-10 * CENT, negated(flat(10 * CENT)))
    (manual,) = credits_of(
        rows(LINE, {"subscription_id": None, "line_key": "m", "amount_micros": 5}), facts, None, EUR
    )
    assert (manual.contract, manual.gives_back) == (None, "m")


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100)), min_size=1, max_size=4),
    st.lists(st.integers(0, 250), max_size=4),
    st.sampled_from([EUR, JPY]),
)
def test_notes_one_after_another_give_back_the_net_that_is_asked_and_never_more(parts, asked, money):  # fmt: skip
    """B48: in net and in tax; what is left goes with the last one."""
    step = money.step_micros
    lines = rows(
        LINE,
        *(
            {"amount_micros": a * step, "discount_micros": a * p // 100 * step, "line_key": str(n)}
            for n, (a, p) in enumerate(parts)
        ),
    )
    net = sum(line.amount_micros - line.discount_micros for line in lines)
    head = row(HEADER, subtotal_micros=net, discount_micros=0, tax_micros=net // 5 // step * step)
    given_back: dict[str, int] = {}
    noted: list[SimpleNamespace] = []
    for wish in [*asked, None]:
        facts = facts_of(head, lines, noted, given_back)
        found = credits_of(lines, facts, None if wish is None else wish * step, money)
        if not found:
            continue
        note = note_against(facts, found, money)
        left = net - sum(n.net_micros for n in noted)
        if wish is not None:
            assert note.net_micros == min(wish * step, left)
        noted.append(SimpleNamespace(net_micros=note.net_micros, tax_micros=note.tax_micros))
        for line in found:
            name = line.gives_back or ""
            given_back[name] = given_back.get(name, 0) - line.amount_micros
    assert sum(n.net_micros for n in noted) == net
    if noted:
        assert sum(n.tax_micros for n in noted) == head.tax_micros
    assert all(given_back.get(line_name(x), 0) == x.amount_micros for x in lines)
