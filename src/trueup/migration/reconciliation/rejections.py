"""The rejection budget: how much may be rejected before the books do not tie out (M49).

Every rejected row is named, so rows and money are conserved even if nothing at all was loaded.
That is no migration. The budget is counted by entity in rows, and by entity and currency in gross
money: shares of one sum only, nothing added across entities or currencies (M24, M26).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import CURRENCIES
from trueup.migration.reconciliation.model import (
    Break,
    BreakType,
    Check,
    Rejections,
    Verdict,
)
from trueup.migration.reconciliation.reading import R

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.reconciliation.comparable import Entity
    from trueup.migration.reconciliation.reading import SourceReading

CHECK: Final = "rejection_budget"


def judge_rejections(
    reading: SourceReading, entity: Entity
) -> tuple[Check, tuple[Rejections, ...]] | None:
    """Rows and money of the entity that were rejected, against its budget.

    None for records that lie inside another's row: that row is judged.  Derived records count.
    """
    if reading.accounted(entity) != entity.name:
        return None
    found = tuple(_measured(reading, entity))
    over = [each for each in found if not each.is_within]
    samples = tuple(_break(each) for each in over)
    verdict = Verdict.FAIL if over else Verdict.PASS
    return Check(CHECK, entity.name, verdict, len(over), samples), found


def _measured(reading: SourceReading, entity: Entity) -> Iterator[Rejections]:
    """The rows of the entity, then its money currency by currency; only where there is any.

    What is in no currency that ISO 4217 knows is counted, and its amount is none.
    """
    limit = reading.pack.budget.of(entity.name)
    has_money = entity.money and entity.adds_up and entity.has_currency
    cells = reading.rows(
        R.rejections,
        entity=entity.name,
        currency="cast(r.currency as varchar)" if has_money else "cast(null as varchar)",
        money=f"r.{entity.money}" if has_money else "null",
    )
    rows, rejected = sum(cell[1] for cell in cells), sum(cell[2] for cell in cells)
    said = (limit.reason, limit.owner)
    if rows:
        yield Rejections(entity.name, None, rejected, rows, limit.rows_bp, *said)
    for currency, _, _, micros, rejected_micros in cells:
        if currency in CURRENCIES and micros:
            share = limit.money_bp
            yield Rejections(entity.name, currency, rejected_micros, micros, share, *said)


def _break(found: Rejections) -> Break:
    return Break(
        BreakType.REJECTION_BUDGET,
        found.entity,
        found.currency or "rows",
        "rejected",
        f"at most {_percent(found.limit_bp)}",
        _percent(found.share_bp),
        -found.rejected if found.currency else None,
        found.currency,
    )


def _percent(share_bp: int) -> str:
    return f"{Decimal(share_bp).scaleb(-2).normalize():f} %"
