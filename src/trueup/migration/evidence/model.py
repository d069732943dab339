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

    source + derived = loaded + merged + excluded + rejected.  derived: records that no row of the
    source stands for.  loaded: as read back from the target, not as the loader counted.
    currency: empty for entities without money; a code that is no currency has tallies without
    amounts.  All amounts of a line are in its currency.  is_part: records that lie inside the rows
    of another entity, such as line items; they are no source rows of their own.
    """

    entity: str
    currency: str
    source: Tally
    derived: Tally
    loaded: Tally
    merged: Tally
    excluded: Tally
    rejected: Tally
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """One sum both sides publish, in one currency. gross: sum of absolute differences (M24).

    differing: customers whose amounts are not equal.  is_biased: many differences of one sign,
    which is a rule, not chance (M25).
    """

    name: str
    source: Money
    target: Money
    gross: Money
    differing: int
    is_biased: bool


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One question asked of both books. verdict: pass, fail or inconclusive.

    source, target: what each side amounts to, in records.  reason: why it is inconclusive.
    """

    name: str
    subject: str
    verdict: str
    breaks: int
    source: int | None
    target: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What breaks move in one currency, target less source. gross: of absolute amounts."""

    net: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class ReportedBreak:
    """One unexplained difference. field: empty where a whole record is meant.

    effect: None where no amount is touched, or its currency is unknown.
    """

    type: str
    key: str
    field: str
    source_value: str | None
    target_value: str | None
    effect: Money | None


@dataclass(frozen=True, slots=True)
class BreakGroup:
    """All breaks one check found. count: exact; breaks: a bounded sample of them."""

    check: str
    subject: str
    count: int
    effects: tuple[Effect, ...]
    breaks: tuple[ReportedBreak, ...]


@dataclass(frozen=True, slots=True)
class SetAsideGroup:
    """Source rows that became no record of their own. bucket: merged, excluded or rejected.

    entity: or the source table of which nothing was loaded.  field: empty where none is to blame.
    fix: what to do about the first row.  keys: of the first few rows.
    """

    bucket: str
    entity: str
    reason: str
    field: str
    rows: int
    amounts: tuple[Money, ...]
    owner: str
    fix: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """Totals of documents issued in one month, as each side has them. month: `2026-01`, in UTC.

    Drafts and void documents are not issued.  Both amounts in one currency.
    """

    month: str
    source: Money
    target: Money

    @property
    def is_same(self) -> bool:
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class StatusCell:
    """Records of one raw source status and one target status, counted on each side.

    None as a status: that side has no such record.  is_declared: whether the pack's map says so;
    None where it has no map for it.
    """

    source_status: str | None
    target_status: str | None
    source_rows: int
    target_rows: int
    is_declared: bool | None

    @property
    def is_expected(self) -> bool:
        return self.is_declared is not False and self.source_rows == self.target_rows


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
    """What no comparison covers, and why (M19)."""

    what: str
    why: str


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
class BudgetLine:
    """What was rejected of one entity, in rows or in one currency, beside what is allowed (M49).

    rejected, whole: both rows, or both gross amounts of one currency.  share_bp: the part rejected
    in basis points, rounded up.  reason, owner: empty where the limit is the default.
    """

    entity: str
    rejected: int | Money
    whole: int | Money
    share_bp: int
    limit_bp: int
    reason: str
    owner: str
    is_within: bool


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the source does not say and somebody decided, as the pack states it."""

    name: str
    value: str
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A finding of the assessment that would have stopped the migration; the operator went on."""

    code: str
    where: str
    title: str
    count: int
    accepted_at: str


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """Everything a report says. title: whose books.  timings are shown and not hashed."""

    title: str
    provenance: Provenance
    tie_out: tuple[TieOutLine, ...]
    checks: tuple[CheckLine, ...]
    controls: tuple[ControlTotal, ...]
    breaks: tuple[BreakGroup, ...]
    set_aside: tuple[SetAsideGroup, ...]
    budget: tuple[BudgetLine, ...]
    assumed: tuple[Assumed, ...]
    accepted: tuple[AcceptedFinding, ...]
    billed: tuple[BilledMonth, ...]
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
