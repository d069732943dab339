from __future__ import annotations

from decimal import Decimal

from trueup.kernel.currency import MICRO_DIGITS
from trueup.kernel.errors import Refusal


class MalformedTaxRate(Refusal):
    """A text that is no rate in percent, or one finer than a millionth of the price."""

    code = "malformed_tax_rate"

    def __init__(self, *, percent: str) -> None:
        super().__init__(
            f"{percent!r} is not a rate in percent with at most four decimals.",
            fix="Write the percentage with a point, such as 8.875, between 0 and 1000.",
            percent=percent,
        )


class VatNumberMalformed(Refusal):
    """A VAT number that its country would never give; or a number of nobody knows which country."""

    code = "vat_number_malformed"

    def __init__(self, *, number: str, country: str | None) -> None:
        said = f"has not the form of a VAT number of {country}"
        if country is None:
            said = "does not begin with a country, and no other says of which it is a VAT number"
        super().__init__(
            f"{number!r} {said}.",
            fix="Write it as on its certificate, with its country's prefix, such as DE136695976.",
            number=number,
            country=country,
        )


class UnknownTaxCategory(Refusal):
    """A word for a kind of rate that no table knows: it would never find a rate."""

    code = "unknown_tax_category"

    def __init__(self, *, category: str, known: list[str]) -> None:
        super().__init__(
            f"{category!r} is not a tax category.",
            fix=f"Use one of {', '.join(known)}.",
            category=category,
        )


class CreditAboveTaxed(Refusal):
    """A credit note that would give back more than is left of what it corrects."""

    code = "credit_above_taxed"

    def __init__(self, *, net_micros: int, left_micros: int) -> None:
        asked, left = (f"{Decimal(m).scaleb(-MICRO_DIGITS):f}" for m in (net_micros, left_micros))
        super().__init__(
            f"{asked} cannot be credited where {left} are left.",
            fix="Credit at most what was billed, less what earlier notes gave back.",
            net_micros=net_micros,
            left_micros=left_micros,
        )
