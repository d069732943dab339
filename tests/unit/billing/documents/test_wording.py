from __future__ import annotations

import re

import pytest

from trueup.billing.documents.errors import LanguageUnknown
from trueup.billing.documents.model import Kind, PaymentMeans, TaxCategory
from trueup.billing.documents.wording import LANGUAGES, Word, language, word, wording

LETTERS = {
    "ar": re.compile(r"[\u0600-\u06ff]"),
    **dict.fromkeys(("en", "de", "fr", "es"), re.compile(r"[A-Za-z]")),
}
SAME_EVERYWHERE = {Word.IBAN, Word.BIC, Word.TAX_IN_RATE}


def test_the_table_speaks_the_languages_it_promises():
    assert tuple(wording()) == LANGUAGES == ("en", "de", "fr", "es", "ar")


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_every_word_stands_in_every_language(spoken):
    assert set(wording()[spoken]) == set(Word)
    for name, text in wording()[spoken].items():
        assert name in SAME_EVERYWHERE or LETTERS[spoken].search(
            text.format_map(dict.fromkeys(places(text), "7"))
        ), name


@pytest.mark.parametrize("name", Word)
def test_a_word_has_the_same_places_in_every_language(name):
    assert len({frozenset(places(wording()[spoken][name])) for spoken in LANGUAGES}) == 1


def places(text):
    return re.findall(r"{(\w+)}", text)


@pytest.mark.parametrize("names", [
    [f"category_{category}" for category in TaxCategory],
    [f"pay_{means}" for means in PaymentMeans],
    [f"{prefix}{kind}" for kind in Kind for prefix in ("", "to_", "number_")],
])  # fmt: skip
def test_what_a_model_can_say_has_a_word(names):
    assert set(names) <= set(Word)


@pytest.mark.parametrize("locale", ["nl-NL", "", "xx", "english"])
def test_a_language_without_words_is_refused_with_those_that_have(locale):
    with pytest.raises(LanguageUnknown, match="no words for the locale") as refused:
        word(locale, Word.TAX)
    assert refused.value.fix == "Use a locale of one of these languages: en, de, fr, es, ar."


@pytest.mark.parametrize(("locale", "expected"), [("de-AT", "de"), ("ar_EG", "ar"), ("EN", "en")])
def test_a_locale_has_a_language(locale, expected):
    assert language(locale) == expected
