"""What a note or an invoice below zero puts aside stays what it was: money, or credit that is none.

Pure.  Source: ADR 0104; BILLING_RULES B57.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID  # noqa: TC003  a field's type

from trueup.billing.customers.model import Origin
from trueup.kernel.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.kernel.clock import Instant

    Row = Any  # a named tuple, as every row


@dataclass(frozen=True, slots=True)
class Aside:
    """A credit that a note leaves to its customer.  expires_at: as of the credit it was."""

    credit_id: UUID
    amount_micros: int
    priority: int = 0
    is_goodwill: bool = False
    origin: str = Origin.NATIVE
    expires_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An invoice of which one below zero gives something back.

    cause: by what name that one puts aside of it.  gross_micros: what it gives back, with tax.
    paid_micros: what payments settled of it, and what is still due.  spent, earlier: as `asides`.
    """

    cause: UUID
    gross_micros: int
    paid_micros: int
    spent: Sequence[Row]
    earlier: Sequence[UUID]


def money_id(note_id: UUID) -> UUID:
    """Of the credit for money that a note puts aside."""
    return derived_id(note_id, "put_aside")


def credit_id(note_id: UUID, of: UUID) -> UUID:
    """Of the credit that a note puts aside for the credit `of`."""
    return derived_id(note_id, "put_aside", str(of))


def asides(
    note_id: UUID,
    micros: int,
    paid_micros: int,
    spent: Sequence[Row],
    earlier: Sequence[UUID],
    given: Mapping[UUID, int],
) -> list[Aside]:
    """The credits that a note puts aside, `micros` together.

    Money comes back first, then credits that are none, the last spent first.  What nobody knows to
    be either (another system settled it) is not taken for money.
    paid_micros: what payments settled of the invoice.  spent: credits that settled it, the last
    first.  earlier: notes against it.  given: what credits were put aside with, by id.
    """
    made, rest = [], micros
    if part := min(rest, _money_left(paid_micros, spent, earlier, given)):
        made.append(Aside(money_id(note_id), part))
        rest -= part
    for each in spent:
        back = sum(given.get(credit_id(note, each.credit_id), 0) for note in earlier)
        part = 0 if _is_money(each) else min(rest, each.amount_micros - back)
        if part > 0:
            made.append(_as_it_was(credit_id(note_id, each.credit_id), part, each))
            rest -= part
    if rest:
        made.append(Aside(credit_id(note_id, note_id), rest, origin=Origin.IMPORTED))
    return made


def cause_of(below: UUID, source: UUID) -> UUID:
    """What an invoice below zero is called in what it puts aside of another."""
    return derived_id(below, "put_aside_of", str(source))


def below_zero(
    below: UUID,
    micros: int,
    other_micros: int,
    sources: Sequence[Source],
    given: Mapping[UUID, int],
) -> list[Aside]:
    """The credits that an invoice below zero puts aside, `micros` together.

    What it charges is settled by what is no money, as far as that goes.  other_micros: what it
    gives back of no invoice (an item that was agreed): money, as far as more was paid than given
    back.  given: as `asides`, of what all sources' `earlier` put aside.
    """
    own = min(micros, other_micros)
    money = [
        min(s.gross_micros, _money_left(s.paid_micros, s.spent, s.earlier, given)) for s in sources
    ]
    first = _taken(micros - own, money)
    rest = micros - own - sum(first)
    then = _taken(rest, [s.gross_micros - m for s, m in zip(sources, money, strict=True)])
    own += rest - sum(then)
    made = [Aside(money_id(below), own)] if own else []
    for source, *parts in zip(sources, first, then, strict=True):
        if share := sum(parts):
            s = source
            made += asides(s.cause, share, s.paid_micros, s.spent, s.earlier, given)
    return made


def _taken(micros: int, parts: Sequence[int]) -> list[int]:
    """`micros` taken of `parts`, of the first first."""
    taken = []
    for part in parts:
        taken.append(min(micros, part))
        micros -= taken[-1]
    return taken


def _money_left(
    paid_micros: int, spent: Sequence[Row], earlier: Sequence[UUID], given: Mapping[UUID, int]
) -> int:
    """What of an invoice money settled, and nobody has put aside yet."""
    money: int = paid_micros + sum(each.amount_micros for each in spent if _is_money(each))
    return max(money - sum(given.get(money_id(note), 0) for note in earlier), 0)


def _is_money(credit: Row) -> bool:
    return not credit.is_goodwill and credit.origin != Origin.IMPORTED


def _as_it_was(aside_id: UUID, micros: int, credit: Row) -> Aside:
    return Aside(
        aside_id,
        micros,
        credit.priority,
        credit.is_goodwill,
        credit.origin,
        credit.expires_at,
    )
