"""Defects D17 to D33 of migration plan 001's data load: rows that arrive with less than they meant.

Each test runs the document's own SQL (`charitable`: with the keys stored that it forgot) and our
load over one legacy database. Source: MIGRATION_RULES 5a.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.acceptance.document_001_runs import Books, Ours


def test_d17_the_processors_customer_id_comes_along(charitable: Books, ours: Ours) -> None:
    assert "cus_1" not in str(charitable.rows("select a::text from accounts a"))
    assert ours.of("customer", 1, "psp, psp_customer_id") == ("stripe", "cus_1")


def test_d18_payment_methods_are_whole_and_one_is_the_default(
    charitable: Books, ours: Ours
) -> None:
    assert charitable.one("select count(*) from payment_methods where is_default") == 2
    assert [ours.of("payment_method", key, "is_default, status") for key in (21, 22, 23)] == [
        (False, "active"), (True, "active"), (False, "detached")]  # fmt: skip
    assert ours.of("payment_method", 22, "expiry_month, expiry_year, fingerprint") == (
        4,
        2029,
        "F1x",
    )
    assert "F1x" not in str(charitable.rows("select m::text from payment_methods m"))


def test_d19_an_exemption_keeps_its_evidence(charitable: Books, ours: Ours) -> None:
    assert charitable.one("select tax_exempt from accounts where name = 'Church'") is True
    assert "EX-7" not in str(charitable.rows("select a::text from accounts a"))
    assert ours.of("customer", 7, "is_tax_exempt") is True
    assert ours.of("tax_identity", 70, "kind, value, valid_until::text, evidence") == (
        "exemption_certificate", "EX-7", "2028-12-31", "https://files.example.com/ex-7.pdf")  # fmt: skip


def test_d20_an_unknown_time_zone_is_the_legacy_servers(charitable: Books, ours: Ours) -> None:
    assert charitable.one("select timezone from accounts where name = 'Ben'") == "UTC"
    assert ours.of("customer", 2, "time_zone") == "America/New_York"


def test_d21_addresses_and_parents_come_along(charitable: Books, ours: Ours) -> None:
    assert "東京" not in str(charitable.rows("select a::text from accounts a"))
    parent = ours.of("customer", 1, "customer_id")
    assert ours.of("customer", 6, "city, country, currency, parent_customer_id") == (
        "東京",
        "JP",
        "JPY",
        parent,
    )


OUT_OF_SCOPE = [
    (3, "QA", "excluded", "test_customer", "finance"),
    (4, "Cy", "merged", "merged_customer", None),
    (5, "erased", "excluded", "erased_person", "privacy"),
]


@pytest.mark.parametrize("case", OUT_OF_SCOPE, ids=[case[1] for case in OUT_OF_SCOPE])
def test_d22_who_does_not_belong_stays_behind_with_a_reason(
    charitable: Books, ours: Ours, case: tuple[int, str, str, str, str | None]
) -> None:
    key, name, bucket, reason, owner = case
    assert charitable.one(f"select count(*) from accounts where name = '{name}'") == 1
    assert ours.one(
        f"select bucket, reason, owner from migration.set_aside where entity = 'customer' and source_key = '{key}'"
    ) == (bucket, reason, owner)


MODELS: list[tuple[int, str, str, int | None, list[dict[str, Any]] | None]] = [
    (102, "Team Monthly", "per_unit", 20_000_000, None),
    (111, "Team every 3 months", "flat", 20_000_000, None),
    (121, "Calls", "graduated", None, [{"up_to": "1000", "unit_amount_micros": 3500, "flat_amount_micros": 0}, {"up_to": None, "unit_amount_micros": 2500, "flat_amount_micros": 0}]),
    (131, "Storage", "volume", None, [{"up_to": "1000", "unit_amount_micros": 3500, "flat_amount_micros": 0}, {"up_to": None, "unit_amount_micros": 2500, "flat_amount_micros": 0}]),
    (141, "Documents", "package", None, [{"up_to": "100", "unit_amount_micros": 0, "flat_amount_micros": 2_400_000}]),
]  # fmt: skip


@pytest.mark.parametrize("case", MODELS, ids=[case[2] for case in MODELS])
def test_d23_each_pricing_model_is_itself_and_exact(
    charitable: Books,
    ours: Ours,
    case: tuple[int, str, str, int | None, list[dict[str, Any]] | None],
) -> None:
    key, plan, model, unit, tiers = case
    assert charitable.one(f"select usage_type from plans where name = '{plan}'") == (
        "tiered" if tiers else None
    )
    assert ours.of("price", key, "model, unit_amount_micros, tiers") == (model, unit, tiers)


@pytest.mark.parametrize(
    ("key", "unit_micros"), [(1011, 15_000_000), (1012, 9_000_000), (1001, 20_000_000)]
)
def test_d24_a_subscription_keeps_the_price_it_was_sold_at(
    charitable: Books, ours: Ours, key: int, unit_micros: int
) -> None:
    sold = "select amount from subscriptions s join plans p on p.id = s.plan_id where s.metadata->>'legacy_subscription_id' = '{}'"
    assert charitable.one(sold.format(key)) == 2000  # today's price, whatever was promised
    subscription = ours.of("subscription", key, "subscription_id")
    price = f"select unit_amount_micros from billing.subscription_item join billing.price using (price_id) where subscription_id = '{subscription}'"
    assert ours.one(price) == unit_micros


def test_d25_intervals_are_counted_and_discounts_stay(charitable: Books, ours: Ours) -> None:
    assert (
        charitable.one("select interval from plans where name = 'Team every 3 months'") == "month"
    )  # billed thrice as often
    assert ours.of("plan", 11, "interval, interval_count") == ("month", 3)
    assert ours.of("discount", 41, "percent_bp, periods_remaining") == (1250, 3)


def test_d26_all_that_decides_the_next_bill_comes_along(charitable: Books, ours: Ours) -> None:
    held = set(
        charitable.rows(
            "select column_name from information_schema.columns where table_schema = 'charitable' and table_name = 'subscriptions'"
        )
    )
    assert held.isdisjoint({"trial_end", "cancel_at", "collection_method", "billing_anchor_day"})
    assert ours.of("subscription", 1013, "trial_end_at::text, anchor_day, collection_method, net_days, cancel_at::date::text, charged_through_at::date::text") == (
        "2026-11-30 15:00:00+00", 31, "send_invoice", 30, "2027-02-01", "2026-11-20")  # fmt: skip


def test_d27_a_scheduled_cancellation_belongs_to_who_bills(charitable: Books, ours: Ours) -> None:
    """Both systems would execute the document's copy; ours names the one that may."""
    assert charitable.one("select count(*) from subscriptions where cancel_at_period_end") == 1
    assert ours.of("subscription", 1014, "cancel_at_period_end") is True
    assert ours.rows(
        "select distinct authority from billing.subscription join billing.customer using (customer_id)"
    ) == ["source"]


@pytest.mark.parametrize(
    ("entity", "key"),
    [
        ("refund", "751"),
        ("dispute", "761"),
        ("credit_note", "601"),
        ("pending_item", "651"),
        ("discount", "41"),
    ],
)
def test_d28_every_entity_of_the_source_has_a_place(
    charitable: Books, ours: Ours, entity: str, key: str
) -> None:
    assert (
        charitable.rows(
            f"select 1 from information_schema.tables where table_schema = 'charitable' and table_name like '{entity}%'"
        )
        == []
    )
    assert ours.loaded(entity) == [key]


def test_d28_a_table_left_behind_is_named_with_its_reason(ours: Ours) -> None:
    assert ours.one(
        "select source_table, bucket, row_count, owner is not null from migration.table_set_aside"
    ) == ("legacy_webhook_events", "excluded", 1, True)


def test_d29_open_invoices_are_collected_by_one_system(charitable: Books, ours: Ours) -> None:
    assert (
        charitable.one(
            "select count(*) from invoices where status in ('draft', 'past_due', 'partially_paid')"
        )
        == 3
    )
    assert ours.rows("select number, i.status, authority from billing.invoice i join billing.customer using (customer_id) where i.status in ('draft', 'open') order by number") == [
        ("INV-0000502", "open", "source"), ("INV-0000503", "open", "source"), (None, "draft", "source")]  # fmt: skip


def test_d30_lines_are_parsed_and_add_up(charitable: Books, ours: Ours) -> None:
    assert (
        charitable.one("select line_items, amount_due from invoices where number = 'INV-0000505'")[
            1
        ]
        == 2000
    )
    assert (
        sum(
            line["amount_cents"]
            for line in json.loads(
                charitable.one("select line_items from invoices where number = 'INV-0000505'")
            )
        )
        == 1900
    )
    assert ours.aside("invoice", 505) == ("rejected", "lines_do_not_add_up", "line_items")
    assert ours.rows("select position, quantity::text, unit_amount_micros, amount_micros from billing.line_item order by position") == [
        (1, "1.000000", 12_000_000, 12_000_000), (2, "1.000000", 8_000_000, 8_000_000)]  # fmt: skip


def test_d31_idempotency_keys_have_a_scope_of_their_own(
    legacy: str, charitable: Books, ours: Ours
) -> None:
    with psycopg.connect(legacy) as strict, pytest.raises(psycopg.errors.UniqueViolation):
        strict.execute(b"create unique index on charitable.payments (idempotency_key)")
    assert charitable.one("select count(*) from payments where idempotency_key is null") == 1
    assert ours.rows("select idempotency_key from billing.payment order by 1") == [
        "legacy:#703", "legacy:k1#701", "legacy:k1#702", "legacy:k4#704", "legacy:k5#705"]  # fmt: skip


def test_d32_local_times_become_instants(charitable: Books, ours: Ours) -> None:
    """Noon in New York in July is 16:00 UTC; the document says 12:00."""
    assert (
        charitable.one("select created_at::text from invoices where number = 'INV-0000501'")
        == "2026-07-01 12:00:00+00"
    )
    assert (
        ours.of("customer", 1, "created_at::text") == "2025-01-10 17:00:00+00"
    )  # winter: five hours
    assert (
        ours.one("select period_start::text from billing.line_item where position = 1")
        == "2026-07-01 04:00:00+00"
    )


def test_d33_the_next_invoice_number_is_above_all_imported(charitable: Books, ours: Ours) -> None:
    """A generator that starts anew meets numbers that the document copied."""
    assert (
        charitable.one(
            "select count(*) from invoices where number = 'INV-' || lpad(501::text, 7, '0')"
        )
        == 1
    )
    assert ours.one(
        "select prefix, digits, next_number from billing.number_series where document = 'invoice'"
    ) == ("INV-", 7, 508)
