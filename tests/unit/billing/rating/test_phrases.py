"""A language is complete, or a customer reads half a sentence."""

from __future__ import annotations

from string import Formatter

import pytest
from babel import Locale

from trueup.billing.documents.wording import LANGUAGES
from trueup.billing.rating.phrases import all_phrases

CATEGORIES = {"zero", "one", "two", "few", "many"}
COUNTED = {"days", "hours", "minutes", "seconds", "per_event"}


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def is_form(key: str) -> bool:
    """Whether `key` is the form of a counted phrase for a category of numbers."""
    base, _, category = key.rpartition("_")
    return base in COUNTED and category in CATEGORIES


def test_every_language_of_the_documents_has_phrases():
    assert tuple(all_phrases()) == LANGUAGES


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_has_the_phrases_of_english_and_fills_the_same_places(name):
    english, own = all_phrases()["en"], all_phrases()[name]
    assert [key for key in own if not is_form(key)] == [key for key in english if not is_form(key)]
    for key, phrase in own.items():
        base = key.rpartition("_")[0] if is_form(key) else key
        assert places(phrase) == places(english[base]), key
        assert phrase.strip(), key


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_form_is_of_a_category_that_the_language_knows(name):
    known = Locale.parse(name).plural_form.tags | {"other"}
    forms = {key.rpartition("_")[2] for key in all_phrases()[name] if is_form(key)}
    assert forms <= known


def test_only_names_are_the_same_in_two_languages():
    """A phrase of words that two languages share was most likely never translated."""
    tables = {
        name: {key: phrase for key, phrase in table.items() if any(map(str.isalpha, bare(phrase)))}
        for name, table in all_phrases().items()
    }
    same = {
        key
        for name, table in tables.items()
        for key, phrase in table.items()
        if name != "en" and tables["en"].get(key) == phrase
    }
    assert same == set()


def bare(phrase: str) -> str:
    return "".join(text for text, _, _, _ in Formatter().parse(phrase))
