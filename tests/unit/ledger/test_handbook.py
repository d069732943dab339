from __future__ import annotations

from pathlib import Path

import pytest

from trueup.kernel.errors import Defect
from trueup.ledger.chart import CHART
from trueup.ledger.handbook import rewritten
from trueup.ledger.templates import TEMPLATES

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"


def test_the_page_shows_the_chart_and_the_templates_of_the_code():
    """Written anew by `python -m trueup.ledger.handbook docs/ledger.md`."""
    page = PAGE.read_text(encoding="utf-8")
    assert rewritten(page) == page
    for name in [kind.name for kind in CHART] + [template.name for template in TEMPLATES]:
        assert f"| `{name}` |" in page


def test_a_page_without_a_place_for_the_chart_is_refused():
    with pytest.raises(Defect):
        rewritten("# The ledger")
