"""A legacy billing database to practise on: realistic, deterministic, with named kinds of dirt."""

from trueup.migration.sample.kinds import choose, kinds
from trueup.migration.sample.model import Bait, Dirt, Engine, Outcome, Planted, SampleSummary
from trueup.migration.sample.service import make_legacy

__all__ = [
    "Bait",
    "Dirt",
    "Engine",
    "Outcome",
    "Planted",
    "SampleSummary",
    "choose",
    "kinds",
    "make_legacy",
]
