"""What the ledger is made of: kinds of account, and templates that say which accounts a fact moves.

Both are data. The chart of accounts and the templates in docs/ledger.md are written from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import pyarrow as pa


class Side(Enum):
    """The side on which an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class AccountKind:
    """A line of the chart of accounts. There is one account of it per currency.

    is_per_customer: one for each customer too; otherwise one for the tenant.
    """

    name: str
    normal_side: Side
    is_per_customer: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One transfer of a template: which account it debits, which it credits, by which amount.

    amount: the column of the facts that holds it; signed, and a negative one swaps the sides.
    debit_customer, credit_customer: the columns that name the owner of a personal account.
    """

    name: str
    debit: AccountKind
    credit: AccountKind
    amount: str
    debit_customer: str = "customer_id"
    credit_customer: str = "customer_id"


@dataclass(frozen=True, slots=True)
class Template:
    """How one kind of business fact moves money. The name is stored and never changes."""

    name: str
    meaning: str
    legs: tuple[Leg, ...]


ENTRY: Final = "entry_id"
CURRENCY: Final = "currency"
EFFECTIVE: Final = "effective_at"


@dataclass(frozen=True, slots=True)
class Facts:
    """Business facts of one template, a row each.

    rows: `entry_id` (16 bytes, one fact each), `currency`, `effective_at` (UTC; none missing), and
    the columns of amounts and customers that the template's legs name; others are ignored.
    """

    template: Template
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Postings:
    """Facts turned into rows of the ledger.

    transfers: as `ledger.transfer`, without tenant and times of recording.
    accounts: those the transfers touch, each once: account_id, kind, currency, customer_id.
    """

    transfers: pa.Table
    accounts: pa.Table


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts somebody asks about; None is all.

    kind: a name of the chart.  until: what takes effect before then counts; None: all of it.
    """

    kind: str | None = None
    customer_id: UUID | None = None
    currency: str | None = None
    until: datetime | None = None

    @property
    def is_all(self) -> bool:
        return self.kind is None and self.customer_id is None and self.currency is None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account and what stands on it.  customer_id: None is the tenant's own."""

    account_id: UUID
    kind: str
    customer_id: UUID | None
    currency: str
    debits_micros: int
    credits_micros: int


@dataclass(frozen=True, slots=True)
class TrialLine:
    """A line of the trial balance: both sides of all accounts of one kind and currency."""

    currency: str
    kind: str
    debits_micros: int
    credits_micros: int
