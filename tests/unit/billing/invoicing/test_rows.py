"""Bills become rows: each column of an invoice and of its lines, and one derivation for many lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from tests.unit.billing.invoicing.subscribers import (
    BERLIN,
    CENT,
    CUSTOMER,
    EURO,
    TAXED,
    UNTAXED,
    agreed,
    at,
    booked,
    context,
    due,
    ident,
    key,
    subscribed,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import charge, day

from trueup.billing.dialect.model import CreditUse, Dialect, Shortfall
from trueup.billing.discounts.model import Coupon, Discount, SpendableCredit
from trueup.billing.drafting.model import (
    DraftInvoice,
    DraftLine,
    LeftOut,
    LeftOutReason,
    LineKind,
)
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.invoicing.errors import AmountTooLarge
from trueup.billing.invoicing.model import Bill, Papers
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.invoicing.rules.rows import (
    INVOICES,
    LARGEST,
    LEFT_OUT,
    LINES,
    MOST,
    check_fits,
    fact_text,
    kept_under,
    left_out_rows,
    line_id,
    papers,
    unpriced_rows,
)
from trueup.billing.rating.rules.execution import read_derivation
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.kernel.ids import derived_id

ZONES = {key(n): BERLIN for n in (1, 2)}


def billed(*subscriptions: Any, on: str = "01-01", **said: Any) -> Bill:
    """The one bill of what is due."""
    conventions = agreed(said.pop("dialect", None), said.pop("entity", TAXED))
    found = papered(
        [due(s, on) for s in subscriptions], context(*subscriptions, **said), conventions
    )
    assert not found.parked
    (bill,) = found.bills
    return bill


def utc(text: str) -> datetime:
    """The midnight at which a day of UTC begins: `03-15` of 2024."""
    return datetime.combine(day(text), datetime.min.time(), UTC)


def one(made: Papers) -> dict[str, Any]:
    (row,) = made.invoices.to_pylist()
    return row


# ---- invoices


def test_an_invoice_is_a_row_of_what_it_says():
    given = {ident(1): (Discount.given("d", Coupon("d", percent_ppm=100_000), at("01-01")),)}
    bill = billed(subscribed(charge("fee", "100"), net_days=14), discounts=given)
    made = papers([bill], ZONES)
    assert made.invoices.schema == INVOICES
    fact = fact_text(bill.tax_fact or {})
    assert one(made) == {
        "invoice_id": bill.invoice_id.bytes,
        "customer_id": CUSTOMER.bytes,
        "subscription_id": ident(1).bytes,
        "legal_entity_id": TAXED.legal_entity_id.bytes,
        "currency": "EUR",
        "subtotal_micros": 100 * EURO,
        "discount_micros": 10 * EURO,
        "tax_micros": 17_100_000,
        "total_micros": 107_100_000,
        "credited_micros": 0,
        "put_aside_micros": 0,
        "issued_at": at("01-01"),
        "due_at": at("01-15"),
        "period_start": at("01-01"),
        "period_end": at("02-01"),
        "tax_fact_id": kept_under(fact),
        "kind": "cycle",
        "finalize_after": None,
        "replaces_invoice_id": None,
    }
    assert made.derivations[kept_under(fact)] == fact


def test_an_invoice_of_several_is_of_no_subscription_and_spans_all_their_time():
    pair = [
        subscribed(number=1, is_joint=True),
        subscribed(charge("later", timing=charge("x").timing.IN_ARREARS), number=2, is_joint=True),
    ]
    books = {ident(1): booked(pair[0], billed(pair[0], entity=UNTAXED))}
    row = one(papers([billed(*pair, on="02-01", books=books)], ZONES))
    assert row["subscription_id"] is None
    assert (row["period_start"], row["period_end"]) == (at("01-01"), at("03-01"))


def test_what_is_given_back_does_not_count_in_the_time_of_an_invoice():
    """B31: a credit for the time before goes with what is charged for the time after."""
    plan = subscribed(charge("fee", "31"))
    books = {ident(1): booked(plan, billed(plan, entity=UNTAXED))}
    ended = timeline.remove_charge(plan.contract, "fee", day("01-21"))
    both = timeline.add_charge(ended, charge("more", "310"), day("01-26"), Decimal(1))
    row = one(papers([billed(replace(plan, contract=both), on="01-26", books=books)], ZONES))
    assert (row["period_start"], row["period_end"]) == (at("01-26"), at("02-01"))
    assert row["subtotal_micros"] == 60 * EURO - 11 * EURO


def test_an_invoice_without_tax_keeps_no_fact_of_tax():
    made = papers([billed(subscribed(), entity=UNTAXED)], ZONES)
    assert one(made)["tax_fact_id"] is None
    assert made.lines["tax_rate"].to_pylist() == [None]


def test_an_invoice_in_its_days_of_grace_says_until_when():
    """B49."""
    row = one(papers([billed(subscribed(), entity=replace(TAXED, grace_days=3))], ZONES))
    assert row["finalize_after"] == at("01-01") + timedelta(days=3)


HELD = {(CUSTOMER, "EUR"): (SpendableCredit(str(UUID(int=1)), 4 * EURO, "EUR", 0, at("01-01")),)}


@pytest.mark.parametrize(("use", "subtotal", "total", "credited"), [
    (CreditUse.APPLIED, 10, 10, 4),
    (CreditUse.SETTLED, 10, 10, 4),
    (CreditUse.LINE, 6, 6, 0),  # a line has settled it
])  # fmt: skip
def test_credit_settles_the_total_or_is_a_line_of_it(use, subtotal, total, credited):
    bill = billed(subscribed(), credits=HELD, entity=UNTAXED, dialect=Dialect(credit_use=use))
    row = one(papers([bill], ZONES))
    names = ("subtotal", "total", "credited")
    assert [row[f"{n}_micros"] for n in names] == [n * EURO for n in (subtotal, total, credited)]


def given_back(shortfall: Shortfall) -> Bill:
    plan = subscribed(charge("fee", "31"))
    books = {ident(1): booked(plan, billed(plan, entity=UNTAXED))}
    ended = replace(plan, contract=ending.cancel(plan.contract, day("01-21")))
    return billed(ended, on="01-21", books=books, dialect=Dialect(shortfall=shortfall), entity=UNTAXED)  # fmt: skip


def test_a_total_below_zero_is_settled_by_what_the_account_gains():
    """B19."""
    row = one(papers([given_back(Shortfall.NEGATIVE)], ZONES))
    names = ("subtotal", "total", "credited", "put_aside")
    assert [row[f"{n}_micros"] // EURO for n in names] == [-11, -11, -11, 11]
    assert (row["period_start"], row["period_end"]) == (None, None)


def test_a_line_puts_what_is_too_much_on_the_account():
    bill = given_back(Shortfall.BALANCED)
    made = papers([bill], ZONES)
    row = one(made)
    assert [row[f"{n}_micros"] // EURO for n in ("subtotal", "total", "credited", "put_aside")] == [0, 0, 0, 11]  # fmt: skip
    back, account = made.lines.to_pylist()
    assert back["gives_back"] == f"{bill.draft.lines[0].gives_back}".removeprefix(f"{key()}/")
    body = made.derivations[account["derivation_id"]]
    assert read_derivation(body) == flat(11 * EURO)
    assert account == dict.fromkeys(LINES.names) | {
        "line_item_id": derived_id(bill.invoice_id, "account_credit").bytes,
        "invoice_id": bill.invoice_id.bytes,
        "position": 1,
        "amount_micros": 11 * EURO,
        "tax_micros": 0,
        "kind": "account_credit",
        "discount_micros": 0,
        "derivation_id": account["derivation_id"],
    }


# ---- lines


def test_a_line_is_a_row_under_the_name_it_has_within_its_subscription():
    bill = billed(
        subscribed(charge("fee", "29", tax_percent=Decimal(7)), start="02-15"), on="02-15"
    )
    made = papers([bill], ZONES)
    assert made.lines.schema == LINES
    (row,) = made.lines.to_pylist()
    line = bill.draft.lines[0]
    own = line.key.removeprefix(f"{key()}/")
    body = made.derivations[row["derivation_id"]]
    assert (read_derivation(body), kept_under(body)) == (line.derivation, row["derivation_id"])
    assert row == {
        "line_item_id": line_id(ident(1), own).bytes,
        "invoice_id": bill.invoice_id.bytes,
        "position": 0,
        "description": None,
        "quantity": Decimal(1),
        "amount_micros": 15 * EURO,
        "tax_micros": 1_050_000,
        "tax_rate": Decimal("0.07"),
        "period_start": at("02-15"),
        "period_end": at("03-01"),
        "subscription_id": ident(1).bytes,
        "item_key": line.item.removeprefix(f"{key()}/"),
        "line_key": own,
        "kind": "recurring",
        "plan": "plan",
        "charge": "fee",
        "discount_micros": 0,
        "full_start": at("02-01"),
        "full_end": at("03-01"),
        "gives_back": None,
        "tax_percent": Decimal(7),
        "derivation_id": row["derivation_id"],
    }


def test_a_whole_period_need_not_say_of_what_it_is_a_part():
    (row,) = papers([billed(subscribed())], ZONES).lines.to_pylist()
    assert (row["full_start"], row["full_end"], row["tax_percent"]) == (None, None, None)
    assert (row["tax_rate"], row["tax_micros"]) == (Decimal("0.19"), 1_900_000)


def test_lines_stand_as_they_were_drafted_with_discount_and_tax_of_their_own():
    given = {ident(1): (Discount.given("d", Coupon("d", percent_ppm=500_000, items=frozenset({"b"})), at("01-01")),)}  # fmt: skip
    lines = papers(
        [billed(subscribed(charge("a"), charge("b", "20")), discounts=given)], ZONES
    ).lines
    assert lines["position"].to_pylist() == [0, 1]
    assert lines["charge"].to_pylist() == ["a", "b"]
    assert lines["discount_micros"].to_pylist() == [0, 10 * EURO]
    assert lines["tax_micros"].to_pylist() == [1_900_000, 1_900_000]


def test_what_waited_is_a_line_of_the_customer_under_its_own_words():
    items = {(CUSTOMER, "EUR"): (waiting(1, 250),)}
    _, row = papers([billed(subscribed(), pending=items)], ZONES).lines.to_pylist()
    name = f"pending/{waiting(1, 0).pending_item_id}"
    assert row["line_item_id"] == line_id(CUSTOMER, name).bytes
    assert (row["line_key"], row["description"]) == (name, "item 1")
    assert (row["subscription_id"], row["item_key"], row["period_start"], row["period_end"]) == (None,) * 4  # fmt: skip
    assert (row["amount_micros"], row["kind"]) == (250 * CENT, "one_off")


def test_the_identity_of_a_line_follows_from_what_it_is_for():
    """B39."""
    assert line_id(ident(1), "k") == derived_id(ident(1), "line", "k")


def test_lines_of_one_price_keep_one_derivation_and_bills_without_lines_are_no_rows():
    pair = [subscribed(number=n) for n in (1, 2)]
    bills = [billed(s, entity=UNTAXED) for s in pair]
    made = papers([bills[0], replace(bills[0], draft=None), bills[1]], ZONES)
    assert (made.invoices.num_rows, made.lines.num_rows, len(made.derivations)) == (2, 2, 1)
    assert made.lines["invoice_id"].to_pylist() == made.invoices["invoice_id"].to_pylist()
    empty = papers([], ZONES)
    assert (empty.invoices.num_rows, empty.lines.num_rows, empty.derivations) == (0, 0, {})


def test_a_derivation_is_kept_under_sixteen_bytes_of_the_hash_of_what_it_says():
    assert kept_under("é") == sha256("é".encode()).digest()[:16]
    assert fact_text({"b": 1, "a": {"d": 1, "c": 2}}) == '{"a":{"c":2,"d":1},"b":1}'


# ---- what has no place in a row


def drafted(*amounts: int, quantity: Decimal | None = None, **sums: int) -> DraftInvoice:
    lines = tuple(
        DraftLine(key="k", kind=LineKind.RECURRING, contract=None, item=None, plan=None, component=None, span=None, full=None,
                  derivation=flat(0), amount_micros=amount, quantity=quantity)
        for amount in amounts
    )  # fmt: skip
    plain = {"subtotal_micros": 0, "discount_micros": 0, "tax_micros": 0}
    return DraftInvoice(lines, (), (), **(plain | sums), credit_micros=0, put_aside_micros=0, total_micros=0)  # fmt: skip


@pytest.mark.parametrize(("draft", "fits"), [
    (drafted(), True),
    (drafted(LARGEST, -LARGEST), True),
    (drafted(LARGEST + 1), False),
    (drafted(0, -LARGEST - 1), False),
    (drafted(subtotal_micros=LARGEST), True),
    (drafted(subtotal_micros=LARGEST, tax_micros=1), False),
    (drafted(subtotal_micros=-LARGEST, tax_micros=-1), False),
    (drafted(subtotal_micros=LARGEST, discount_micros=1), False),  # no sum of them has to fit
    (drafted(subtotal_micros=LARGEST, discount_micros=-1), False),
    (drafted(1, quantity=Decimal(MOST) - 1), True),
    (drafted(1, quantity=Decimal(MOST)), False),
    (drafted(1, quantity=-Decimal(MOST)), False),
])  # fmt: skip
def test_a_figure_that_the_books_cannot_keep_is_refused(draft, fits):
    if fits:
        check_fits(draft)
        return
    with pytest.raises(AmountTooLarge, match="beyond what the books can keep") as refused:
        check_fits(draft)
    assert "too many digits" in refused.value.fix


# ---- usage on no bill


def test_usage_of_a_period_that_is_on_no_bill_is_a_row_in_the_zone_of_its_contract():
    left = [
        LeftOut(key(n), "calls", Reach(day("01-01"), day("02-01")), Decimal("2.5"), 3, reason)
        for n, reason in ((1, LeftOutReason.TOO_LATE), (2, LeftOutReason.NOT_SERVED))
    ]
    table = left_out_rows(left, ZONES | {key(2): UTC})
    assert table.schema == LEFT_OUT
    assert table.to_pylist() == [
        {
            "subscription_id": ident(n).bytes,
            "meter": "calls",
            "reason": reason,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "events": 3,
            "quantity": Decimal("2.500000"),
        }
        for n, reason, starts_at, ends_at in (
            (1, "too_late", at("01-01"), at("02-01")),
            (2, "not_served", utc("01-01"), utc("02-01")),
        )
    ]


@pytest.mark.parametrize(("told", "events", "quantity", "first", "last"), [
    (None, 5, "7.5", "01-02", "01-20"),         # of no run yet: from its first use to its last
    ((0, "0"), 5, "7.5", "01-02", "01-20"),
    ((3, "4.5"), 2, "3", "01-15", "01-20"),     # two came since, of which it is known when
    ((2, "2"), 3, "5.5", "01-02", "01-20"),     # three, of which one showed late
])  # fmt: skip
def test_usage_that_no_charge_prices_is_told_once_from_its_first_use_to_its_last(told, events, quantity, first, last):  # fmt: skip
    used = SimpleNamespace(
        subscription_id=ident(1), meter="calls", events=5, quantity=Decimal("7.5"), fresh_events=2,
        starts_at=utc("01-02"), ends_at=utc("01-20"), fresh_starts_at=utc("01-15"), fresh_ends_at=utc("01-20"),
    )  # fmt: skip
    runs = {(ident(2), "calls"): SimpleNamespace(events=5, quantity=Decimal(9))}
    if told is not None:
        runs[ident(1), "calls"] = SimpleNamespace(events=told[0], quantity=Decimal(told[1]))
    table = unpriced_rows([used], runs)
    assert table.schema == LEFT_OUT
    assert table.to_pylist() == [
        {
            "subscription_id": ident(1).bytes,
            "meter": "calls",
            "reason": "unpriced",
            "starts_at": utc(first),
            "ends_at": utc(last) + timedelta(microseconds=1),
            "events": events,
            "quantity": Decimal(quantity),
        }
    ]


def test_usage_that_an_earlier_run_told_is_not_told_again():
    seen = SimpleNamespace(subscription_id=ident(1), meter="calls", events=5)
    other = SimpleNamespace(
        subscription_id=ident(2), meter="calls", events=1, quantity=Decimal(1), fresh_events=1,
        fresh_starts_at=utc("01-15"), fresh_ends_at=utc("01-15"),
    )  # fmt: skip
    told = {(ident(1), "calls"): SimpleNamespace(events=5, quantity=Decimal(9))}
    assert unpriced_rows([seen, other], told)["events"].to_pylist() == [1]
