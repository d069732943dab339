"""Customers come in here, with what identifies them to the tax office and to the processor."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.customers import store
from trueup.billing.customers.errors import (
    AuthorityElsewhere,
    CountryMisspelt,
    CustomerAmbiguous,
    CustomerAtSource,
    CustomerClosed,
    CustomerUnknown,
    NameMissing,
)
from trueup.billing.customers.model import (
    CUSTOMER,
    CUSTOMER_LINK,
    PAYMENT_METHOD,
    TAX_IDENTITY,
    Authority,
    Origin,
)
from trueup.kernel.cards import CardNumberFound, contains_card_number
from trueup.kernel.columns import with_constants
from trueup.kernel.errors import check
from trueup.kernel.iso3166 import COUNTRIES
from trueup.ledger import service as ledger
from trueup.ledger.chart import CHART, RECEIVABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.customers.model import Mended, NewCustomer, NewTaxIdentity
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

ALIKE_MAX: Final = 3
# Most customers come to owe something, few hold a credit: that account opens when it is needed.
OPENED_EARLY = (RECEIVABLE, *(kind for kind in CHART if kind.name.startswith("opening_")))


def import_customers(tx: Tx, rows: pa.Table) -> int:
    """Insert customers of another system, as `CUSTOMER` lists them, and count them.

    They arrive with authority at the source: nothing here may bill, charge or mail them.  Parents
    follow by `link_parents`, once every customer is in.  Raises Defect, CardNumberFound,
    ConstraintBroken.
    """
    rows = CUSTOMER.complete(rows)
    decided = {"authority": Authority.SOURCE.value, "origin": Origin.IMPORTED.value}
    count = tx.insert(CUSTOMER.table, with_constants(rows, decided))
    with_currency = rows.filter(pc.is_valid(rows.column("currency")))
    # Opened now, while chunks are short: invoices would open them while another loader waits.
    ledger.open_accounts(tx, OPENED_EARLY, with_currency.select(["customer_id", "currency"]))
    return count


def link_parents(tx: Tx, links: pa.Table) -> int:
    """Give imported customers their parents, as `CUSTOMER_LINK` lists them, and count them.

    links: one a customer; both are in.  Safe to run again.  Raises Defect for a customer that is
    not there, has another parent, or is billed here already.
    """
    links = CUSTOMER_LINK.complete(links)
    linked = store.link_parents(tx, links)
    check(linked == links.num_rows, "imported customers get one parent each", linked=linked)
    return linked


def import_tax_identities(tx: Tx, rows: pa.Table) -> int:
    """Insert tax identities, as `TAX_IDENTITY` lists them.  Raises as `import_customers`."""
    rows = TAX_IDENTITY.complete(rows)
    return tx.insert(TAX_IDENTITY.table, rows)


def import_payment_methods(tx: Tx, rows: pa.Table) -> int:
    """Insert payment-method tokens, as `PAYMENT_METHOD` lists them; a card's number never.

    At most one active default a customer.  Raises as `import_customers`.
    """
    rows = PAYMENT_METHOD.complete(rows)
    return tx.insert(PAYMENT_METHOD.table, rows)


def hold_authority(tx: Tx, epochs: Mapping[UUID, int]) -> None:
    """Make sure that this platform, and no other, bills these customers until `tx` ends.

    epochs: by customer, the epoch of authority under which the caller decided to bill.  Whatever
    finalizes an invoice, charges or mails calls this first, in the transaction that does it.
    Raises AuthorityElsewhere naming the customers whose authority is not here or has moved since.
    """
    held = store.hold_authority(tx, epochs)
    if refused := [customer for customer in epochs if customer not in held]:
        raise AuthorityElsewhere(customers=refused)


def create_customer(tx: Tx, customer: NewCustomer, at: Instant) -> None:
    """Make a customer whom this platform bills from the start.

    Raises, in this order, NameMissing, TimeZoneUnknown, CountryMisspelt, CardNumberFound.
    """
    _check_name(customer.name)
    zone(customer.time_zone)
    check_country(customer.country)
    _check_text(customer)
    store.insert_customer(tx, customer, at)


def alike(tx: Tx, customer: NewCustomer) -> list[Any]:
    """Other customers of the same name or e-mail address, up to a few: perhaps one made twice."""
    return store.alike(tx, customer, ALIKE_MAX)


def mend_customer(tx: Tx, customer: UUID, mended: Mended) -> None:
    """Set what is given of a customer's record right; the next bill is made by it.

    Subscriptions keep the time zone they began in.  Issued documents go on saying what was true as
    they were issued (B41).  Raises as `create_customer`.
    """
    _check_name(mended.name)
    if mended.time_zone is not None:
        zone(mended.time_zone)
    check_country(mended.country)
    _check_text(mended)
    with _documents_stay(tx, customer):
        check(store.mend(tx, customer, mended) == 1, "a customer is mended once", customer=customer)


def close_customer(tx: Tx, customer: UUID, at: Instant) -> None:
    """Close a customer of ours who is served no more (`subscriptions.service.close_customer`).

    Raises CustomerAtSource, CustomerClosed.
    """
    record = store.shown(tx, customer)
    if record.authority != Authority.TARGET:
        raise CustomerAtSource(customer=str(customer))
    if not store.set_closed(tx, customer, at):
        raise CustomerClosed(customer=str(customer))


def reopen_customer(tx: Tx, customer: UUID) -> None:
    """Let subscriptions be begun for a customer again.  Safe to run again."""
    store.reopen(tx, customer)


def keep_tax_identity(tx: Tx, identity: NewTaxIdentity) -> None:
    """Keep a tax number or a certificate of a customer, or what is known anew of one on file.

    The next bill is taxed by it; `taxes.service` looks at the form of a VAT number first.  A
    certificate's place may be a state, such as `US-TX`.  Issued documents go on saying what was
    known as they were issued (B41).  Raises CountryMisspelt.
    """
    check_place(identity.country)
    with _documents_stay(tx, identity.customer_id):
        store.keep_tax_identity(tx, identity)


@contextmanager
def _documents_stay(tx: Tx, customer: UUID) -> Iterator[None]:
    """Keep what documents print of a customer, if what is done within changes it (B41)."""
    before = store.hold_printed(tx, customer)
    yield
    if before and store.printed(tx, customer) != before:
        store.keep_earlier(tx, before)


def earlier(tx: Tx, ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """What documents printed of customers before they were mended, the oldest first.

    Each row held until its `held_until`; who was never mended has none.
    """
    found: dict[UUID, list[Any]] = {}
    for row in store.earlier(tx, list(ids)):
        found.setdefault(row.customer_id, []).append(row)
    return found


def vat_numbers(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """The VAT number on file that documents print, of each customer who has one."""
    return store.vat_numbers(tx, list(ids))


def shown(tx: Tx, customer: UUID) -> tuple[Any, list[Any]]:
    """A customer's record, and what identifies them to tax offices."""
    return store.shown(tx, customer), store.tax_identities(tx, customer)


def listed(tx: Tx, limit: int) -> list[Any]:
    """Customers, the newest first."""
    return store.listed(tx, limit)


def names(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What customers are called, by id; of who has no name, the id."""
    return {row.customer_id: row.name or str(row.customer_id) for row in store.names(tx, ids)}


def check_country(country: str | None) -> None:
    """Nothing, or a country that there is.  Raises CountryMisspelt."""
    if country is not None and country not in COUNTRIES:
        raise CountryMisspelt(country=country)


def check_place(place: str | None) -> None:
    """Nothing, a country, or a part of one such as `US-TX`.  Raises CountryMisspelt."""
    check_country(place and place.partition("-")[0])


def _check_name(name: str | None) -> None:
    if name is not None and not name.strip():
        raise NameMissing


def _check_text(customer: NewCustomer | Mended) -> None:
    for name in CUSTOMER.free_text:
        if contains_card_number(getattr(customer, name) or ""):
            raise CardNumberFound(table=CUSTOMER.table, column=name, rows=1)


def get_customer(tx: Tx, named: str) -> Any:
    """The customer of an id, e-mail address or name.  Raises CustomerUnknown, CustomerAmbiguous."""
    found = store.customers_named(tx, named)
    if not found:
        raise CustomerUnknown(customer=named)
    if len(found) > 1:
        raise CustomerAmbiguous(customer=named)
    return found[0]


def hold_ours(tx: Tx, customer: UUID) -> Any:
    """As `get_ours`, held against a mend and a hand-over until the transaction ends."""
    store.hold_standing(tx, customer)
    return get_ours(tx, customer)


def get_ours(tx: Tx, customer: UUID) -> Any:
    """The customer, whom this platform bills.  Raises CustomerUnknown, AuthorityElsewhere."""
    row = get_customer(tx, str(customer))
    if row.authority != Authority.TARGET:
        raise AuthorityElsewhere(customers=[row.name or customer])
    return row


def at_source(tx: Tx, named: Sequence[str] | None, limit: int) -> list[UUID]:
    """Customers that another system bills: of these ids or e-mail addresses, or up to `limit`."""
    return store.customers_at_source(tx, named, limit)


def hand_over(tx: Tx, customers: Sequence[UUID]) -> list[UUID]:
    """Take the authority to bill customers, each under a new epoch; returns those it was taken of.

    Waits for whoever bills them at this moment.  The source must have stopped billing them before.
    """
    return store.hand_over(tx, customers)
