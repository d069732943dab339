"""From lines to documents: discount, tax, credit, in that order; notes against them (B19, B42, B48)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.billing.dialect.model import CreditUse, Dialect, Shortfall
from trueup.billing.discounts.model import Coupon, Discount
from trueup.billing.drafting.model import DraftLine, InvoiceFacts, LineKind
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.assembly import Surroundings, assembled, note_against
from trueup.billing.drafting.rules.spans import without
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.taxes.model import TaxRate
from trueup.kernel.currency import currency

EUR = currency("EUR")
AT = datetime(2024, 1, 1, tzinfo=UTC)
VAT = (TaxRate.from_percent("20"),)
CENT = 10_000


def line(key: str, cents: int, kind: LineKind = LineKind.ONE_OFF, **more: Any) -> DraftLine:
    return DraftLine(
        key=key,
        kind=kind,
        contract=None,
        item=None,
        plan=key,
        component=key,
        span=None,
        full=None,
        derivation=flat(cents * CENT),
        amount_micros=cents * CENT,
        **more,
    )


def figures(lines: list[DraftLine], **around: Any) -> list[int]:
    """Subtotal, discount, tax, credit used, put aside, total; in cents."""
    facts = around.pop("facts", {})
    given_around = Surroundings(EUR, around.pop("dialect", Dialect()), AT, **around)
    draft = assembled(lines, given_around, facts, {})
    micros = (
        draft.subtotal_micros,
        draft.discount_micros,
        draft.tax_micros,
        draft.credit_micros,
        draft.put_aside_micros,
        draft.total_micros,
    )
    return [m // CENT for m in micros]


def off(percent: int) -> Discount:
    return Discount.given("d", Coupon("c", percent_ppm=percent * 10_000), AT)


def test_discount_comes_before_tax_and_credit_after() -> None:
    """B42."""
    found = figures([line("a", 100_00)], discounts=(off(10),), rates=VAT, credit_micros=8_00 * CENT)
    assert found == [100_00, 10_00, 18_00, 8_00, 0, 100_00]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (Dialect(shortfall=Shortfall.BALANCED), [-30_00, 0, 0, 0, 30_00, 0]),
        (Dialect(shortfall=Shortfall.NEGATIVE), [-30_00, 0, 0, 0, 30_00, -30_00]),
    ],
)
def test_a_negative_total_becomes_credit(dialect: Dialect, expected: list[int]) -> None:
    """B19: never a negative charge."""
    lines = [line("new", 20_00), line("back", -50_00, LineKind.CREDIT)]
    assert figures(lines, dialect=dialect, credit_micros=5_00 * CENT) == expected


def test_credit_that_settles_leaves_the_total() -> None:
    dialect = Dialect(credit_use=CreditUse.SETTLED)
    found = figures([line("a", 10_00)], dialect=dialect, credit_micros=4_00 * CENT)
    assert found == [10_00, 0, 0, 4_00, 0, 10_00]


def test_a_line_given_back_takes_its_discount_along() -> None:
    """B31: half of 100.00 that cost 90.00 is 45.00."""
    facts = {
        "old": InvoiceFacts("i", 90_00 * CENT, 0, {"old": 10_00 * CENT}, {"old": 100_00 * CENT})
    }
    lines = [line("back", -50_00, LineKind.CREDIT, gives_back="old")]
    assert figures(lines, facts=facts)[:2] == [-50_00, -5_00]


@settings(deadline=None)
@given(st.integers(1, 999_99), st.integers(1, 100), st.lists(st.integers(1, 99), max_size=4))
def test_discounts_given_back_in_parts_sum_to_the_discount(
    cents: int, percent: int, cuts: list[int]
) -> None:
    """In whole cents each: nothing is lost, and never more than was taken off."""
    off = cents * percent // 100
    points = sorted({0, cents, *(cents * cut // 100 for cut in cuts)})
    back = 0
    for start, end in pairwise(points):
        facts = InvoiceFacts(
            "i",
            (cents - off) * CENT,
            0,
            {"old": off * CENT},
            {"old": cents * CENT},
            given={"old": start * CENT},
        )
        lines = [line("back", start - end, LineKind.CREDIT, gives_back="old")]
        draft = assembled(lines, Surroundings(EUR, Dialect(), AT), {"old": facts}, {})
        assert draft.discount_micros % CENT == 0
        assert 0 <= -draft.discount_micros <= (end - start) * CENT
        back -= draft.discount_micros
    assert back == off * CENT


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 500_00), min_size=1, max_size=5),
    st.integers(1, 30),
    st.lists(st.integers(1, 99), max_size=3),
)
def test_notes_sum_to_the_invoice_and_never_exceed_it(
    amounts: list[int], percent: int, cuts: list[int]
) -> None:
    """B48: each line is given back in parts; the last note takes what is left."""
    lines = [line(f"{n}", cents) for n, cents in enumerate(amounts)]
    draft = assembled(lines, Surroundings(EUR, Dialect(), AT, (off(percent),), VAT), {}, {})
    facts = InvoiceFacts(
        "i",
        draft.subtotal_micros - draft.discount_micros,
        draft.tax_micros,
        dict(zip((x.key for x in lines), draft.off, strict=True)),
        {x.key: x.amount_micros for x in lines},
    )
    net = tax = 0
    for whole in lines:
        cents = whole.amount_micros // CENT
        points = sorted({0, cents, *(cents * cut // 100 for cut in cuts)})
        for start, end in pairwise(points):
            back = line("n", start - end, LineKind.CREDIT, gives_back=whole.key)
            now = InvoiceFacts(
                facts.invoice,
                facts.net_micros,
                facts.tax_micros,
                facts.off,
                facts.amounts,
                net,
                tax,
            )
            note = note_against(now, [back], EUR)
            assert note.net_micros >= 0
            assert note.tax_micros >= 0
            net, tax = net + note.net_micros, tax + note.tax_micros
            assert net <= facts.net_micros
            assert tax <= facts.tax_micros
    if net == facts.net_micros:
        assert tax == facts.tax_micros


reaches = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
    lambda pair: Reach(AT + timedelta(days=min(pair)), AT + timedelta(days=max(pair)))
)


@settings(deadline=None)
@given(reaches, st.lists(reaches, max_size=5))
def test_what_is_left_of_a_span_is_in_order_and_covered_by_nothing(
    span: Reach, taken: list[Reach]
) -> None:
    left = without(span, taken) if span.start < span.end else []
    for part in left:
        assert span.start <= part.start < part.end <= span.end
        assert all(
            hole.end <= part.start or hole.start >= part.end
            for hole in taken
            if hole.start < hole.end
        )
    assert all(earlier.end < later.start for earlier, later in pairwise(left))


def test_an_amount_that_was_agreed_as_it_is_bears_no_coupon() -> None:
    """B43: a coupon on everything takes its share of the fee alone."""
    agreed = line("repair", 50_00, description="Repair, as agreed")
    assert figures([line("fee", 100_00), agreed], discounts=(off(10),))[:2] == [150_00, 10_00]


@pytest.mark.parametrize(("cents", "used", "aside"), [(0, 0, 0), (1, 1, 0), (-1, 0, 1)])
def test_credit_is_used_and_put_aside_from_the_first_cent(
    cents: int, used: int, aside: int
) -> None:
    """B19; an invoice of nothing uses nothing and puts nothing aside."""
    found = figures([line("a", cents)], credit_micros=100 * CENT)
    assert found[3:5] == [used, aside]
