from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kernel.errors import Defect
from trueup.ledger.chart import (
    CHART,
    OPENING_CASH,
    OPENING_LOSSES,
    OPENING_REVENUE,
    OPENING_TAX,
    RECEIVABLE,
)
from trueup.ledger.model import Facts
from trueup.ledger.rules import account_id, accounts_of, postings, transfer_id
from trueup.ledger.templates import (
    IMPORTED_INVOICE,
    IMPORTED_SETTLEMENT_BY_OTHER,
    IMPORTED_WRITE_OFF,
    TEMPLATES,
)

TENANT = 7
DAY = datetime(2024, 1, 1, tzinfo=UTC)
IMPORT = datetime(2026, 1, 1, tzinfo=UTC)
ANN, BOB = UUID(int=1 << 100), UUID(int=2 << 100)
FACT = {"customer_id": ANN, "payer_id": BOB, "currency": "EUR", "effective_at": DAY}
MOVED = {leg.amount for template in TEMPLATES for leg in template.legs}


def facts(template, *records):
    """Facts of `template`; each record says what differs from a fact that moves nothing."""
    full = [
        {"entry_id": UUID(int=number), **FACT, **dict.fromkeys(MOVED, 0), **record}
        for number, record in enumerate(records, 1)
    ]
    names = ["entry_id", *FACT, *sorted(MOVED)]
    kinds = {"currency": pa.string(), "effective_at": pa.timestamp("us", "UTC")} | dict.fromkeys(
        ("entry_id", "customer_id", "payer_id"), pa.binary(16)
    )
    columns = {
        name: pa.array(
            [getattr(record[name], "bytes", record[name]) for record in full],
            kinds.get(name, pa.int64()),
        )
        for name in names
    }
    return Facts(template, pa.table(columns))


def posted(*given):
    """Transfers as a person writes them: leg's accounts by name, and the amount."""
    made = postings(TENANT, given, IMPORT)
    name = {
        row["account_id"]: (
            row["kind"],
            row["currency"],
            row["customer_id"] and UUID(bytes=row["customer_id"]),
        )
        for row in made.accounts.to_pylist()
    }
    return [
        (name[t["debit_account_id"]], name[t["credit_account_id"]], t["amount_micros"])
        for t in made.transfers.to_pylist()
    ]


@pytest.mark.parametrize(("net", "tax", "expected"), [
    # each transfer: debit, credit, amount
    (100, 20, [("receivable", "opening_revenue", 100), ("receivable", "opening_tax", 20)]),
    (100, 0, [("receivable", "opening_revenue", 100)]),           # a leg of zero is left out
    (-100, -20, [("opening_revenue", "receivable", 100), ("opening_tax", "receivable", 20)]),  # a negative one swaps
    (0, 0, []),
])  # fmt: skip
def test_an_invoice_moves_its_net_and_its_tax(net, tax, expected):
    moved = posted(facts(IMPORTED_INVOICE, {"net_micros": net, "tax_micros": tax}))
    assert Counter((debit[0], credit[0], micros) for debit, credit, micros in moved) == Counter(
        expected
    )


def test_each_fact_moves_its_own_customer_and_currency():
    moved = posted(
        facts(
            IMPORTED_WRITE_OFF,
            {"due_micros": 5},
            {"due_micros": 6, "customer_id": BOB, "currency": "JPY"},
        )
    )
    assert Counter(moved) == Counter([
        (("opening_losses", "EUR", None), ("receivable", "EUR", ANN), 5),
        (("opening_losses", "JPY", None), ("receivable", "JPY", BOB), 6),
    ])  # fmt: skip


def test_a_settlement_by_another_moves_what_is_owed_between_the_two():
    moved = posted(facts(IMPORTED_SETTLEMENT_BY_OTHER, {"amount_micros": 5}))
    assert moved == [(("receivable", "EUR", BOB), ("receivable", "EUR", ANN), 5)]


def test_ids_never_change():
    """They are stored: another definition would post every fact of a running import again."""
    invoice = IMPORTED_INVOICE
    assert (
        str(account_id(TENANT, RECEIVABLE, "EUR", UUID(int=1)))
        == "00000000-0000-0000-0179-83a3eb8d85cb"
    )
    assert str(account_id(TENANT, OPENING_CASH, "EUR")) == "d5ed5f8d-0487-5f4f-b024-af944f4b413c"
    assert (
        str(transfer_id(UUID(int=1), invoice, invoice.legs[0]))
        == "00000000-0000-0000-188b-57bc6d5731f7"
    )


def test_a_transfer_names_its_template_currency_and_both_accounts():
    made = postings(
        TENANT, [facts(IMPORTED_WRITE_OFF, {"due_micros": 5, "currency": "JPY"})], IMPORT
    )
    (transfer,) = made.transfers.to_pylist()
    assert (transfer["template"], transfer["currency"], transfer["amount_micros"]) == (
        "imported_write_off",
        "JPY",
        5,
    )
    assert transfer["debit_account_id"] == account_id(TENANT, OPENING_LOSSES, "JPY").bytes
    assert transfer["credit_account_id"] == account_id(TENANT, RECEIVABLE, "JPY", ANN).bytes


def test_ids_are_the_published_definition():
    """Another program can say which transfer an invoice made, and between which accounts."""
    made = postings(TENANT, [facts(IMPORTED_INVOICE, {"net_micros": 5})], IMPORT)
    (transfer,) = made.transfers.to_pylist()
    leg = IMPORTED_INVOICE.legs[0]
    assert transfer["entry_id"] == UUID(int=1).bytes
    assert transfer["transfer_id"] == transfer_id(UUID(int=1), IMPORTED_INVOICE, leg).bytes
    assert transfer["debit_account_id"] == account_id(TENANT, RECEIVABLE, "EUR", ANN).bytes
    assert transfer["credit_account_id"] == account_id(TENANT, OPENING_REVENUE, "EUR").bytes


def test_accounts_of_kind_currency_owner_and_tenant_are_apart():
    ids = [
        account_id(tenant, kind, unit, owner)
        for tenant in (1, 2) for unit in ("EUR", "JPY") for kind in CHART
        for owner in ((ANN, BOB) if kind.is_per_customer else (None,))
    ]  # fmt: skip
    personal = 2 * 2 * 2  # kinds, currencies, owners: whose id tells the tenant already
    assert len(set(ids)) == len(ids) - personal


@pytest.mark.parametrize(("kind", "owner"), [(RECEIVABLE, None), (OPENING_TAX, ANN)])
def test_an_account_has_the_owner_its_kind_asks_for(kind, owner):
    with pytest.raises(Defect):
        account_id(TENANT, kind, "EUR", owner)


def test_every_leg_of_every_template_makes_a_transfer_of_its_own_id():
    given = [facts(template, dict.fromkeys(MOVED, 1)) for template in TEMPLATES]
    made = postings(TENANT, given, IMPORT)
    legs = sum(len(template.legs) for template in TEMPLATES)
    assert len(set(made.transfers["transfer_id"].to_pylist())) == made.transfers.num_rows == legs


@pytest.mark.parametrize("name", ["entry_id", "customer_id", "currency", "effective_at"])
def test_an_incomplete_fact_is_a_defect(name):
    given = facts(IMPORTED_INVOICE, {"net_micros": 5})
    column = given.rows.schema.get_field_index(name)
    rows = given.rows.set_column(column, name, pa.nulls(1, given.rows.schema.field(name).type))
    with pytest.raises(Defect) as caught:
        postings(TENANT, [Facts(IMPORTED_INVOICE, rows)], IMPORT)
    stated = {"column": name, "template": "imported_invoice"}
    assert caught.value.fields == ({"nulls": 1} if name == "customer_id" else stated)


def test_what_moves_nothing_needs_no_date():
    """A source may leave the date of an empty invoice open."""
    assert posted(facts(IMPORTED_INVOICE, {"effective_at": None})) == []


@pytest.mark.parametrize(
    ("stated", "effective"),
    [(DAY, DAY), (IMPORT, IMPORT), (datetime(2030, 1, 1, tzinfo=UTC), IMPORT)],
)
def test_history_takes_effect_at_the_import_at_the_latest(stated, effective):
    made = postings(
        TENANT, [facts(IMPORTED_INVOICE, {"net_micros": 5, "effective_at": stated})], IMPORT
    )
    assert made.transfers["effective_at"].to_pylist() == [effective]


def test_transfers_come_in_the_order_of_their_ids():
    made = postings(
        TENANT, [facts(IMPORTED_INVOICE, *[{"net_micros": 1, "tax_micros": 1}] * 50)], IMPORT
    )
    ids = made.transfers["transfer_id"].to_pylist()
    assert ids == sorted(ids)


amounts = st.integers(-(10**12), 10**12)


@given(
    st.lists(
        st.tuples(amounts, amounts, st.sampled_from([ANN, BOB]), st.sampled_from(["EUR", "JPY"])),
        max_size=10,
    )
)
def test_what_an_account_owes_is_the_sum_of_its_facts(records):
    given = facts(
        IMPORTED_INVOICE,
        *(
            {"net_micros": n, "tax_micros": t, "customer_id": c, "currency": u}
            for n, t, c, u in records
        ),
    )
    owed, stated = Counter(), Counter()
    for debit, credit, micros in posted(given):
        assert micros > 0
        owed[debit] += micros
        owed[credit] -= micros
    for net, tax, customer, unit in records:
        stated["receivable", unit, customer] += net + tax
        stated["opening_revenue", unit, None] -= net
        stated["opening_tax", unit, None] -= tax
    assert {key: micros for key, micros in owed.items() if micros} == {
        key: micros for key, micros in stated.items() if micros
    }


def test_accounts_are_made_once_for_owners_that_repeat():
    owners = pa.table(
        {
            "customer_id": pa.array([ANN.bytes, ANN.bytes, BOB.bytes], pa.binary(16)),
            "currency": ["EUR", "EUR", "EUR"],
        }
    )
    made = accounts_of(TENANT, [RECEIVABLE, OPENING_TAX], owners)
    assert Counter(made["kind"].to_pylist()) == {"receivable": 2, "opening_tax": 1}


def test_names_in_chart_and_templates_are_unique():
    for names in ([kind.name for kind in CHART], [template.name for template in TEMPLATES]):
        assert len(set(names)) == len(names)
    for template in TEMPLATES:
        assert len({leg.name for leg in template.legs}) == len(template.legs)
        assert all({leg.debit, leg.credit} <= set(CHART) for leg in template.legs)
