"""Documents as a seller issues them: added up here by the plainest arithmetic, tax by group."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from trueup.billing.documents.model import (
    Address,
    Allowance,
    Document,
    Kind,
    Line,
    Mailbox,
    Party,
    Payment,
    PaymentMeans,
    Preceding,
    Span,
    TaxCategory,
    TaxGroup,
    TaxInCurrency,
    Totals,
    Unit,
)
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

STANDARD = TaxCategory.STANDARD
JANUARY = Span(date(2026, 1, 1), date(2026, 2, 1))

SELLER = Party(
    name="Nordlicht Software GmbH",
    address=Address(("Speicherstraße 14",), "Hamburg", "DE", "20457"),
    vat_id="DE136695976",
    tax_number="48/123/45678",
    legal_id="HRB 130517",
    legal_note="Amtsgericht Hamburg HRB 130517 · Geschäftsführung: Ida Petersen, Jonas Weiß",
    contact="Ida Petersen",
    email="billing@nordlicht.example",
    phone="+49 40 5550123",
    website="nordlicht.example",
)
BUYERS = {
    "DE": Party("Blumen & Söhne KG", Address(("Gärtnerweg 7",), "Köln", "DE", "50667"), vat_id="DE129273398"),
    "FR": Party("Maison Béranger SARL", Address(("12, rue de l’Église", "Bâtiment C"), "Lyon", "FR", "69002"), vat_id="FR83404833048"),
    "ES": Party("Peñalver e Hijos, S.L.", Address(("Calle de Alcalá, 48",), "Madrid", "ES", "28014"), vat_id="ESB58378431"),
    "US": Party("Harbor & Pine, Inc.", Address(("1250 Mission Street", "Suite 400"), "San Francisco", "US", "94103", "CA")),
    "GB": Party("Thistle Works Ltd", Address(("8 Canal Wharf",), "Leeds", "GB", "LS1 4BR"), vat_id="GB980780684"),
    "AE": Party("شركة النور للتجارة ذ.م.م", Address(("شارع الشيخ زايد، برج 21",), "دبي", "AE"), vat_id="AE100354682900003"),
    "JP": Party("Sakura Trading KK", Address(("1-2-3 Marunouchi",), "Tokyo", "JP", "100-0005")),
    "KW": Party("Gulf Data WLL", Address(("Block 4, Street 12",), "Kuwait City", "KW", "13001")),
}  # fmt: skip
SEPA = Payment(
    PaymentMeans.SEPA_CREDIT_TRANSFER,
    iban="DE02120300000000202051",
    bic="BYLADEM1001",
    account_name="Nordlicht Software GmbH",
    reference="RE-2026-0042",
)


def line(description: str, quantity: str, price: str | None, net: str, **more: Any) -> Line:
    """`net` and `discount` in main units of EUR, or of `code`; taxed at 19 % unless said."""
    money = currency(more.pop("code", "EUR"))
    discount = more.pop("discount", None)
    return Line(
        description=description,
        quantity=Decimal(quantity),
        unit_price=None if price is None else Decimal(price),
        net=Money.from_major(net, money),
        tax_category=more.pop("tax_category", STANDARD),
        tax_rate=Decimal(more.pop("tax_rate", "19")),
        discount=None if discount is None else Money.from_major(discount, money),
        **more,
    )


def issued(
    *lines: Line, buyer: str = "DE", prepaid: str = "0", credit: str = "0", **more: Any
) -> Document:
    """A document of `lines`, added up; `more` replaces any field of it."""
    money = lines[0].net.currency
    allowances: tuple[Allowance, ...] = more.pop("allowances", ())
    legends = more.pop("legends", {})
    groups = tax_groups(lines, allowances, legends)
    zero = Money.zero(money)
    of_lines = sum((each.net for each in lines), zero)
    allowance = sum((each.amount for each in allowances), zero)
    tax = sum((group.tax for group in groups), zero)
    gross = of_lines - allowance + tax
    paid, credited = Money.from_major(prepaid, money), Money.from_major(credit, money)
    document = Document(
        kind=Kind.INVOICE,
        number="RE-2026-0042",
        issued_on=date(2026, 2, 3),
        due_on=date(2026, 2, 17),
        supplied=JANUARY,
        currency=money,
        locale="de-DE",
        seller=SELLER,
        buyer=more.pop("buyer_details", BUYERS[buyer]),
        lines=lines,
        allowances=allowances,
        tax_groups=groups,
        totals=Totals(
            lines=of_lines,
            allowance=allowance,
            net=of_lines - allowance,
            tax=tax,
            gross=gross,
            prepaid=paid,
            credit_applied=credited,
            due=gross - paid - credited,
        ),
        payment=SEPA,
    )
    return replace(document, **more)


def tax_groups(
    lines: tuple[Line, ...], allowances: tuple[Allowance, ...], legends: dict[TaxCategory, str]
) -> tuple[TaxGroup, ...]:
    taxable: dict[tuple[TaxCategory, Decimal], Money] = defaultdict(
        lambda: Money.zero(lines[0].net.currency)
    )
    for each in lines:
        taxable[each.tax_category, each.tax_rate] += each.net
    for allowance in allowances:
        taxable[allowance.tax_category, allowance.tax_rate] -= allowance.amount
    return tuple(
        TaxGroup(
            category,
            rate,
            amount,
            amount.times(rate / 100, rounding=ROUND_HALF_UP),
            legends.get(category, ""),
        )
        for (category, rate), amount in taxable.items()
    )


PRO = line(
    "Team-Tarif Pro",
    "12",
    "29.00",
    "348.00",
    detail="Jahresvertrag, monatliche Abrechnung",
    unit=Unit("C62", "Plätze"),
    period=JANUARY,
)
CALLS = line(
    "API-Aufrufe",
    "184250",
    None,
    "92.13",
    detail="10 000 frei, danach nach Staffel",
    period=JANUARY,
)
STORAGE = line("Speicher", "512.5", "0.0225", "11.53", unit=Unit("E34", "GB"), period=JANUARY)
BOOK = line("Handbuch, gedruckt", "2", "24.00", "48.00", tax_rate="7")
PRORATED = line(
    "Gutschrift 3 Plätze ab 20. Januar", "1", "-33.68", "-33.68", detail="anteilig 12 von 31 Tagen"
)
ABROAD = {"tax_category": TaxCategory.REVERSE_CHARGE, "tax_rate": "0"}
OUTSIDE = {"tax_category": TaxCategory.OUTSIDE_SCOPE, "tax_rate": "0"}


def cent_off(amount: str, code: str = "EUR") -> Allowance:
    return Allowance("Treuerabatt", Money.from_major(amount, currency(code)), STANDARD, Decimal(19))


def cases() -> dict[str, Document]:
    """What a billing system meets, by name; each can be an e-invoice."""
    return {
        "domestic": issued(PRO, CALLS, STORAGE),
        "two_rates": issued(PRO, BOOK, CALLS, notes=("Vielen Dank für Ihr Vertrauen.",)),
        "discount_on_a_line": issued(line("Team-Tarif Pro", "12", "29.00", "278.40", discount="69.60", discount_reason="Frühbucher 20 %"), BOOK),
        "discount_on_all": issued(PRO, BOOK, allowances=(cent_off("34.80"),)),
        "negative_line": issued(PRO, PRORATED),
        "prepaid_and_credit": issued(PRO, prepaid="100.00", credit="50.00"),
        "settled": issued(PRO, prepaid="414.12", due_on=None),
        "reverse_charge": issued(line("Team plan Pro", "12", "29.00", "348.00", **ABROAD), buyer="FR", locale="fr-FR"),
        "export": issued(line("Team plan Pro", "12", "29.00", "348.00", tax_category=TaxCategory.EXPORT, tax_rate="0"), buyer="US", locale="en-US"),
        "outside_scope": issued(line("Team plan Pro", "12", "29.00", "348.00", **OUTSIDE), buyer="US", locale="en-US"),
        "exempt": issued(line("Schulung", "1", "500.00", "500.00", tax_category=TaxCategory.EXEMPT, tax_rate="0"), legends={TaxCategory.EXEMPT: "Steuerfrei nach § 4 Nr. 21 UStG."}),
        "zero_rated": issued(line("Children’s book", "3", "9.00", "27.00", tax_category=TaxCategory.ZERO_RATED, tax_rate="0"), buyer="GB", locale="en-GB"),
        "taxed_and_exempt": issued(PRO, line("Schulung", "1", "500.00", "500.00", tax_category=TaxCategory.EXEMPT, tax_rate="0"), legends={TaxCategory.EXEMPT: "Steuerfrei nach § 4 Nr. 21 UStG."}),
        "credit_note": issued(line("Team-Tarif Pro", "3", "29.00", "87.00"), kind=Kind.CREDIT_NOTE, number="GS-2026-0007", due_on=None, preceding=Preceding("RE-2026-0042", date(2026, 2, 3))),
        "credit_note_of_discount": issued(line("Team-Tarif Pro", "3", None, "70.00", discount="17.00"), kind=Kind.CREDIT_NOTE, number="GS-2026-0008", preceding=Preceding("RE-2026-0042", date(2026, 2, 3))),
        "in_dollars_taxed_in_euro": issued(line("Team-Tarif Pro", "12", "29.00", "348.00", code="USD"), tax_in=TaxInCurrency(Money.from_major("56.18", currency("EUR")), Decimal("0.84967"), "EZB, 3. Februar 2026")),
        "yen": issued(line("Team plan Pro", "12", "2900", "34800", code="JPY", **OUTSIDE), buyer="JP", locale="en-US"),
        "yen_taxed": issued(line("Team plan Pro", "7", "333", "2331", code="JPY"), locale="en-GB"),
        "dinar_in_tens": issued(line("Team plan Pro", "2", "29.500", "59.000", code="KWD", **OUTSIDE), buyer="KW", locale="ar-KW"),
        "direct_debit": issued(PRO, payment=Payment(PaymentMeans.SEPA_DIRECT_DEBIT, iban="DE02120300000000202051", mandate_reference="M-2024-118", creditor_id="DE98ZZZ09999999999")),
        "card": issued(PRO, payment=Payment(PaymentMeans.CARD, card_brand="Visa", card_last_four="4242")),
        "on_terms": issued(PRO, due_on=None, payment=None, payment_terms="Zahlbar innerhalb von 14 Tagen ohne Abzug."),
        "other_means": issued(PRO, payment=Payment(PaymentMeans.OTHER, reference="RE-2026-0042")),
        "all_fields": issued(
            PRO,
            buyer_reference="04011000-12345-34",
            order_reference="PO-7781",
            contract_reference="RV-2024/17",
            notes=("Erste Zeile", "Zweite Zeile: <b>&amp;</b>"),
            seller=replace(SELLER, trading_name="Nordlicht", mailbox=Mailbox("0204", "04011000-12345-34")),
            buyer="DE", buyer_details=replace(BUYERS["DE"], legal_id="HRA 7112", contact="Rosa Blum", email="rosa@blumen.example", phone="+49 221 5550100", trading_name="Blumen Blum", mailbox=Mailbox("9930", "DE129273398"), address=Address(("Gärtnerweg 7", "Hinterhaus", "2. Stock"), "Köln", "DE", "50667", "NRW")),
        ),
        "free_of_charge": issued(line("Probezeit", "12", "0", "0"), line("Aufrufe im Freikontingent", "9000", None, "0"), due_on=None),
    }  # fmt: skip
