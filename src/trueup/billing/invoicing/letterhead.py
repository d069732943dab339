"""What a seller prints beside what the books know of it: address, register, bank account, looks."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import msgspec

from trueup.billing.documents.model import (
    Address,
    Brand,
    Mailbox,
    Party,
    Payment,
    PaymentMeans,
)
from trueup.billing.invoicing.refusals import LetterheadUnreadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trueup.billing.invoicing.model import LegalEntity

DEFAULT_ACCENT: Final = "#1d4ed8"


class Letterhead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One legal entity's.

    address: street and building.  logo: an SVG file, beside the letterhead.  mailbox: scheme and
    address of a network of e-invoices.  no_tax_note: why its invoices bear no tax, if so.
    locale: of customers who have none.
    """

    address: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    legal_id: str | None = None
    tax_number: str | None = None
    trading_name: str = ""
    legal_note: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    mailbox: tuple[str, str] | None = None
    iban: str = ""
    bic: str = ""
    payment_terms: str = ""
    notes: tuple[str, ...] = ()
    no_tax_note: str = ""
    locale: str = "en"
    accent: str = DEFAULT_ACCENT
    logo: str = ""


BLANK: Final = Letterhead()


def read_letterheads(file: Path) -> dict[str, Letterhead]:
    """Letterheads by the code of their legal entity.  Raises LetterheadUnreadable."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        found = msgspec.convert(tables, dict[str, Letterhead])
        return {code: _with_logo(each, file) for code, each in found.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise LetterheadUnreadable(file=str(file), why=str(why)) from why


def letterhead_of(entity: LegalEntity, letterheads: Mapping[str, Letterhead]) -> Letterhead:
    return letterheads.get(entity.code, BLANK)


def seller(entity: LegalEntity, letterhead: Letterhead) -> Party:
    """Who issues, as its documents name it."""
    own = entity.seller
    mailbox = None if letterhead.mailbox is None else Mailbox(*letterhead.mailbox)
    return Party(
        name=entity.name,
        address=Address(
            lines=letterhead.address,
            city=letterhead.city,
            country=own.country,
            postal_code=letterhead.postal_code or own.postal_code or "",
            subdivision=own.region or "",
        ),
        vat_id=own.vat_number,
        tax_number=letterhead.tax_number,
        legal_id=letterhead.legal_id,
        trading_name=letterhead.trading_name,
        legal_note=letterhead.legal_note,
        contact=letterhead.contact,
        email=letterhead.email,
        phone=letterhead.phone,
        website=letterhead.website,
        mailbox=mailbox,
    )


def payment(entity: LegalEntity, letterhead: Letterhead, number: str) -> Payment | None:
    """How to pay document `number`; None where the letterhead names no account."""
    if not letterhead.iban:
        return None
    return Payment(
        means=PaymentMeans.CREDIT_TRANSFER,
        iban=letterhead.iban.replace(" ", ""),
        bic=letterhead.bic,
        account_name=entity.name,
        reference=number,
    )


def brand(letterhead: Letterhead) -> Brand:
    return Brand(letterhead.accent, letterhead.logo)


def _with_logo(letterhead: Letterhead, file: Path) -> Letterhead:
    if not letterhead.logo:
        return letterhead
    picture = file.parent / letterhead.logo
    return msgspec.structs.replace(letterhead, logo=picture.read_text(encoding="utf-8"))
