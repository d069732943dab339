"""The page's template as a text: what only its speed would tell."""

from __future__ import annotations

import re
from importlib.resources import files

TEMPLATE = (files("trueup.billing.documents") / "templates" / "document.typ").read_text()
# What a seller's documents of one language have in common (ADR 0113).
SHARED = {"view.language", "view.region", "view.paper"}


def test_no_style_around_a_pages_body_holds_what_is_of_one_document() -> None:
    body = TEMPLATE[TEMPLATE.index("#let show-document") :]
    styles = re.findall(r"^  set \w+\((?:[^\n]*\)\n|\n.*?^  \)\n)", body, re.DOTALL | re.MULTILINE)
    held = {name for style in styles for name in re.findall(r"\bview(?:\.\w+)*", style)}
    assert (len(styles), held) == (3, SHARED)
