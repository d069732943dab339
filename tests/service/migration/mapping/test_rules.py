from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.service.migration.mapping.canonical_world import (
    AS_OF,
    CENT,
    DAY,
    LATER,
    SOLD,
    SOUND,
    map_rows,
    sound,
    sound_rows,
)

from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.rules import FIXES

if TYPE_CHECKING:
    from pathlib import Path

FAR = datetime(9999, 12, 31, tzinfo=UTC)
LINE = {"amount_micros": 100 * CENT, "tax_micros": 0}
TEXT = pa.string()

CASES: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    # entity, what is wrong with it, reason, field, value as it is reported
    ("customer", {"source_key": None}, "missing_key", "source_key", None),
    ("customer", {"time_zone": None}, "missing_value", "time_zone", None),
    ("customer", {"name": "a\0b"}, "unstorable_character", "name", None),
    ("customer", {"company": "4242 4242 4242 4242"}, "card_number", "company", None),
    ("customer", {"currency": "eur"}, "unknown_currency", "currency", "eur"),
    ("customer", {"country": "Germany"}, "unknown_country", "country", "Germany"),
    ("customer", {"status": "gone"}, "unknown_value", "status", "gone"),
    ("customer", {"created_at": datetime(202, 5, 6, tzinfo=UTC)}, "impossible_date", "created_at", "0202-05-06 00:00:00+00"),
    ("customer", {"closed_at": FAR}, "impossible_date", "closed_at", "9999-12-31 00:00:00+00"),
    ("customer", {"parent_customer_key": "bad"}, "reference_loop", "parent_customer_key", "bad"),
    ("customer", {"parent_customer_key": "nobody"}, "orphan", "parent_customer_key", "nobody"),
    ("tax_identity", {"valid_until": date(1492, 1, 1)}, "impossible_date", "valid_until", "1492-01-01"),
    ("payment_method", {"last4": "42424"}, "last4_not_four_digits", "last4", "42424"),
    ("payment_method", {"expiry_month": 13, "expiry_year": 2027}, "impossible_expiry", "expiry_month", "13"),
    ("plan", {"interval": "fortnight"}, "unknown_value", "interval", "fortnight"),
    ("plan", {"interval_count": 0}, "interval_count_not_positive", "interval_count", "0"),
    ("plan", {"trial_days": -1}, "negative_trial", "trial_days", "-1"),
    ("price", {"unit_amount_micros": None}, "price_without_amount", "unit_amount_micros", None),
    ("price", {"tiers": "[]"}, "price_without_tiers", "tiers", "[]"),
    ("price", {"tiers": "[{"}, "unreadable_json", "tiers", "[{"),
    ("subscription", {"current_period_start": LATER, "current_period_end": DAY}, "period_ends_before_it_starts", "current_period_end", "2026-05-01 00:00:00+00"),
    ("subscription", {"anchor_day": 32}, "impossible_anchor_day", "anchor_day", "32"),
    ("subscription", {"net_days": -1}, "negative_net_days", "net_days", "-1"),
    ("subscription", {"items": []}, "subscription_without_items", "items", None),
    ("subscription", {"items": [{"price_key": "price", "quantity": Decimal(-1)}]}, "item_without_quantity", "items", None),
    ("subscription", {"items": [{"price_key": None, "quantity": Decimal(1)}]}, "missing_value", "items.price_key", None),
    ("subscription", {"items": [{"price_key": "lost", "quantity": Decimal(1)}]}, "orphan", "items.price_key", "lost"),
    ("discount", {"percent_bp": None}, "discount_neither_percent_nor_amount", "percent_bp", None),
    ("discount", {"percent_bp": 10001}, "impossible_percentage", "percent_bp", "10001"),
    ("discount", {"percent_bp": None, "amount_micros": -CENT, "currency": "EUR"}, "discount_not_positive", "amount_micros", "-10000"),
    ("discount", {"percent_bp": None, "amount_micros": CENT}, "amount_without_currency", "currency", None),
    ("discount", {"periods_remaining": -1}, "negative_periods", "periods_remaining", "-1"),
    ("invoice", {"number": None}, "issued_without_number", "number", None),
    ("invoice", {"issued_at": None}, "issued_without_date", "issued_at", None),
    ("invoice", {"issued_at": datetime(2026, 6, 2, tzinfo=UTC)}, "issued_in_the_future", "issued_at", "2026-06-02 00:00:00+00"),
    ("invoice", {"period_start": LATER, "period_end": DAY}, "period_ends_before_it_starts", "period_end", "2026-05-01 00:00:00+00"),
    ("invoice", {"total_micros": 101 * CENT}, "total_does_not_add_up", "total_micros", "1010000"),
    ("invoice", {"paid_micros": 1}, "not_whole_steps", "paid_micros", "1"),
    ("invoice", {"line_items": [{**LINE, "amount_micros": 99 * CENT}]}, "lines_do_not_add_up", "line_items", None),
    ("invoice", {"line_items": [{**LINE, "tax_micros": 1}]}, "line_tax_does_not_add_up", "line_items", None),
    ("invoice", {"line_items": [LINE, {"tax_micros": 0}]}, "line_without_amount", "line_items", None),
    ("invoice", {"line_items": [{**LINE, "description": "a\0b"}]}, "unstorable_character", "line_items.description", None),
    ("invoice", {"line_items": [{**LINE, "period_end": FAR}]}, "impossible_date", "line_items.period_start, line_items.period_end", None),
    ("credit_note", {"amount_micros": 0}, "amount_not_positive", "amount_micros", "0"),
    ("credit_note", {"currency": "USD"}, "currency_differs", "currency", "USD"),
    ("credit_note", {"issued_at": datetime(2027, 1, 1, tzinfo=UTC)}, "in_the_future", "issued_at", "2027-01-01 00:00:00+00"),
    ("pending_item", {"customer_key": None}, "missing_value", "customer_key", None),
    ("payment", {"amount_micros": -CENT}, "amount_not_positive", "amount_micros", "-10000"),
    ("payment", {"occurred_at": datetime(2027, 1, 1, tzinfo=UTC)}, "paid_in_the_future", "occurred_at", "2027-01-01 00:00:00+00"),
    ("payment", {"invoice_key": "invoice", "currency": "JPY"}, "currency_differs", "currency", "JPY"),
    ("refund", {"amount_micros": 0}, "amount_not_positive", "amount_micros", "0"),
    ("refund", {"occurred_at": datetime(2027, 1, 1, tzinfo=UTC)}, "in_the_future", "occurred_at", "2027-01-01 00:00:00+00"),
    ("dispute", {"amount_micros": 0}, "amount_not_positive", "amount_micros", "0"),
    ("credit", {"granted_at": datetime(2027, 1, 1, tzinfo=UTC)}, "granted_in_the_future", "granted_at", "2027-01-01 00:00:00+00"),
    ("credit_application", {"amount_micros": -CENT}, "amount_not_positive", "amount_micros", "-10000"),
    ("usage_event", {"subscription_key": "lost"}, "orphan", "subscription_key", "lost"),
]  # fmt: skip

AS_TEXT: list[tuple[str, str, str, str]] = [
    # entity, field given as text, what it says, reason
    ("usage_event", "quantity", "many", "unreadable_value"),
    ("usage_event", "quantity", "1.1234567", "too_many_decimals"),
    ("customer", "is_tax_exempt", "perhaps", "unreadable_value"),
    ("plan", "interval_count", "one", "unreadable_value"),
    ("tax_identity", "valid_until", "31.12.2028", "unreadable_value"),
]

AFTERWARDS = {"duplicate_key", "exact_duplicate", "replay"}
"""What a single record cannot do; test_repeats.py shows these."""


def test_sound_records_are_loaded(tmp_path: Path) -> None:
    outcome = map_rows(tmp_path, sound_rows())
    assert outcome.aside == {}
    assert outcome.loaded == {entity: [entity] for entity in outcome.loaded}
    assert set(outcome.loaded) == set(SOUND)


def test_each_rule_names_field_value_and_fix(tmp_path: Path) -> None:
    """Every case at once, each a row of its own: what is wrong in one must not touch the others."""
    rows = sound_rows()
    for number, (entity, wrong, *_) in enumerate(CASES):
        key = "bad" if wrong.get("parent_customer_key") == "bad" else f"case {number}"
        rows[entity].append(sound(entity, key, **wrong))
    outcome = map_rows(tmp_path, rows)
    assert {entity: keys for entity, keys in outcome.loaded.items() if keys != [entity]} == {}
    for number, (entity, wrong, reason, field, value) in enumerate(CASES):
        key = (
            entity,
            wrong.get("source_key", "bad" if reason == "reference_loop" else f"case {number}"),
        )
        bucket, found_reason, found_field, found_value = outcome.aside[key]
        assert (bucket, found_reason) == ("rejected", reason), wrong
        assert field in str(found_field), wrong
        assert found_value == value, wrong
        assert outcome.fixes[key], wrong


@pytest.mark.parametrize(("entity", "field", "written", "reason"), AS_TEXT)
def test_text_that_cannot_be_read_exactly_is_refused(
    tmp_path: Path, entity: str, field: str, written: str, reason: str
) -> None:
    rows = sound_rows(*SOLD)
    good = {
        "quantity": "1.500000",
        "is_tax_exempt": "false",
        "interval_count": "1",
        "valid_until": "2028-12-31",
    }[field]
    rows[entity] = [sound(entity, **{field: good}), sound(entity, "bad", **{field: written})]
    outcome = map_rows(tmp_path, rows, types={(entity, field): TEXT})
    assert outcome.aside == {(entity, "bad"): ("rejected", reason, field, written)}


def test_every_reason_has_a_case() -> None:
    stated = {check.reason for canonical in CANONICAL.values() for check in canonical.checks}
    shown = {reason for _, _, reason, _, _ in CASES} | {reason for *_, reason in AS_TEXT}
    assert (stated | set(FIXES)) - shown == AFTERWARDS


def test_the_packs_own_word_comes_first(tmp_path: Path) -> None:
    rows = sound_rows("customer", "invoice")
    said = {
        "aside_bucket": "excluded",
        "aside_reason": "test_customer",
        "aside_field": "name",
        "aside_value": "QA",
        "aside_owner": "finance",
    }
    rows["customer"].append(sound("customer", "said", **said, time_zone=None, currency="XXX"))
    outcome = map_rows(tmp_path, rows)
    assert outcome.aside == {("customer", "said"): ("excluded", "test_customer", "name", "QA")}
    assert outcome.owners["customer", "said"] == "finance"


def test_history_ends_at_the_moment_of_the_load(tmp_path: Path) -> None:
    rows = sound_rows("customer", "invoice")
    rows["invoice"].append(sound("invoice", "now", issued_at=AS_OF))
    assert map_rows(tmp_path, rows).loaded["invoice"] == ["invoice", "now"]
