"""The books as people ask for them: accounts, sums of kinds, and transfers, by whose and by when."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pyarrow as pa
import pytest

from trueup.ledger import service as ledger
from trueup.ledger.chart import OPENING_LOSSES, RECEIVABLE
from trueup.ledger.model import Facts, Wanted
from trueup.ledger.templates import IMPORTED_WRITE_OFF

ANN, BEN = UUID(int=1 << 100), UUID(int=2 << 100)
LOSS, OWED = OPENING_LOSSES.name, RECEIVABLE.name
LOST = [(1, ANN, "EUR", 5, 1), (2, BEN, "EUR", 7, 2), (3, ANN, "JPY", 11, 2), (4, ANN, "EUR", 3, 3)]


def on(day: int) -> datetime:
    return datetime(2024, 1, day, tzinfo=UTC)


@pytest.fixture(params=["as posted", "folded"])
def books(request, db, tenant_id):
    """A transaction on the books of `LOST`: number, customer, currency, amount, day."""
    rows = pa.table(
        {
            "entry_id": pa.array([UUID(int=n).bytes for n, *_ in LOST], pa.binary(16)),
            "customer_id": pa.array([who.bytes for _, who, *_ in LOST], pa.binary(16)),
            "currency": pa.array([code for _, _, code, *_ in LOST], pa.string()),
            "effective_at": pa.array([on(day) for *_, day in LOST], pa.timestamp("us", "UTC")),
            "due_micros": pa.array([amount for *_, amount, _ in LOST], pa.int64()),
        }
    )
    with db.transaction(tenant_id=tenant_id) as tx:
        assert ledger.post_many(tx, Facts(IMPORTED_WRITE_OFF, rows)) == len(LOST)
    with db.transaction(tenant_id=tenant_id) as tx:
        if request.param == "folded":
            ledger.fold_balances(tx)
        yield tx


def told(lines):
    return {(x.kind, x.customer_id, x.currency): (x.debits_micros, x.credits_micros) for x in lines}


ACCOUNTS = [
    (Wanted(kind=OWED), {(OWED, ANN, "EUR"): (0, 8), (OWED, BEN, "EUR"): (0, 7), (OWED, ANN, "JPY"): (0, 11)}),
    (Wanted(kind=LOSS), {(LOSS, None, "EUR"): (15, 0), (LOSS, None, "JPY"): (11, 0)}),
    (Wanted(customer_id=BEN), {(OWED, BEN, "EUR"): (0, 7)}),
    (Wanted(currency="JPY"), {(LOSS, None, "JPY"): (11, 0), (OWED, ANN, "JPY"): (0, 11)}),
    (Wanted(kind=OWED, currency="EUR", until=on(3)), {(OWED, ANN, "EUR"): (0, 5), (OWED, BEN, "EUR"): (0, 7)}),
    (Wanted(kind=OWED, currency="EUR", until=on(1)), {(OWED, ANN, "EUR"): (0, 0), (OWED, BEN, "EUR"): (0, 0)}),
]  # fmt: skip
SUMS = [
    (Wanted(), [("EUR", 15), ("EUR", 15), ("JPY", 11), ("JPY", 11)]),
    (Wanted(until=on(2)), [("EUR", 5), ("EUR", 5)]),
    (Wanted(customer_id=ANN), [("EUR", 8), ("JPY", 11)]),
    (Wanted(kind=LOSS, currency="EUR"), [("EUR", 15)]),
]
ENTRIES = [
    (Wanted(), {}, [4, 2, 3, 1]),  # the last first
    (Wanted(), {"limit": 2}, [4, 2]),
    (Wanted(customer_id=BEN), {}, [2]),
    (Wanted(currency="JPY"), {}, [3]),
    (Wanted(until=on(3)), {"since": on(2)}, [2, 3]),
    (Wanted(), {"entry_id": UUID(int=1)}, [1]),
]


def test_accounts_and_sums_tell_what_stood_by_then(books):
    for wanted, expected in ACCOUNTS:
        assert told(ledger.accounts(books, wanted, limit=50)) == expected, wanted
    for wanted, sums in SUMS:
        lines = ledger.sums(books, wanted)
        assert [(x.currency, x.debits_micros + x.credits_micros) for x in lines] == sums, wanted
    every = ledger.accounts(books, Wanted(), limit=50)
    assert ledger.accounts(books, Wanted(), limit=2) == every[:2]
    own = {ledger.own_account(books.tenant_id, LOSS, code) for code in ("EUR", "JPY")}
    assert own == {line.account_id for line in every if line.customer_id is None}


def test_entries_are_those_of_the_accounts_the_entry_and_the_time(books):
    lost = {n: (who, code, amount) for n, who, code, amount, _ in LOST}
    for wanted, more, numbers in ENTRIES:
        found = ledger.entries(books, wanted, **more)
        assert [each.entry_id.int for each in found] == numbers, (wanted, more)
        for each in found:
            assert (each.debit, each.debit_customer_id, each.credit) == (LOSS, None, OWED)
            owed = (each.credit_customer_id, each.currency, each.amount_micros)
            assert owed == lost[each.entry_id.int]
            assert (each.template, each.is_imported) == (IMPORTED_WRITE_OFF.name, False)
