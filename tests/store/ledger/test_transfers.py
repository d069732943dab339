"""The ledger's tables keep money facts as facts."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ONE, TWO, YEN = UUID(int=1), UUID(int=2), UUID(int=3)
INSERT = """
    insert into ledger.transfer (tenant_id, transfer_id, entry_id, template, debit_account_id, credit_account_id,
        amount_micros, currency, effective_at, is_imported)
    values (%(tenant)s, %(transfer)s, %(transfer)s, 'test', %(debit)s, %(credit)s, %(amount)s, %(currency)s, %(at)s, %(imported)s)"""


@pytest.fixture
def books(database_url, tenant_id):
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into ledger.account (tenant_id, account_id, kind, currency) values (%(t)s, %(one)s, 'a', 'EUR'), (%(t)s, %(two)s, 'b', 'EUR'), (%(t)s, %(yen)s, 'a', 'JPY')",
            {"t": tenant_id, "one": ONE, "two": TWO, "yen": YEN},
        )
        yield connection
        connection.rollback()


@pytest.fixture
def plain(tenant_id):
    return {
        "tenant": tenant_id,
        "transfer": ONE,
        "debit": ONE,
        "credit": TWO,
        "amount": 1,
        "currency": "EUR",
        "at": NOW,
        "imported": True,
    }


@pytest.mark.parametrize(
    "statement", ["update ledger.transfer set amount_micros = 2", "delete from ledger.transfer"]
)
def test_a_posted_transfer_refuses_to_change(books, plain, statement):
    books.execute(INSERT, plain)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        books.execute(statement)


@pytest.mark.parametrize(("odd", "constraint"), [
    ({"amount": 0}, "transfer_amount_positive"),
    ({"amount": -1}, "transfer_amount_positive"),
    ({"credit": ONE}, "transfer_two_accounts"),
    ({"credit": YEN}, "transfer_credit_fkey"),                       # accounts of two currencies
    ({"debit": YEN, "credit": YEN, "currency": "EUR"}, "transfer_two_accounts"),
    ({"currency": "JPY"}, "transfer_debit_fkey"),
    ({"debit": UUID(int=9)}, "transfer_debit_fkey"),                 # no such account
    ({"at": datetime(2999, 1, 1, tzinfo=UTC)}, "transfer_imported_is_past"),
])  # fmt: skip
def test_a_transfer_that_is_none_is_refused(books, plain, odd, constraint):
    with pytest.raises(psycopg.errors.IntegrityError) as caught:
        books.execute(INSERT, plain | odd)
    assert caught.value.diag.constraint_name == constraint


def test_a_native_transfer_may_take_effect_later(books, plain):
    books.execute(INSERT, plain | {"at": datetime(2999, 1, 1, tzinfo=UTC), "imported": False})


def test_there_is_one_account_of_a_kind_currency_and_owner(books, tenant_id):
    with pytest.raises(psycopg.errors.UniqueViolation):
        books.execute(
            "insert into ledger.account (tenant_id, account_id, kind, currency) values (%s, %s, 'a', 'EUR')",
            (tenant_id, UUID(int=9)),
        )
