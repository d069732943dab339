"""Each language says all that a document says of its lines and taxes."""

from __future__ import annotations

from string import Formatter

import pytest

from trueup.billing.documents.wording import LANGUAGES
from trueup.billing.invoicing.wording import all_wording


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_the_same_phrases_with_the_same_places(name):
    english, own = all_wording()["en"], all_wording()[name]
    assert list(own) == list(english)
    assert {key: places(text) for key, text in own.items()} == {
        key: places(text) for key, text in english.items()
    }
    assert all(text.strip() for text in own.values())
