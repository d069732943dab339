"""Roles of columns, references and spans, guessed from names and overruled by a pack."""

from __future__ import annotations

import pytest

from trueup.migration.assessment.expectations import (
    NOTHING_EXPECTED,
    Expectations,
    ExpectedEntity,
    ExpectedReference,
    ExpectedRole,
    Role,
)
from trueup.migration.assessment.rules.roles import roles_of
from trueup.migration.assessment.rules.shapes import Span, references_of, shapes_of, spans_of
from trueup.migration.sources.model import Column, Table


def table(name, columns, key=("id",)):
    """columns: `name type`, one a line or separated by commas; text where no type is given."""
    parsed = [entry.split() for entry in columns.split(",")]
    return Table(
        name=name,
        columns=tuple(
            Column(
                name=words[0], source_type="", type=(words[1:] or ["VARCHAR"])[0], is_nullable=True
            )
            for words in parsed
        ),
        primary_key=key,
        rows=1,
        bytes=0,
        content_hash="",
        parts=(),
        stored_names=tuple(words[0] for words in parsed),
    )


@pytest.mark.parametrize(
    ("column", "type_", "kind", "roles"),
    [
        ("customer_email", "VARCHAR", "customer", {Role.EMAIL, Role.PERSONAL}),
        ("name", "VARCHAR", "customer", {Role.PERSONAL}),
        ("name", "VARCHAR", "plan", set()),  # a plan's name is nobody's
        ("BillingPostalCode", "VARCHAR", "", {Role.PERSONAL}),
        ("status", "VARCHAR", "", {Role.STATUS}),
        ("billing_currency", "VARCHAR", "", {Role.CURRENCY}),
        ("total_amount_cents", "BIGINT", "", {Role.AMOUNT_MINOR, Role.TOTAL}),
        ("subtotal_cents", "BIGINT", "", {Role.AMOUNT_MINOR, Role.SUBTOTAL}),
        ("tax_amount_cents", "BIGINT", "", {Role.AMOUNT_MINOR, Role.TAX}),
        ("remaining_balance_cents", "BIGINT", "", {Role.AMOUNT_MINOR, Role.REMAINING}),
        ("price_micros", "BIGINT", "", {Role.AMOUNT_MICROS}),
        ("Total", "DECIMAL(10,2)", "invoice", {Role.AMOUNT_MAIN, Role.TOTAL}),
        ("MonthlyCharges", "DOUBLE", "", {Role.AMOUNT_MAIN}),
        ("price_id", "BIGINT", "", set()),  # names a price, is none
        ("total_count", "BIGINT", "", set()),
        ("created_date", "TIMESTAMP", "", {Role.OCCURRED}),
        ("created_date", "VARCHAR", "", {Role.OCCURRED}),
        ("due_date", "TIMESTAMP", "", {Role.SCHEDULED}),
        ("trial_end", "TIMESTAMP", "", {Role.SCHEDULED}),
        ("trial_period_days", "BIGINT", "", set()),
        ("cancel_at_period_end", "BOOLEAN", "", set()),
        ("BirthDate", "TIMESTAMP", "person", {Role.PERSONAL}),
        ("is_default", "BOOLEAN", "", {Role.DEFAULT_FLAG}),
        ("line_items_json", "VARCHAR", "invoice", {Role.JSON, Role.LINES}),
        ("invoice_number", "VARCHAR", "invoice", {Role.NUMBER}),
        ("phone_number", "VARCHAR", "", {Role.PERSONAL}),
    ],
)
def test_a_column_tells_its_roles_by_name_and_type(column, type_, kind, roles):
    found = roles_of(column, type_, kind)
    assert found == roles or (roles == set() and not found & set(Role)), found


def test_a_pack_goes_before_the_guess():
    expected = Expectations(
        pack="p",
        entities=(ExpectedEntity("invoice", "t_17", key=("nr",), currency="EUR"),),
        roles=(
            ExpectedRole("t_17", "c4", Role.AMOUNT_MINOR),
            ExpectedRole("t_17", "c4", Role.TOTAL),
        ),
    )
    (shape,) = shapes_of([table("t_17", "nr BIGINT, c4 BIGINT")], expected)
    assert (shape.kind, shape.key, shape.currency) == ("invoice", ("nr",), "EUR")
    assert shape.principal is not None
    assert shape.principal.name == "c4"


LEGACY = [
    table(
        "legacy_customers",
        "id BIGINT, parent_customer_id BIGINT, merged_into_id BIGINT, stripe_customer_id",
    ),
    table("legacy_plans", "id BIGINT"),
    table("legacy_plan_prices", "id BIGINT, plan_id BIGINT"),
    table(
        "legacy_subscriptions",
        "id BIGINT, customer_id BIGINT, plan_id BIGINT, plan_price_id BIGINT, region_id BIGINT",
    ),
]


def test_references_are_found_with_and_without_a_prefix():
    shapes = shapes_of(LEGACY, NOTHING_EXPECTED)
    found = {(r.table, r.column): r.target_table for r in references_of(shapes, NOTHING_EXPECTED)}
    assert found == {
        ("legacy_customers", "parent_customer_id"): "legacy_customers",
        ("legacy_customers", "merged_into_id"): "legacy_customers",  # of its own kind
        ("legacy_plan_prices", "plan_id"): "legacy_plans",
        ("legacy_subscriptions", "customer_id"): "legacy_customers",
        ("legacy_subscriptions", "plan_id"): "legacy_plans",
        ("legacy_subscriptions", "plan_price_id"): "legacy_plan_prices",  # not plan
    }  # a processor's id and a region nobody holds are no references


def test_a_declared_reference_replaces_the_guess_and_an_impossible_one_is_left_out():
    shapes = shapes_of(LEGACY, NOTHING_EXPECTED)
    expected = Expectations(
        references=(
            ExpectedReference("legacy_subscriptions", "region_id", "legacy_plans", "id"),
            ExpectedReference("legacy_subscriptions", "gone", "legacy_plans", "id"),
        )
    )
    declared = [r for r in references_of(shapes, expected) if r.is_declared]
    assert [(r.column, r.target_table) for r in declared] == [("region_id", "legacy_plans")]


def test_chinook_names_lead_to_its_tables():
    tables = [
        table("Customer", "CustomerId INTEGER, SupportRepId INTEGER", key=("CustomerId",)),
        table("InvoiceLine", "InvoiceLineId INTEGER, InvoiceId INTEGER", key=("InvoiceLineId",)),
        table("Invoice", "InvoiceId INTEGER, CustomerId INTEGER", key=("InvoiceId",)),
    ]
    shapes = shapes_of(tables, NOTHING_EXPECTED)
    found = {(r.table, r.column, r.target_table) for r in references_of(shapes, NOTHING_EXPECTED)}
    assert found == {
        ("InvoiceLine", "InvoiceId", "Invoice"),
        ("Invoice", "CustomerId", "Customer"),
    }


def test_spans_are_times_whose_names_say_which_comes_first():
    (shape,) = shapes_of(
        [
            table(
                "subs",
                "id BIGINT, current_period_start TIMESTAMP, current_period_end TIMESTAMP,"
                " created_date DATE, closed_date DATE, valid_from DATE, valid_until DATE, other DATE",
            )
        ],
        NOTHING_EXPECTED,
    )
    assert set(spans_of(shape)) == {
        Span("current_period_start", "current_period_end", is_period=True),
        Span("valid_from", "valid_until", is_period=True),
        Span("created_date", "closed_date", is_period=False),
    }
