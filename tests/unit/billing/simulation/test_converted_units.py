"""A case of the kind `rating` converts metered units into those of its price."""

from __future__ import annotations

from typing import Any

import pytest

from trueup.billing.simulation.service import simulate

UNIT = {"model": "unit", "price": "10", "qty": "1400"}


def total(given: dict[str, Any], rounding: str | None) -> str | None:
    """What is asked with units of a thousand each; none where it cannot be said."""
    case = {
        "id": "test",
        "kind": "rating",
        "convention": "openmeter-rating",
        "input": given | {"convert": {"divide_by": "1000", "rounding": rounding}},
        "expected": {"total": "0"},
    }
    result = simulate(case, {}).result
    return None if result is None else str(result["total"])


@pytest.mark.parametrize(
    ("rounding", "asked"),
    [
        (None, "14"),
        ("none", "14"),
        ("up", "20"),
        ("ceil", "20"),
        ("ceiling", "20"),
        ("floor", "10"),
        ("round", "10"),
        ("to the nearest", None),
    ],
)
def test_every_word_for_a_rounding_is_read_and_others_are_said_to_be_unknown(
    rounding: str | None, asked: str | None
) -> None:
    assert total(UNIT, rounding) == asked


def test_packages_of_converted_units_are_packages_of_so_many_more() -> None:
    package = {"model": "package", "price": "10", "package_size": "2", "qty": "2400"}
    assert (total(package, "ceiling"), total(package, "floor")) == ("20", None)


def test_a_flat_price_has_nothing_to_convert() -> None:
    assert total({"model": "flat", "price": "10", "qty": "1400"}, None) == "10"
