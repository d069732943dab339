"""The rejection budget of a pack: strict unless somebody says why, and no part of the load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.migration.mapping import documentation
from trueup.migration.mapping.errors import PackUnreadable
from trueup.migration.mapping.model import RejectionLimit
from trueup.migration.mapping.pack import hash_of, open_pack, shipped_packs
from trueup.migration.reconciliation.pack import open_checks

if TYPE_CHECKING:
    from pathlib import Path

SOUND = """
name = "small"
version = "1"
[source]
time_zone = "UTC"
[[entity]]
name = "customer"
table = "people"
key = ["id"]
"""
OWN = """
[rejection_budget]
rows_bp = 50
[rejection_budget.customer]
rows_bp = 250
reason = "half of them are a test"
owner = "finance"
"""


def write(folder: Path, budget: str) -> Path:
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(SOUND + budget, "utf-8")
    (folder / "entities/customer.sql").write_text("select 1", "utf-8")
    return folder


def test_one_per_cent_may_be_rejected_where_nothing_is_said(tmp_path: Path) -> None:
    """Source: document 001, Phase 1, Rollback Plan."""
    assert open_pack(write(tmp_path, "")).limits == (RejectionLimit("", 100, 100, "", ""),)


def test_an_entity_has_its_own_limit_or_that_of_every_entity(tmp_path: Path) -> None:
    pack = open_pack(write(tmp_path, OWN))
    assert pack.limit("invoice") == RejectionLimit("", 50, 100, "", "")
    own = RejectionLimit("customer", 250, 100, "half of them are a test", "finance")
    assert pack.limit("customer") == own


@pytest.mark.parametrize(
    ("budget", "problem"),
    [
        ("[rejection_budget]\nrows = 1", "[rejection_budget]: unknown key `rows`"),
        ("[rejection_budget]\nrows_bp = 1.5", "rows_bp is 1.5, not a whole number of basis points"),
        ("[rejection_budget]\nrows_bp = true", "rows_bp is True, not a whole number"),
        ("[rejection_budget]\nmoney_bp = -1", "money_bp is -1, not a whole number"),
        ("[rejection_budget]\nmoney_bp = 10001", "0 to 10000"),
        ("[rejection_budget]\nrows_bp = 101", "more than 100 basis points need a reason and an owner"),
        ("[rejection_budget]\nrows_bp = 101\nreason = 'x'\nowner = ' '", "a reason and an owner"),
        ("[rejection_budget.invoice]\nrows_bp = 1", "[rejection_budget.invoice]: no [[entity]]"),
        ("[[rejection_budget]]\nrows_bp = 1", "rejection_budget is not a table"),
    ],
)  # fmt: skip
def test_a_budget_that_says_something_else_is_refused(
    tmp_path: Path, budget: str, problem: str
) -> None:
    with pytest.raises(PackUnreadable) as refused:
        open_pack(write(tmp_path, budget))
    assert problem in str(refused.value)


def test_a_budget_may_be_mended_without_loading_again(tmp_path: Path) -> None:
    """It judges what was loaded and decides nothing of it; what decides changes the hash."""
    first = hash_of(write(tmp_path, ""))
    assert hash_of(write(tmp_path, OWN)) == first
    assert hash_of(write(tmp_path, "[assumption.a]\nvalue='1'\nreason='r'\nowner='o'")) != first


@pytest.mark.parametrize("pack", shipped_packs(), ids=lambda pack: pack.name)
def test_both_readers_of_a_manifest_read_the_same_budget(pack) -> None:
    """The reconciliation reads it by itself, so that the loader cannot soften its judge."""
    budget = open_checks(pack.path).budget
    for mapping in pack.entities:
        ours, theirs = pack.limit(mapping.entity), budget.of(mapping.entity)
        assert (ours.rows_bp, ours.money_bp) == (theirs.rows_bp, theirs.money_bp)
        assert (ours.reason, ours.owner) == (theirs.reason, theirs.owner)


def test_the_documentation_tells_the_budget(tmp_path: Path) -> None:
    told = documentation.markdown(open_pack(write(tmp_path, OWN)))
    assert "| every other | 0.5 % | 1 % |  |  |" in told
    assert "| customer | 2.5 % | 1 % | half of them are a test | finance |" in told
