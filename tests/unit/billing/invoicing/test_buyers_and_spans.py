"""Whom a document names, and the days it is for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from trueup.billing.documents.model import Address, Party, Span
from trueup.billing.invoicing.rules.document import buyer, span

BERLIN = ZoneInfo("Europe/Berlin")
NOBODY = {
    "company": None, "name": None, "email": None, "address_line1": None, "address_line2": None, "city": None,
    "country": None, "postal_code": None, "region": None,
}  # fmt: skip


def test_a_buyer_is_a_company_with_all_of_its_address_and_a_person():
    """EN 16931 BT-44, BT-48, BT-50 to BT-58: e-invoices need every part."""
    row = SimpleNamespace(
        company="Analytical Engines", name="Ada Lovelace", email="ada@example.com", address_line1="Hauptstr. 1",
        address_line2="Haus B", city="Berlin", country="DE", postal_code="10115", region="BE",
    )  # fmt: skip
    assert buyer(row, "DE123456789") == Party(
        name="Analytical Engines",
        address=Address(
            lines=("Hauptstr. 1", "Haus B"),
            city="Berlin",
            country="DE",
            postal_code="10115",
            subdivision="BE",
        ),
        vat_id="DE123456789",
        contact="Ada Lovelace",
        email="ada@example.com",
    )


@pytest.mark.parametrize(("known", "name", "contact"), [
    ({}, "", ""),
    ({"email": "a@example.com"}, "a@example.com", ""),
    ({"email": "a@example.com", "name": "Ada"}, "Ada", ""),          # a person is no contact of herself
    ({"company": "Engines"}, "Engines", ""),
    ({"company": "Ada", "name": "Ada"}, "Ada", ""),
    ({"company": "Engines", "name": "Ada"}, "Engines", "Ada"),
])  # fmt: skip
def test_a_buyer_is_named_by_what_is_known(known, name, contact):
    found = buyer(SimpleNamespace(**NOBODY | known), None)
    assert (found.name, found.contact, found.vat_id) == (name, contact, None)
    assert (found.address, found.email) == (
        Address(lines=(), city="", country="", postal_code="", subdivision=""),
        known.get("email", ""),
    )


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("start", "end", "first", "after"), [
    ("2026-02-28T23:00", "2026-03-31T22:00", "2026-03-01", "2026-04-01"),   # midnights in Berlin
    ("2026-03-01T12:00", "2026-03-01T13:00", "2026-03-01", "2026-03-02"),   # an hour is its day
    ("2026-03-01T12:00", "2026-03-05T00:00", "2026-03-01", "2026-03-06"),   # one o'clock: that day, too
    ("2026-03-04T23:00", "2026-03-05T23:00", "2026-03-05", "2026-03-06"),
])  # fmt: skip
def test_a_span_is_the_local_days_it_touches(start, end, first, after):
    assert span(utc(start), utc(end), BERLIN) == Span(
        date.fromisoformat(first), date.fromisoformat(after)
    )


@pytest.mark.parametrize(("start", "end"), [
    (None, None),
    ("2026-03-01T00:00", None),
    (None, "2026-03-01T00:00"),
    ("2026-03-01T00:00", "2026-03-01T00:00"),
    ("2026-03-02T00:00", "2026-03-01T00:00"),
])  # fmt: skip
def test_half_a_span_or_an_empty_one_is_none(start, end):
    assert span(start and utc(start), end and utc(end), BERLIN) is None
