"""What our invoices claim as they are issued, and what the world is told of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.invoicing.rules.noting import drafts_table
from trueup.billing.invoicing.rules.posting import announced, issued, of_invoices, told
from trueup.kernel.ids import derived_id
from trueup.ledger.rules import account_id, postings
from trueup.ledger.templates import INVOICE, INVOICE_VOIDED, RECEIVABLE, REVENUE, TAX_PAYABLE

AT = datetime(2024, 3, 1, tzinfo=UTC)
ANN = UUID(int=0xA2)
AMOUNT = st.integers(-(10**12), 10**12)


class Issued:
    """A row as `drafts_table` takes it."""

    def __init__(self, number: int = 1, **amounts: int) -> None:
        self.invoice_id, self.customer_id = UUID(int=0xB0 + number), ANN
        self.currency, self.issued_at = "EUR", AT
        for name in ("subtotal", "discount", "tax", "put_aside", "account"):
            setattr(self, f"{name}_micros", amounts.get(name, 0))
        self.total_micros = amounts.get("subtotal", 0) - amounts.get("discount", 0) + amounts.get("tax", 0)  # fmt: skip


def balances(facts) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for transfer in postings(1, [facts], None).transfers.to_pylist():
        for side, sign in (("debit_account_id", 1), ("credit_account_id", -1)):
            found[transfer[side]] = found.get(transfer[side], 0) + sign * transfer["amount_micros"]
    return found


def test_an_invoice_claims_net_of_discount_and_tax_and_no_credit_of_the_account():
    invoices = drafts_table([Issued(subtotal=1000, discount=150, tax=170, account=50)])
    facts = issued(invoices)
    (fact,) = facts.rows.to_pylist()
    assert facts.template is INVOICE
    assert fact == {
        "entry_id": UUID(int=0xB1).bytes,
        "customer_id": ANN.bytes,
        "currency": "EUR",
        "effective_at": AT,
        "subtotal_micros": 1000,
        "tax_micros": 170,
        "put_aside_micros": 0,
        "net_micros": 800,
    }
    assert balances(facts) == {
        account_id(1, RECEIVABLE, "EUR", ANN).bytes: 970,
        account_id(1, REVENUE, "EUR").bytes: -800,
        account_id(1, TAX_PAYABLE, "EUR").bytes: -170,
    }


def test_facts_of_invoices_are_those_of_the_template_that_is_asked():
    invoices = drafts_table([Issued(1, subtotal=5), Issued(2, subtotal=7)])
    facts = of_invoices(INVOICE_VOIDED, invoices)
    assert facts.template is INVOICE_VOIDED
    assert facts.rows["entry_id"].to_pylist() == [UUID(int=0xB0 + n).bytes for n in (1, 2)]
    assert facts.rows["subtotal_micros"].to_pylist() == [5, 7]


@given(st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT), max_size=5))
def test_whatever_invoices_claim_their_transfers_balance(amounts):
    names = ("subtotal", "discount", "tax", "put_aside", "account")
    rows = [Issued(n, **dict(zip(names, of, strict=True))) for n, of in enumerate(amounts)]
    found = balances(issued(drafts_table(rows)))
    assert sum(found.values()) == 0
    receivable = sum(s - d + t + p - a for s, d, t, p, a in amounts)
    assert found.get(account_id(1, RECEIVABLE, "EUR", ANN).bytes, 0) == receivable


def test_the_world_is_told_whose_invoice_it_is_and_over_how_much():
    invoices = drafts_table([Issued(1, subtotal=100, tax=19), Issued(2, subtotal=-7)])
    facts = announced(invoices, "invoice.finalized").to_pylist()
    assert [json.loads(fact.pop("payload")) for fact in facts] == [
        {"customer_id": ANN.hex, "currency": "EUR", "total_micros": total} for total in (119, -7)
    ]
    assert facts == [
        {
            "event_id": derived_id(UUID(int=0xB0 + n), "event", "invoice.finalized").bytes,
            "kind": "invoice.finalized",
            "subject_id": UUID(int=0xB0 + n).bytes,
            "occurred_at": AT,
        }
        for n in (1, 2)
    ]


def test_a_column_in_parts_is_told_as_one():
    parts = [drafts_table([Issued(n, subtotal=n)]) for n in (1, 2)]
    told_of = announced(pa.concat_tables(parts), "invoice.paid")
    assert [json.loads(p)["total_micros"] for p in told_of["payload"].to_pylist()] == [1, 2]
    nothing = announced(drafts_table([]), "invoice.paid")
    assert (nothing.num_rows, nothing["payload"].type) == (0, pa.string())


def test_one_fact_about_one_thing_has_the_identity_of_both():
    table = told(ANN, "invoice.voided", AT, {"number": "RE-1"})
    assert table.schema == announced(drafts_table([Issued()]), "invoice.paid").schema
    (fact,) = table.to_pylist()
    assert json.loads(fact.pop("payload")) == {"number": "RE-1"}
    assert fact == {
        "event_id": derived_id(ANN, "event", "invoice.voided").bytes,
        "kind": "invoice.voided",
        "subject_id": ANN.bytes,
        "occurred_at": AT,
    }
