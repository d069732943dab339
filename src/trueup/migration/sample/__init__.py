"""A legacy billing database to practise on: realistic, deterministic, with named kinds of dirt."""

from trueup.migration.sample.kinds import DEFAULT_DIRT, DIRT, dirt_named
from trueup.migration.sample.model import Bait, Dirt, Engine, Outcome, Planted, SampleSummary
from trueup.migration.sample.service import make_legacy

__all__ = [
    "DEFAULT_DIRT",
    "DIRT",
    "Bait",
    "Dirt",
    "Engine",
    "Outcome",
    "Planted",
    "SampleSummary",
    "dirt_named",
    "make_legacy",
]
