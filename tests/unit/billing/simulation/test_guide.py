"""The guide's example runs, and the guide names what a case may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.billing.simulation.events import HANDLERS
from trueup.billing.simulation.kinds import KINDS
from trueup.billing.simulation.prices import MODELS
from trueup.billing.simulation.service import simulate_file
from trueup.billing.simulation.shape import MODIFIERS

GUIDES = Path(__file__).resolve().parents[4] / "docs" / "guides"
GUIDE = (GUIDES / "simulate.md").read_text(encoding="utf-8")
ELSEWHERE = {"standard", "paid_trial_days", "units", "name", "metric"}


def test_the_example_is_billed_to_the_cent() -> None:
    """January: half of 50.00 and VAT; then 16 of 31 days of three seats more, at half price."""
    team, price = simulate_file(GUIDES / "simulate-example.json")
    assert team.result is not None
    assert [x["total"] for x in team.result["invoices"]] == ["30.00", "34.07", "108.00", "0.00"]
    assert price.result == {"total": "55", "lines": []}


@pytest.mark.parametrize("word", sorted({*HANDLERS, *KINDS, *MODELS, *MODIFIERS} - ELSEWHERE))
def test_the_guide_names_every_word(word: str) -> None:
    assert f"`{word}`" in GUIDE or f"{word}," in GUIDE or f"{word}`" in GUIDE
