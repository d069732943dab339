"""The final report: the verdict, one page for the person who signs it, and the same as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from trueup.migration.evidence import store, translation
from trueup.migration.evidence.document import report_hash, to_json
from trueup.migration.evidence.model import Assumed, Report, ReportInputs
from trueup.migration.evidence.page import render
from trueup.migration.evidence.rules import judge
from trueup.migration.mapping.pack import open_pack
from trueup.migration.pages.masking import masked

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.db import Database
    from trueup.migration.evidence.model import (
        AcceptedFinding,
        BreakGroup,
        Provenance,
        ReportedBreak,
        SetAsideGroup,
    )
    from trueup.migration.reconciliation.model import Reconciliation
    from trueup.migration.sources.snapshot import Snapshot

PERSONAL_FIELDS: Final = frozenset(
    {
        *("name", "email", "phone", "company", "address_line1", "address_line2", "city"),
        *("postal_code", "value", "fingerprint", "payload"),
    }
)
"""Canonical fields whose values never stand in full on a page."""


@dataclass(frozen=True, slots=True)
class Books:
    """What was reconciled, and where both sides can be read again. pack: the pack's folder."""

    db: Database
    tenant_id: int
    snapshot: Snapshot
    pack: Path


def set_aside(db: Database, tenant_id: int, load_id: str) -> tuple[SetAsideGroup, ...]:
    """What a load set aside, by bucket, entity, reason and field."""
    with db.transaction(tenant_id=tenant_id) as tx:
        return store.set_aside_groups(tx, load_id)


def gather(
    books: Books,
    found: Reconciliation,
    *,
    title: str,
    provenance: Provenance,
    accepted: tuple[AcceptedFinding, ...] = (),
) -> ReportInputs:
    """Everything the report says: the reconciliation, and what it leaves to be read beside it.

    accepted: findings in spite of which somebody went on.  Reads both sides, writes nothing.
    Raises PackUnreadable, CheckUnreadable, and Defect if the ledger is out of balance.
    """
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        set_aside = store.set_aside_groups(tx, found.load_id)
        trial_balance = store.trial_lines(tx)
        billed = store.billed_months(tx, found.load_id, books.snapshot, books.pack)
    assumptions = open_pack(books.pack).assumptions
    coverage = translation.coverage_of(found.checks)
    return ReportInputs(
        title=title,
        provenance=provenance,
        tie_out=translation.tie_out_of(found.conservation),
        checks=translation.checks_of(found.checks),
        controls=translation.controls_of(found.totals),
        breaks=translation.breaks_of(found.checks),
        set_aside=set_aside,
        budget=translation.budget_of(found.rejections),
        assumed=tuple(Assumed(a.name, a.value, a.reason, a.owner) for a in assumptions),
        accepted=accepted,
        billed=billed,
        matrices=translation.matrices_of(found.statuses),
        coverage=coverage,
        not_compared=tuple(translation.not_compared_of(coverage)),
        trial_balance=trial_balance,
    )


def render_report(inputs: ReportInputs, *, rendered_at: str) -> Report:
    """Judge the evidence and write it down, for people and for programs.

    rendered_at: ISO 8601 in UTC; stands on the page only.  Equal inputs and instant, equal bytes.
    """
    shown = replace(inputs, breaks=tuple(_masked_group(group) for group in inputs.breaks))
    judgement = judge(shown)
    digest = report_hash(shown, judgement)
    return Report(
        judgement=judgement,
        hash=digest,
        json=to_json(shown, judgement),
        html=render(shown, judgement, digest, rendered_at=rendered_at),
    )


def _masked_group(group: BreakGroup) -> BreakGroup:
    """The group as it may leave the house: a report travels further than the books."""
    return replace(group, breaks=tuple(_masked(each) for each in group.breaks))


def _masked(each: ReportedBreak) -> ReportedBreak:
    is_personal = each.field in PERSONAL_FIELDS
    return replace(
        each,
        key=masked(each.key, is_personal=False) or "",
        source_value=masked(each.source_value, is_personal=is_personal),
        target_value=masked(each.target_value, is_personal=is_personal),
    )
