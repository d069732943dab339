"""What a page is told: only what there is to say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.billing.documents.issued import BUYERS, cases

from trueup.billing.documents.model import Address
from trueup.billing.documents.view import page_view


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (Address((), "", "DE"), ["Germany"]),
        (Address(("8 Canal Wharf",), "Leeds", "GB", "LS1 4BR"), ["8 Canal Wharf", "LS1 4BR Leeds", "United Kingdom"]),
        (Address(("1 Main St",), "Austin", "US", "78701", "TX"), ["1 Main St", "Austin, TX 78701", "United States"]),
    ],
    ids=["a country alone", "a city", "a state"],
)  # fmt: skip
def test_an_address_has_no_empty_line(address: Address, lines: list[str]) -> None:
    buyer = replace(BUYERS["DE"], address=address)
    assert (
        page_view(replace(next(iter(cases().values())), buyer=buyer, locale="en"))["buyer"]["lines"]
        == lines
    )
