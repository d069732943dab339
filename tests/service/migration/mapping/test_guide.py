"""The guide for pack writers says what is true, and its example runs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trueup.db import load_queries
from trueup.migration.backfill.service import Destination, load
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.pack import open_pack
from trueup.migration.mapping.shape import SAYINGS
from trueup.migration.reconciliation.service import reconcile
from trueup.migration.reconciliation.target import MEASURES
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from trueup.db import Database

GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "mapping-pack.md"
FILES = re.compile(r"^`((?:gym|pack)/[\w./]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTHING = ("credits_remaining", "payments_by_method", "mrr")


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def example(tmp_path: Path) -> Path:
    for name, text in FILES.findall(GUIDE.read_text("utf-8")):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    for measure in NOTHING:
        empty = (tmp_path / "pack/controls/revenue.sql").read_text("utf-8")
        (tmp_path / f"pack/controls/{measure}.sql").write_text(empty, "utf-8")
    return tmp_path


def test_the_example_loads_and_ties_out(example: Path, db: Database, tenant_id: int) -> None:
    """By the word of finance: without it, every row is accounted for and too few are loaded."""
    snapshot = extract(str(example / "gym"), example / "snapshot")
    result = load(
        Destination(db, tenant_id, "gym"),
        snapshot,
        open_pack(example / "pack"),
        scratch=example / "scratch",
        clock=StoppedClock(),
    )
    totals = {
        each.entity: (each.loaded, each.merged, each.excluded, each.rejected)
        for each in result.totals
    }
    assert totals == {"customer": (2, 0, 1, 0), "invoice": (2, 0, 0, 1)}
    found = reconcile(db, tenant_id, "gym", snapshot, example / "pack")
    assert [each for each in found.checks if each.verdict != "pass"] == []
    assert found.ties_out
    manifest = example / "pack" / "pack.toml"
    stated, _, rest = manifest.read_text("utf-8").partition("[rejection_budget.invoice]")
    manifest.write_text(stated + rest[rest.index("[[entity]]") :], "utf-8")
    strict = reconcile(db, tenant_id, "gym", snapshot, example / "pack")
    assert not strict.ties_out
    (over,) = (check for check in strict.checks if check.verdict != "pass")
    assert (over.name, over.subject) == ("rejection_budget", "invoice")
    assert [(each.source_key, each.target) for each in over.samples] == [
        ("rows", "33.34 %"),
        ("EUR", "24.97 %"),
    ]


@pytest.mark.parametrize("entity", CANONICAL)
def test_each_entity_stands_there_with_its_fields(entity: str) -> None:
    """The row is what the canonical contract says; copy the expected one into the guide."""
    canonical = CANONICAL[entity]
    required = ", ".join(f"`{each.name}`" for each in canonical.fields if each.is_required)
    optional = ", ".join(f"`{each.name}`" for each in canonical.fields if not each.is_required)
    lists = "; ".join(
        f"`{child.name}`: "
        + ", ".join(f"`{each.name}`{'' if each.is_required else '?'}" for each in child.fields)
        for child in canonical.children
    )
    row = f"| {entity} | {required} | {optional or '–'} | {lists or '–'} |"
    assert row in GUIDE.read_text("utf-8").splitlines()


def test_every_macro_measure_and_saying_is_named() -> None:
    text = GUIDE.read_text("utf-8")
    internal = {"exact_bigint", "last_number", "uuid8_of", "imported_id", "text_holds_card_number", "token_holds_card_number"}  # fmt: skip
    defined = set()
    for macro in load_queries("trueup.migration.mapping", "macros.sql"):
        defined |= set(re.findall(r"temp macro (\w+)\(", macro.sql))
    for name in (defined - internal) | set(MEASURES) | set(SAYINGS):
        assert name in text, name
