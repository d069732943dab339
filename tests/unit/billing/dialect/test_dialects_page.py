"""The page on dialects names every setting, and the differences that remain."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from tests.acceptance.billing_cases import NAMED

from trueup.billing.dialect.model import Dialect
from trueup.billing.dialect.presets import PRESETS

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "dialects.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [f.name for f in fields(Dialect) if f.name != "name"])
def test_every_setting_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("case", NAMED)
def test_every_difference_is_listed(case: str) -> None:
    assert case in PAGE


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"plain", "openmeter-rating"}))
def test_every_preset_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE
