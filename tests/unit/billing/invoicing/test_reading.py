"""Rows become what the rules speak of: books, usage, discounts, credits, buyers, sellers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from uuid import UUID

import pytest
from tests.unit.billing.invoicing.subscribers import CENT, at, key, row, subscribed
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Timing
from trueup.billing.discounts.model import Coupon, Discount, SpendableCredit
from trueup.billing.drafting.model import NO_TIME, LineKind
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.settled import Carried
from trueup.billing.invoicing.model import LegalEntity
from trueup.billing.invoicing.rules.reading import (
    EVER,
    books_of,
    buyer_of,
    credit_of,
    days_of,
    discount_of,
    entity_of,
    line_of,
    usage_of,
)
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind
from trueup.billing.taxes.model import Buyer, Certificate, CheckState, NumberShape, Seller
from trueup.billing.taxes.rules.crediting import Taxed

INVOICE, OTHER = UUID(int=0xB1), UUID(int=0xB2)
LINE = {
    "line_key": "1/recurring", "item_key": "1", "kind": "recurring", "plan": "plan", "charge": "fee", "invoice_id": INVOICE,
    "amount_micros": 31_000_000, "discount_micros": 0, "line_tax_micros": 0, "tax_rate": None, "tax_percent": None, "quantity": None,
    "period_start": at("01-01"), "period_end": at("02-01"), "full_start": None, "full_end": None, "gives_back": None,
    "is_void": False, "net_micros": 31_000_000, "tax_micros": 0,
}  # fmt: skip
BACK = LINE | {
    "line_key": "1/recurring/credit", "kind": "credit", "gives_back": "1/recurring", "amount_micros": -11_000_000,
    "period_start": at("01-21"), "invoice_id": OTHER, "net_micros": -11_000_000,
}  # fmt: skip
NOTE = {"gives_back": "1/recurring", "amount_micros": 4_000_000, "period_start": at("01-17"), "period_end": at("01-21")}  # fmt: skip


def of(plain: str) -> str:
    return f"{key()}/{plain}"


# ---- lines


def test_a_stored_line_is_the_line_that_was_billed():
    found = line_of(subscribed(), row(LINE, quantity=Decimal("3.000000"), tax_percent="7.000000"))
    assert (found.key, found.item, found.contract) == (of("1/recurring"), of("1"), key())
    assert (found.kind, found.plan, found.component) == (LineKind.RECURRING, "plan", "fee")
    assert (found.amount_micros, found.derivation) == (31_000_000, flat(31_000_000))
    assert (str(found.quantity), found.tax_percent, found.gives_back) == ("3", Decimal(7), None)
    assert found.span == found.full == Reach(day("01-01"), day("02-01"))


def test_a_part_of_a_period_knows_the_whole_and_a_credit_what_it_gives_back():
    found = line_of(subscribed(), row(BACK, full_start=at("01-01"), full_end=at("02-01")))
    assert found.span == Reach(day("01-21"), day("02-01"))
    assert found.full == Reach(day("01-01"), day("02-01"))
    assert found.gives_back == of("1/recurring")
    assert (found.quantity, found.tax_percent) == (None, None)


def test_a_line_for_no_time_has_none():
    found = line_of(subscribed(), row(LINE, period_start=None, period_end=None, kind="one_off"))
    assert (found.span, found.full) == (None, None)


def by_the_second():
    plain = subscribed()
    cycle = plain.record.cycle | {"at": "00:00:00"}
    return subscribed(cycle=cycle)


def test_who_is_prorated_by_the_second_reads_instants():
    found = line_of(by_the_second(), row(LINE))
    assert found.span == Reach(at("01-01"), at("02-01"))


# ---- books


def test_what_stands_of_a_line_is_less_what_lines_and_notes_gave_back():
    """B31: never more is given back than was billed."""
    books = books_of(subscribed(), [row(LINE), row(BACK)], [row(NOTE)], {})
    ((item, (billed,)),) = books.billed.items()
    assert (item, billed.invoice) == (of("1"), str(INVOICE))
    assert billed.left_micros == 16_000_000
    assert billed.given_back == (
        Reach(day("01-21"), day("02-01")),
        Reach(day("01-17"), day("01-21")),
    )
    assert billed.line.key == of("1/recurring")


def test_what_gave_back_for_no_time_takes_an_amount_and_no_span():
    note = row(NOTE, period_start=None, period_end=None)
    ((billed,),) = books_of(subscribed(), [row(LINE)], [note], {}).billed.values()
    assert (billed.left_micros, billed.given_back) == (27_000_000, ())


def test_of_a_void_invoice_nothing_can_be_given_back():
    """B41: it claims nothing, though its time is not billed again."""
    ((billed,),) = books_of(subscribed(), [row(LINE, is_void=True)], [], {}).billed.values()
    assert billed.left_micros == 0


def test_books_are_kept_by_item_oldest_first_and_without_lines_of_no_item():
    lines = [
        row(LINE, line_key="pending/x", item_key=None, kind="one_off"),
        row(LINE),
        row(LINE, line_key="2/recurring", item_key="2"),
        row(LINE, line_key="1/recurring/later", invoice_id=OTHER),
    ]
    books = books_of(subscribed(), lines, [], {})
    assert {k: [b.line.key for b in found] for k, found in books.billed.items()} == {
        of("1"): [of("1/recurring"), of("1/recurring/later")],
        of("2"): [of("2/recurring")],
    }


def test_facts_of_an_invoice_are_known_by_each_of_its_lines():
    """B48: what notes against it need to know."""
    lines = [
        row(LINE, amount_micros=100, discount_micros=10, line_tax_micros=18, tax_rate=Decimal("0.2"), net_micros=140, tax_micros=23),
        row(LINE, line_key="2/recurring", item_key="2", amount_micros=50, line_tax_micros=5, tax_rate=Decimal("0.1"), net_micros=140, tax_micros=23),
        row(BACK, amount_micros=-30, invoice_id=OTHER, net_micros=-30, tax_micros=-6),
    ]  # fmt: skip
    noted = {INVOICE: SimpleNamespace(net_micros=7, tax_micros=2)}
    facts = books_of(subscribed(), lines, [row(NOTE, amount_micros=4)], noted).facts
    assert set(facts) == {of("1/recurring"), of("2/recurring"), of("1/recurring/credit")}
    first = facts[of("1/recurring")]
    assert first is facts[of("2/recurring")]
    assert (first.invoice, first.net_micros, first.tax_micros) == (str(INVOICE), 140, 23)
    assert first.off == {of("1/recurring"): 10, of("2/recurring"): 0}
    assert first.amounts == {of("1/recurring"): 100, of("2/recurring"): 50}
    assert first.given == {of("1/recurring"): 34, of("2/recurring"): 0}
    assert (first.noted_net_micros, first.noted_tax_micros) == (7, 2)
    assert first.at_rate == {of("1/recurring"): Taxed(90, 18), of("2/recurring"): Taxed(50, 5)}
    other = facts[of("1/recurring/credit")]
    assert (other.invoice, other.noted_net_micros, other.noted_tax_micros) == (str(OTHER), 0, 0)
    assert (other.at_rate, other.given) == ({}, {of("1/recurring/credit"): 0})


# ---- usage

EVENT = {
    "meter": "calls", "occurred_at": at("01-15"), "recorded_at": at("01-16"), "quantity": Decimal("2.500000"),
    "dimensions": None, "usage_event_id": bytes(15) + b"\x07",
}  # fmt: skip


def test_usage_is_read_on_the_days_of_the_subscription():
    late = datetime(2024, 1, 15, 23, 30, tzinfo=UTC)  # the 16th in Berlin
    (event,) = usage_of(subscribed(), [EVENT | {"occurred_at": late, "dimensions": '{"net": "a"}'}])
    assert (event.meter, event.at, event.recorded) == ("calls", day("01-16"), day("01-16"))
    assert (str(event.quantity), event.dimensions) == ("2.5", {"net": "a"})
    assert (event.moment, event.into_day) == ("00" * 15 + "07", NO_TIME)


def test_usage_by_the_second_keeps_its_instants_and_what_names_nothing_has_no_dimensions():
    (event,) = usage_of(by_the_second(), [EVENT])
    assert (event.at, event.recorded, event.dimensions) == (at("01-15"), at("01-16"), {})


LEVEL = charge("seats", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="seats", aggregation=Aggregation.TIME_WEIGHTED)  # fmt: skip


@pytest.mark.parametrize(("told", "quantity"), [
    (Carried.QUANTITY, Decimal("12.5")), (Carried.LARGEST, Decimal(9)), (Carried.LATEST, Decimal(3)),
])  # fmt: skip
def test_a_day_of_usage_is_told_by_what_its_meter_keeps_of_it(told, quantity):
    kept = {Carried.QUANTITY: "12.500000", Carried.LARGEST: "9.000000", Carried.LATEST: "3.000000"}
    plain = {"meter": "calls", "day": day("01-15"), "dimensions": '{"net": "a"}'}
    stored = plain | {name: Decimal(value) for name, value in kept.items()}
    (event,) = days_of([stored], told)
    assert (event.meter, event.at, event.recorded) == ("calls", day("01-15"), day("01-15"))
    assert (str(event.quantity), event.dimensions) == (str(quantity), {"net": "a"})
    assert days_of([stored], None) == ()


@pytest.mark.parametrize(("charges", "passed"), [
    ([LEVEL], Fraction(1, 2)),
    ([charge("fee"), LEVEL], Fraction(1, 2)),
    ([charge("fee")], NO_TIME),
])  # fmt: skip
def test_only_a_level_that_stands_asks_how_much_of_its_day_had_passed(charges, passed):
    noon = datetime(2024, 1, 15, 11, tzinfo=UTC)
    (event,) = usage_of(subscribed(*charges), [EVENT | {"occurred_at": noon}])
    assert event.into_day == passed


def test_a_level_by_the_second_needs_no_part_of_a_day():
    plain = contract(LEVEL, key=key())
    one = subscribed(contracted=plain, cycle=subscribed().record.cycle | {"at": "00:00:00"})
    (event,) = usage_of(one, [EVENT])
    assert event.into_day == NO_TIME


# ---- discounts, credits

DISCOUNT = {
    "discount_id": UUID(int=1), "coupon_code": "SPRING", "percent_bp": 2_500, "amount_micros": None, "currency": None,
    "is_once": False, "periods_remaining": None, "limits": None, "starts_at": None, "ends_at": None, "left_micros": None,
}  # fmt: skip


def test_a_stored_discount_is_its_coupon_and_what_is_left_of_it():
    assert discount_of(row(DISCOUNT)) == Discount(
        str(UUID(int=1)), Coupon("SPRING", percent_ppm=250_000), EVER
    )
    limits = {"plans": ["gold"], "charges": ["seats", "calls"]}
    found = discount_of(
        row(DISCOUNT, percent_bp=None, amount_micros=5 * CENT, currency="EUR", periods_remaining=3, limits=limits,
            starts_at=at("01-01"), ends_at=at("06-01"), left_micros=2 * CENT)
    )  # fmt: skip
    coupon = Coupon("SPRING", amount_micros=5 * CENT, currency="EUR", uses=3, plans=frozenset({"gold"}), items=frozenset({"seats", "calls"}))  # fmt: skip
    assert found == Discount(str(UUID(int=1)), coupon, at("01-01"), at("06-01"), 3, 2 * CENT)


def test_a_discount_that_counts_once_stays_one_of_once():
    found = discount_of(
        row(DISCOUNT, is_once=True, periods_remaining=1, limits={"plans": ["gold"]})
    )
    assert (found.coupon.uses, found.uses_left) == (1, 1)
    assert discount_of(row(DISCOUNT, is_once=True, periods_remaining=2)).coupon.uses == 1
    assert (found.coupon.plans, found.coupon.items) == (frozenset({"gold"}), frozenset())
    assert discount_of(row(DISCOUNT, limits={"charges": ["x"]})).coupon.plans == frozenset()


def test_a_stored_credit_is_one_to_spend():
    stored = {"credit_id": UUID(int=9), "remaining_micros": 7, "currency": "EUR", "priority": 3, "granted_at": at("01-01"), "expires_at": at("02-01")}  # fmt: skip
    assert credit_of(row(stored)) == SpendableCredit(
        str(UUID(int=9)), 7, "EUR", 3, at("01-01"), at("02-01")
    )


# ---- who is supplied, and by whom

WHO = {"country": "DE", "region": "HH", "postal_code": "20457", "is_business": False, "is_tax_exempt": False}  # fmt: skip
IDENTITY = {"kind": "vat", "value": "DE136695976", "country": "DE", "valid_until": None, "evidence": None}  # fmt: skip
FRENCH = "FR40303265045"


def test_a_customer_without_identities_is_who_the_row_says():
    assert buyer_of(row(WHO), ()) == Buyer("DE", "HH", "20457")
    assert buyer_of(row(WHO, is_business=True, is_tax_exempt=True), ()) == Buyer(
        "DE", "HH", "20457", is_business=True, is_marked_exempt=True
    )


def test_who_has_a_tax_number_is_a_business_and_the_number_is_unchecked():
    found = buyer_of(row(WHO), [row(IDENTITY)])
    assert found.is_business
    assert found.check is not None
    assert (found.check.number.text, found.check.state) == ("DE136695976", CheckState.UNCHECKED)


def test_a_number_without_its_letters_is_its_countrys():
    found = buyer_of(row(WHO), [row(IDENTITY, value="136695976")])
    assert found.check is not None
    assert found.check.number.text == "DE136695976"


def test_a_number_whose_registry_has_answered_is_the_one_that_counts():
    """B47: with the answer's reference as evidence."""
    found = buyer_of(row(WHO), [row(IDENTITY), row(IDENTITY, value=FRENCH, country="FR", evidence="WAPI-1")])  # fmt: skip
    assert found.check is not None
    assert (found.check.number.text, found.check.state, found.check.reference) == (FRENCH, CheckState.VALID, "WAPI-1")  # fmt: skip
    unchecked = buyer_of(row(WHO), [row(IDENTITY), row(IDENTITY, value=FRENCH, country="FR")])
    assert unchecked.check is not None
    assert unchecked.check.number.text == "DE136695976"


def test_no_answer_makes_a_number_valid_that_exists_nowhere():
    found = buyer_of(row(WHO), [row(IDENTITY, value="DE12", evidence="WAPI-1")])
    assert found.check is not None
    assert found.check.number.shape is not NumberShape.WELL_FORMED
    assert found.check.state is not CheckState.VALID


@pytest.mark.parametrize(("identity", "customer", "jurisdiction"), [
    ("US-TX", "US", "US-TX"), (None, "US", "US"), (None, None, ""),
])  # fmt: skip
def test_a_certificate_is_of_its_place_or_of_the_customers_country(
    identity, customer, jurisdiction
):
    held = row(IDENTITY, kind="exemption_certificate", value="TX-7", country=identity, valid_until=date(2024, 12, 31))  # fmt: skip
    found = buyer_of(row(WHO, country=customer), [held, row(IDENTITY, kind="other")])
    assert found.certificates == (Certificate("TX-7", jurisdiction, None, date(2024, 12, 31)),)
    assert (found.is_business, found.check) == (False, None)


def test_a_legal_entity_is_who_issues_and_by_which_series():
    stored = {
        "legal_entity_id": UUID(int=1), "code": "de", "name": "Nordlicht", "country": "DE", "region": "HH", "postal_code": "20457",
        "vat_number": "DE136695976", "collects_in": ["GB", "US-NY"], "takes_tax": True, "invoice_prefix": "RE-",
        "credit_note_prefix": "GS-", "digits": 5, "grace_days": 3, "is_default": True, "time_zone": "Europe/Berlin", "tax_currency": "EUR", "least_due": {"EUR": 1},
    }  # fmt: skip
    assert entity_of(row(stored)) == LegalEntity(
        UUID(int=1), "de", "Nordlicht", Seller("DE", "HH", "20457", "DE136695976", frozenset({"GB", "US-NY"})),
        takes_tax=True, invoice_prefix="RE-", credit_note_prefix="GS-", digits=5, grace_days=3, is_default=True,
        time_zone="Europe/Berlin", tax_currency="EUR", least_due={"EUR": 1},
    )  # fmt: skip
