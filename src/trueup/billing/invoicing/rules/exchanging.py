"""The tax of invoices once more, in the currency of the seller's tax office (B20, EN 16931 BT-111).

Pure.  By the newest rate on file at the instant of issue, when the tax becomes due.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.fx.rules import exchanged
from trueup.billing.invoicing.errors import AmountTooLarge
from trueup.billing.invoicing.rules.rows import LARGEST
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.billing.fx.model import FxRate
    from trueup.billing.fx.rules import Rates
    from trueup.billing.invoicing.model import Bill, LegalEntity
    from trueup.kernel.clock import Instant

ID: Final = pa.binary(16)
EXCHANGES: Final = pa.schema(
    {"invoice_id": ID, "fx_rate_id": ID, "currency": pa.string(), "tax_micros": pa.int64()}
)


class Deciding(NamedTuple):
    """What of an invoice decides about its tax in another currency; columns of the same names."""

    legal_entity_id: bytes
    currency: str
    issued_at: Instant
    tax_micros: int


def tax_rate_of(entity: LegalEntity, code: str, at: Instant, rates: Rates) -> FxRate | None:
    """By which rate tax in `code` is told again; None where it is not.  Raises FxRateMissing."""
    if entity.tax_currency in {None, code}:
        return None
    return rates.find(code, str(entity.tax_currency), at)


def check_tax_rate(bill: Bill, rates: Rates) -> None:
    """Raises FxRateMissing, AmountTooLarge where the tax of `bill` cannot be told as it has to."""
    if bill.draft is None or not bill.draft.tax_micros:
        return
    tax = Deciding(b"", bill.currency, bill.at, bill.draft.tax_micros)
    told = _told(bill.entity, tax, rates)
    if told is not None and abs(told[1].micros) > LARGEST:
        raise AmountTooLarge


def tax_exchanges(invoices: pa.Table, entities: Iterable[LegalEntity], rates: Rates) -> pa.Table:
    """The rows of `EXCHANGES` of those `invoices` that bear a tax in another currency.

    Invoices that agree in what decides about it are worked out once.  Raises FxRateMissing.
    """
    wanted = {e.legal_entity_id: e for e in entities if e.tax_currency}
    keys = pa.array([key.bytes for key in wanted], ID)
    if not wanted:
        return EXCHANGES.empty_table()
    taxed = invoices.filter(
        pc.and_(
            pc.is_in(invoices.column("legal_entity_id"), keys),
            pc.not_equal(invoices.column("tax_micros"), 0),
        )
    )
    known: dict[Deciding, tuple[FxRate, Money] | None] = {}
    rows = []
    columns = (taxed.column(name).to_pylist() for name in Deciding._fields)
    deciding = starmap(Deciding, zip(*columns, strict=True))
    for invoice_id, each in zip(taxed.column("invoice_id").to_pylist(), deciding, strict=True):
        if each not in known:
            known[each] = _told(wanted[UUID(bytes=each.legal_entity_id)], each, rates)
        if (told := known[each]) is not None:
            rate, amount = told
            rows.append((invoice_id, rate.fx_rate_id.bytes, amount.currency.code, amount.micros))
    arrays = zip(*rows, strict=True) if rows else ((),) * len(EXCHANGES)
    return pa.table(
        [pa.array(of, field.type) for of, field in zip(arrays, EXCHANGES, strict=True)],
        schema=EXCHANGES,
    )


def _told(entity: LegalEntity, tax: Deciding, rates: Rates) -> tuple[FxRate, Money] | None:
    rate = tax_rate_of(entity, tax.currency, tax.issued_at, rates)
    amount = Money(tax.tax_micros, currency(tax.currency))
    return None if rate is None else (rate, exchanged(amount, rate).amount)
