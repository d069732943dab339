"""Which finding comes first: what stops the load, then what holds most of the money."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.migration.assessment.model import Finding

_ORDER: Final = {severity: place for place, severity in enumerate(Severity)}


def ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Gravest first; within a severity by share of money, then by rows.

    The share is of all findings' money in the currency where it is largest: amounts of different
    currencies are never compared, let alone added.
    """
    money = _money_by_currency(findings)
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                _ORDER[finding.severity],
                -_share(finding, money),
                -finding.count,
                finding.code,
                finding.table,
                finding.columns,
            ),
        )
    )


def _money_by_currency(findings: Sequence[Finding]) -> Mapping[str, int]:
    totals: dict[str, int] = {}
    for finding in findings:
        for amount in finding.at_risk:
            code = amount.currency.code
            totals[code] = totals.get(code, 0) + amount.micros
    return totals


def _share(finding: Finding, money: Mapping[str, int]) -> Fraction:
    shares = (Fraction(amount.micros, money[amount.currency.code]) for amount in finding.at_risk)
    return max(shares, default=Fraction(0))
