"""A seller in Hamburg, customers at home and abroad, and bill runs that bill them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from tests.service.billing.rows import ident, rows

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import Interval, Plan, Price, PriceModel
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import CUSTOMER, TAX_IDENTITY
from trueup.billing.dialect.model import Start
from trueup.billing.invoicing import issuers, runs
from trueup.billing.invoicing.letterhead import Letterhead
from trueup.billing.invoicing.model import LegalEntity
from trueup.billing.subscriptions import beginning
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.model import DISCOUNT
from trueup.billing.subscriptions.rules import planning
from trueup.billing.taxes.model import Seller
from trueup.db import Database, Tx

BEGAN = datetime(2026, 3, 17, tzinfo=UTC)
CHANGED = datetime(2026, 4, 16, tzinfo=UTC)
BILLED = datetime(2026, 5, 1, tzinfo=UTC)
PRO = Plan(ident("pro"), ident("product"), "Pro", Interval.MONTH, code="pro")
FEE = Price(
    ident("fee"),
    PRO.plan_id,
    "EUR",
    PriceModel.FLAT,
    unit_amount_micros=31_000_000,
    is_per_unit=False,
)
SEATS = Price(
    ident("seats"), PRO.plan_id, "EUR", PriceModel.GRADUATED, charge="seats",
    tiers=[
        {"up_to": "10", "unit_amount_micros": 1_000_000, "flat_amount_micros": 0},
        {"up_to": None, "unit_amount_micros": 500_000, "flat_amount_micros": 0},
    ],
)  # fmt: skip
ENTITY = LegalEntity(
    ident("entity"), "de", "Nordlicht Software GmbH",
    Seller("DE", postal_code="20457", vat_number="DE136695976"),
    takes_tax=True, invoice_prefix="RE-", credit_note_prefix="GS-", is_default=True,
)  # fmt: skip
LETTERHEADS = {
    "de": Letterhead(
        address=("Speicherstraße 14",), city="Hamburg", legal_id="HRB 130517",
        iban="DE02 1203 0000 0000 2020 51", bic="BYLADEM1001", email="billing@nordlicht.example",
    )
}  # fmt: skip
PEOPLE = {
    "blumen": {"company": "Blumen & Söhne KG", "name": "Anna Blum", "country": "DE", "locale": "de-DE", "time_zone": "Europe/Berlin",
               "address_line1": "Gärtnerweg 7", "city": "Köln", "postal_code": "50667"},
    "maison": {"company": "Maison Béranger SARL", "country": "FR", "locale": "fr-FR", "time_zone": "Europe/Paris",
               "address_line1": "12, rue de l’Église", "city": "Lyon", "postal_code": "69002"},
    "harbor": {"name": "Harbor & Pine", "country": "US", "locale": "pl-PL", "time_zone": "UTC",
               "city": "San Francisco", "region": "CA", "postal_code": "94103"},
}  # fmt: skip


@dataclass
class FixedClock:
    at: datetime = BILLED

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0


def sell(tx: Tx) -> None:
    """The seller, what it sells, and three customers who are billed here."""
    issuers.insert_legal_entity(tx, ENTITY)
    catalog.create_product(tx, PRO.product_id, "Pro")
    catalog.create_plan(tx, PRO, at=BEGAN)
    for price in (FEE, SEATS):
        catalog.add_price(tx, price)
    people = [{"customer_id": ident(name)} | said for name, said in PEOPLE.items()]
    customers.import_customers(tx, rows(CUSTOMER, *people))
    numbers = rows(
        TAX_IDENTITY,
        {"tax_identity_id": ident("fr vat"), "customer_id": ident("maison"), "value": "FR 83404833048", "country": "FR", "evidence": "VIES WAPIAAAA"},
        {"tax_identity_id": ident("de vat"), "customer_id": ident("blumen"), "value": "DE129273398", "country": "DE"},
    )  # fmt: skip
    customers.import_tax_identities(tx, numbers)


def bill(db: Database, tenant_id: int, *names: str) -> runs.RunReport:
    """Subscriptions from 17 March, the first ten per cent off, the others with fewer seats from 16 April."""
    with db.transaction(tenant_id=tenant_id) as tx:
        customers.hand_over(tx, [ident(name) for name in names])
        beginning.start(tx, [_subscription(name) for name in names], planning.Ordered(BEGAN))
        tx.insert(
            DISCOUNT.table,
            rows(
                DISCOUNT,
                {"discount_id": ident("spring"), "subscription_id": ident(f"{names[0]} sub")},
            ),
        )
    runs.run(db, tenant_id, CHANGED, FixedClock(CHANGED))
    with db.transaction(tenant_id=tenant_id) as tx:
        for name in names[1:]:
            subscriptions.order(
                tx, ident(f"{name} sub"),
                lambda before, d: planning.change_quantity(before, Decimal(12), planning.Ordered(CHANGED), d),
            )  # fmt: skip
    return runs.run(db, tenant_id, BILLED, FixedClock(BILLED))


def _subscription(name: str) -> beginning.NewSubscription:
    return beginning.NewSubscription(
        ident(f"{name} sub"), ident(name), PRO, (FEE, SEATS), "EUR", "UTC", BEGAN,
        quantity=Decimal(15), anchor=Start.CALENDAR, net_days=14,
    )  # fmt: skip
