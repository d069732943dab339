"""Money and corrections on issued invoices: payments, adjustments, credit put to use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.dialect.model import CreditUse
from trueup.billing.drafting.model import DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import flat, negated
from trueup.billing.simulation.errors import MoreThanOpen

if TYPE_CHECKING:
    from trueup.billing.simulation.world import World
    from trueup.billing.subscriptions.cycle import Point
    from trueup.kernel.clock import Instant


def pay(world: World, invoice: str, micros: int, at: Instant) -> None:
    """Records money for an invoice; negative where it goes back.

    What is then open again is settled from the account's credit, if the dialect does so.
    Raises MoreThanOpen where more goes back than came.
    """
    paid = world.paid.get(invoice, 0) + micros
    if paid < 0:
        raise MoreThanOpen(what="refund", asked=-micros, most=world.paid.get(invoice, 0))
    world.paid[invoice] = paid
    settle_open(world, at)


def settle_open(world: World, at: Instant) -> None:
    """Uses credit of the account for invoices known to be unpaid, where credit is a line."""
    if world.dialect.credit_use is not CreditUse.LINE:
        return
    for held in list(world.invoices):
        if held.key not in world.paid:
            continue
        used = min(held.total_micros - world.paid[held.key], world.credit_micros)
        if used > 0:
            world.credit_micros -= used
            add_line(world, held.key, account_credit(-used, world.point(at)))


def adjustable(world: World, invoice: str) -> int:
    """By how much an issued invoice may be lowered: what credits left of its lines."""
    rows = [
        row
        for books in world.billed.values()
        for lines in books.values()
        for row in lines
        if row.invoice == invoice
    ]
    given_back = sum(row.line.amount_micros - row.left_micros for row in rows)
    held = world.invoice(invoice)
    return min(held.total_micros, held.draft.total_micros - given_back)


def adjust(world: World, invoice: str, micros: int) -> None:
    """Lowers an issued invoice by `micros`, and what may still be given back of its lines.

    Raises MoreThanOpen above what is left of them.
    """
    held, most = world.invoice(invoice), adjustable(world, invoice)
    if micros > most:
        raise MoreThanOpen(what="adjustment", asked=micros, most=most)
    is_all = micros == held.total_micros
    add_line(world, invoice, adjustment(micros, len(held.draft.lines)))
    _waive(world, invoice, None if is_all else micros)


def put_aside(world: World, invoice: str, micros: int, at: Instant) -> None:
    """Keeps for the account what an adjustment of `micros` left paid above the invoice.

    An invoice of which no payment was told counts as paid.
    """
    paid = world.paid.get(invoice)
    above = micros if paid is None else paid - world.invoice(invoice).total_micros
    if above <= 0:
        return
    world.credit_micros += above
    add_line(world, invoice, account_credit(above, world.point(at)))
    if paid is not None:
        world.paid[invoice] = paid - above


def add_line(world: World, invoice: str, line: DraftLine) -> None:
    """Adds a line to an issued invoice that changes what it comes to, but none of its own."""
    held = world.invoice(invoice)
    world.invoices[world.invoices.index(held)] = replace(
        held,
        adjusted_micros=held.adjusted_micros - line.amount_micros,
        draft=replace(
            held.draft,
            lines=(*held.draft.lines, line),
            off=(*held.draft.off, 0),
            taxes=(*held.draft.taxes, 0),
        ),
    )


def account_credit(micros: int, on: Point) -> DraftLine:
    """A line that keeps `micros` for the account, or uses it where negative."""
    return _line(f"account-credit/{on.isoformat()}/{micros}", LineKind.ACCOUNT_CREDIT, micros)


def adjustment(micros: int, number: int) -> DraftLine:
    """A line that lowers an issued invoice by `micros`."""
    return _line(f"adjustment/{number}/{micros}", LineKind.ADJUSTMENT, -micros)


def _line(key: str, kind: LineKind, micros: int) -> DraftLine:
    return DraftLine(
        key=key,
        kind=kind,
        contract=None,
        item=None,
        plan=None,
        component=None,
        span=None,
        full=None,
        derivation=flat(micros) if micros >= 0 else negated(flat(-micros)),
        amount_micros=micros,
    )


def _waive(world: World, invoice: str, micros: int | None) -> None:
    """Nothing, or `micros` less, may be given back any more of the invoice's lines."""
    rest = micros
    for books in world.billed.values():
        for item, rows in books.items():
            kept = []
            for row in rows:
                if row.invoice != invoice:
                    kept.append(row)
                    continue
                part = row.left_micros if rest is None else min(rest, row.left_micros)
                rest = None if rest is None else rest - part
                kept.append(replace(row, left_micros=row.left_micros - part))
            books[item] = tuple(kept)
