"""The rejection budget as the manifest states it, read without the loader's help (M33)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "rejection_budget"


@dataclass(frozen=True, slots=True)
class Limit:
    """Basis points of an entity's rows, and of its money in each currency.

    reason, owner: why it is more than the default, and who decided so.
    """

    rows_bp: int
    money_bp: int
    reason: str = ""
    owner: str = ""


DEFAULT: Final = Limit(rows_bp=100, money_bp=100)
"""1 %: above it document 001, Phase 1, Rollback Plan, aborts the migration. Its Phase 0 would lose
as many rows; here none may be lost (D34), and these are rejected by name."""


@dataclass(frozen=True, slots=True)
class Budget:
    """general: of every entity without a limit of its own."""

    general: Limit = DEFAULT
    own: Mapping[str, Limit] = field(default_factory=dict)

    def of(self, entity: str) -> Limit:
        return self.own.get(entity, self.general)


def budget_of(stated: Mapping[str, Any]) -> Budget:
    """The budget of a manifest.  Raises ValueError for a share that is no whole basis points."""
    budget = stated.get(KEY, {})
    own = {name: each for name, each in budget.items() if isinstance(each, dict)}
    general = _limit({name: budget[name] for name in budget if name not in own}, DEFAULT)
    return Budget(general, {name: _limit(each, general) for name, each in own.items()})


def _limit(stated: Mapping[str, Any], default: Limit) -> Limit:
    return Limit(
        rows_bp=_share(stated, "rows_bp", default.rows_bp),
        money_bp=_share(stated, "money_bp", default.money_bp),
        reason=str(stated.get("reason", "")),
        owner=str(stated.get("owner", "")),
    )


def _share(stated: Mapping[str, Any], key: str, default: int) -> int:
    share = stated.get(key, default)
    if type(share) is not int:
        problem = f"[{KEY}] {key} is {share!r}, not a whole number of basis points"
        raise ValueError(problem)
    return share
