"""Currencies of no decimals and of three are billed as any: in whole steps, and never summed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.service.billing.test_pending_items import wait
from tests.service.billing.worlds import World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.invoicing import documents, explaining, issued
from trueup.billing.subscriptions.rules import planning
from trueup.kernel.currency import CURRENCIES
from trueup.ledger import service as ledger

SELLS = {"EUR": "12.50", "JPY": "1980", "KWD": "3.755"}
STEPS = {"EUR": 10_000, "JPY": 1_000_000, "KWD": 1_000}


@pytest.fixture
def world(db, tenant_id):
    """Three customers with a fee, seats at parts of a step, and calls, each in a currency of theirs."""
    prices = []
    for code, amount in SELLS.items():
        prices += [
            {"currency": code, "euros": amount},
            {"currency": code, "euros": "0.3337", "charge": "seats", "model": PriceModel.PER_UNIT, "is_per_unit": True},
            {"currency": code, "euros": "0.0171", "meter": "calls", "model": PriceModel.PER_UNIT, "is_per_unit": None},
        ]  # fmt: skip
    world = World(db, tenant_id).entity().plan("pro", *prices)
    for code in SELLS:
        world.customer(code, currency=code).start(code, code, "pro", "2026-01-31", quantity=7)
    return world


def test_every_line_is_whole_steps_and_computes_again(world):
    """B13, B14, B20: plain renewals, a change with its credit, usage, a pause, what waited."""
    world.run("2026-01-31")
    for code in SELLS:
        world.use(f"a {code}", "1234.5", "2026-02-10", of=code)
        wait(world, f"item {code}", "11", "2026-03-01", customer=code, currency=code)
    world.run("2026-02-28")
    for code in SELLS:
        world.order(code, "2026-03-07", lambda s, d, o: planning.change_quantity(s, Decimal("9.5"), o, d))  # fmt: skip
    world.run("2026-03-07")
    for code in SELLS:
        world.order(code, "2026-04-09", lambda s, _, o: planning.pause(s, o))
    report = world.run("2026-05-01")
    assert (report.is_complete, report.waiting) == (True, 0)
    assert set(report.done.money) == set(SELLS)
    invoices = world.rows("invoices")
    assert {row.currency for row in invoices} == set(SELLS)
    kinds = {line.kind for line in world.rows("lines")}
    assert {"recurring", "usage", "credit", "one_off"} <= kinds
    with world.tx() as tx:
        ledger.trial_balance(tx)
        for row in invoices:
            step = STEPS[row.currency]
            assert step == CURRENCIES[row.currency].step_micros
            told = explaining.explained(tx, row.number, "en")
            assert all(line.holds for line in told.lines), row.number
            figures = [row.tax_micros, row.total_micros]
            figures += [part for x in told.lines for part in (x.amount_micros, x.tax_micros)]
            assert not [figure for figure in figures if figure % step], row.number
            assert sum(x.amount_micros for x in told.lines) == row.subtotal_micros
            assert issued.invoice(tx, row.number).totals.gross.micros == row.total_micros


@pytest.mark.parametrize(("code", "net", "tax"), [("JPY", 1_982, 377), ("KWD", 6_091, 1_157)])
def test_a_bill_is_what_a_person_reckons(world, code, net, tax):
    """B14, B45: seven seats at 0.3337 are 2.3359, so 2 yen and 2.336 dinars; 19 % of the whole."""
    world.run("2026-01-31")
    (invoice,) = (row for row in world.rows("invoices") if row.currency == code)
    step = STEPS[code]
    assert (invoice.subtotal_micros, invoice.tax_micros) == (net * step, tax * step)


def test_a_credit_note_takes_whole_steps(world):
    """B48."""
    world.run("2026-01-31")
    for row in world.rows("invoices"):
        step = STEPS[row.currency]
        world.on(documents.credit, row.number, day("2026-02-01"), net_micros=3 * step)
        world.on(documents.credit, row.number, day("2026-02-02"))
    given = world.rows("notes")
    assert not [note for note in given if note.amount_micros % 1_000]
    total = {row.number: row.total_micros for row in world.rows("invoices")}
    assert sum(note.amount_micros for note in given) == sum(total.values())
