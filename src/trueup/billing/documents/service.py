"""The front door: a document in, bytes out, or a refusal that says what to do.

Nothing is rendered that contradicts itself, and no e-invoice leaves here unless the official rules
were asked and had nothing against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.documents.cii import cii
from trueup.billing.documents.errors import (
    DocumentInconsistent,
    EInvoiceNotPossible,
    EInvoiceNotValid,
    ValidationNotDone,
)
from trueup.billing.documents.hybrid import marked
from trueup.billing.documents.model import Document, Format
from trueup.billing.documents.pdf import pdf
from trueup.billing.documents.requirements import obstacles
from trueup.billing.documents.rules import contradictions
from trueup.billing.documents.ubl import ubl
from trueup.billing.documents.validation import Outcome, Validator, Verdict

if TYPE_CHECKING:
    from pathlib import Path


def render(
    document: Document,
    form: Format,
    *,
    validator: Validator | None = None,
    fonts: Path | None = None,
) -> bytes:
    """`document` as `form`: the same bytes each time.

    validator: one that is open, for many e-invoices; without it each starts a process of its own.
    fonts: a folder of more fonts, for scripts that ours do not have.
    Raises DocumentInconsistent, LanguageUnknown, EInvoiceNotPossible, then for e-invoices
    EInvoiceNotValid or ValidationNotDone, then for pages GlyphsMissing or LayoutFailed.
    """
    if found := contradictions(document):
        raise DocumentInconsistent(number=document.number, obstacles=found)
    if form is Format.PDF:
        return pdf(document, fonts=fonts)
    if lacking := obstacles(document):
        raise EInvoiceNotPossible(number=document.number, obstacles=lacking)
    xml = ubl(document) if form is Format.UBL else cii(document)
    _require_valid(document, xml, form, validator)
    if form is Format.FACTUR_X:
        return marked(pdf(document, fonts=fonts, xml=xml))
    return xml


def validate(xml: bytes, syntax: Format, validator: Validator | None = None) -> Verdict:
    """What the official rules of EN 16931 say of `xml`, ours or anybody's. syntax: UBL or CII."""
    if validator is not None:
        return validator.validate(xml, syntax)
    with Validator() as fresh:
        return fresh.validate(xml, syntax)


def _require_valid(
    document: Document, xml: bytes, form: Format, validator: Validator | None
) -> None:
    verdict = validate(xml, Format.UBL if form is Format.UBL else Format.CII, validator)
    if verdict.is_valid:
        return
    if verdict.outcome is Outcome.BROKEN_RULES:
        raise EInvoiceNotValid(number=document.number, broken=verdict.broken)
    raise ValidationNotDone(
        number=document.number, reason=verdict.outcome, detail=verdict.detail or "no words"
    )
