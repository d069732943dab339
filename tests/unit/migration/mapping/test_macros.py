"""The macros that packs read values with: exact, or null; never rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.db import load_queries
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import IMPORTED_NAMESPACE, SEPARATOR, imported_id

if TYPE_CHECKING:
    from collections.abc import Iterator

BIGINT_MAX = 2**63 - 1


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("set variable source_time_zone = 'America/New_York'")
        con.execute("set variable id_namespace = ?::blob", [IMPORTED_NAMESPACE.bytes])
        con.execute("set variable id_prefix = ?", [f"7{SEPARATOR}legacy{SEPARATOR}"])
        for exponent in (0, 2, 3, 4):
            codes = [code for code, each in CURRENCIES.items() if each.exponent == exponent]
            con.execute(f"set variable steps_of_{exponent} = ?", [codes])
        for name in ("any_card_number", "lone_card_number"):
            con.create_function(name, _no_card, ["VARCHAR"], "BOOLEAN", type="arrow")
        for macro in load_queries("trueup.migration.mapping", "macros.sql"):
            con.execute(macro.sql)
        yield con


def _no_card(texts):
    return texts.is_null()


def ask(duck: duckdb.DuckDBPyConnection, expression: str, *values: Any) -> Any:
    ((found,),) = duck.execute(f"select {expression}", list(values)).fetchall()
    return found


def ask_all(
    duck: duckdb.DuckDBPyConnection, expression: str, kind: str, rows: list[tuple[Any, ...]]
) -> list[Any]:
    """The expression over x and y of each row. kind: the type of x."""
    xs, ys = [row[0] for row in rows], [row[1] for row in rows]
    statement = (
        f"select {expression} from (select unnest(?::{kind}[]) as x, unnest(?::varchar[]) as y)"
    )
    return [row[0] for row in duck.execute(statement, [xs, ys]).fetchall()]


def expected_micros(amount: Decimal, factor: int) -> int | None:
    micros = amount * factor
    fits = micros == micros.to_integral_value() and abs(micros) <= BIGINT_MAX
    return int(micros) if fits else None


AMOUNTS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**15), 10**15),
    st.integers(0, 9),
)
SMALLER = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**12), 10**12),
    st.integers(0, 9),
)
CODES = st.sampled_from(sorted(CURRENCIES))


MANY = settings(max_examples=15, deadline=None)
"""Each example is a column of values: one question to the engine."""


def _factor(code: str) -> int:
    return int(10 ** (6 - CURRENCIES[code].exponent))


@MANY
@given(rows=st.lists(st.tuples(AMOUNTS, CODES), min_size=1, max_size=40))
def test_an_amount_as_text_is_exact_micro_units_or_nothing(
    duck: duckdb.DuckDBPyConnection, rows: list[tuple[Decimal, str]]
) -> None:
    written = [(f"{amount:f}", code) for amount, code in rows]
    found = ask_all(duck, "micros_from_minor(x, y)", "varchar", written)
    unread = ask_all(duck, "unread_minor(x, y)", "varchar", written)
    for (amount, code), (text, _), micros, rest in zip(rows, written, found, unread, strict=True):
        digits, _, decimals = text.lstrip("-").partition(".")
        expected = expected_micros(amount, _factor(code))
        is_in_reach = len(digits) <= 12 and len(decimals) <= 6
        assert micros == expected or (micros is None and not is_in_reach)
        assert rest == (text if micros is None else None)


@MANY
@given(rows=st.lists(st.tuples(st.integers(-(2**63), BIGINT_MAX), CODES), min_size=1, max_size=40))
def test_a_whole_amount_is_exact_or_too_large(
    duck: duckdb.DuckDBPyConnection, rows: list[tuple[int, str]]
) -> None:
    expected = [expected_micros(Decimal(amount), _factor(code)) for amount, code in rows]
    assert ask_all(duck, "micros_from_minor(x, y)", "bigint", rows) == expected


@MANY
@given(amounts=st.lists(SMALLER, min_size=1, max_size=40))
def test_main_units_and_quantities_are_never_rounded(
    duck: duckdb.DuckDBPyConnection, amounts: list[Decimal]
) -> None:
    rows = [(f"{amount:f}", "") for amount in amounts]
    exact = [each if each == each.quantize(Decimal("0.000001")) else None for each in amounts]
    unread = [
        None if each is not None else text for each, (text, _) in zip(exact, rows, strict=True)
    ]
    micros = [expected_micros(amount, 10**6) for amount in amounts]
    assert ask_all(duck, "micros_from_major(x)", "varchar", rows) == micros
    assert ask_all(duck, "exact_quantity(x)", "varchar", rows) == exact
    assert ask_all(duck, "unread_quantity(x)", "varchar", rows) == unread


NOT_NUMBERS = ["", ".", "-", "12,50", "1e3", "0x10", "1_000", "n/a", " 5", "NaN", "1.2.3", "½"]


@pytest.mark.parametrize("written", NOT_NUMBERS)
def test_what_is_no_plain_number_is_not_guessed_at(
    duck: duckdb.DuckDBPyConnection, written: str
) -> None:
    assert ask(duck, "micros_from_minor(?::varchar, 'EUR')", written) is None
    assert ask(duck, "unread_minor(?::varchar, 'EUR')", written) == written
    assert ask(duck, "exact_quantity(?::varchar)", written) is None


TYPED = [
    # an amount in a type of the source, in cents of the euro, and its micro-units
    ("1::tinyint", 10_000),
    ("1::decimal(10, 2)", 10_000),
    ("0.35::decimal(10, 2)", 3_500),
    ("0.1::double", 1_000),  # the shortest text of a double is what was stored
    ("1e3::double", 10_000_000),
    ("0.00001::decimal(18, 5)", None),
    ("9223372036854775807::bigint", None),
    ("340282366920938463463374607431768211455::uhugeint", None),
    ("null::bigint", None),
]


@pytest.mark.parametrize(("amount", "micros"), TYPED)
def test_every_type_of_amount_is_read_exactly(
    duck: duckdb.DuckDBPyConnection, amount: str, micros: int | None
) -> None:
    assert ask(duck, f"micros_from_minor({amount}, 'EUR')") == micros


@pytest.mark.parametrize(("code", "exponent"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_step_is_the_currencys_own(
    duck: duckdb.DuckDBPyConnection, code: str, exponent: int
) -> None:
    assert ask(duck, "micros_per_step(?)", code) == 10 ** (6 - exponent)
    assert ask(duck, "micros_from_minor(7, ?)", code) == 7 * 10 ** (6 - exponent)


@pytest.mark.parametrize("code", ["eur", "XXX", "BTC", "", None])
def test_an_unknown_currency_has_no_step(duck: duckdb.DuckDBPyConnection, code: str | None) -> None:
    assert ask(duck, "micros_per_step(?::varchar)", code) is None
    assert ask(duck, "unread_minor(7, ?::varchar)", code) is None  # the currency is what is wrong


INSTANTS = [
    # a local time in New York, and the instant; None: there is none
    ("2026-07-01 12:00:00", "2026-07-01 16:00:00+00"),
    ("2026-01-01 12:00:00.25", "2026-01-01 17:00:00.25+00"),
    ("2026-01-01", "2026-01-01 05:00:00+00"),
    ("2026-03-08 02:30:00", "2026-03-08 07:30:00+00"),  # skipped by the clock change: an hour later
    ("2026-11-01 01:30:00", "2026-11-01 06:30:00+00"),  # there twice: the second
    ("0000-00-00 00:00:00", "-infinity"),
    ("31.12.2025", "-infinity"),
    ("", "-infinity"),
    (None, None),
]


@pytest.mark.parametrize(("local", "instant"), INSTANTS)
def test_a_local_time_becomes_an_instant_and_nonsense_does_not_become_nothing(
    duck: duckdb.DuckDBPyConnection, local: str | None, instant: str | None
) -> None:
    assert ask(duck, "source_instant(?::varchar)::varchar", local) == instant
    is_unread = instant == "-infinity"
    assert ask(duck, "unread_instant(?::varchar)", local) == (local if is_unread else None)


@MANY
@given(
    keys=st.lists(
        (st.text(max_size=60) | st.from_regex(r"[a-z#-]{0,3}[0-9]{1,20}", fullmatch=True)).filter(
            lambda text: "\0" not in text
        ),
        min_size=1,
        max_size=40,
    )
)
def test_an_imported_id_is_the_kernels(duck: duckdb.DuckDBPyConnection, keys: list[str]) -> None:
    for entity in ("customer", "line_item"):
        found = ask_all(duck, "imported_id(y, x)", "varchar", [(key, entity) for key in keys])
        assert found == [imported_id(7, "legacy", entity, key).bytes for key in keys]
