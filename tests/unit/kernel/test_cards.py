from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from trueup.kernel.cards import CardNumberFound, contain_card_numbers, contains_card_number

VECTORS = Path(__file__).parents[4] / "shared" / "cases" / "vectors" / "test-cards.json"


@pytest.mark.parametrize(("text", "holds"), [
    ("4242424242424242", True),
    ("4242 4242 4242 4242", True),
    ("4242-4242-4242-4242", True),
    ("paid by 4242424242424242, thanks", True),
    ("card4242424242424242x", True),             # letters do not hide it
    ("2024-01-31 4111 1111 1111 1111", True),    # a date before it does not hide it
    ("4111 1111 1111 1111 12/29", True),         # nor an expiry after it
    ("378282246310005", True),                   # American Express: 15 digits
    ("4222222222222", True),                     # an old Visa: 13 digits
    ("6212345678901234569", True),               # UnionPay: 19 digits, the longest there are
    ("6212 3456 7890 1234 569", True),
    ("62123456789012345690", False),             # twenty are no card
    ("4242424242424241", False),                 # wrong check digit
    ("14242424242424242", False),                # the tail of a longer number
    ("4242  4242 4242 4242", False),             # two spaces: two numbers
    ("490154203237518", False),                  # a phone's IMEI passes Luhn; no issuer has the shape
    ("1700000000000", False),                    # milliseconds since 1970
    ("2024013112345678", False),                 # a compact date and a counter
    ("INV-2024-000123", False),
    ("4242", False),
    ("", False),
])  # fmt: skip
def test_a_card_number_is_found_wherever_it_hides(text, holds):
    assert contains_card_number(text) is holds


def test_a_column_is_answered_value_by_value_and_null_holds_none():
    texts = pa.array(["4242424242424242", None, "4242424242424241", "x"])
    assert contain_card_numbers(texts).to_pylist() == [True, False, False, False]


@pytest.mark.parametrize(("token", "holds"), [
    ("pm_1A4242424242424242bC", False),     # random letters on both sides: chance
    ("4242424242424242bC", False),
    ("pm_4242424242424242", False),
    ("4242424242424242", True),             # a number alone is no token
    ("4242-4242-4242-4242", True),
    ("key 4242424242424242.", True),
])  # fmt: skip
def test_in_a_token_a_number_counts_where_it_stands_alone(token, holds):
    """One random token in two thousand holds such a run; each would stop a load."""
    assert contains_card_number(token, is_token=True) is holds
    others = pa.array([token, None, "pm_x"])
    assert contain_card_numbers(others, is_token=True).to_pylist() == [holds, False, False]
    assert contain_card_numbers(others).to_pylist() == [True, False, False]


def test_a_column_of_several_chunks_is_one_answer():
    texts = pa.chunked_array([["a"], ["5555555555554444", None], []], type=pa.string())
    assert contain_card_numbers(texts).to_pylist() == [False, True, False]


@pytest.mark.parametrize("texts", [pa.array([], pa.string()), pa.array([None, "a"])])
def test_a_column_without_digits_holds_none(texts):
    assert contain_card_numbers(texts).to_pylist() == [False] * len(texts)


def test_the_refusal_names_the_column_and_never_the_number():
    refusal = CardNumberFound(table="payment", column="failure_message", rows=2)
    assert str(refusal) == "2 values of payment.failure_message hold a card number."


@pytest.mark.shared_data
@pytest.mark.skipif(not VECTORS.exists(), reason="../shared is not beside the project")
def test_every_processors_test_card_is_found():
    cases = json.loads(VECTORS.read_text())["cases"]
    found = {case["number"]: contains_card_number(case["number"]) for case in cases}
    assert found == {case["number"]: case["luhn"] for case in cases}
