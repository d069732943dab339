"""What was given back so far of what an account was billed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.drafting.model import InvoiceFacts
from trueup.billing.drafting.rules.assembly import by_rate

if TYPE_CHECKING:
    from trueup.billing.drafting.model import DraftLine
    from trueup.billing.simulation.world import World


def facts_of(world: World, invoice: str) -> InvoiceFacts:
    """What notes against that invoice need to know."""
    draft = world.invoice(invoice).draft
    noted = [n.note for n in world.notes if n.note.invoice == invoice]
    return InvoiceFacts(
        invoice=invoice,
        net_micros=draft.subtotal_micros - draft.discount_micros,
        tax_micros=draft.tax_micros,
        off={line.key: off for line, off in zip(draft.lines, draft.off, strict=True)},
        amounts={line.key: line.amount_micros for line in draft.lines},
        noted_net_micros=sum(n.net_micros for n in noted),
        noted_tax_micros=sum(n.tax_micros for n in noted),
        given={line.key: _given_back(world, line) for line in draft.lines},
        at_rate=by_rate(
            (line.key, line.tax_percent, line.amount_micros - off, tax)
            for line, off, tax in zip(draft.lines, draft.off, draft.taxes, strict=True)
            if line.amount_micros
        ),
    )


def noted_of(world: World, line: str) -> int:
    """What notes took of a line so far."""
    return sum(-x.amount_micros for n in world.notes for x in n.note.lines if x.gives_back == line)


def _given_back(world: World, line: DraftLine) -> int:
    """What of an issued line was given back so far."""
    rows = world.billed.get(line.contract or "", {}).get(line.item or "", ())
    row = next((r for r in rows if r.line.key == line.key), None)
    if row is None:
        return noted_of(world, line.key)
    return row.line.amount_micros - row.left_micros
