"""The final report: the verdict, one page for the person who signs it, and the same as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from trueup.migration.evidence.document import report_hash, to_json
from trueup.migration.evidence.model import Report
from trueup.migration.evidence.page import render
from trueup.migration.evidence.rules import judge
from trueup.migration.pages.masking import masked

if TYPE_CHECKING:
    from trueup.migration.evidence.model import BreakGroup, ReportedBreak, ReportInputs

PERSONAL_FIELDS: Final = frozenset(
    {
        *("name", "email", "phone", "company", "address_line1", "address_line2", "city"),
        *("postal_code", "value", "fingerprint", "payload"),
    }
)
"""Canonical fields whose values never stand in full on a page."""


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
