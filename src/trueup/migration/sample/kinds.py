"""Every kind of dirt, as data; what each plants is said in the SQL that plants it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.migration.sample.errors import UnknownDirt
from trueup.migration.sample.model import Dirt, Engine, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

PLANTING: Final = "trueup.migration.sample.planting"
FILES: Final = (
    "customers",
    "payment_methods",
    "catalog",
    "subscriptions",
    "invoices",
    "payments",
    "usage",
    "credits",
)
EVERYWHERE: Final = frozenset(Engine)

LOADED, MERGED, EXCLUDED = Outcome.LOADED, Outcome.MERGED, Outcome.EXCLUDED
REJECTED, STOPS = Outcome.REJECTED, Outcome.STOPS

# name, table, what a faithful load does, rules
REGISTRY: Final[tuple[tuple[str, str, Outcome, str], ...]] = (
    # The scarcest customers first: those who use a meter, and those with two equal payments.
    ("replayed_usage", "usage_records", MERGED, "D31 M44"),
    ("clashing_usage_keys", "usage_records", REJECTED, "D31 M49"),
    ("repeated_usage_rows", "usage_records", MERGED, "M28"),
    ("null_usage_keys", "usage_records", LOADED, "D31"),
    ("erased_customers", "customers", EXCLUDED, "D22"),
    ("compensating_payments", "payments", LOADED, "M28 D35"),
    ("exempt_without_evidence", "customers", LOADED, "D19"),
    ("null_emails", "customers", LOADED, "D15"),
    ("null_time_zones", "customers", LOADED, "D20"),
    ("twin_emails", "customers", LOADED, "M28"),
    ("case_variant_emails", "customers", LOADED, "M38 M30"),
    ("trailing_space_ids", "customers", LOADED, "M38 M30"),
    ("test_customers", "customers", EXCLUDED, "D22"),
    ("merged_customers", "customers", MERGED, "D22"),
    ("orphan_parents", "customers", REJECTED, "D5 D21"),
    ("orphan_tax_ids", "tax_ids", REJECTED, "D5 D19"),
    ("orphan_payment_methods", "payment_methods", REJECTED, "D5"),
    ("shared_payment_methods", "payment_methods", LOADED, "D7"),
    ("several_default_methods", "payment_methods", LOADED, "D18"),
    ("no_default_method", "payment_methods", LOADED, "D18"),
    ("detached_defaults", "payment_methods", LOADED, "D7 D18"),
    ("impossible_card_expiry", "payment_methods", REJECTED, "D18"),
    ("orphan_plan_prices", "plan_prices", REJECTED, "D5 D24"),
    ("unknown_intervals", "plans", STOPS, "D25 M35"),
    ("unknown_pricing_models", "plans", STOPS, "D23 M35"),
    ("orphan_subscriptions", "subscriptions", REJECTED, "D5"),
    ("planless_subscriptions", "subscriptions", REJECTED, "D2 D5"),
    ("backwards_subscription_periods", "subscriptions", REJECTED, "D26"),
    ("unknown_subscription_statuses", "subscriptions", STOPS, "D1 M35"),
    ("orphan_discounts", "discounts", REJECTED, "D5 D25"),
    ("double_discounts", "discounts", REJECTED, "D25"),
    ("orphan_pending_items", "pending_items", REJECTED, "D5 D28"),
    ("unknown_currencies", "pending_items", REJECTED, "M26"),
    ("duplicate_invoice_numbers", "invoices", REJECTED, "D15 D33"),
    ("padded_invoice_numbers", "invoices", LOADED, "M38"),
    ("missing_invoice_numbers", "invoices", REJECTED, "D33"),
    ("malformed_lines", "invoices", REJECTED, "D30"),
    ("lines_off_total", "invoices", REJECTED, "D30"),
    ("totals_off", "invoices", REJECTED, "D30"),
    ("orphan_invoices", "invoices", REJECTED, "D5"),
    ("lost_subscriptions", "invoices", REJECTED, "D3"),
    ("wrong_unit_invoices", "invoices", LOADED, "D37"),
    ("backwards_invoice_periods", "invoices", REJECTED, "D30"),
    ("impossible_years", "invoices", REJECTED, "D32 M38"),
    ("zero_dates", "invoices", LOADED, "D32 M38"),
    ("unknown_invoice_statuses", "invoices", STOPS, "D8 M35"),
    ("orphan_credit_notes", "credit_notes", REJECTED, "D5 D28"),
    ("orphan_payments", "payments", REJECTED, "D5"),
    ("on_account_payments", "payments", LOADED, "D6"),
    ("currency_mixups", "payments", REJECTED, "D21 M26"),
    ("zero_amount_payments", "payments", REJECTED, "D15"),
    ("null_payment_keys", "payments", LOADED, "D31"),
    ("colliding_payment_keys", "payments", LOADED, "D31"),
    ("unknown_payment_statuses", "payments", STOPS, "D8 M35"),
    ("skipped_hour_times", "payments", LOADED, "D32 M38"),
    ("repeated_hour_times", "payments", LOADED, "D32 M38"),
    ("orphan_refunds", "refunds", REJECTED, "D5 D28"),
    ("orphan_disputes", "disputes", REJECTED, "D5 D28"),
    ("orphan_usage", "usage_records", REJECTED, "D4 D5"),
    ("orphan_credits", "credits", REJECTED, "D5"),
    ("negative_credits", "credits", LOADED, "D10"),
    ("drifted_credits", "credits", LOADED, "D9"),
    ("orphan_credit_applications", "credit_applications", REJECTED, "D5"),
)
ONLY: Final = {"zero_dates": frozenset({Engine.MARIADB})}


def planting_statements() -> dict[str, str]:
    """The SQL of each kind, by name."""
    return {name: sql for name, _, sql in _statements()}


@cache
def _statements() -> tuple[tuple[str, str, str], ...]:
    return tuple(_each_statement())


def _each_statement() -> Iterator[tuple[str, str, str]]:
    for file in FILES:
        for query in load_queries(PLANTING, f"dirt/{file}.sql"):
            yield query.name, query.comment, query.sql


def _kinds() -> tuple[Dirt, ...]:
    says = {name: comment for name, comment, _ in _statements()}
    return tuple(
        Dirt(
            name=name,
            sentence=says[name],
            table=f"legacy_{table}",
            outcome=outcome,
            rules=tuple(rules.split()),
            engines=ONLY.get(name, EVERYWHERE),
        )
        for name, table, outcome, rules in REGISTRY
    )


DIRT: Final = _kinds()
"""Every kind, in the order in which they choose their customers."""

DEFAULT_DIRT: Final = tuple(kind for kind in DIRT if kind.outcome is not STOPS)
"""All that a load survives by setting rows aside."""


def dirt_named(text: str) -> tuple[Dirt, ...]:
    """The kinds of `default`, `all` or `none`, or of names parted by commas.

    Raises UnknownDirt naming every unknown name at once.
    """
    match text.strip():
        case "all":
            return DIRT
        case "default":
            return DEFAULT_DIRT
        case "none" | "":
            return ()
    wanted = {name.strip() for name in text.split(",")}
    known = tuple(kind.name for kind in DIRT)
    if unknown := tuple(sorted(wanted.difference(known))):
        raise UnknownDirt(names=unknown, known=known)
    return tuple(kind for kind in DIRT if kind.name in wanted)
