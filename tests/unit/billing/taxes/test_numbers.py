from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.taxes.model import CheckState, NumberShape, VatNumber
from trueup.billing.taxes.ports import RegistryAnswer
from trueup.billing.taxes.rules.numbers import is_misshapen, unchecked, vat_number
from trueup.billing.taxes.service import check_number

ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OURS = vat_number("DE136695976")


class Registry:
    """A register of numbers that can know, not know, and not answer; it keeps what it was asked."""

    def __init__(self, answers: dict[str, bool] | None = None) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str | None]] = []

    def look_up(self, number: VatNumber, *, requester: VatNumber | None) -> RegistryAnswer:
        self.asked.append((number.text, requester.text if requester else None))
        if self.answers is None:
            return RegistryAnswer(None, ASKED_AT)
        is_valid = self.answers.get(number.text, False)
        return RegistryAnswer(is_valid, ASKED_AT, "WAPIAAAAW1" if is_valid and requester else None)


@pytest.mark.parametrize(("text", "country", "is_none"), [
    ("DE136695976", "DE", False),
    ("136695976", "DE", False),
    ("DE136695978", "DE", False),         # its check digits are asked elsewhere
    ("DE13669597", "DE", True),
    ("FR40303265045", "DE", False),       # of another country
    ("hello", "DE", True),
    ("DE136695976", None, False),
    ("136695976", None, True),            # of which country?
    ("123456789", "US", False),           # numbers of which nothing is known here
])  # fmt: skip
def test_what_has_the_form_of_no_vat_number_is_told(text, country, is_none):
    assert is_misshapen(text, country=country) is is_none


@pytest.mark.parametrize(("text", "country", "number", "shape"), [
    ("DE 136 695 976", None, "DE136695976", NumberShape.WELL_FORMED),
    ("de-136.695.976", None, "DE136695976", NumberShape.WELL_FORMED),
    ("136695976", "DE", "DE136695976", NumberShape.WELL_FORMED),
    ("DE136695976", "DE", "DE136695976", NumberShape.WELL_FORMED),
    ("DE136695978", None, "DE136695978", NumberShape.WRONG_CHECK_DIGITS),
    ("DE13669597", None, "DE13669597", NumberShape.MALFORMED),
    ("LU LU 20993674", None, "LULU20993674", NumberShape.MALFORMED),
    ("EL094259216", None, "EL094259216", NumberShape.WELL_FORMED),
    ("GR094259216", None, "EL094259216", NumberShape.WELL_FORMED),       # the land's code, not its prefix
    ("094259216", "GR", "EL094259216", NumberShape.WELL_FORMED),
    ("EL094259216", "GR", "EL094259216", NumberShape.WELL_FORMED),
    ("GB980780684", None, "GB980780684", NumberShape.WELL_FORMED),
    ("XI980780684", None, "XI980780684", NumberShape.WELL_FORMED),       # Northern Ireland
    ("CHE-107.787.577 IVA", None, "CHE107787577IVA", NumberShape.WELL_FORMED),
    ("CHE107787577", None, "CHE107787577", NumberShape.WELL_FORMED),
    ("NO 995 525 828 MVA", None, "NO995525828MVA", NumberShape.WELL_FORMED),
    ("NO995525828", None, "NO995525828", NumberShape.WELL_FORMED),
    ("EU372000063", None, "EU372000063", NumberShape.WELL_FORMED),       # one-stop shop
    ("FR40303265045", "DE", "FR40303265045", NumberShape.WELL_FORMED),   # a foreign registration
    ("XI980780684", "GB", "XI980780684", NumberShape.WELL_FORMED),
    ("US123456789", None, "US123456789", NumberShape.MALFORMED),
    ("INVALID_VAT", "DE", "DEINVALIDVAT", NumberShape.MALFORMED),
    ("", "DE", "DE", NumberShape.MALFORMED),
    ("", None, "", NumberShape.MALFORMED),
])  # fmt: skip
def test_a_number_is_read_however_it_is_written(text, country, number, shape):
    read = vat_number(text, country=country)
    assert (read.text, read.shape) == (number, shape)


@pytest.mark.parametrize(("text", "country"), [
    ("EL094259216", "GR"), ("XI980780684", "GB"), ("DE136695976", "DE"),
])  # fmt: skip
def test_a_prefix_belongs_to_a_country(text, country):
    assert vat_number(text).country == country


@given(st.text(max_size=20), st.none() | st.sampled_from(["DE", "GR", "CH", "NO", "GB", "ZZ", ""]))
def test_no_text_breaks_the_reading(text, country):
    assert vat_number(text, country=country).shape in NumberShape


def test_a_number_nobody_asked_for_is_unchecked_unless_it_cannot_exist():
    assert unchecked(vat_number("DE136695976")).state is CheckState.UNCHECKED
    assert unchecked(vat_number("DE136695978")).state is CheckState.INVALID


def test_a_registry_confirms_a_number_and_gives_a_proof():
    registry = Registry({"FR40303265045": True})
    checked = check_number("FR 40 303265045", registry, requester=OURS)
    assert checked.state is CheckState.VALID
    assert (checked.checked_at, checked.reference) == (ASKED_AT, "WAPIAAAAW1")
    assert registry.asked == [("FR40303265045", "DE136695976")]


def test_a_registry_that_does_not_know_a_number_makes_it_invalid():
    assert check_number("40303265045", Registry({}), country="FR").state is CheckState.INVALID


def test_b46_a_registry_that_is_away_leaves_the_check_pending():
    assert check_number("FR40303265045", Registry()).state is CheckState.PENDING


def test_a_number_that_cannot_exist_is_never_looked_up():
    registry = Registry()
    assert check_number("FR00000000000X", registry).state is CheckState.INVALID
    assert registry.asked == []
