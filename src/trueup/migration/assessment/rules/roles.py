"""What a column means, by its name and type. A pack's word goes before this guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.rules.names import snake

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT: Final = "VARCHAR"
_INTEGER: Final = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER", re.IGNORECASE)
_NUMERIC: Final = re.compile(
    rf"{_INTEGER.pattern}|DECIMAL(\([0-9, ]+\))?|FLOAT|DOUBLE", re.IGNORECASE
)
# A list of times (`DATE[]`) is no time.
_TEMPORAL: Final = re.compile(r"(DATE|TIMESTAMP)\b[^\[]*|TIMESTAMP_[^\[]*", re.IGNORECASE)
_UNIT: Final[Mapping[str, Role]] = {
    "cents": Role.AMOUNT_MINOR,
    "minor": Role.AMOUNT_MINOR,
    "pence": Role.AMOUNT_MINOR,
    "micros": Role.AMOUNT_MICROS,
}
_UNIT_ENDING: Final = re.compile(rf"(?P<stem>.+?)_(in_)?(?P<unit>{'|'.join(_UNIT)})")
_NOT_MONEY: Final = re.compile(r".*_(id|type|count|code|at|on|date|number|name|status|days|rate)")
_MONEY: Final = re.compile(
    r"(.+_)?(amount|total|subtotal|price|balance|charges?|fees?|paid|due|cost)(_(paid|due|off|left))?"
)
_PART: Final = (
    (Role.SUBTOTAL, re.compile(r"(.+_)?sub_?total(_amount)?")),
    (Role.DISCOUNT, re.compile(r"(.+_)?discount(_(amount|total))?")),
    (Role.TAX, re.compile(r"(.+_)?(tax|vat)(_(amount|total))?")),
    (Role.PAID, re.compile(r"(.+_)?(paid(_amount|_total)?|amount_paid)")),
    (Role.CREDITED, re.compile(r"(.+_)?(credited(_amount)?|amount_credited)")),
    (Role.REMAINING, re.compile(r"remaining(_.+)?|(.+_)?(balance_)?remaining|amount_left")),
    (Role.TOTAL, re.compile(r"(?!sub)((invoice|grand|gross)_)?total(_amount)?")),
)
_EMAIL: Final = re.compile(r"(.+_)?e_?mail(_address)?")
_PERSONAL: Final = re.compile(
    r"(.+_)?(first_?name|last_?name|full_?name|customer_name|contact_name|surname|(phone|fax|mobile)(_(number|no))?"
    r"|company(_name)?|address(_.+|\d)?|street(_.+)?|city|postal_?code|zip(_code)?|postcode|iban"
    r"|birth_?(date|day)|date_of_birth|ssn|tax_(id|number)|vat_(id|number)|ip_address|fingerprint)"
)
_STATUS: Final = re.compile(r"(.+_)?status")
_CURRENCY: Final = re.compile(r"(.+_)?currency(_code)?")
_NUMBER: Final = re.compile(r"(invoice|credit_note|document|receipt)_(number|no|nr|num)|number")
_DEFAULT: Final = re.compile(r"(is_)?default(_.+)?")
_TEST: Final = re.compile(r"is_test(_.+)?|test_mode")
_JSON: Final = re.compile(r"(.+_)?(json|metadata|payload)")
_LINES: Final = re.compile(r"((invoice_)?line_items|lines|items)(_json)?")
_TIME_NAME: Final = re.compile(r".+_(at|on|date|time)|date|timestamp|(.+_)?(created|updated)")
_SCHEDULED: Final = re.compile(
    r"(.*_)?(due|starts|end|ends|until|expires?|expiry|next|renew\w*|cancel|scheduled|through|effective"
    r"|period|trial|valid)(_.*)?"
)
# An old birthday and a hire date are no sign of a wrong clock.
_OF_A_PERSON: Final = re.compile(r"(.+_)?(birth.*|.*_of_birth|hire.*)")
_NAMED_KINDS: Final = frozenset({"customer", "person"})


def is_text(type_name: str) -> bool:
    return type_name.upper() == TEXT


def is_numeric(type_name: str) -> bool:
    return _NUMERIC.fullmatch(type_name) is not None


def is_integer(type_name: str) -> bool:
    return _INTEGER.fullmatch(type_name) is not None


def is_temporal(type_name: str) -> bool:
    return _TEMPORAL.fullmatch(type_name) is not None


def roles_of(column: str, type_name: str, kind: str) -> frozenset[Role]:
    """The roles a column seems to play.

    type_name: DuckDB's; a column of text may hold anything, another only what its type can hold.
    kind: of its table; a customer's `name` is personal, a plan's is not.
    """
    name = snake(column)
    found = _text_roles(name, kind) if is_text(type_name) else frozenset()
    if is_text(type_name) or is_numeric(type_name):
        found |= _amount_roles(name)
    if (is_text(type_name) or is_temporal(type_name)) and not found & {Role.JSON}:
        found |= _time_roles(name)
    return found | _flag_roles(name, type_name)


def _text_roles(name: str, kind: str) -> frozenset[Role]:
    rules = (
        (Role.EMAIL, _EMAIL),
        (Role.PERSONAL, _EMAIL),
        (Role.PERSONAL, _PERSONAL),
        (Role.STATUS, _STATUS),
        (Role.CURRENCY, _CURRENCY),
        (Role.JSON, _JSON),
        (Role.JSON, _LINES),
        (Role.LINES, _LINES),
    )
    found = {role for role, pattern in rules if pattern.fullmatch(name)}
    if _NUMBER.fullmatch(name) and (name != "number" or kind in {"invoice", "credit_note"}):
        found.add(Role.NUMBER)
    if name == "name" and kind in _NAMED_KINDS:
        found.add(Role.PERSONAL)
    if name == "value" and kind == "tax_identity":
        found.add(Role.PERSONAL)
    return frozenset(found)


def _amount_roles(name: str) -> frozenset[Role]:
    with_unit = _UNIT_ENDING.fullmatch(name)
    stem = with_unit["stem"] if with_unit else name
    if not with_unit and (_NOT_MONEY.fullmatch(name) or not _MONEY.fullmatch(name)):
        return frozenset()
    unit = _UNIT[with_unit["unit"]] if with_unit else Role.AMOUNT_MAIN
    part = next((role for role, pattern in _PART if pattern.fullmatch(stem)), None)
    return frozenset({unit} | ({part} if part else set()))


def _time_roles(name: str) -> frozenset[Role]:
    if not _TIME_NAME.fullmatch(name) and not _SCHEDULED.fullmatch(name):
        return frozenset()
    if _OF_A_PERSON.fullmatch(name):
        return frozenset({Role.PERSONAL})
    if _SCHEDULED.fullmatch(name):
        return frozenset({Role.SCHEDULED}) if _is_time(name) else frozenset()
    return frozenset({Role.OCCURRED})


def _is_time(name: str) -> bool:
    """A scheduled-sounding name that is a time: `trial_end` is, `trial_days` is not."""
    return bool(_TIME_NAME.fullmatch(name)) or name.endswith(("_start", "_end", "_until", "_from"))


def _flag_roles(name: str, type_name: str) -> frozenset[Role]:
    if is_temporal(type_name):
        return frozenset()
    flags = ((Role.DEFAULT_FLAG, _DEFAULT), (Role.TEST_FLAG, _TEST))
    return frozenset(role for role, pattern in flags if pattern.fullmatch(name))
