"""Mutation of the verifier (M28, M29): what is broken on purpose in a loaded target is found.

A load that ties out is damaged by SQL, as a superuser with triggers off; reconciliation must name
each damage by its type, record and field, and find nothing before.
"""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from tests.acceptance.migration.reconciliation.shop import make_snapshot

from trueup.db import Database, create_tenant
from trueup.kernel.clock import SystemClock
from trueup.migration.backfill.service import Destination, load
from trueup.migration.mapping.pack import open_pack
from trueup.migration.reconciliation.document import result_hash, to_json
from trueup.migration.reconciliation.model import BreakType, Verdict
from trueup.migration.reconciliation.service import reconcile

PACK = Path(__file__).parent / "shop_pack"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return make_snapshot(tmp_path_factory.mktemp("shop") / "snapshot")


@pytest.fixture(scope="module")
def loaded(postgres, snapshot, tmp_path_factory):
    """A loaded target, to be damaged inside transactions of its own; and whose it is."""
    url = postgres.clone()
    with Database.connect(url) as db:
        tenant_id = create_tenant(db, "acme")
        load(
            Destination(db, tenant_id, "shop"),
            snapshot,
            open_pack(PACK),
            scratch=tmp_path_factory.mktemp("scratch"),
            clock=SystemClock(),
        )
        yield db, url, tenant_id
    postgres.drop(url)


@pytest.fixture(scope="module")
def answers():
    """The same damage is the same answer: it is asked for once."""
    return {}


@pytest.fixture
def reconciled(loaded, snapshot, postgres, answers):
    """Damages a copy of the loaded target by SQL and reconciles it."""
    db, url, tenant_id = loaded
    copies = []

    def run(*statements, pack=PACK, source_snapshot=snapshot):
        if pack is PACK and source_snapshot is snapshot and statements:
            if statements not in answers:
                answers[statements] = fresh(*statements)
            return answers[statements]
        return fresh(*statements, pack=pack, source_snapshot=source_snapshot)

    def fresh(*statements, pack=PACK, source_snapshot=snapshot):
        if not statements:
            return reconcile(db, tenant_id, "shop", source_snapshot, pack)
        copy_url = copied(url, f"damaged_{len(copies)}_{abs(hash(statements))}")
        copies.append(copy_url)
        with psycopg.connect(copy_url) as connection:
            connection.execute("set session_replication_role = replica")
            for statement in statements:
                assert connection.execute(statement).rowcount, statement
        with Database.connect(copy_url) as damaged:
            return reconcile(damaged, tenant_id, "shop", source_snapshot, pack)

    def copied(url, name):
        db.close()  # a template has no other sessions
        base = url.rsplit("/", 1)
        database, _, options = base[1].partition("?")
        with psycopg.connect(url.replace(f"/{database}", "/postgres"), autocommit=True) as admin:
            admin.execute(f'create database "{name}" template "{database}"')
        return f"{base[0]}/{name}" + (f"?{options}" if options else "")

    yield run
    for copy_url in copies:
        postgres.drop(copy_url)


def found(result):
    """(check, entity or measure, break type, field) of every break that was sampled."""
    return {
        (check.name, check.subject, each.type.value, each.field)
        for check in result.checks
        for each in check.samples
    }


def test_an_undamaged_load_ties_out(reconciled):
    result = reconciled()
    assert not [check for check in result.checks if check.verdict is not Verdict.PASS]
    assert result.ties_out
    assert all(cell.is_kept for cell in result.conservation)
    assert {total.measure for total in result.totals} == {
        "revenue",
        "billed",
        "open_balance",
        "credits_remaining",
        "mrr",
        "payments_by_method",
    }


INVOICE = (
    "(select target_id from migration.crosswalk where entity = 'invoice' and source_key = '{}')"
)
CUSTOMER = (
    "(select target_id from migration.crosswalk where entity = 'customer' and source_key = '{}')"
)
PAYMENT = (
    "(select target_id from migration.crosswalk where entity = 'payment' and source_key = '{}')"
)
SUBSCRIPTION = "(select target_id from migration.crosswalk where entity = 'subscription' and source_key = '{}')"
PAID, OPEN = INVOICE.format("10"), INVOICE.format("11")

MUTANTS = {
    "status flipped": (
        [f"update billing.invoice set status = 'open' where invoice_id = {PAID}"],
        ("records", "invoice", "mismatch", "status"),
    ),
    "status flipped, seen in the matrix": (
        [f"update billing.invoice set status = 'open' where invoice_id = {PAID}"],
        ("statuses", "invoice", "status_matrix", "status"),
    ),
    "two statuses swapped": (
        [
            (
                f"update billing.invoice set status = case invoice_id when {PAID} then 'open' else 'paid' end"
                f" where invoice_id in ({PAID}, {OPEN})"
            )
        ],
        ("records", "invoice", "mismatch", "status"),
    ),
    "raw status lost": (
        [
            "update migration.crosswalk set source_status = 'O' where entity = 'invoice' and source_key = '10'"
        ],
        ("records", "invoice", "mismatch", "source_status"),
    ),
    "sign flipped": (
        [
            "update billing.credit set remaining_micros = -remaining_micros where remaining_micros = 20000"
        ],
        ("records", "credit", "mismatch", "remaining_micros"),
    ),
    "sign flipped, seen in the control total": (
        [
            "update billing.credit set remaining_micros = -remaining_micros where remaining_micros = 20000"
        ],
        ("control_total", "credits_remaining", "control_total", None),
    ),
    "currency swapped": (
        [f"update billing.invoice set currency = 'USD' where invoice_id = {PAID}"],
        ("records", "invoice", "mismatch", "currency"),
    ),
    "duplicate and missing cancel": (
        [
            f"delete from billing.payment where payment_id = {PAYMENT.format('p10')}",
            (
                "insert into billing.payment (tenant_id, payment_id, customer_id, invoice_id, payment_method_id, method_kind,"
                " status, currency, amount_micros, occurred_at, psp, psp_payment_id, failure_message)"
                " select tenant_id, gen_random_uuid(), customer_id, invoice_id, payment_method_id, method_kind, status,"
                f" currency, amount_micros, occurred_at, psp, psp_payment_id, failure_message from billing.payment where payment_id = {PAYMENT.format('p40')}"
            ),
        ],
        ("records", "payment", "missing", None),
    ),
    "trailing space in a name": (
        ["update billing.customer set name = rtrim(name) where name = 'Customer 3 '"],
        ("records", "customer", "mismatch", "name"),
    ),
    "trailing space in a key": (
        [
            "update migration.crosswalk set source_key = source_key || ' ' where entity = 'customer' and source_key = '3'"
        ],
        ("records", "customer", "extra", None),
    ),
    "case folded": (
        ["update billing.customer set email = lower(email) where email = 'Cus3@example.org'"],
        ("records", "customer", "mismatch", "email"),
    ),
    "empty for null": (
        ["update billing.customer set company = '' where name = 'Customer 3 '"],
        ("records", "customer", "mismatch", "company"),
    ),
    "one day later": (
        [
            f"update billing.invoice set due_at = due_at + interval '1 day' where invoice_id = {PAID}"
        ],
        ("records", "invoice", "mismatch", "due_at"),
    ),
    "local time read as UTC": (
        [
            "update billing.subscription set current_period_end = current_period_end at time zone 'America/New_York' at time zone 'UTC'"
        ],
        ("records", "subscription", "mismatch", "current_period_end"),
    ),
    "a period end of one subscription, seen in the next bill": (
        [
            f"update billing.subscription set charged_through_at = charged_through_at + interval '1 day' where subscription_id = {SUBSCRIPTION.format(10)}"
        ],
        ("next_bill", "subscription", "next_bill", "next_bill_at"),
    ),
    "the end of a metered period, seen in the next bill": (
        [
            f"update billing.subscription set current_period_end = charged_through_at where subscription_id = {SUBSCRIPTION.format(20)}"
        ],
        ("next_bill", "subscription", "next_bill", "next_bill_at"),
    ),
    "the last two rows lost": (
        [
            (
                "delete from billing.usage_event where usage_event_id in (select target_id from migration.crosswalk"
                " where entity = 'usage_event' and source_key in ('e23-1', 'e23-2'))"
            )
        ],
        ("records", "usage_event", "missing", None),
    ),
    "the last two rows lost, their crosswalk too": (
        [
            (
                "delete from billing.usage_event where usage_event_id in (select target_id from migration.crosswalk"
                " where entity = 'usage_event' and source_key in ('e23-1', 'e23-2'))"
            ),
            "delete from migration.crosswalk where entity = 'usage_event' and source_key in ('e23-1', 'e23-2')",
        ],
        ("conservation", "usage_event", "conservation", "rows and micros"),
    ),
    "plus and minus 100 between two invoices": (
        [
            (
                f"update billing.invoice set (subtotal_micros, total_micros) = row (subtotal_micros + shift, total_micros + shift)"
                f" from (values ({PAID}, 100), ({OPEN}, -100)) as moved (id, shift) where invoice_id = id"
            )
        ],
        ("records", "invoice", "mismatch", "total_micros"),
    ),
    "plus and minus 100 between two customers": (
        [
            (
                f"update billing.payment set amount_micros = amount_micros + case payment_id when {PAYMENT.format('p10')} then 100 else -100 end"
                f" where payment_id in ({PAYMENT.format('p10')}, {PAYMENT.format('p40')})"
            )
        ],
        ("control_total", "revenue", "control_total", None),
    ),
    "amount moved between two lines": (
        [
            f"update billing.line_item set amount_micros = amount_micros + case position when 1 then 10 else -10 end where invoice_id = {PAID}"
        ],
        ("records", "line_item", "mismatch", "amount_micros"),
    ),
    "two lines swapped": (
        [
            f"update billing.line_item set position = position + 10 where invoice_id = {PAID}",
            f"update billing.line_item set position = 13 - position where invoice_id = {PAID}",
        ],
        ("records", "line_item", "mismatch", "description"),
    ),
    "a line lost": (
        [f"delete from billing.line_item where invoice_id = {PAID} and position = 2"],
        ("records", "line_item", "missing", None),
    ),
    "wrong customer on an invoice": (
        [
            f"update billing.invoice set customer_id = {CUSTOMER.format('4')} where invoice_id = {PAID}"
        ],
        ("records", "invoice", "mismatch", "customer_key"),
    ),
    "wrong customer on an open invoice, seen in the ledger": (
        [
            f"update billing.invoice set customer_id = {CUSTOMER.format('4')} where invoice_id = {OPEN}"
        ],
        ("ledger", "receivable", "ledger", "balance_micros"),
    ),
    "subscription forgotten on an invoice": (
        [f"update billing.invoice set subscription_id = null where invoice_id = {OPEN}"],
        ("records", "invoice", "mismatch", "subscription_key"),
    ),
    "payment on account allocated": (
        [
            f"update billing.payment set invoice_id = {PAID} where payment_id = {PAYMENT.format('a6')}"
        ],
        ("ledger", "customer_credit", "ledger", "balance_micros"),
    ),
    "quantity doubled": (
        [
            f"update billing.subscription_item set quantity = quantity * 2 where subscription_id = {SUBSCRIPTION.format('12')}"
        ],
        ("control_total", "mrr", "control_total", None),
    ),
    "interval read as monthly": (
        ["update billing.plan set interval = 'month' where interval = 'year'"],
        ("control_total", "mrr", "control_total", None),
    ),
    "grandfathered price lost": (
        [
            (
                f"update billing.subscription_item set price_id = (select target_id from migration.crosswalk where entity = 'price'"
                f" and source_key = 'month-EUR') where subscription_id = {SUBSCRIPTION.format('1')}"
            )
        ],
        ("records", "subscription_item", "mismatch", "price_key"),
    ),
    "discount forgotten": (
        ["delete from billing.discount where coupon_code = 'WELCOME4'"],
        ("records", "discount", "missing", None),
    ),
    "discount percentage rounded": (
        ["update billing.discount set percent_bp = 1200 where percent_bp = 1250"],
        ("next_bill", "subscription", "next_bill", "amount_micros"),
    ),
    "tiers changed": (
        [
            """update billing.price set tiers = '[{"up_to": 10, "unit_amount_micros": 5000, "flat_amount_micros": 0}]' where tiers is not null"""
        ],
        ("records", "price", "mismatch", "tiers"),
    ),
    "a row set aside is loaded too": (
        [
            (
                "insert into migration.set_aside (tenant_id, load_id, entity, row_number, source_key, bucket, reason, owner)"
                " select tenant_id, load_id, 'usage_event', 0, 'e1-0', 'excluded', 'test_customer', 'support' from migration.load"
            )
        ],
        ("records", "usage_event", "extra", None),
    ),
    "a row set aside that the source does not have": (
        [
            (
                "insert into migration.set_aside (tenant_id, load_id, entity, row_number, source_key, bucket, reason, owner)"
                " select tenant_id, load_id, 'usage_event', 4711, 'e1-0', 'excluded', 'test_customer', 'support' from migration.load"
            )
        ],
        ("accounted", "usage_event", "unaccounted", "row_number"),
    ),
    "a row set aside forgotten": (
        ["delete from migration.set_aside where entity = 'customer'"],
        ("records", "customer", "missing", None),
    ),
    "a reason blanked": (
        ["update migration.set_aside set reason = ' ' where entity = 'customer'"],
        ("accounted", "customer", "unaccounted", "row_number"),
    ),
    "a customer may be billed already": (
        ["update billing.customer set authority = 'target' where name = 'Customer 3 '"],
        ("assured", "customer", "not_assured", "authority"),
    ),
    "a transfer booked twice": (
        [
            (
                "insert into ledger.transfer (tenant_id, transfer_id, entry_id, template, debit_account_id, credit_account_id,"
                " amount_micros, currency, effective_at, is_imported) select tenant_id, gen_random_uuid(), entry_id, template,"
                " debit_account_id, credit_account_id, amount_micros, currency, effective_at, is_imported"
                " from ledger.transfer where template = 'imported_invoice' order by transfer_id limit 1"
            )
        ],
        ("ledger", "receivable", "ledger", "balance_micros"),
    ),
    "a folded balance drifts": (
        [
            "update ledger.folded_balance set debits_micros = debits_micros + 1 where debits_micros > 0"
        ],
        ("ledger", "trial_balance", "ledger", "balance_micros"),
    ),
    "an excluded table miscounted": (
        ["update migration.table_set_aside set row_count = row_count - 1"],
        ("tables", "snapshot", "unaccounted", "rows"),
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_every_mutant_is_found_and_named(reconciled, mutant):
    statements, expected = MUTANTS[mutant]
    result = reconciled(*statements)
    assert not [check.reason for check in result.checks if check.verdict is Verdict.INCONCLUSIVE]
    assert not result.ties_out
    assert expected in found(result)


def test_a_crosswalk_that_points_at_another_row_is_found(reconciled):
    result = reconciled(
        "update migration.crosswalk set target_id = gen_random_uuid() where entity = 'tax_identity' and source_key = 't3'"
    )
    kinds = {each[2] for each in found(result) if each[1] == "tax_identity"}
    assert {"missing", "extra"} <= kinds


def test_plus_and_minus_100_cancel_in_the_net_and_not_in_the_gross(reconciled):
    result = reconciled(*MUTANTS["plus and minus 100 between two customers"][0])
    (revenue,) = (check for check in result.checks if check.subject == "revenue")
    (effect,) = revenue.effects
    assert (effect.gross_micros, effect.net_micros, effect.largest_micros) == (200, 0, 100)
    (total,) = (
        each
        for each in result.totals
        if (each.measure, each.currency) == ("revenue", effect.currency)
    )
    assert total.source_micros == total.target_micros
    assert total.customers_differing == 2


def test_a_swapped_currency_puts_the_whole_amount_in_question(reconciled):
    result = reconciled(*MUTANTS["currency swapped"][0])
    (swapped,) = (
        each
        for check in result.checks
        if (check.name, check.subject) == ("records", "invoice")
        for each in check.samples
        if each.field == "currency"
    )
    assert (swapped.source, swapped.target, swapped.source_key) == ("JPY", "USD", "10")
    assert swapped.amount_micros == (1000 - 100 + 230) * 1_000_000


def test_many_small_differences_of_one_sign_are_called_biased(reconciled):
    result = reconciled("update billing.payment set amount_micros = amount_micros - 1")
    revenue = [total for total in result.totals if total.measure == "revenue"]
    assert any(total.effect.down >= 7 for total in revenue)
    (check,) = (
        each for each in result.checks if (each.name, each.subject) == ("records", "payment")
    )
    assert all(effect.is_biased for effect in check.effects)


def test_a_missing_check_is_inconclusive_and_never_passes(reconciled, tmp_path):
    for file in PACK.rglob("*"):
        if file.is_file() and file.name not in {"invoice.sql", "mrr.sql"}:
            copy = tmp_path / file.relative_to(PACK)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    result = reconciled(pack=tmp_path)
    assert not result.ties_out
    unknown = {(c.name, c.subject) for c in result.checks if c.verdict is Verdict.INCONCLUSIVE}
    assert unknown == {("records", "invoice"), ("control_total", "mrr")}


@pytest.mark.parametrize(
    ("file", "sql", "reason"),
    [
        (
            "checks/credit.sql",
            "select id as source_key, row_number from source.s_credit",
            "missing fields",
        ),
        ("checks/credit.sql", "select nonsense", "nonsense"),
        ("controls/billed.sql", "select customer_key from accepted.invoice", "missing fields"),
        (
            "controls/next_bill.sql",
            "select 1 as source_key, 'soon' as next_bill_at, 'EUR' as currency, 1 as amount_micros",
            "soon",
        ),
    ],
)
def test_a_check_that_cannot_run_is_inconclusive_and_says_why(
    reconciled, tmp_path, file, sql, reason
):
    for each in PACK.rglob("*"):
        if each.is_file():
            copy = tmp_path / each.relative_to(PACK)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(each.read_bytes())
    (tmp_path / file).write_text(sql)
    result = reconciled(pack=tmp_path)
    (unknown,) = (check for check in result.checks if check.verdict is Verdict.INCONCLUSIVE)
    assert reason in (unknown.reason or "")
    assert not result.ties_out


def test_a_check_that_drops_rows_does_not_pass(reconciled, tmp_path):
    """An inner join in a check would hide what the load lost the same way (D5)."""
    for each in PACK.rglob("*"):
        if each.is_file():
            copy = tmp_path / each.relative_to(PACK)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(each.read_bytes())
    check = tmp_path / "checks" / "credit.sql"
    check.write_text(check.read_text().rstrip() + " where id <> 'k2'\n")
    result = reconciled(pack=tmp_path)
    assert ("accounted", "credit", "unaccounted", "row_number") in found(result)


def test_another_snapshot_is_no_evidence(reconciled, tmp_path):
    other = make_snapshot(tmp_path / "other")
    result = reconciled(
        "update migration.load set snapshot_hash = 'another'", source_snapshot=other
    )
    (evidence,) = (check for check in result.checks if check.name == "evidence")
    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert not result.ties_out


def test_the_same_answer_gives_the_same_document(reconciled):
    one, other = reconciled(), reconciled()
    assert to_json(one) == to_json(other)
    document = json.loads(to_json(one))
    assert document["hash"] == result_hash(one)
    assert document["ties_out"] is True
    assert result_hash(reconciled(*MUTANTS["status flipped"][0])) != result_hash(one)


def test_every_type_of_break_has_a_mutant():
    types = {expected[2] for _, expected in MUTANTS.values()}
    others = {BreakType.DUPLICATE.value, BreakType.UNMAPPED_STATUS.value}
    others.add(BreakType.REJECTION_BUDGET.value)  # no damage makes one: the load does
    assert types | others == {each.value for each in BreakType}
