"""A document as UBL 2.1 Invoice or CreditNote, in the order its schema fixes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from trueup.billing.documents import terms
from trueup.billing.documents.markup import HEAD, branch, leaf
from trueup.billing.documents.model import Kind, PaymentMeans
from trueup.billing.documents.terms import amount_text, number_text
from trueup.billing.documents.wording import Word, word

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from trueup.billing.documents.model import (
        Address,
        Allowance,
        Document,
        Line,
        Party,
        Payment,
        Span,
        TaxCategory,
        TaxGroup,
    )
    from trueup.kernel.money import Money

_SPACES: Final = {
    "xmlns:cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "xmlns:cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_ROOT_SPACE: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_NETWORK_UNKNOWN: Final = "NA"  # the schema wants a card's network even where nobody knows it


def ubl(document: Document) -> bytes:
    """The document as UBL, in UTF-8. document: one that `requirements.obstacles` lets pass."""
    is_invoice = document.kind is Kind.INVOICE
    root = "Invoice" if is_invoice else "CreditNote"
    line_name = "InvoiceLine" if is_invoice else "CreditNoteLine"
    quantity_name = "InvoicedQuantity" if is_invoice else "CreditedQuantity"
    body = (
        _head(document),
        _references(document),
        branch("cac:AccountingSupplierParty", _party(document, document.seller, is_seller=True)),
        branch("cac:AccountingCustomerParty", _party(document, document.buyer, is_seller=False)),
        _payment_means(document),
        branch("cac:PaymentTerms", leaf("cbc:Note", document.payment_terms)),
        *(_allowance(document, allowance) for allowance in document.allowances),
        *_tax_totals(document),
        _totals(document),
        *(
            branch(f"cac:{line_name}", *_line(document, number, line, quantity_name))
            for number, line in enumerate(document.lines, start=1)
        ),
    )
    spaces = {"xmlns": f"{_ROOT_SPACE}{root}-2", **_SPACES}
    return (HEAD + branch(root, *body, **spaces)).encode()


def _head(document: Document) -> str:
    is_invoice = document.kind is Kind.INVOICE
    due = _date("cbc:DueDate", document.due_on) if is_invoice else ""
    code_name = "cbc:InvoiceTypeCode" if is_invoice else "cbc:CreditNoteTypeCode"
    tax_in = document.tax_in
    return "".join(
        (
            leaf("cbc:CustomizationID", terms.PROFILE),
            leaf("cbc:ID", document.number),
            _date("cbc:IssueDate", document.issued_on),
            due,
            leaf(code_name, terms.TYPE_CODES[document.kind]),
            leaf("cbc:Note", "\n".join(document.notes)),
            leaf("cbc:DocumentCurrencyCode", document.currency.code),
            leaf("cbc:TaxCurrencyCode", tax_in.tax.currency.code if tax_in else None),
            leaf("cbc:BuyerReference", document.buyer_reference),
            _period(document.supplied),
        )
    )


def _references(document: Document) -> str:
    preceding = document.preceding
    corrected = (
        branch(
            "cac:InvoiceDocumentReference",
            leaf("cbc:ID", preceding.number),
            _date("cbc:IssueDate", preceding.issued_on),
        )
        if preceding
        else ""
    )
    return "".join(
        (
            branch("cac:OrderReference", leaf("cbc:ID", document.order_reference)),
            branch("cac:BillingReference", corrected),
            branch("cac:ContractDocumentReference", leaf("cbc:ID", document.contract_reference)),
        )
    )


def _date(name: str, day: date | None) -> str:
    return leaf(name, day.isoformat() if day else None)


def _period(span: Span | None) -> str:
    if span is None:
        return ""
    last = span.end_on - timedelta(days=1)  # EN 16931 counts the last day in
    return branch(
        "cac:InvoicePeriod", _date("cbc:StartDate", span.start_on), _date("cbc:EndDate", last)
    )


def _money(name: str, amount: Money) -> str:
    return leaf(name, amount_text(amount), currencyID=amount.currency.code)


def _party(document: Document, party: Party, *, is_seller: bool) -> str:
    mailbox = party.mailbox
    endpoint = leaf("cbc:EndpointID", mailbox.address, schemeID=mailbox.scheme) if mailbox else ""
    creditor_id = document.payment.creditor_id if document.payment and is_seller else None
    return branch(
        "cac:Party",
        endpoint,
        branch("cac:PartyIdentification", leaf("cbc:ID", creditor_id, schemeID="SEPA")),
        branch("cac:PartyName", leaf("cbc:Name", party.trading_name)),
        _address(party.address),
        _tax_scheme(terms.vat_id(document, party), "VAT"),
        _tax_scheme(party.tax_number if is_seller else None, "TAX"),
        branch(
            "cac:PartyLegalEntity",
            leaf("cbc:RegistrationName", party.name),
            leaf("cbc:CompanyID", party.legal_id),
            leaf("cbc:CompanyLegalForm", party.legal_note if is_seller else None),
        ),
        branch(
            "cac:Contact",
            leaf("cbc:Name", party.contact),
            leaf("cbc:Telephone", party.phone),
            leaf("cbc:ElectronicMail", party.email),
        ),
    )


def _address(address: Address) -> str:
    first, second, third = (*address.lines, "", "", "")[:3]
    return branch(
        "cac:PostalAddress",
        leaf("cbc:StreetName", first),
        leaf("cbc:AdditionalStreetName", second),
        leaf("cbc:CityName", address.city),
        leaf("cbc:PostalZone", address.postal_code),
        leaf("cbc:CountrySubentity", address.subdivision),
        branch("cac:AddressLine", leaf("cbc:Line", third)),
        branch("cac:Country", leaf("cbc:IdentificationCode", address.country)),
    )


def _tax_scheme(number: str | None, scheme: str) -> str:
    if not number:
        return ""
    return branch(
        "cac:PartyTaxScheme",
        leaf("cbc:CompanyID", number),
        branch("cac:TaxScheme", leaf("cbc:ID", scheme)),
    )


def _payment_means(document: Document) -> str:
    payment = document.payment
    if payment is None:
        return ""
    due = document.due_on if document.kind is Kind.CREDIT_NOTE else None
    return branch(
        "cac:PaymentMeans",
        leaf("cbc:PaymentMeansCode", terms.MEANS_CODES[payment.means]),
        _date("cbc:PaymentDueDate", due),
        leaf("cbc:PaymentID", payment.reference),
        _account(payment),
    )


def _account(payment: Payment) -> str:
    if payment.means is PaymentMeans.CARD:
        return branch(
            "cac:CardAccount",
            leaf("cbc:PrimaryAccountNumberID", payment.card_last_four),
            leaf("cbc:NetworkID", payment.card_brand or _NETWORK_UNKNOWN),
        )
    if payment.means is PaymentMeans.SEPA_DIRECT_DEBIT:
        return branch(
            "cac:PaymentMandate",
            leaf("cbc:ID", payment.mandate_reference),
            branch("cac:PayerFinancialAccount", leaf("cbc:ID", payment.iban)),
        )
    return branch(
        "cac:PayeeFinancialAccount",
        leaf("cbc:ID", payment.iban),
        leaf("cbc:Name", payment.account_name),
        branch("cac:FinancialInstitutionBranch", leaf("cbc:ID", payment.bic)),
    )


def _allowance(document: Document, allowance: Allowance) -> str:
    return branch(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", "false"),
        leaf("cbc:AllowanceChargeReason", allowance.reason or word(document.locale, Word.DISCOUNT)),
        _money("cbc:Amount", allowance.amount),
        _category("cac:TaxCategory", allowance.tax_category, allowance.tax_rate),
    )


def _category(name: str, category: TaxCategory, rate: Decimal, *reasons: str) -> str:
    return branch(
        name,
        leaf("cbc:ID", terms.CATEGORY_CODES[category]),
        leaf("cbc:Percent", terms.rate_text(category, rate)),
        *reasons,
        branch("cac:TaxScheme", leaf("cbc:ID", "VAT")),
    )


def _tax_totals(document: Document) -> tuple[str, ...]:
    groups = (_tax_group(document, group) for group in document.tax_groups)
    total = branch("cac:TaxTotal", _money("cbc:TaxAmount", document.totals.tax), *groups)
    if document.tax_in is None:
        return (total,)
    return (total, branch("cac:TaxTotal", _money("cbc:TaxAmount", document.tax_in.tax)))


def _tax_group(document: Document, group: TaxGroup) -> str:
    reasons = (
        leaf("cbc:TaxExemptionReasonCode", terms.REASON_CODES.get(group.category)),
        leaf("cbc:TaxExemptionReason", terms.legend(document, group)),
    )
    return branch(
        "cac:TaxSubtotal",
        _money("cbc:TaxableAmount", group.taxable),
        _money("cbc:TaxAmount", group.tax),
        _category("cac:TaxCategory", group.category, group.rate, *reasons),
    )


def _totals(document: Document) -> str:
    totals = document.totals
    settled = terms.settled(document)
    return branch(
        "cac:LegalMonetaryTotal",
        _money("cbc:LineExtensionAmount", totals.lines),
        _money("cbc:TaxExclusiveAmount", totals.net),
        _money("cbc:TaxInclusiveAmount", totals.gross),
        _money("cbc:AllowanceTotalAmount", totals.allowance) if document.allowances else "",
        _money("cbc:PrepaidAmount", settled) if settled.micros else "",
        _money("cbc:PayableAmount", totals.due),
    )


def _line(document: Document, number: int, line: Line, quantity_name: str) -> tuple[str, ...]:
    priced = terms.priced(line)
    unit = line.unit.code
    base = priced.price_quantity
    return (
        leaf("cbc:ID", str(number)),
        leaf(f"cbc:{quantity_name}", number_text(priced.quantity), unitCode=unit),
        _money("cbc:LineExtensionAmount", line.net),
        _period(line.period),
        _line_discount(document, line),
        branch(
            "cac:Item",
            leaf("cbc:Description", line.detail),
            leaf("cbc:Name", line.description),
            _category("cac:ClassifiedTaxCategory", line.tax_category, line.tax_rate),
        ),
        branch(
            "cac:Price",
            leaf("cbc:PriceAmount", number_text(priced.price), currencyID=document.currency.code),
            leaf("cbc:BaseQuantity", number_text(base), unitCode=unit) if base else "",
        ),
    )


def _line_discount(document: Document, line: Line) -> str:
    if line.discount is None or line.discount.micros == 0:
        return ""
    return branch(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", "false"),
        leaf(
            "cbc:AllowanceChargeReason",
            line.discount_reason or word(document.locale, Word.DISCOUNT),
        ),
        _money("cbc:Amount", line.discount),
    )
