"""Whether a document adds up. Nothing is repaired: each contradiction is named with both figures.

Amounts are exact, so equal means equal. How a tax was rounded is not judged here: per line, per
group or per invoice is the seller's setting (BILLING_RULES B45); e-invoices are stricter.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import is_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.documents.errors import Obstacle
from trueup.billing.documents.model import Document, Kind, Line, TaxCategory
from trueup.kernel.currency import MICROS
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterator

# What XML 1.0 cannot carry, and what no typesetter should: controls, surrogates, non-characters.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ACCENT: Final = re.compile(r"#[0-9a-fA-F]{6}")
LOGO_SIZE_MAX: Final = 200_000  # characters; a logo is drawn on every document

Group = tuple[TaxCategory, Decimal]
Leaves = tuple[tuple[str, Any], ...]


def contradictions(document: Document) -> tuple[Obstacle, ...]:
    """What in `document` is missing or does not agree, in a fixed order; empty if all is well.

    Amounts are only added up once all of them are in one currency and in whole steps.
    """
    leaves = tuple(_leaves(document, ""))
    shape = (
        *_texts_at_fault(document, leaves),
        *_missing(document),
        *_amounts_at_fault(document, leaves),
    )
    if shape:
        return shape
    return (*_lines_at_fault(document), *_groups_at_fault(document), *_totals_at_fault(document))


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text below `value` with its path, such as `lines[0].description`."""
    for where, leaf in _leaves(value, path):
        if isinstance(leaf, str):
            yield where, leaf


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from _leaves(part, f"{path}[{index}]")
    elif is_dataclass(value) and not isinstance(value, Money):
        for name in value.__dataclass_fields__:
            yield from _leaves(getattr(value, name), f"{path}.{name}" if path else name)
    else:
        yield path, value


def _texts_at_fault(document: Document, leaves: Leaves) -> Iterator[Obstacle]:
    for path, text in leaves:
        if isinstance(text, str) and _UNPRINTABLE.search(text):
            yield Obstacle(path, text, "it has control characters; remove them")
    if not _ACCENT.fullmatch(document.brand.accent):
        yield Obstacle("brand.accent", document.brand.accent, "write a colour as #rrggbb")
    if len(document.brand.logo_svg) > LOGO_SIZE_MAX:
        size = f"{len(document.brand.logo_svg)} characters"
        yield Obstacle("brand.logo_svg", size, f"use a logo of at most {LOGO_SIZE_MAX}")


def _missing(document: Document) -> Iterator[Obstacle]:
    named = {
        "number": document.number,
        "seller.name": document.seller.name,
        "buyer.name": document.buyer.name,
    }
    for path, text in named.items():
        if not text.strip():
            yield Obstacle(path, text, "a document names it")
    if not document.lines:
        yield Obstacle("lines", "()", "a document has at least one line")
    for index, line in enumerate(document.lines):
        if not line.description.strip():
            yield Obstacle(f"lines[{index}].description", line.description, "say what it is for")
    if document.kind is Kind.CREDIT_NOTE and document.preceding is None:
        # Directive 2006/112/EC, article 219: it refers specifically to the initial invoice.
        yield Obstacle("preceding", "None", "a credit note names the invoice it corrects")


def _amounts_at_fault(document: Document, leaves: Leaves) -> Iterator[Obstacle]:
    for path, amount in leaves:
        if not isinstance(amount, Money):
            continue
        if amount.currency != document.currency and path != "tax_in.tax":
            yield Obstacle(path, str(amount), f"the document is in {document.currency.code}")
        elif not amount.is_whole_steps:
            yield Obstacle(path, str(amount), "an issued amount is a whole number of steps")


def _lines_at_fault(document: Document) -> Iterator[Obstacle]:
    for index, line in enumerate(document.lines):
        path = f"lines[{index}]"
        if line.discount is not None and line.discount.micros < 0:
            yield Obstacle(f"{path}.discount", str(line.discount), "a discount is positive")
        if not _is_product(line):
            expected = f"{line.quantity} times {line.unit_price}, less the discount"
            yield Obstacle(f"{path}.net", str(line.net), f"expected {expected}")
    for index, allowance in enumerate(document.allowances):
        if allowance.amount.micros < 0:
            path = f"allowances[{index}].amount"
            yield Obstacle(path, str(allowance.amount), "an allowance is positive")


def _is_product(line: Line) -> bool:
    """Whether quantity times price less discount is the net, by whichever rounding to a step."""
    if line.unit_price is None:
        return True
    exact = line.quantity * line.unit_price * MICROS
    discount = line.discount.micros if line.discount else 0
    return abs(exact - discount - line.net.micros) < line.net.currency.step_micros


def _groups_at_fault(document: Document) -> Iterator[Obstacle]:
    expected: Counter[Group] = Counter()
    for line in document.lines:
        expected[line.tax_category, line.tax_rate] += line.net.micros
    for allowance in document.allowances:
        expected[allowance.tax_category, allowance.tax_rate] -= allowance.amount.micros
    for index, group in enumerate(document.tax_groups):
        path, key = f"tax_groups[{index}]", (group.category, group.rate)
        if key not in expected:
            yield Obstacle(path, f"{group.category} {group.rate} %", "no line is in it, or twice")
            continue
        taxable = Money(expected.pop(key), document.currency)
        if group.taxable != taxable:
            yield Obstacle(f"{path}.taxable", str(group.taxable), f"its lines come to {taxable}")
        is_taxed = group.category is TaxCategory.STANDARD
        if (group.rate > 0) is not is_taxed or (group.tax.micros != 0 and not is_taxed):
            found = f"{group.rate} %, {group.tax}"
            yield Obstacle(path, found, "STANDARD has a rate above zero; all others have no tax")
    for category, rate in expected:
        yield Obstacle("tax_groups", f"{category} {rate} %", "lines have it; sum it up in a group")


def _totals_at_fault(document: Document) -> Iterator[Obstacle]:
    totals = document.totals
    zero = Money.zero(document.currency)
    expected = {
        "lines": sum((line.net for line in document.lines), zero),
        "allowance": sum((each.amount for each in document.allowances), zero),
        "net": totals.lines - totals.allowance,
        "tax": sum((group.tax for group in document.tax_groups), zero),
        "gross": totals.net + totals.tax,
        "due": totals.gross - totals.prepaid - totals.credit_applied,
    }
    for name, amount in expected.items():
        if getattr(totals, name) != amount:
            yield Obstacle(f"totals.{name}", str(getattr(totals, name)), f"expected {amount}")
