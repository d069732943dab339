"""The rejection budget as a pack states it: read, refused where it is wrong, told in percent.

What it means is the reconciliation's, which reads it from the manifest by itself (M33).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.migration.mapping.model import RejectionLimit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

KEY: Final = "rejection_budget"
WHOLE_BP: Final = 10_000
DEFAULT_BP: Final = 100
"""1 %: above it document 001, Phase 1, Rollback Plan, aborts the migration."""

SHARES: Final = ("rows_bp", "money_bp")
SAYINGS: Final = ("reason", "owner")


def limits_of(stated: Mapping[str, Any]) -> tuple[RejectionLimit, ...]:
    """The limits of a manifest without problems: that of every entity first, then the stated."""
    general, own = _parted(stated.get(KEY, {}))
    default = _limit("", general, RejectionLimit("", DEFAULT_BP, DEFAULT_BP, "", ""))
    return (default, *(_limit(name, each, default) for name, each in own.items()))


def budget_problems(stated: Mapping[str, Any], entities: Collection[str]) -> Iterator[str]:
    """What is wrong with the budget of a manifest that maps `entities`."""
    budget = stated.get(KEY, {})
    if not isinstance(budget, dict):
        yield f"{KEY} is not a table: write [{KEY}]"
        return
    general, own = _parted(budget)
    yield from _limit_problems(f"[{KEY}]", general)
    for name, each in own.items():
        where = f"[{KEY}.{name}]"
        if name not in entities:
            yield f"{where}: no [[entity]] has this name"
        yield from _limit_problems(where, each)


def _parted(budget: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What is said of all entities, and of single ones."""
    own = {name: each for name, each in budget.items() if isinstance(each, dict)}
    return {name: each for name, each in budget.items() if name not in own}, own


def _limit(name: str, stated: Mapping[str, Any], default: RejectionLimit) -> RejectionLimit:
    return RejectionLimit(
        entity=name,
        rows_bp=stated.get("rows_bp", default.rows_bp),
        money_bp=stated.get("money_bp", default.money_bp),
        reason=stated.get("reason", ""),
        owner=stated.get("owner", ""),
    )


def _limit_problems(where: str, stated: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(stated) - {*SHARES, *SAYINGS}):
        yield f"{where}: unknown key `{key}`"
    for key in SHARES:
        share = stated.get(key, 0)
        if type(share) is not int or not 0 <= share <= WHOLE_BP:
            yield f"{where}: {key} is {share!r}, not a whole number of basis points, 0 to 10000"
        elif share > DEFAULT_BP and not all(_is_text(stated.get(each)) for each in SAYINGS):
            yield f"{where}: more than {DEFAULT_BP} basis points need a reason and an owner"


def _is_text(stated: object) -> bool:
    return isinstance(stated, str) and bool(stated.strip())
