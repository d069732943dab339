"""What may be shown of a value."""

from __future__ import annotations

import pytest

from trueup.migration.pages.masking import CARD_HIDDEN, SHOWN_LENGTH_MAX, masked


@pytest.mark.parametrize(
    ("value", "is_personal", "shown"),
    [
        (None, True, None),  # absent stays absent
        ("  ", True, "  "),  # blank names nobody
        ("past_due", False, "past_due"),
        ("INV-2024-00000007", False, "INV-2024-00000007"),  # a document's number is no secret
        ("2024-01-01 00:00:00", False, "2024-01-01 00:00:00"),
        ("Ada Lovelace", True, "A… (12 characters)"),
        ("ada@example.com", False, "a…@e….com"),  # wherever it stands
        ("mail ada@example.com now", False, "mail a…@e….com now"),
        ("+49 30 1234567", False, "…4567"),
        ("DE89 3704 0044 0532 0130 00", False, "…3000"),
        ("4111 1111 1111 1111", False, CARD_HIDDEN),
        ("paid by 4111111111111111", True, CARD_HIDDEN),
    ],
)
def test_a_value_is_shown_as_far_as_it_names_nobody(value, is_personal, shown):
    assert masked(value, is_personal=is_personal) == shown


def test_a_long_value_is_cut():
    assert len(masked("x" * 500, is_personal=False) or "") == SHOWN_LENGTH_MAX
