"""A document as UN/CEFACT Cross Industry Invoice D16B, in the order its schema fixes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from trueup.billing.documents import terms
from trueup.billing.documents.markup import HEAD, branch, leaf
from trueup.billing.documents.model import PaymentMeans
from trueup.billing.documents.terms import amount_text, number_text
from trueup.billing.documents.wording import Word, word

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from trueup.billing.documents.model import (
        Address,
        Document,
        Line,
        Party,
        Payment,
        Span,
        TaxCategory,
        TaxGroup,
    )
    from trueup.kernel.money import Money

_UNCEFACT: Final = "urn:un:unece:uncefact:data:standard"
_SPACES: Final = {
    "xmlns:rsm": f"{_UNCEFACT}:CrossIndustryInvoice:100",
    "xmlns:ram": f"{_UNCEFACT}:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:qdt": f"{_UNCEFACT}:QualifiedDataType:100",
    "xmlns:udt": f"{_UNCEFACT}:UnqualifiedDataType:100",
}
_DAY: Final = "102"  # UNTDID 2379: CCYYMMDD


def cii(document: Document) -> bytes:
    """The document as CII, in UTF-8. document: one that `requirements.obstacles` lets pass."""
    body = (
        branch(
            "rsm:ExchangedDocumentContext",
            branch("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", terms.PROFILE)),
        ),
        branch(
            "rsm:ExchangedDocument",
            leaf("ram:ID", document.number),
            leaf("ram:TypeCode", terms.TYPE_CODES[document.kind]),
            branch("ram:IssueDateTime", _day(document.issued_on)),
            *(branch("ram:IncludedNote", leaf("ram:Content", note)) for note in document.notes),
        ),
        branch(
            "rsm:SupplyChainTradeTransaction",
            *(_line(document, number, line) for number, line in enumerate(document.lines, 1)),
            _agreement(document),
            "<ram:ApplicableHeaderTradeDelivery/>",  # wanted even where there is nothing to say
            _settlement(document),
        ),
    )
    return (HEAD + branch("rsm:CrossIndustryInvoice", *body, **_SPACES)).encode()


def _day(day: date, prefix: str = "udt") -> str:
    return leaf(f"{prefix}:DateTimeString", day.strftime("%Y%m%d"), format=_DAY)


def _period(span: Span | None) -> str:
    if span is None:
        return ""
    last = span.end_on - timedelta(days=1)  # EN 16931 counts the last day in
    return branch(
        "ram:BillingSpecifiedPeriod",
        branch("ram:StartDateTime", _day(span.start_on)),
        branch("ram:EndDateTime", _day(last)),
    )


def _money(name: str, amount: Money) -> str:
    return leaf(name, amount_text(amount))


def _line(document: Document, number: int, line: Line) -> str:
    priced = terms.priced(line)
    unit, base = line.unit.code, priced.price_quantity
    return branch(
        "ram:IncludedSupplyChainTradeLineItem",
        branch("ram:AssociatedDocumentLineDocument", leaf("ram:LineID", str(number))),
        branch(
            "ram:SpecifiedTradeProduct",
            leaf("ram:Name", line.description),
            leaf("ram:Description", line.detail),
        ),
        branch(
            "ram:SpecifiedLineTradeAgreement",
            branch(
                "ram:NetPriceProductTradePrice",
                leaf("ram:ChargeAmount", number_text(priced.price)),
                leaf("ram:BasisQuantity", number_text(base), unitCode=unit) if base else "",
            ),
        ),
        branch(
            "ram:SpecifiedLineTradeDelivery",
            leaf("ram:BilledQuantity", number_text(priced.quantity), unitCode=unit),
        ),
        branch(
            "ram:SpecifiedLineTradeSettlement",
            branch("ram:ApplicableTradeTax", *_category(line.tax_category, line.tax_rate)),
            _period(line.period),
            _line_discount(document, line),
            branch(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                _money("ram:LineTotalAmount", line.net),
            ),
        ),
    )


def _category(category: TaxCategory, rate: Decimal) -> tuple[str, ...]:
    return (
        leaf("ram:TypeCode", "VAT"),
        leaf("ram:CategoryCode", terms.CATEGORY_CODES[category]),
        leaf("ram:RateApplicablePercent", terms.rate_text(category, rate)),
    )


def _line_discount(document: Document, line: Line) -> str:
    if line.discount is None or line.discount.micros == 0:
        return ""
    return _allowance(line.discount, line.discount_reason or word(document.locale, Word.DISCOUNT))


def _allowance(amount: Money, reason: str, *tax: str) -> str:
    return branch(
        "ram:SpecifiedTradeAllowanceCharge",
        branch("ram:ChargeIndicator", leaf("udt:Indicator", "false")),
        _money("ram:ActualAmount", amount),
        leaf("ram:Reason", reason),
        branch("ram:CategoryTradeTax", *tax),
    )


def _agreement(document: Document) -> str:
    return branch(
        "ram:ApplicableHeaderTradeAgreement",
        leaf("ram:BuyerReference", document.buyer_reference),
        branch("ram:SellerTradeParty", *_party(document, document.seller, is_seller=True)),
        branch("ram:BuyerTradeParty", *_party(document, document.buyer, is_seller=False)),
        branch(
            "ram:BuyerOrderReferencedDocument",
            leaf("ram:IssuerAssignedID", document.order_reference),
        ),
        branch(
            "ram:ContractReferencedDocument",
            leaf("ram:IssuerAssignedID", document.contract_reference),
        ),
    )


def _party(document: Document, party: Party, *, is_seller: bool) -> tuple[str, ...]:
    mailbox = party.mailbox
    uri = leaf("ram:URIID", mailbox.address, schemeID=mailbox.scheme) if mailbox else ""
    return (
        leaf("ram:Name", party.name),
        leaf("ram:Description", party.legal_note if is_seller else None),
        branch(
            "ram:SpecifiedLegalOrganization",
            leaf("ram:ID", party.legal_id),
            leaf("ram:TradingBusinessName", party.trading_name),
        ),
        branch(
            "ram:DefinedTradeContact",
            leaf("ram:PersonName", party.contact),
            branch("ram:TelephoneUniversalCommunication", leaf("ram:CompleteNumber", party.phone)),
            branch("ram:EmailURIUniversalCommunication", leaf("ram:URIID", party.email)),
        ),
        _address(party.address),
        branch("ram:URIUniversalCommunication", uri),
        _registration(terms.vat_id(document, party), "VA"),
        _registration(party.tax_number if is_seller else None, "FC"),
    )


def _address(address: Address) -> str:
    first, second, third = (*address.lines, "", "", "")[:3]
    return branch(
        "ram:PostalTradeAddress",
        leaf("ram:PostcodeCode", address.postal_code),
        leaf("ram:LineOne", first),
        leaf("ram:LineTwo", second),
        leaf("ram:LineThree", third),
        leaf("ram:CityName", address.city),
        leaf("ram:CountryID", address.country),
        leaf("ram:CountrySubDivisionName", address.subdivision),
    )


def _registration(number: str | None, scheme: str) -> str:
    return branch("ram:SpecifiedTaxRegistration", leaf("ram:ID", number, schemeID=scheme))


def _settlement(document: Document) -> str:
    payment, tax_in, preceding = document.payment, document.tax_in, document.preceding
    return branch(
        "ram:ApplicableHeaderTradeSettlement",
        leaf("ram:CreditorReferenceID", payment.creditor_id if payment else None),
        leaf("ram:PaymentReference", payment.reference if payment else None),
        leaf("ram:TaxCurrencyCode", tax_in.tax.currency.code if tax_in else None),
        leaf("ram:InvoiceCurrencyCode", document.currency.code),
        _payment_means(payment) if payment else "",
        *(_tax_group(document, group) for group in document.tax_groups),
        _period(document.supplied),
        *(
            _allowance(
                allowance.amount,
                allowance.reason or word(document.locale, Word.DISCOUNT),
                *_category(allowance.tax_category, allowance.tax_rate),
            )
            for allowance in document.allowances
        ),
        _payment_terms(document),
        _totals(document),
        branch(
            "ram:InvoiceReferencedDocument",
            leaf("ram:IssuerAssignedID", preceding.number),
            branch("ram:FormattedIssueDateTime", _day(preceding.issued_on, "qdt")),
        )
        if preceding
        else "",
    )


def _payment_means(payment: Payment) -> str:
    is_debit = payment.means is PaymentMeans.SEPA_DIRECT_DEBIT
    account = leaf("ram:IBANID", payment.iban)
    return branch(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        leaf("ram:TypeCode", terms.MEANS_CODES[payment.means]),
        branch(
            "ram:ApplicableTradeSettlementFinancialCard", leaf("ram:ID", payment.card_last_four)
        ),
        branch("ram:PayerPartyDebtorFinancialAccount", account) if is_debit else "",
        ""
        if is_debit
        else branch(
            "ram:PayeePartyCreditorFinancialAccount",
            account,
            leaf("ram:AccountName", payment.account_name),
        ),
        ""
        if is_debit
        else branch(
            "ram:PayeeSpecifiedCreditorFinancialInstitution", leaf("ram:BICID", payment.bic)
        ),
    )


def _tax_group(document: Document, group: TaxGroup) -> str:
    rate = terms.rate_text(group.category, group.rate)
    return branch(
        "ram:ApplicableTradeTax",
        _money("ram:CalculatedAmount", group.tax),
        leaf("ram:TypeCode", "VAT"),
        leaf("ram:ExemptionReason", terms.legend(document, group)),
        _money("ram:BasisAmount", group.taxable),
        leaf("ram:CategoryCode", terms.CATEGORY_CODES[group.category]),
        leaf("ram:ExemptionReasonCode", terms.REASON_CODES.get(group.category)),
        leaf("ram:RateApplicablePercent", rate),
    )


def _payment_terms(document: Document) -> str:
    due = document.due_on
    mandate = document.payment.mandate_reference if document.payment else None
    return branch(
        "ram:SpecifiedTradePaymentTerms",
        leaf("ram:Description", document.payment_terms),
        branch("ram:DueDateDateTime", _day(due)) if due else "",
        leaf("ram:DirectDebitMandateID", mandate),
    )


def _totals(document: Document) -> str:
    totals, settled = document.totals, terms.settled(document)
    tax_in = document.tax_in.tax if document.tax_in else None
    return branch(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _money("ram:LineTotalAmount", totals.lines),
        _money("ram:AllowanceTotalAmount", totals.allowance) if document.allowances else "",
        _money("ram:TaxBasisTotalAmount", totals.net),
        _tax_amount(totals.tax),
        _tax_amount(tax_in) if tax_in else "",
        _money("ram:GrandTotalAmount", totals.gross),
        _money("ram:TotalPrepaidAmount", settled) if settled.micros else "",
        _money("ram:DuePayableAmount", totals.due),
    )


def _tax_amount(amount: Money) -> str:
    return leaf("ram:TaxTotalAmount", amount_text(amount), currencyID=amount.currency.code)
