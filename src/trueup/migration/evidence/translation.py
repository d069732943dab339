"""A reconciliation as it is reported: sums of cells, breaks by check, money with its currency."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.currency import CURRENCIES
from trueup.kernel.money import Money
from trueup.migration.evidence.model import (
    BreakGroup,
    BudgetLine,
    CheckLine,
    ControlTotal,
    Coverage,
    Effect,
    NotCompared,
    Provenance,
    ReportedBreak,
    StatusCell,
    StatusMatrix,
    Tally,
    TieOutLine,
)
from trueup.migration.evidence.rules import BUDGET
from trueup.migration.reconciliation import model as reconciled
from trueup.migration.reconciliation.comparable import ENTITIES
from trueup.migration.reconciliation.document import result_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trueup.migration.sources.snapshot import Snapshot

_BUCKETS: Final = ("source", "derived", "loaded", "merged", "excluded", "rejected")


def provenance_of(
    snapshot: Snapshot, found: reconciled.Reconciliation, *, pack: str, target: str, **run: Any
) -> Provenance:
    """Where the report's evidence is found again.

    pack: name and version.  target: whose books.  run: reconciled_at, versions, timings.
    """
    return Provenance(
        source_kind=snapshot.source.kind.value,
        source_location=snapshot.source.location,
        source_position=snapshot.source.position,
        snapshot_taken_at=snapshot.source.taken_at,
        snapshot_hash=found.snapshot_hash,
        pack=pack,
        mapping_hash=found.mapping_hash,
        target=target,
        result_hash=result_hash(found),
        **run,
    )


def money_of(micros: int | None, code: str | None) -> Money | None:
    """An amount, or None where there is none or its currency is unknown."""
    known = CURRENCIES.get(code or "")
    return Money(micros, known) if known and micros is not None else None


def tie_out_of(cells: Iterable[reconciled.ConservationCell]) -> tuple[TieOutLine, ...]:
    """One line per entity and currency over all statuses, entities in the order they come."""
    rows: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(_BUCKETS, 0)
    )
    micros: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(_BUCKETS, 0)
    )
    order: dict[str, None] = {}
    for cell in cells:
        order[cell.entity] = None
        # Without money, currencies would only part one count into many.
        code = (cell.currency or "") if _has_money(cell.entity) else ""
        for bucket in _BUCKETS:
            rows[cell.entity, code][bucket] += cell.rows[bucket]
            micros[cell.entity, code][bucket] += cell.micros[bucket]
    return tuple(
        _line(entity, code, rows[entity, code], micros[entity, code])
        for entity in order
        for code in sorted(code for name, code in rows if name == entity)
    )


def _has_money(entity: str) -> bool:
    """Whether its amounts may be added up: the sum of unit prices is nobody's money."""
    return has_sums(entity) and ENTITIES[entity].money is not None


def has_sums(entity: str) -> bool:
    return entity in ENTITIES and ENTITIES[entity].adds_up


def budget_of(rejections: Iterable[reconciled.Rejections]) -> tuple[BudgetLine, ...]:
    """Lines of what was rejected at all; the others are within any budget."""
    return tuple(budget_line(each) for each in rejections if each.rejected)


def budget_line(each: reconciled.Rejections) -> BudgetLine:
    return BudgetLine(
        entity=each.entity,
        rejected=_counted(each.rejected, each.currency),
        whole=_counted(each.whole, each.currency),
        share_bp=each.share_bp,
        limit_bp=each.limit_bp,
        reason=each.reason,
        owner=each.owner,
        is_within=each.is_within,
    )


def _counted(amount: int, code: str | None) -> Money | int:
    return Money(amount, CURRENCIES[code]) if code else amount


def _line(entity: str, code: str, rows: Mapping[str, int], micros: Mapping[str, int]) -> TieOutLine:
    has_money = _has_money(entity)
    tallies = {
        bucket: Tally(rows[bucket], money_of(micros[bucket], code) if has_money else None)
        for bucket in _BUCKETS
    }
    is_part = entity in ENTITIES and ENTITIES[entity].parent is not None
    return TieOutLine(entity, code, **tallies, is_part=is_part)


def controls_of(totals: Iterable[reconciled.ControlTotal]) -> tuple[ControlTotal, ...]:
    """Those in known currencies; a total in another is among the breaks already."""
    return tuple(
        ControlTotal(
            total.measure,
            source=Money(total.source_micros, known),
            target=Money(total.target_micros, known),
            gross=Money(total.effect.gross_micros, known),
            differing=total.customers_differing,
            is_biased=total.effect.is_biased,
        )
        for total in totals
        if (known := CURRENCIES.get(total.currency))
    )


def checks_of(checks: Iterable[reconciled.Check]) -> tuple[CheckLine, ...]:
    return tuple(
        CheckLine(
            check.name,
            check.subject,
            check.verdict.value,
            check.breaks,
            check.source,
            check.target,
            (check.reason or "").rstrip("."),
        )
        for check in checks
    )


def breaks_of(checks: Iterable[reconciled.Check]) -> tuple[BreakGroup, ...]:
    """Checks that found breaks, in their order; rejected rows are explained, however many."""
    return tuple(
        BreakGroup(
            check.name,
            check.subject,
            check.breaks,
            effects=tuple(
                Effect(Money(effect.net_micros, known), Money(effect.gross_micros, known))
                for effect in check.effects
                if (known := CURRENCIES.get(effect.currency))
            ),
            breaks=tuple(_break(each) for each in check.samples),
        )
        for check in checks
        if check.breaks and check.name != BUDGET
    )


def _break(each: reconciled.Break) -> ReportedBreak:
    return ReportedBreak(
        type=each.type.value,
        key=each.source_key,
        field=each.field or "",
        source_value=each.source,
        target_value=each.target,
        effect=money_of(each.amount_micros, each.currency),
    )


def matrices_of(cells: Iterable[reconciled.StatusCell]) -> tuple[StatusMatrix, ...]:
    by_entity: dict[str, list[StatusCell]] = {}
    for cell in cells:
        by_entity.setdefault(cell.entity, []).append(
            StatusCell(
                cell.source_status,
                cell.target_status,
                cell.source_rows,
                cell.target_rows,
                cell.is_declared,
            )
        )
    return tuple(StatusMatrix(entity, tuple(found)) for entity, found in by_entity.items())


def coverage_of(checks: Iterable[reconciled.Check]) -> tuple[Coverage, ...]:
    """Entities whose records were compared; what one side lacked was compared too."""
    return tuple(
        Coverage(
            check.subject,
            max(check.source or 0, check.target or 0),
            tuple(sorted(ENTITIES[check.subject].fields)),
        )
        for check in checks
        if check.name == "records" and check.verdict is not reconciled.Verdict.INCONCLUSIVE
        if check.source or check.target
    )


def not_compared_of(coverage: Iterable[Coverage]) -> Iterator[NotCompared]:
    """Columns of the target that no comparison covers, with the reason that stands beside them."""
    for covered in coverage:
        for column, why in ENTITIES[covered.entity].not_compared.items():
            yield NotCompared(f"{covered.entity}.{column}", why)


def reconciliation_from_json(text: str) -> reconciled.Reconciliation:
    """The answer that `reconciliation.document.to_json` wrote.

    Raises KeyError or ValueError for any other document; the caller wrote this one itself.
    """
    document = json.loads(text)
    return reconciled.Reconciliation(
        tenant_id=document["tenant_id"],
        source=document["source"],
        load_id=document["load_id"],
        snapshot_hash=document["snapshot_hash"],
        mapping_hash=document["mapping_hash"],
        checks=tuple(_check_from(each) for each in document["checks"]),
        conservation=tuple(
            reconciled.ConservationCell(**each) for each in document["conservation"]
        ),
        statuses=tuple(reconciled.StatusCell(**each) for each in document["statuses"]),
        totals=tuple(_total_from(each) for each in document["totals"]),
        rejections=tuple(reconciled.Rejections(**each) for each in document["rejections"]),
    )


def _check_from(fields: dict[str, Any]) -> reconciled.Check:
    return reconciled.Check(
        **{
            **fields,
            "verdict": reconciled.Verdict(fields["verdict"]),
            "samples": tuple(
                reconciled.Break(**{**each, "type": reconciled.BreakType(each["type"])})
                for each in fields["samples"]
            ),
            "effects": tuple(reconciled.MoneyEffect(**each) for each in fields["effects"]),
        }
    )


def _total_from(fields: dict[str, Any]) -> reconciled.ControlTotal:
    stored = {name: value for name, value in fields.items() if name != "is_biased"}
    return reconciled.ControlTotal(
        **{**stored, "effect": reconciled.MoneyEffect(**fields["effect"])}
    )
