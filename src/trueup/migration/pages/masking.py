"""What may be shown of a value: never a card number, never a whole name, address or e-mail."""

from __future__ import annotations

import re
from typing import Final

from trueup.kernel.cards import contains_card_number

SHOWN_LENGTH_MAX: Final = 80
"""Characters of a value on a page or in JSON; the rest adds nothing to recognising the row."""

CARD_HIDDEN: Final = "(card number, not shown)"
_EMAIL: Final = re.compile(r"([^\s@<>\"',;:|]+)@([^\s@<>\"',;:|]+)")
_PHONE_OR_BANK: Final = re.compile(
    r"\+[0-9](?:[ ()/-]{0,2}[0-9]){7,}"
    r"|\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"
)


def masked(value: str | None, *, is_personal: bool) -> str | None:
    """`value` as it may be shown; None stays None.

    A text without a space is read as a processor's token may be: see trueup.kernel.cards.
    is_personal: by the column's role; then only the first letter and the length remain, of an
    e-mail the first letters of name and host.  Elsewhere e-mails are masked where they appear, and
    of telephone numbers with a plus and of bank accounts (IBAN) the last four remain.
    """
    if value is None or not value.strip():
        return value
    if contains_card_number(value, is_token=not any(map(str.isspace, value))):
        return CARD_HIDDEN
    hidden = _EMAIL.sub(_masked_email, value)
    if is_personal and hidden == value:
        return f"{value.strip()[0]}… ({len(value)} characters)"
    return _shortened(_PHONE_OR_BANK.sub(_last_four, hidden))


def _masked_email(found: re.Match[str]) -> str:
    name, host = found[1], found[2]
    ending = host.rpartition(".")[2] if "." in host else ""
    return f"{name[0]}…@{host[0]}…{'.' if ending else ''}{ending}"


def _last_four(found: re.Match[str]) -> str:
    return f"…{re.sub('[^0-9A-Z]', '', found[0])[-4:]}"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH_MAX else f"{text[: SHOWN_LENGTH_MAX - 1]}…"
