"""The words that a document prints by itself, in every language it speaks.

The texts are in `wording.toml`; whether each word stands in each language is a test.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from trueup.billing.documents.errors import LanguageUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("en", "de", "fr", "es", "ar")
RIGHT_TO_LEFT: Final = frozenset({"ar"})


class Word(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    NUMBER_INVOICE = "number_invoice"
    NUMBER_CREDIT_NOTE = "number_credit_note"
    ISSUED = "issued"
    DUE = "due"
    SUPPLIED = "supplied"
    CORRECTS = "corrects"
    CORRECTS_OF = "corrects_of"
    BUYER_REFERENCE = "buyer_reference"
    ORDER_REFERENCE = "order_reference"
    CONTRACT_REFERENCE = "contract_reference"
    FROM = "from"
    TO_INVOICE = "to_invoice"
    TO_CREDIT_NOTE = "to_credit_note"
    VAT_ID = "vat_id"
    TAX_NUMBER = "tax_number"
    LEGAL_ID = "legal_id"
    DESCRIPTION = "description"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    TAX = "tax"
    AMOUNT = "amount"
    DISCOUNT = "discount"
    LINES_TOTAL = "lines_total"
    NET_TOTAL = "net_total"
    TAX_LINE = "tax_line"
    GROSS_TOTAL = "gross_total"
    PREPAID = "prepaid"
    CREDIT_APPLIED = "credit_applied"
    CREDIT_PUT_ASIDE = "credit_put_aside"
    AMOUNT_DUE = "amount_due"
    AMOUNT_CREDITED = "amount_credited"
    DUE_BY = "due_by"
    TAX_IN = "tax_in"
    TAX_IN_RATE = "tax_in_rate"
    PAYMENT = "payment"
    PAYMENT_METHOD = "payment_method"
    CONTACT = "contact"
    PAYMENT_TERMS = "payment_terms"
    PAY_CREDIT_TRANSFER = "pay_credit_transfer"
    PAY_SEPA_CREDIT_TRANSFER = "pay_sepa_credit_transfer"
    PAY_SEPA_DIRECT_DEBIT = "pay_sepa_direct_debit"
    PAY_CARD = "pay_card"
    PAY_OTHER = "pay_other"
    ACCOUNT_NAME = "account_name"
    IBAN = "iban"
    BIC = "bic"
    REFERENCE = "reference"
    MANDATE = "mandate"
    CREDITOR = "creditor"
    CARD_ENDING = "card_ending"
    NOTES = "notes"
    PAGE = "page"
    CATEGORY_STANDARD = "category_standard"
    CATEGORY_ZERO_RATED = "category_zero_rated"
    CATEGORY_EXEMPT = "category_exempt"
    CATEGORY_REVERSE_CHARGE = "category_reverse_charge"
    CATEGORY_EXPORT = "category_export"
    CATEGORY_OUTSIDE_SCOPE = "category_outside_scope"
    LEGEND_REVERSE_CHARGE = "legend_reverse_charge"
    LEGEND_EXPORT = "legend_export"
    LEGEND_OUTSIDE_SCOPE = "legend_outside_scope"


def language(locale: str) -> str:
    """The language of a locale such as `de-AT` or `de_AT`.  Raises LanguageUnknown."""
    found = locale.replace("_", "-").split("-")[0].lower()
    if found not in LANGUAGES:
        raise LanguageUnknown(locale=locale, known=LANGUAGES)
    return found


def word(locale: str, name: Word, **values: str) -> str:
    """`name` in the locale's language, with `values` in its places.  Raises LanguageUnknown."""
    text = wording()[language(locale)][name]
    return text.format(**values) if values else text


@cache
def wording() -> Mapping[str, Mapping[str, str]]:
    """All words by language and name, as `wording.toml` has them."""
    text = files(__package__).joinpath("wording.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
