"""What a final report is made of. Everything is measured elsewhere; nothing here compares."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueup.kernel.money import Money


class Verdict(StrEnum):
    """TIES_OUT: every row accounted for, nothing differs.  INCONCLUSIVE: not measured in full."""

    TIES_OUT = "ties_out"
    DOES_NOT_TIE_OUT = "does_not_tie_out"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows and their amount, signed. amount: None where the entity carries no money."""

    rows: int
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class TieOutLine:
    """The conservation identity of one entity in one currency (M27).

    currency: empty for entities without money.  All amounts of a line are in its currency.
    loaded: as read back from the target, not as the loader counted.
    """

    entity: str
    currency: str
    source: Tally
    loaded: Tally
    merged: Tally
    excluded: Tally
    rejected: Tally


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """One sum both sides publish, per currency. gross: sum of absolute differences (M24).

    compared: pairs, such as customers; differing: those whose amounts are not equal.
    """

    name: str
    source: Money
    target: Money
    gross: Money
    compared: int
    differing: int


@dataclass(frozen=True, slots=True)
class ReportedBreak:
    """One unexplained difference. field: empty where a whole record is missing or extra.

    effect: target less source; None where no amount is touched.
    """

    key: str
    field: str
    source_value: str | None
    target_value: str | None
    effect: Money | None


@dataclass(frozen=True, slots=True)
class BreakGroup:
    """All breaks of one type in one entity. count: exact; breaks: a bounded sample of them.

    effect: net, one amount per currency.
    """

    type: str
    entity: str
    count: int
    effect: tuple[Money, ...]
    breaks: tuple[ReportedBreak, ...]


@dataclass(frozen=True, slots=True)
class SetAsideGroup:
    """Source rows that became no record of their own. bucket: merged, excluded or rejected."""

    bucket: str
    entity: str
    reason: str
    rows: int
    amounts: tuple[Money, ...]
    owner: str
    fix: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthRevenue:
    """month: `2026-01`. Both amounts in one currency."""

    month: str
    source: Money
    target: Money

    @property
    def is_same(self) -> bool:
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class StatusCell:
    """Records by status on both sides; None: that side has no such record."""

    source_status: str | None
    target_status: str | None
    rows: int
    is_expected: bool


@dataclass(frozen=True, slots=True)
class StatusMatrix:
    entity: str
    cells: tuple[StatusCell, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of an entity was compared, record by record. fields: by name, sorted."""

    entity: str
    records: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotCompared:
    """What no comparison covers, and why (M19). blocks: without it no verdict is possible."""

    what: str
    why: str
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """Both sides of all ledger accounts of one kind, in one currency."""

    account: str
    debits: Money
    credits: Money


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was compared, by whom it can be found again. Hashes are SHA-256, in hexadecimal."""

    source_kind: str
    source_location: str
    source_position: str
    snapshot_taken_at: str
    snapshot_hash: str
    pack: str
    mapping_hash: str
    target: str
    result_hash: str
    reconciled_at: str
    versions: tuple[tuple[str, str], ...]
    timings: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """Everything a report says. title: whose books.  timings are shown and not hashed."""

    title: str
    provenance: Provenance
    tie_out: tuple[TieOutLine, ...]
    controls: tuple[ControlTotal, ...]
    breaks: tuple[BreakGroup, ...]
    set_aside: tuple[SetAsideGroup, ...]
    revenue: tuple[MonthRevenue, ...]
    matrices: tuple[StatusMatrix, ...]
    coverage: tuple[Coverage, ...]
    not_compared: tuple[NotCompared, ...]
    trial_balance: tuple[TrialBalanceLine, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and the sentences that lead to it, in order of weight."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report. hash: of everything it says but timings; what a signature binds (M80)."""

    judgement: Judgement
    hash: str
    json: str
    html: str
