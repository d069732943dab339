"""What a page is told: only what there is to say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.billing.documents.issued import BUYERS, cases

from trueup.billing.documents.model import Address
from trueup.billing.documents.view import page_view
from trueup.kernel.money import Money


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


@pytest.mark.parametrize(("credit", "said"), [("3.00", "Credit applied"), ("-3.00", "Put aside as credit")])  # fmt: skip
def test_a_credit_is_used_or_put_aside_and_called_so(credit: str, said: str) -> None:
    plain = replace(next(iter(cases().values())), locale="en")
    moved = replace(plain.totals, credit_applied=Money.from_major(credit, plain.currency))
    page = page_view(replace(plain, totals=moved))
    labels = [entry["label"] for entry in page["totals"]]
    assert [label for label in labels if "redit" in label] == [said]
