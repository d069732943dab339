"""What billing history again is made of: what was imported, what it was billed on, what came of it.

Amounts are integers of micro-units in the currency of their record; instants are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from decimal import Decimal
    from uuid import UUID

    from trueup.billing.calendar.model import Recurrence
    from trueup.billing.dialect.model import Dialect
    from trueup.billing.discounts.model import Discount
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency
    from trueup.kernel.money import Money


class Kind(StrEnum):
    """What is compared."""

    RENEWAL = "renewal"  # fixed fees of one period, nothing else
    RENEWAL_WITH_LINES = "renewal_with_lines"  # the same beside lines of no contract
    USAGE = "usage"
    USAGE_WITH_LINES = "usage_with_lines"
    TRIAL = "trial"  # a document of nothing that announces a trial
    CARRIED_OVER = "carried_over"  # one document for several periods
    MANUAL = "manual"  # of no subscription, or of no period
    UNBILLED = "unbilled"  # a period in service for which there is no document
    DRAFT = "draft"  # a bill that the source has prepared
    NEXT_BILL = "next_bill"  # the next bill as a control of the source knows it


FORWARD = frozenset({Kind.DRAFT, Kind.NEXT_BILL})
"""What is still to come."""


class Cause(StrEnum):
    """Why a difference is there: what the bill was made again under, until it agreed."""

    UNBILLED_USAGE = "unbilled_usage"
    MISSING_USAGE = "missing_usage"
    MISSING_DISCOUNT = "missing_discount"
    MISSING_INVOICE = "missing_invoice"
    PRICE_VERSION = "price_version"
    QUANTITY = "quantity"
    DISCOUNT_USED_UP = "discount_used_up"
    DISCOUNT_OF_NET = "discount_of_net"
    DISCOUNT_ORDER = "discount_order"
    DISCOUNT_ROUNDING = "discount_rounding"
    ROUNDING = "rounding"
    PRORATION = "proration"
    TAX_PLACE = "tax_place"
    TAX_ROUNDING = "tax_rounding"
    TIMING = "timing"
    SERVICE_ENDED = "service_ended"
    BILLED_BEFORE = "billed_before"
    TRIAL_NOTICE = "trial_notice"
    CARRIED_OVER = "carried_over"
    WRONG_UNIT = "wrong_unit"
    CONTROL_PRECISION = "control_precision"
    NOTHING_DUE = "nothing_due"
    SOURCE_BEHIND = "source_behind"
    UNEXPLAINED = "unexplained"


class Line(NamedTuple):
    """A line of an imported invoice.  tax_rate: fraction; 0.20 is 20 %."""

    description: str | None
    quantity: Decimal | None
    amount_micros: int
    tax_rate: Decimal | None
    period_start: Instant | None
    period_end: Instant | None


@dataclass(frozen=True, slots=True)
class Document:
    """An imported invoice.  issued_at: None for a draft."""

    invoice_id: UUID
    subscription_id: UUID | None
    customer_id: UUID
    number: str | None
    currency: str
    subtotal_micros: int
    discount_micros: int
    tax_micros: int
    total_micros: int
    issued_at: Instant | None
    period_start: Instant | None
    period_end: Instant | None
    lines: tuple[Line, ...]


class Used(NamedTuple):
    """A report of use.  is_billed: the source has put it on an invoice."""

    meter: str
    quantity: Decimal
    occurred_at: Instant
    is_billed: bool


class SoldItem(NamedTuple):
    """One price of a subscription.  versions: charges of its plan at other prices, newest first."""

    position: int
    plan: str
    charge: Charge
    quantity: Decimal
    versions: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Sold:
    """An imported subscription as the engine understands it.

    begins: from when it is billed: its start, or the end of its trial.
    ends_at, end_known_at: when its service ends or ended, and since when that is known.
    charged_through: how far the source says it has billed.
    set_aside: how many rows of each entity that hang on it the load set aside.
    """

    subscription_id: UUID
    customer_id: UUID
    status: str
    currency: Currency
    zone: tzinfo
    terms: Terms
    cycle: Recurrence
    begins: Instant
    items: tuple[SoldItem, ...]
    trial_end: Instant | None = None
    ends_at: Instant | None = None
    end_known_at: Instant | None = None
    charged_through: Instant | None = None
    discounts: tuple[Discount, ...] = ()
    set_aside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One bill with everything it is made from.

    through: until when the subscription is billed before it; None: not at all.
    at: when it is billed.  is_dated: the day on which the source issued it is compared, too.
    nets_credits: a discount is taken of what is left after lines that give back.
    """

    sold: Sold
    document: Document
    dialect: Dialect
    at: Instant
    through: Instant | None
    usage: tuple[Used, ...] = ()
    discounts: tuple[Discount, ...] = ()
    ends_at: Instant | None = None
    is_dated: bool = True
    nets_credits: bool = False


class Difference(NamedTuple):
    """A field on which the two sides differ, as text for people."""

    field: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison that did not agree.

    effect_micros: what we would have billed less what the source billed.
    causes: all together explain every difference; UNEXPLAINED alone if nothing does.
    """

    kind: Kind
    causes: tuple[Cause, ...]
    currency: str
    effect_micros: int
    subscription_id: UUID | None
    invoice_id: UUID | None
    number: str | None
    differences: tuple[Difference, ...]
    subscription_key: str | None = None

    @property
    def is_explained(self) -> bool:
        return Cause.UNEXPLAINED not in self.causes


@dataclass(frozen=True, slots=True)
class Judged:
    """One comparison.  finding: None where nothing differs.  given: lines of no contract."""

    kind: Kind
    currency: str
    finding: Finding | None = None
    given: tuple[Line, ...] = ()


class NextBill(NamedTuple):
    """A subscription's next bill as a control of the source has it: fixed fees less discounts."""

    at: Instant
    currency: str
    amount_micros: int


class Window(NamedTuple):
    """Documents issued from `since` until before `until`.

    now: where the source stands still: just after its last document.  What comes next comes then.
    """

    since: Instant
    until: Instant
    now: Instant

    @property
    def ends(self) -> Instant:
        """Until when periods without a document are looked for."""
        return min(self.until, self.now)


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one subscription.

    documents: those of the window in the order they were issued; drafts apart.
    through: how far documents before the window had billed.  usage: of periods billed in it.
    control: False where the source publishes no next bills; None: this one has none.
    """

    sold: Sold
    documents: tuple[Document, ...]
    drafts: tuple[Document, ...] = ()
    through: Instant | None = None
    usage: tuple[Used, ...] = ()
    control: NextBill | bool | None = False


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of a kind agree.  same: in every field compared."""

    kind: Kind
    currency: str
    compared: int
    same: int
    explained: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """Differences of one set of causes in one currency.  net: ours less theirs."""

    causes: tuple[Cause, ...]
    currency: str
    count: int
    net: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class GivenTotal:
    """Lines that no contract explains, taken as they are."""

    description: str
    currency: str
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Setting:
    """How much of history one value of a setting of the dialect explains."""

    setting: str
    value: str
    same: int
    compared: int
    is_chosen: bool
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Backtest:
    """What billing history again came to.

    since, until: half-open.  budget: how many unexplained differences are allowed.
    findings: at most SAMPLES_MAX of each set of causes; the totals count all.
    """

    source: str
    dialect: str
    since: Instant
    until: Instant
    budget: int
    rates: tuple[Rate, ...]
    totals: tuple[ClassTotal, ...]
    given: tuple[GivenTotal, ...]
    findings: tuple[Finding, ...]
    inferred: tuple[Setting, ...] = ()

    @property
    def compared(self) -> int:
        return sum(rate.compared for rate in self.rates)

    @property
    def documents(self) -> int:
        """Imported invoices of the window that were billed again."""
        kinds = FORWARD | {Kind.UNBILLED}
        return sum(rate.compared for rate in self.rates if rate.kind not in kinds)

    @property
    def same(self) -> int:
        return sum(rate.same for rate in self.rates)

    @property
    def explained(self) -> int:
        return sum(rate.explained for rate in self.rates)

    @property
    def unexplained(self) -> int:
        return sum(rate.unexplained for rate in self.rates)

    @property
    def passes(self) -> bool:
        """Nothing compared is no evidence, and never passes (M1)."""
        return self.documents > 0 and self.unexplained <= self.budget
