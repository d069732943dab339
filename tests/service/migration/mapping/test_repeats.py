from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.service.migration.mapping.canonical_world import (
    CENT,
    SOLD,
    Outcome,
    map_rows,
    sound,
    sound_rows,
)

if TYPE_CHECKING:
    from pathlib import Path


def _usage(*changes: dict[str, object]) -> list[dict[str, object]]:
    return [sound("usage_event", f"u{n}", **change) for n, change in enumerate(changes, start=1)]


def test_the_same_row_again_is_merged_into_the_first(tmp_path: Path) -> None:
    rows = sound_rows("customer", "credit")
    rows["credit"] *= 3
    outcome = map_rows(tmp_path, rows)
    assert outcome.loaded["credit"] == ["credit"]
    assert outcome.aside["credit", "credit"] == (
        "merged",
        "exact_duplicate",
        "source_key",
        "credit",
    )
    assert outcome.survivors["credit", "credit"] == "credit"


def test_another_record_under_a_taken_key_is_rejected_and_the_first_stays(tmp_path: Path) -> None:
    rows = sound_rows("customer", "credit")
    rows["credit"].append(sound("credit", remaining_micros=0))
    outcome = map_rows(tmp_path, rows)
    assert [each["remaining_micros"] for each in outcome.records["billing.credit"]] == [CENT]
    assert outcome.aside["credit", "credit"] == (
        "rejected",
        "duplicate_key",
        "source_key",
        "credit",
    )


def test_who_refers_to_a_repeated_key_means_the_first(tmp_path: Path) -> None:
    rows = sound_rows("customer", "invoice")
    rows["customer"].append(sound("customer", time_zone="Asia/Tokyo"))
    outcome = map_rows(tmp_path, rows)
    assert outcome.loaded["invoice"] == ["invoice"]
    assert len(outcome.records["billing.invoice"]) == 1


def test_a_number_is_kept_by_the_earlier_document(tmp_path: Path) -> None:
    rows = sound_rows("customer", "invoice")
    rows["invoice"] += [
        sound("invoice", "late", number="N-invoice"),
        sound("invoice", "pad", number="N-invoice "),
    ]
    outcome = map_rows(tmp_path, rows)
    assert outcome.loaded["invoice"] == ["invoice", "pad"]  # a space at the end is another number
    assert outcome.aside["invoice", "late"] == (
        "rejected",
        "duplicate_number",
        "number",
        "N-invoice",
    )
    assert (
        outcome.fixes["invoice", "late"]
        == "record invoice has it already: correct the one that is wrong"
    )


def test_a_document_that_was_set_aside_by_the_pack_takes_no_number(tmp_path: Path) -> None:
    rows = sound_rows("customer", "invoice")
    said = {
        "aside_bucket": "rejected",
        "aside_reason": "unreadable_json",
        "aside_field": "lines",
        "aside_fix": "mend it",
    }
    rows["invoice"] = [sound("invoice", "said", number="N-invoice", **said), *rows["invoice"]]
    assert map_rows(tmp_path, rows).loaded["invoice"] == ["invoice"]


REPLAYS = [
    # what a second report under the key of the first says, and what becomes of it
    ({}, ("merged", "replay")),
    ({"quantity": Decimal(6)}, ("rejected", "duplicate_idempotency_key")),
    ({"is_billed": True}, ("rejected", "duplicate_idempotency_key")),
]


@pytest.mark.parametrize(("change", "became"), REPLAYS)
def test_a_replay_is_merged_and_a_clash_rejected(
    tmp_path: Path, change: dict[str, object], became: tuple[str, str]
) -> None:
    rows = sound_rows(*SOLD, "usage_event")
    rows["usage_event"] = _usage({"idempotency_key": "k"}, {"idempotency_key": "k", **change})
    outcome = map_rows(tmp_path, rows)
    assert outcome.loaded["usage_event"] == ["u1"]
    assert outcome.aside["usage_event", "u2"][:2] == became


def test_absent_keys_do_not_collide(tmp_path: Path) -> None:
    rows = sound_rows(*SOLD, "usage_event")
    rows["usage_event"] = _usage({}, {})
    assert map_rows(tmp_path, rows).loaded["usage_event"] == ["u1", "u2"]


def test_the_size_of_a_chunk_changes_nothing(tmp_path: Path) -> None:
    """Repeats, parents and children lie in other parts than what they refer to."""
    rows = sound_rows(*SOLD, "invoice", "payment", "usage_event")
    rows["customer"] += [
        sound("customer", f"c{n}", parent_customer_key=f"c{n - 1}" if n % 3 else "customer")
        for n in range(10)
    ]
    rows["customer"] += rows["customer"][3:5]
    rows["invoice"] += [
        sound("invoice", f"i{n}", customer_key=f"c{n % 12}", number=f"N{n % 7}") for n in range(20)
    ]
    rows["payment"] += [
        sound("payment", f"p{n}", invoice_key=f"i{n}", customer_key=f"c{n % 12}") for n in range(25)
    ]
    rows["usage_event"] = _usage(
        *({"idempotency_key": f"k{n % 4}", "quantity": Decimal(n % 2 + 1)} for n in range(12))
    )
    small, large = (map_rows(tmp_path / str(size), rows, part_rows=size) for size in (3, 1000))
    assert _sorted(small) == _sorted(large)
    assert {bucket for bucket, *_ in large.aside.values()} == {"merged", "rejected"}


def _sorted(outcome: Outcome) -> tuple[object, ...]:
    loaded = {entity: sorted(keys) for entity, keys in outcome.loaded.items()}
    records = {target: sorted(map(repr, rows)) for target, rows in outcome.records.items()}
    links = {
        entity: table and sorted(map(repr, table.to_pylist()))
        for entity, table in outcome.links.items()
    }
    return loaded, records, links, outcome.aside, outcome.survivors
