"""Why an invoice bears no tax, in words, on its document and on screen.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.documents.model import TaxCategory
from trueup.billing.documents.terms import LEGENDS
from trueup.billing.documents.wording import language, word
from trueup.billing.invoicing.rules.taxed import UNTAXED
from trueup.billing.invoicing.wording import all_wording

if TYPE_CHECKING:
    from collections.abc import Mapping


def why_untaxed(fact: Mapping[str, Any] | None, locale: str) -> str | None:
    """Why no tax is charged, by the tax fact of an invoice; None where one is, if at 0 %.

    Raises LanguageUnknown.
    """
    if fact is None:
        return all_wording()[language(locale)]["no_tax"]
    category = UNTAXED.get(fact["action"])
    if category is None:
        return None
    if category is TaxCategory.EXEMPT:
        return why_exempt(fact, locale)
    evidence = fact.get("evidence", {}).get("vat_number")
    said = word(locale, LEGENDS[category])
    return f"{said} ({evidence})" if evidence else said


def why_exempt(fact: Mapping[str, Any] | None, locale: str) -> str:
    """That an invoice is exempt, by which certificate if there is one.  Raises LanguageUnknown."""
    words = all_wording()[language(locale)]
    certificate = (fact or {}).get("evidence", {}).get("certificate")
    return words["exempt_by"].format(certificate=certificate) if certificate else words["exempt"]
