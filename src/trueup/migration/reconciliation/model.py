from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Verdict(StrEnum):
    """What a check came to. One that could not be made is inconclusive, and never passes."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class BreakType(StrEnum):
    """Why a record, a sum or a status does not tie out."""

    MISSING = "missing"
    EXTRA = "extra"
    DUPLICATE = "duplicate"
    MISMATCH = "mismatch"
    UNACCOUNTED = "unaccounted"
    NOT_ASSURED = "not_assured"
    CONSERVATION = "conservation"
    UNMAPPED_STATUS = "unmapped_status"
    STATUS_MATRIX = "status_matrix"
    CONTROL_TOTAL = "control_total"
    NEXT_BILL = "next_bill"
    LEDGER = "ledger"
    REJECTION_BUDGET = "rejection_budget"


@dataclass(frozen=True, slots=True)
class Break:
    """One unexplained difference.

    source, target: the two values as canonical text, None where a side has none.
    amount_micros: what it moves, target less source; for a status, a currency or an owner the
    whole amount of the record; None where no money hangs on it.
    """

    type: BreakType
    entity: str
    source_key: str
    field: str | None = None
    source: str | None = None
    target: str | None = None
    amount_micros: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class MoneyEffect:
    """What breaks move in one currency; never added to another's.

    gross: sum of absolute amounts, so that +100 and -100 do not cancel.  net: their sum.
    largest: the largest absolute amount.  up, down: how many amounts are above and below zero.
    """

    currency: str
    gross_micros: int = 0
    net_micros: int = 0
    largest_micros: int = 0
    up: int = 0
    down: int = 0

    @property
    def is_biased(self) -> bool:
        """Many differences of one sign: a rounding rule, not chance.

        Ten of one sign and none of the other happen by chance once in 512 (sign test, 2 x 2^-10).
        Source: M25.
        """
        return max(self.up, self.down) >= BIAS_MIN and min(self.up, self.down) == 0


BIAS_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of both books, and its answer.

    subject: the entity or the measure.  breaks: how many, exactly; `samples` holds the first few.
    source, target: what each side amounts to, in the unit the check's name says.
    reason: why it is inconclusive.
    """

    name: str
    subject: str
    verdict: Verdict
    breaks: int = 0
    samples: tuple[Break, ...] = ()
    effects: tuple[MoneyEffect, ...] = ()
    source: int | None = None
    target: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConservationCell:
    """source + derived = loaded + merged + excluded + rejected, for one entity, status, currency.

    Rows and money; the loaded ones are counted in the target, all others in the snapshot.
    """

    entity: str
    source_status: str | None
    currency: str | None
    rows: Mapping[str, int]
    micros: Mapping[str, int]

    @property
    def is_kept(self) -> bool:
        return _is_kept(self.rows) and _is_kept(self.micros)


def _is_kept(parts: Mapping[str, int]) -> bool:
    came = parts["source"] + parts["derived"]
    return came == parts["loaded"] + parts["merged"] + parts["excluded"] + parts["rejected"]


@dataclass(frozen=True, slots=True)
class StatusCell:
    """How many records have this raw source status and this target value, on each side."""

    entity: str
    source_status: str | None
    target_status: str | None
    source_rows: int
    target_rows: int
    is_declared: bool | None
    """Whether the pack's map says so; None where the pack declares no map for it."""


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """One measure in one currency, added up on each side; None where it could not be."""

    measure: str
    currency: str
    source_micros: int
    target_micros: int
    customers_differing: int
    effect: MoneyEffect


WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rejections:
    """What was rejected of one entity, beside what the pack's budget allows.

    currency: None for rows.  rejected, whole: rows, or gross micros of the currency; whole is not
    zero.  limit_bp: basis points.  reason, owner: why the limit is not the default, and whose word
    that is; empty for the default.
    """

    entity: str
    currency: str | None
    rejected: int
    whole: int
    limit_bp: int
    reason: str
    owner: str

    @property
    def share_bp(self) -> int:
        """The part rejected, rounded up: it is above the limit exactly if the part is."""
        return -(-self.rejected * WHOLE_BP // self.whole)

    @property
    def is_within(self) -> bool:
        return self.share_bp <= self.limit_bp


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The whole answer. It binds the snapshot, the pack and the load it was made of."""

    tenant_id: int
    source: str
    load_id: str
    snapshot_hash: str
    mapping_hash: str
    checks: tuple[Check, ...]
    conservation: tuple[ConservationCell, ...]
    statuses: tuple[StatusCell, ...]
    totals: tuple[ControlTotal, ...]
    rejections: tuple[Rejections, ...]

    @property
    def ties_out(self) -> bool:
        """Every check was made and passed. No checks is no evidence, and does not tie out."""
        return bool(self.checks) and all(each.verdict is Verdict.PASS for each in self.checks)
