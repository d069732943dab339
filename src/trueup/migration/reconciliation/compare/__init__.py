"""Row-level comparison of two tables or queries, wherever each of them lives."""

from trueup.migration.reconciliation.compare.comparison import compare
from trueup.migration.reconciliation.compare.connections.sides import open_side
from trueup.migration.reconciliation.compare.model import (
    Break,
    BreakType,
    Comparison,
    Engine,
    Side,
)

__all__ = ["Break", "BreakType", "Comparison", "Engine", "Side", "compare", "open_side"]
