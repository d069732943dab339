"""What EN 16931 demands beyond a document that adds up, asked before any XML is made.

The official rules are run afterwards all the same.  These come first because they can name our
field and a remedy, where a rule names a path in XML.  Source: EN 16931-1, rules as cited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from trueup.billing.documents.errors import Obstacle
from trueup.billing.documents.model import Document, Kind, PaymentMeans, TaxCategory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.documents.model import Party
    from trueup.kernel.money import Money

DECIMALS_MAX: Final = 2  # of every amount: rules BR-DEC-01 to BR-DEC-28
LINES_OF_ADDRESS_MAX: Final = 3  # BT-35, BT-36, BT-162
_HUNDREDTH_MICROS: Final = 10_000
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_VAT_ID: Final = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")
_UNIT: Final = re.compile(r"[0-9A-Z]{2,3}")
_FOUR_DIGITS: Final = re.compile(r"[0-9]{4}")
_BY_IBAN: Final = frozenset({PaymentMeans.CREDIT_TRANSFER, PaymentMeans.SEPA_CREDIT_TRANSFER})


def obstacles(document: Document) -> tuple[Obstacle, ...]:
    """What keeps a document that adds up from being an e-invoice, in a fixed order."""
    return (
        *_parties(document),
        *_tax(document),
        *_amounts(document),
        *_lines(document),
        *_payment(document),
    )


def categories(document: Document) -> frozenset[TaxCategory]:
    return frozenset(group.category for group in document.tax_groups)


def _parties(document: Document) -> Iterator[Obstacle]:
    yield from _party("seller", document.seller)
    yield from _party("buyer", document.buyer)
    seller = document.seller
    if TaxCategory.OUTSIDE_SCOPE not in categories(document) and not (
        seller.vat_id or seller.legal_id
    ):
        yield Obstacle("seller.vat_id", "None", "a seller is identified (BR-CO-26)")


def _party(path: str, party: Party) -> Iterator[Obstacle]:
    country = party.address.country
    if not _COUNTRY.fullmatch(country):
        fix = "write the country as two capital letters of ISO 3166 (BR-09, BR-11)"
        yield Obstacle(f"{path}.address.country", country, fix)
    if len(party.address.lines) > LINES_OF_ADDRESS_MAX:
        count = f"{len(party.address.lines)} lines"
        yield Obstacle(f"{path}.address.lines", count, f"use at most {LINES_OF_ADDRESS_MAX}")
    if party.vat_id is not None and not _VAT_ID.fullmatch(party.vat_id):
        fix = "write it with its country's prefix and without spaces (BR-CO-09)"
        yield Obstacle(f"{path}.vat_id", party.vat_id, fix)
    if party.mailbox is not None and not (party.mailbox.scheme and party.mailbox.address):
        yield Obstacle(f"{path}.mailbox", str(party.mailbox), "give scheme and address (BR-62)")


def _tax(document: Document) -> Iterator[Obstacle]:
    used = categories(document)
    yield from _seller_tax(document, used)
    if TaxCategory.REVERSE_CHARGE in used and not document.buyer.vat_id:
        yield Obstacle("buyer.vat_id", "None", "reverse charge needs both VAT ids (BR-AE-02)")
    if TaxCategory.OUTSIDE_SCOPE in used:
        yield from _outside_scope(document, used)
    for index, group in enumerate(document.tax_groups):
        if group.category is TaxCategory.EXEMPT and not group.legend.strip():
            path = f"tax_groups[{index}].legend"
            yield Obstacle(path, group.legend, "say why it is exempt (BR-E-10)")
    if document.tax_in is not None and document.tax_in.tax.currency == document.currency:
        code = document.currency.code
        yield Obstacle("tax_in.tax", code, "leave it out where it is the document's own currency")


def _seller_tax(document: Document, used: frozenset[TaxCategory]) -> Iterator[Obstacle]:
    seller = document.seller
    if TaxCategory.REVERSE_CHARGE in used and not seller.vat_id:
        yield Obstacle("seller.vat_id", "None", "reverse charge needs both VAT ids (B47)")
    elif TaxCategory.EXPORT in used and not seller.vat_id:
        yield Obstacle("seller.vat_id", "None", "an export needs the seller's VAT id (BR-G-02)")
    elif used - {TaxCategory.OUTSIDE_SCOPE} and not (seller.vat_id or seller.tax_number):
        yield Obstacle("seller.vat_id", "None", "give a VAT id or a tax number (BR-S-02)")


def _outside_scope(document: Document, used: frozenset[TaxCategory]) -> Iterator[Obstacle]:
    if len(used) > 1:
        found = ", ".join(sorted(used))
        fix = "what is outside the scope of VAT goes on a document of its own (BR-O-11)"
        yield Obstacle("tax_groups", found, fix)
    # Such a document must not name VAT ids (BR-O-02), so another identifier has to.
    if not document.seller.legal_id:
        fix = "outside the scope of VAT a registration number identifies the seller (BR-CO-26)"
        yield Obstacle("seller.legal_id", "None", fix)


def _amounts(document: Document) -> Iterator[Obstacle]:
    for path, amount in _named_amounts(document):
        if amount.micros % _HUNDREDTH_MICROS:
            fix = f"EN 16931 takes {DECIMALS_MAX} decimals, in every currency (BR-DEC)"
            yield Obstacle(path, str(amount), fix)


def _named_amounts(document: Document) -> Iterator[tuple[str, Money]]:
    for index, line in enumerate(document.lines):
        yield f"lines[{index}].net", line.net
        if line.discount is not None:
            yield f"lines[{index}].discount", line.discount
    for index, allowance in enumerate(document.allowances):
        yield f"allowances[{index}].amount", allowance.amount
    for index, group in enumerate(document.tax_groups):
        yield f"tax_groups[{index}].taxable", group.taxable
        yield f"tax_groups[{index}].tax", group.tax
    for name in document.totals.__dataclass_fields__:
        yield f"totals.{name}", getattr(document.totals, name)
    if document.tax_in is not None:
        yield "tax_in.tax", document.tax_in.tax


def _lines(document: Document) -> Iterator[Obstacle]:
    for index, line in enumerate(document.lines):
        if not _UNIT.fullmatch(line.unit.code):
            fix = "use a code of UN/ECE Recommendation 20, C62 for pieces (BR-CL-23)"
            yield Obstacle(f"lines[{index}].unit.code", line.unit.code, fix)


def _payment(document: Document) -> Iterator[Obstacle]:
    is_owed = document.totals.due.micros > 0 and document.kind is Kind.INVOICE
    if is_owed and document.due_on is None and not document.payment_terms.strip():
        yield Obstacle("due_on", "None", "what is owed has a due date or terms (BR-CO-25)")
    payment = document.payment
    if payment is None:
        return
    if payment.means in _BY_IBAN and not payment.iban:
        yield Obstacle("payment.iban", "", "a credit transfer names the account (BR-61)")
    if payment.means is PaymentMeans.SEPA_DIRECT_DEBIT and not payment.mandate_reference:
        yield Obstacle("payment.mandate_reference", "", "a direct debit names its mandate")
    if payment.means is PaymentMeans.CARD and not _FOUR_DIGITS.fullmatch(payment.card_last_four):
        found = f"{len(payment.card_last_four)} characters"
        yield Obstacle("payment.card_last_four", found, "give the last four digits (BR-51)")
