from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.service.migration.mapping.canonical_world import (
    SOLD,
    Outcome,
    map_rows,
    sound,
    sound_rows,
)

from trueup.kernel.ids import imported_id

if TYPE_CHECKING:
    from pathlib import Path

EXCLUDED = {
    "aside_bucket": "excluded",
    "aside_reason": "test_customer",
    "aside_field": "name",
    "aside_owner": "finance",
}


def _merged(survivor: str) -> dict[str, str]:
    return {
        "aside_bucket": "merged",
        "aside_reason": "merged_customer",
        "aside_field": "merged_into",
        "aside_survivor": survivor,
    }


def _with(
    customers: dict[str, dict[str, Any]], **more: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    needed = SOLD if "subscription" in more else ("customer",)
    rows = sound_rows(*needed) | {entity: [] for entity in more if entity not in needed}
    rows["customer"] += [sound("customer", key, **change) for key, change in customers.items()]
    for entity, given in more.items():
        rows[entity] += given
    return rows


def test_all_that_hangs_on_an_excluded_record_is_excluded_with_its_owner(tmp_path: Path) -> None:
    outcome = map_rows(tmp_path, _with(
        {"qa": EXCLUDED},
        subscription=[sound("subscription", "s", customer_key="qa")],
        invoice=[sound("invoice", "i", customer_key="qa", subscription_key="s")],
        payment=[sound("payment", "p", customer_key="qa", invoice_key="i")],
        refund=[sound("refund", "r", payment_key="p")],
        usage_event=[sound("usage_event", "u", subscription_key="s")],
    ))  # fmt: skip
    assert {key: aside[:2] for key, aside in outcome.aside.items()} == {
        ("customer", "qa"): ("excluded", "test_customer"),
        ("subscription", "s"): ("excluded", "customer_excluded"),
        ("invoice", "i"): ("excluded", "customer_excluded"),
        ("payment", "p"): ("excluded", "customer_excluded"),
        ("refund", "r"): ("excluded", "payment_excluded"),
        ("usage_event", "u"): ("excluded", "subscription_excluded"),
    }
    assert set(outcome.owners.values()) == {"finance"}


def test_what_hangs_on_a_rejected_record_says_what_to_repair_first(tmp_path: Path) -> None:
    outcome = map_rows(tmp_path, _with(
        {"bad": {"currency": "XXX"}},
        invoice=[sound("invoice", "i", customer_key="bad")],
        credit_note=[sound("credit_note", "n", invoice_key="i")],
    ))  # fmt: skip
    assert outcome.aside["invoice", "i"] == ("rejected", "customer_rejected", "customer_key", "bad")
    assert outcome.aside["credit_note", "n"] == ("rejected", "invoice_rejected", "invoice_key", "i")
    assert outcome.fixes["credit_note", "n"] == "repair this invoice first; its own entry says how"


MERGES = [
    # how the customers merged, and to whom an invoice of `a` belongs; None: it cannot be loaded
    ({"a": _merged("customer")}, "customer"),
    ({"a": _merged("b"), "b": _merged("c"), "c": _merged("customer")}, "customer"),
    ({"c": _merged("customer"), "b": _merged("c"), "a": _merged("b")}, "customer"),
    ({"a": _merged("b"), "b": _merged("a")}, None),
    ({"a": _merged("nobody")}, None),
    ({"a": _merged("b"), "b": {"currency": "XXX"}}, None),
]


@pytest.mark.parametrize(("customers", "survivor"), MERGES)
def test_what_a_merged_record_had_is_the_survivors(
    tmp_path: Path, customers: dict[str, dict[str, Any]], survivor: str | None
) -> None:
    invoice = sound("invoice", "i", customer_key="a")
    outcome = map_rows(tmp_path, _with(customers, invoice=[invoice]))
    if survivor is None:
        assert outcome.aside["invoice", "i"][:2] == ("rejected", "customer_rejected")
    else:
        owner = imported_id(7, "test", "customer", survivor).bytes
        assert [each["customer_id"] for each in outcome.records["billing.invoice"]] == [owner]


def test_a_merge_into_an_excluded_record_excludes(tmp_path: Path) -> None:
    outcome = map_rows(
        tmp_path,
        _with(
            {"a": _merged("qa"), "qa": EXCLUDED}, invoice=[sound("invoice", "i", customer_key="a")]
        ),
    )
    assert outcome.aside["invoice", "i"][:2] == ("excluded", "customer_excluded")
    assert outcome.owners["invoice", "i"] == "finance"


FAMILIES = [
    # parents by child, and what becomes of each
    ({"a": "customer", "b": "a", "c": "b"}, {}),
    ({"c": "b", "b": "a", "a": "customer"}, {}),  # children may come before their parents
    (
        {"a": "nobody", "b": "a", "c": "b"},
        {"a": "orphan", "b": "customer_rejected", "c": "customer_rejected"},
    ),
    ({"a": "b", "b": "a"}, {"a": "reference_loop", "b": "reference_loop"}),
    ({"a": "a", "b": "a"}, {"a": "reference_loop", "b": "reference_loop"}),
    (
        {"a": "b", "b": "c", "c": "a", "d": "a"},
        {
            "a": "reference_loop",
            "b": "reference_loop",
            "c": "reference_loop",
            "d": "reference_loop",
        },
    ),
]


@pytest.mark.parametrize(("parents", "reasons"), FAMILIES)
@pytest.mark.parametrize("part_rows", [1, 1000])
def test_families_stand_and_fall_together(
    tmp_path: Path, parents: dict[str, str], reasons: dict[str, str], part_rows: int
) -> None:
    customers: dict[str, dict[str, Any]] = {
        key: {"parent_customer_key": parent} for key, parent in parents.items()
    }
    outcome = map_rows(tmp_path, _with(customers), part_rows=part_rows)
    assert {key: aside[1] for (_, key), aside in outcome.aside.items()} == reasons
    assert _links(outcome) == {(key, parent) for key, parent in parents.items() if not reasons}


def test_a_merged_parent_is_replaced_by_its_survivor_and_never_by_the_child(tmp_path: Path) -> None:
    outcome = map_rows(tmp_path, _with({
        "old": _merged("customer"),
        "child": {"parent_customer_key": "old"},
        "gone": _merged("self"),
        "self": {"parent_customer_key": "gone"},
    }))  # fmt: skip
    assert _links(outcome) == {("child", "customer")}
    assert set(outcome.loaded["customer"]) == {"customer", "child", "self"}


def _links(outcome: Outcome) -> set[tuple[str, str]]:
    """Child and parent, by their source keys."""
    keys = {
        imported_id(7, "test", "customer", key).bytes: key for key in outcome.loaded["customer"]
    }
    table = outcome.links["customer"]
    assert table is not None
    return {
        (keys[each["customer_id"]], keys[each["parent_customer_id"]]) for each in table.to_pylist()
    }
