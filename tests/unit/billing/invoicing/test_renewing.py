"""Plain renewals by kind: each of many is billed as the general rules would bill it alone (B39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.billing.invoicing.subscribers import (
    BERLIN,
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
    used,
)
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, contract, day, terms

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.invoicing.errors import AmountTooLarge, DueTooLittle
from trueup.billing.invoicing.model import Papers
from trueup.billing.invoicing.rules.kinds import Kind, Members
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.invoicing.rules.renewing import Memory, renewed
from trueup.billing.invoicing.rules.rows import INVOICES, LINES, fact_text, kept_under, papers
from trueup.billing.invoicing.rules.totalling import decided
from trueup.billing.rating.model import GraduatedPrice, Price, Tier
from trueup.billing.subscriptions.terms import Aggregation, Charge, ChargeKind
from trueup.billing.taxes.model import Buyer, CheckState, NumberCheck, TaxAction
from trueup.billing.taxes.rules.frozen import frozen_tax
from trueup.billing.taxes.rules.numbers import vat_number
from trueup.kernel.ids import SEPARATOR, derived_id

ARREARS = Timing.IN_ARREARS
SEATS = charge("seats", "3", is_per_unit=True)
TIERS = (Tier(Decimal(10), Decimal(1)), Tier(None, Decimal("0.5")))
CALLS = Charge("calls", ChargeKind.USAGE, ARREARS, Price(GraduatedPrice(TIERS)), meter="calls")
FRENCH = Buyer("FR", is_business=True, check=NumberCheck(vat_number("FR40303265045"), CheckState.VALID))  # fmt: skip


def kind(*charges: Charge, entity: Any = UNTAXED, buyer: Any = None, **said: Any) -> Kind:
    """A month from February on, billed on the first of March."""
    dialect = said.pop("dialect", Dialect())
    plain: dict[str, Any] = {
        "currency": "EUR", "at": at("03-01"), "before": at("02-01"), "zone": BERLIN, "cycle": FIRSTS, "dialect": dialect, "entity": entity,
        "net_days": 14, "charges": tuple((UUID(int=0x700 + n), c, "plan") for n, c in enumerate(charges)), "terms": terms(*charges),
        "treatment": decided(buyer or Buyer("DE"), entity, day("03-01"), dialect, agreed()),
    }  # fmt: skip
    return Kind(**(plain | said))


def members(*amounts: str, orders: list[int] | None = None) -> Members:
    """One subscription for each; `1 3` is what its items come to."""
    count = len(amounts)
    return Members(
        ids=pa.array([ident(n).bytes for n in range(1, count + 1)], pa.binary(16)),
        customers=pa.array([UUID(int=0xC00 + n).bytes for n in range(count)], pa.binary(16)),
        orders=np.array(orders or [0] * count, np.int32),
        amounts=list(amounts),
        keys=[SEPARATOR.join(f"{n}i{m}" for n in range(len(a.split(" ")))) for m, a in enumerate(amounts)],
    )  # fmt: skip


def billed(*args: Any, memory: Memory | None = None) -> tuple[list[dict], list[dict], list[dict]]:
    """Invoices, lines, and where the subscriptions stand."""
    made, moved = renewed(*args, memory or Memory())
    return made.invoices.to_pylist(), made.lines.to_pylist(), moved.to_pylist()


# ---- as the general rules


def alone(charges: list[Charge], quantity: str, amount: str | None, agreed_for: Any) -> tuple[Papers, Any]:  # fmt: skip
    """What the general rules make of one subscription on the first of March, with February billed."""
    made = contract(*charges, key=key(), quantity=quantity)
    one = subscribed(contracted=made, customer_id=UUID(int=0xC00), net_days=14)
    usage = {ident(1): () if amount is None else (used("02-10", amount),)}
    first = papered([due(one, "02-01")], context(one), agreed_for)
    books = {ident(1): booked(one, first.bills[0])} if first.bills else {}
    found = papered([due(one, "03-01")], context(one, books=books, usage=usage), agreed_for)
    return papers(found.bills, {key(): BERLIN}), found.advanced[0]


@pytest.mark.parametrize(("charges", "quantity", "amount"), [
    ([charge("fee")], "1", None),
    ([SEATS], "7", None),
    ([SEATS], "2.5", None),
    ([charge("later", "31", timing=ARREARS)], "1", None),
    ([CALLS], "1", "25"),
    ([CALLS], "1", "0"),
    ([charge("fee"), CALLS, SEATS], "3", "12.5"),  # usage stands last
    ([charge("more", kind=ChargeKind.ADD_ON), charge("fee")], "1", None),
    ([charge("fee", tax_percent=Decimal(7)), charge("later", timing=ARREARS)], "1", None),
    ([replace(CALLS, aggregation=Aggregation.MAX), charge("fee")], "1", "11"),
    ([replace(CALLS, tax_percent=Decimal("2.5"))], "1", "9"),
    ([replace(CALLS, meter="calls+texts")], "1", "9"),
])  # fmt: skip
@pytest.mark.parametrize("entity", [UNTAXED, TAXED, replace(TAXED, grace_days=3)])
def test_a_renewal_by_kind_is_what_the_general_rules_make_of_it(charges, quantity, amount, entity):
    slow, stands = alone(charges, quantity, None if amount == "0" else amount, agreed(None, entity))
    amounts = " ".join(
        (amount or "0") if c.meter else quantity if c.is_per_unit else "1" for c in charges
    )
    own = [item.key.removeprefix(f"{key()}/") for item in contract(*charges, key=key()).items]
    of = members(amounts)._replace(keys=[SEPARATOR.join(own)])
    fast, moved = renewed(kind(*charges, entity=entity), of, Memory())
    assert fast.invoices.schema == INVOICES
    assert fast.lines.schema == LINES
    assert fast.invoices.to_pylist() == slow.invoices.to_pylist()
    assert fast.lines.to_pylist() == slow.lines.to_pylist()
    assert fast.derivations == slow.derivations
    (after,) = moved.to_pylist()
    assert after.pop("subscription_id") == ident(1).bytes
    assert after == {name: getattr(stands, name) for name in after}
    assert stands.is_steady


# ---- many at once


def test_each_of_many_has_an_invoice_and_lines_of_its_own():
    invoices, lines, moved = billed(
        kind(charge("fee"), SEATS), members("1 2", "1 5", "1 2", orders=[0, 4, 1])
    )
    assert [i["subtotal_micros"] // EURO for i in invoices] == [16, 25, 16]
    assert [i["subscription_id"] for i in invoices] == [ident(n).bytes for n in (1, 2, 3)]
    assert [i["customer_id"] for i in invoices] == [UUID(int=0xC00 + n).bytes for n in range(3)]
    ids = [
        derived_id(ident(n), "invoice", at("03-01").isoformat(), str(orders)).bytes
        for n, orders in ((1, 0), (2, 4), (3, 1))
    ]
    assert [i["invoice_id"] for i in invoices] == ids
    assert [line["invoice_id"] for line in lines] == [ids[n] for n in (0, 0, 1, 1, 2, 2)]
    assert [line["position"] for line in lines] == [0, 1] * 3
    assert [line["charge"] for line in lines] == ["fee", "seats"] * 3
    assert [line["amount_micros"] // EURO for line in lines] == [10, 6, 10, 15, 10, 6]
    assert [line["item_key"] for line in lines] == ["0i0", "1i0", "0i1", "1i1", "0i2", "1i2"]
    for line in lines:
        owner = UUID(bytes=line["subscription_id"])
        assert line["line_key"] == f"{line['item_key']}/recurring/2024-03-01"
        assert line["line_item_id"] == derived_id(owner, "line", line["line_key"]).bytes
    assert [m["subscription_id"] for m in moved] == [ident(n).bytes for n in (1, 2, 3)]


def test_sheets_of_different_length_stand_beside_each_other():
    """Who used something in a minimum of tiers has as many lines as who did not; none shifts."""
    invoices, lines, _ = billed(kind(CALLS, charge("fee")), members("4 1", "30 1", "0 1"))
    assert [i["subtotal_micros"] // EURO for i in invoices] == [14, 30, 10]
    assert [(line["charge"], line["position"]) for line in lines] == [("fee", 0), ("calls", 1)] * 3
    assert [line["amount_micros"] // EURO for line in lines] == [10, 4, 10, 20, 10, 0]
    assert [line["quantity"] for line in lines][1::2] == [4, 30, 0]


def test_an_invoice_of_a_kind_says_when_it_is_due_and_what_it_is_for():
    (invoice,), _, (stands,) = billed(kind(charge("fee")), members("1"))
    assert (invoice["issued_at"], invoice["due_at"]) == (at("03-01"), at("03-01") + timedelta(days=14))  # fmt: skip
    assert (invoice["period_start"], invoice["period_end"]) == (at("03-01"), at("04-01"))
    assert (invoice["kind"], invoice["currency"], invoice["finalize_after"]) == ("cycle", "EUR", None)  # fmt: skip
    assert [invoice[f"{n}_micros"] for n in ("discount", "credited", "put_aside")] == [0, 0, 0]
    assert stands == {
        "subscription_id": ident(1).bytes,
        "current_period_start": at("03-01"),
        "current_period_end": at("04-01"),
        "charged_through_at": at("04-01"),
        "next_bill_at": at("04-01"),
        "last_billed_at": at("03-01"),
    }


def test_an_invoice_of_fees_and_usage_spans_both_periods():
    (invoice,), lines, _ = billed(kind(charge("fee"), CALLS), members("1 3"))
    assert (invoice["period_start"], invoice["period_end"]) == (at("02-01"), at("04-01"))
    assert [line["period_start"] for line in lines] == [at("03-01"), at("02-01")]
    (late,), _, (stands,) = billed(kind(CALLS), members("3"))
    assert (late["period_end"], stands["charged_through_at"]) == (at("03-01"), at("03-01"))
    assert stands["next_bill_at"] == at("04-01")


def test_days_of_grace_put_the_issue_off():
    """B49."""
    (invoice,), _, _ = billed(kind(charge("fee"), entity=replace(UNTAXED, grace_days=3)), members("1"))  # fmt: skip
    assert invoice["finalize_after"] == at("03-01") + timedelta(days=3)


# ---- tax


def test_a_kind_bears_its_customers_tax_and_keeps_the_fact_once():
    taxed = kind(charge("fee", "100"), charge("food", "100", tax_percent=Decimal(7)), entity=TAXED)
    made, _ = renewed(taxed, members("1 1", "1 1"), Memory())
    assert taxed.treatment is not None
    fact = fact_text(frozen_tax(taxed.treatment, Dialect().taxes))
    for row in made.invoices.to_pylist():
        assert row["tax_fact_id"] == kept_under(fact)
        assert (row["subtotal_micros"], row["tax_micros"], row["total_micros"]) == (200 * EURO, 26 * EURO, 226 * EURO)  # fmt: skip
    assert made.derivations[kept_under(fact)] == fact
    lines = made.lines.to_pylist()
    assert [line["tax_rate"] for line in lines] == [Decimal("0.19"), Decimal("0.07")] * 2
    assert [line["tax_percent"] for line in lines] == [None, Decimal(7)] * 2
    assert [line["tax_micros"] for line in lines] == [19 * EURO, 7 * EURO] * 2


def test_where_nobody_charges_tax_a_charge_of_its_own_rate_bears_none():
    """B47."""
    reversed_ = kind(charge("food", "100", tax_percent=Decimal(7)), entity=TAXED, buyer=FRENCH)
    assert reversed_.treatment is not None
    assert reversed_.treatment.action is TaxAction.REVERSE_CHARGE
    (invoice,), (line,), _ = billed(reversed_, members("1"))
    assert (invoice["tax_micros"], line["tax_micros"]) == (0, 0)
    assert invoice["tax_fact_id"] is not None


def test_without_tax_there_is_neither_rate_nor_fact():
    (invoice,), (line,), _ = billed(kind(charge("fee")), members("1"))
    assert (invoice["tax_fact_id"], invoice["tax_micros"], line["tax_rate"]) == (None, 0, None)


def test_a_kind_of_which_too_little_is_due_is_left_to_the_general_rules():
    """B18."""
    for least, currency_of_it, waits in ((10, "EUR", False), (11, "EUR", True), (11, "USD", False)):
        entity = replace(UNTAXED, least_due={currency_of_it: least * EURO})
        if not waits:
            billed(kind(charge("fee"), entity=entity), members("1"))
            continue
        with pytest.raises(DueTooLittle) as refused:
            billed(kind(charge("fee"), entity=entity), members("1"))
        assert refused.value.code == "due_too_little"


# ---- what is remembered


def test_the_same_question_is_asked_once_and_another_one_anew():
    memory = Memory()
    plain = kind(charge("fee"), SEATS)
    first = billed(plain, members("1 2", "1 2", "1 3"), memory=memory)
    assert len(memory.items) == 3  # the fee, two seats, three seats
    assert len(memory.bodies) == 3
    assert billed(plain, members("1 2", "1 2", "1 3"), memory=memory) == first
    assert len(memory.items) == 3
    april = plain._replace(at=at("04-01"), before=at("03-01"))
    _, lines, _ = billed(april, members("1 2"), memory=memory)
    assert [line["period_start"] for line in lines] == [at("04-01")] * 2
    assert len(memory.items) == 5


@pytest.mark.parametrize("other", [
    {"currency": "USD"}, {"dialect": Dialect(name="other", rounding="ROUND_DOWN")}, {"before": at("01-01")},
])  # fmt: skip
def test_what_differs_in_currency_dialect_or_period_is_asked_anew(other):
    memory = Memory()
    plain = kind(charge("fee"))
    billed(plain, members("1"), memory=memory)
    billed(plain._replace(**other), members("1"), memory=memory)
    assert len(memory.items) == 2


def test_an_amount_beyond_what_the_books_can_keep_is_refused():
    with pytest.raises(AmountTooLarge):
        billed(kind(SEATS), members("99999999999999"))
    with pytest.raises(AmountTooLarge):
        billed(kind(CALLS), members("100000000000000"))
