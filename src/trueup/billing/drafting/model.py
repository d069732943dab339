"""Drafts: what a contract owes at a moment, line by line, before anything is numbered or stored.

Amounts are integers of micro-units, whole steps of the contract's currency; a negative line gives
money back.  Points and spans are as in `subscriptions.cycle`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount
    from trueup.billing.rating.derivation import Node
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point, Reach
    from trueup.billing.taxes.rules.crediting import Taxed
    from trueup.kernel.currency import Currency


NO_TIME: Final = Fraction(0)


class LineKind(StrEnum):
    RECURRING = "recurring"
    FIXED = "fixed"
    USAGE = "usage"
    MINIMUM = "minimum"
    COMMITMENT = "commitment"
    ADD_ON = "add_on"
    ONE_OFF = "one_off"
    CREDIT = "credit"
    ADJUSTMENT = "adjustment"
    ACCOUNT_CREDIT = "account_credit"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line that is to be billed.

    key: its identity, the same whenever the same history is billed again (B39).
    item: key of the item in service that owes it; None for a line of the whole account.
    span: the time it is for; None: for nothing but itself.
    full: the natural period of which `span` is all or a part.
    amount_micros: the derivation, rounded once.
    gives_back: key of the billed line of which this credit is a part.
    description: of an amount that was agreed as it is; no price makes it, no coupon lowers it.
    """

    key: str
    kind: LineKind
    contract: str | None
    item: str | None
    plan: str | None
    component: str | None
    span: Reach | None
    full: Reach | None
    derivation: Node
    amount_micros: int
    quantity: Decimal | None = None
    gives_back: str | None = None
    tax_percent: Decimal | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line of an issued invoice, and what of it still stands.

    given_back: spans of it that later credits gave back.
    left_micros: what may still be given back of it: never more than was billed (B31).
    """

    line: DraftLine
    invoice: str
    left_micros: int
    given_back: tuple[Reach, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """A quantity used.  at: when it was used; recorded: when we learned of it.

    moment: tells events apart that name nothing.  into_day: how much of the local day `at` had
    passed, for contracts in dates.  plan: under which it was used, where the day does not tell.
    """

    meter: str
    at: Point
    recorded: Point
    quantity: Decimal
    dimensions: Mapping[str, str] = field(default_factory=dict)
    moment: str = ""
    into_day: Fraction = NO_TIME
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that decides what a contract owes now; the same situation, the same lines.

    billed: by item key, oldest first.
    usage: events of this contract that are recorded by now, in time order.
    is_ahead: a run on demand bills periods in arrears that have only begun, where the dialect says.
    asked_from: windows of usage that begin before are as they were billed; usage before it is left
    out, but for what of it still counts, which is summed by day (`rules.settled`).  None: nothing.
    """

    contract: Contract
    billed: Mapping[str, tuple[BilledLine, ...]]
    usage: tuple[UsageEvent, ...]
    now: Point
    currency: Currency
    dialect: Dialect
    is_ahead: bool = False
    asked_from: Point | None = None


class LeftOutReason(StrEnum):
    TOO_LATE = "too_late"  # recorded more periods after its own than late usage is billed
    NOT_SERVED = "not_served"  # no charge of its meter was in service when it was used
    UNPRICED = "unpriced"  # no charge of the subscription has its meter


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Usage of a period that is on no bill.  quantity: of all its events, added up."""

    contract: str
    meter: str
    span: Reach
    quantity: Decimal
    events: int
    reason: LeftOutReason


@dataclass(frozen=True, slots=True)
class DraftInvoice:
    """Lines with what is taken off and added, in the order of B42.

    off, taxes: per line; each sums to its total.  Of a credit they give back its part.
    credit_micros: credit of the account used here.  put_aside_micros: what the account gains.
    total_micros: what the document says is owed; negative only where the dialect leaves it so.
    """

    lines: tuple[DraftLine, ...]
    off: tuple[int, ...]
    taxes: tuple[int, ...]
    subtotal_micros: int
    discount_micros: int
    tax_micros: int
    credit_micros: int
    put_aside_micros: int
    total_micros: int
    discounts_after: tuple[Discount, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftCreditNote:
    """Credits against one issued invoice, with their part of its discount and tax (B48)."""

    invoice: str
    lines: tuple[DraftLine, ...]
    net_micros: int
    tax_micros: int

    @property
    def total_micros(self) -> int:
        return self.net_micros + self.tax_micros


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What notes against an issued invoice need to know of it.

    off: discount of each of its lines, by key.  noted_*: what earlier notes took.
    given: what of each line was given back before, by key.
    at_rate: by line, what all lines of its tax come to; empty where the invoice has one tax only.
    """

    invoice: str
    net_micros: int
    tax_micros: int
    off: Mapping[str, int]
    amounts: Mapping[str, int]
    noted_net_micros: int = 0
    noted_tax_micros: int = 0
    given: Mapping[str, int] = field(default_factory=dict)
    at_rate: Mapping[str, Taxed] = field(default_factory=dict)
