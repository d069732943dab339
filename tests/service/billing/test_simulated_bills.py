"""What simulation bills, a bill run bills: the same cases, through memory and through a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.service.billing.scenarios import Lived, billed, simulated
from tests.service.billing.worlds import World

from trueup.billing.simulation.dialects import dialect_of
from trueup.billing.simulation.scenario import played

CASES = Path(__file__).resolve().parents[2] / "support" / "cases" / "billing"
PLAYED = {
    "lago-scenarios": ("lago-039", "lago-040", "lago-041", "lago-044", "lago-045", "lago-048", "lago-050", "lago-051", "lago-075", "lago-088"),
    "killbill-usage": ("kb-usage-02", "kb-usage-05", "kb-usage-08"),
    "killbill-scenarios": ("kb-053",),
    "killbill-integration": ("kbit-57",),
    "meteroid-scenarios": ("mtr-08", "mtr-09", "mtr-24"),
}  # fmt: skip


def read(file):
    content = json.loads((CASES / f"{file}.json").read_text(encoding="utf-8"), parse_float=str)
    return {case["id"]: (case, content["conventions"]) for case in content["cases"]}


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file, names in PLAYED.items() for name in names]
)
def test_a_case_is_billed_as_it_is_simulated(db, tenant_id, file, name):
    case, conventions = read(file)[name]
    dialect = dialect_of(case["convention"], conventions)
    play = played(case, dialect)
    world = World(db, tenant_id).entity(takes_tax=False)
    lived = Lived(world, play.scene.case, case["convention"])
    lived.play(play.until)
    assert billed(lived) == simulated(play.world)
