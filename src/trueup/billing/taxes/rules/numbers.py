"""VAT numbers: their shape and their check digits. No network.

Two questions, because engines ask either: is the shape right (letters and digits where they
belong), and do the check digits agree. A number that fails the second exists nowhere.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from stdnum.ch import vat as swiss
from stdnum.eu import vat as european
from stdnum.gb import vat as british
from stdnum.no import mva as norwegian

from trueup.billing.taxes.model import CheckState, NumberCheck, NumberShape, VatNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Source: European Commission, VIES, "VAT identification number structure". EU and IM are the
# one-stop shop's own, XI is Northern Ireland.
_BRITISH: Final = r"[0-9]{9}|[0-9]{12}|GD[0-9]{3}|HA[0-9]{3}"
_SHAPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AT": r"U[0-9]{8}",
        "BE": r"[01]?[0-9]{9}",
        "BG": r"[0-9]{9,10}",
        "CH": r"E[0-9]{9}(MWST|TVA|IVA|TPV)?",
        "CY": r"[0-9]{8}[A-Z]",
        "CZ": r"[0-9]{8,10}",
        "DE": r"[0-9]{9}",
        "DK": r"[0-9]{8}",
        "EE": r"[0-9]{9}",
        "EL": r"[0-9]{9}",
        "ES": r"[A-Z][0-9]{7}[A-Z0-9]|[0-9]{8}[A-Z]",
        "EU": r"[0-9]{9}",
        "FI": r"[0-9]{8}",
        "FR": r"[0-9A-HJ-NP-Z]{2}[0-9]{9}",
        "GB": _BRITISH,
        "HR": r"[0-9]{11}",
        "HU": r"[0-9]{8}",
        "IE": r"[0-9]{7}[A-Z]{1,2}|[0-9][A-Z+*][0-9]{5}[A-Z]",
        "IM": r"[0-9]{10}",
        "IT": r"[0-9]{11}",
        "LT": r"[0-9]{9}|[0-9]{12}",
        "LU": r"[0-9]{8}",
        "LV": r"[0-9]{11}",
        "MT": r"[0-9]{8}",
        "NL": r"[0-9]{9}B[0-9]{2}",
        "NO": r"[0-9]{9}(MVA)?",
        "PL": r"[0-9]{10}",
        "PT": r"[0-9]{9}",
        "RO": r"[0-9]{2,10}",
        "SE": r"[0-9]{10}[0-9]{2}",
        "SI": r"[0-9]{8}",
        "SK": r"[0-9]{10}",
        "XI": _BRITISH,
    }
)
_PREFIX_BY_COUNTRY: Final = MappingProxyType({"GR": "EL"})
_SEPARATORS: Final = re.compile(r"[\s.,:/_\-\u2010-\u2015\u00a0]+")
_PREFIX_LENGTH: Final = 2


def vat_number(text: str, *, country: str | None = None) -> VatNumber:
    """`text` read as a VAT number, whatever people put between its digits; never raises.

    country: ISO 3166 or prefix, for a number written without one.  A number that has the shape of
    another country's, prefix included, is that country's.
    """
    compact = _SEPARATORS.sub("", text.strip().upper())
    own = _read(compact, compact[:_PREFIX_LENGTH])
    if not country:
        return own
    given = _read(compact, country.strip().upper())
    is_anothers = given.shape is NumberShape.MALFORMED and own.shape is not NumberShape.MALFORMED
    return own if is_anothers else given


def is_misshapen(text: str, *, country: str | None) -> bool:
    """Whether `text` is no VAT number of `country`, nor of another; of places unknown here nothing.

    country: None where nobody knows; then the number has to say it.  Check digits are not asked.
    """
    number = vat_number(text, country=country)
    is_known = number.country in _SHAPES or not country
    return is_known and number.shape is NumberShape.MALFORMED


def _read(compact: str, country: str) -> VatNumber:
    """A number of `country`.  Its shape decides first whether it begins with a prefix at all."""
    prefix = _PREFIX_BY_COUNTRY.get(country, country)
    is_prefixed = compact.startswith((prefix, country)) and not _has_shape(prefix, compact)
    body = compact[len(country) :] if is_prefixed else compact
    return VatNumber(prefix, body, _shape(prefix, body))


def _shape(prefix: str, body: str) -> NumberShape:
    if not _has_shape(prefix, body):
        return NumberShape.MALFORMED
    if not _check(prefix)(prefix, body):
        return NumberShape.WRONG_CHECK_DIGITS
    return NumberShape.WELL_FORMED


def _has_shape(prefix: str, body: str) -> bool:
    return prefix in _SHAPES and re.fullmatch(_SHAPES[prefix], body) is not None


def _check(prefix: str) -> Callable[[str, str], bool]:
    if prefix == "CH":
        return lambda prefix, body: swiss.is_valid(prefix + _with_suffix(body, "MWST"))
    if prefix == "NO":
        return lambda _, body: norwegian.is_valid(_with_suffix(body, "MVA"))
    if prefix == "GB":
        return lambda _, body: british.is_valid(body)
    return lambda prefix, body: european.is_valid(prefix + body)


def _with_suffix(body: str, suffix: str) -> str:
    return body if body[-1].isalpha() else body + suffix


def unchecked(number: VatNumber) -> NumberCheck:
    """What is known of `number` before its registry is asked: a wrong one needs no asking."""
    is_possible = number.shape is NumberShape.WELL_FORMED
    return NumberCheck(number, CheckState.UNCHECKED if is_possible else CheckState.INVALID)
