"""VAT numbers: by their form as they are entered, and against their registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.customers import service as customers
from trueup.billing.customers.model import TaxIdentityKind
from trueup.billing.taxes.errors import VatNumberMalformed
from trueup.billing.taxes.model import CheckState, NumberCheck
from trueup.billing.taxes.rules.numbers import is_misshapen, unchecked, vat_number

if TYPE_CHECKING:
    from trueup.billing.customers.model import NewTaxIdentity
    from trueup.billing.taxes.model import VatNumber
    from trueup.billing.taxes.ports import NumberRegistry
    from trueup.db import Tx


def check_form(number: str, country: str | None) -> None:
    """That `number` may be one of `country`, or of another that it names.

    country: ISO 3166; None where nobody knows.  Of places unknown here any text is one; whether it
    was ever given is its registry's to say.  Raises VatNumberMalformed.
    """
    if is_misshapen(number, country=country):
        prefix = vat_number(number).country
        said = country or (prefix if prefix.isalpha() else None)
        raise VatNumberMalformed(number=number, country=said)


def keep_tax_identity(tx: Tx, identity: NewTaxIdentity) -> None:
    """Keep what identifies a customer to a tax office (`customers`), a VAT number by its form.

    Raises, in this order, CountryMisspelt, VatNumberMalformed.
    """
    customers.check_place(identity.country)
    if identity.kind is TaxIdentityKind.VAT:
        record, _ = customers.shown(tx, identity.customer_id)
        check_form(identity.value, identity.country or record.country)
    customers.keep_tax_identity(tx, identity)


def check_number(
    text: str,
    registry: NumberRegistry,
    *,
    country: str | None = None,
    requester: VatNumber | None = None,
) -> NumberCheck:
    """What `registry` knows of the number in `text`; what comes back is stored by the caller.

    A number of wrong shape or check digits is invalid without being looked up.  A registry that
    does not answer leaves the check pending, to be made again.  country: as `vat_number`.
    """
    before = unchecked(vat_number(text, country=country))
    if before.state is CheckState.INVALID:
        return before
    answer = registry.look_up(before.number, requester=requester)
    state = {True: CheckState.VALID, False: CheckState.INVALID, None: CheckState.PENDING}
    return NumberCheck(before.number, state[answer.is_valid], answer.answered_at, answer.reference)
