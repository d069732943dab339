"""Pages by typst: PDF/A-3a and PDF/UA-1, so that it lasts and can be read aloud.

The same document gives the same bytes: fonts are ours alone, the date is the document's.
"""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typst

from trueup.billing.documents.errors import GlyphsMissing, LayoutFailed, Obstacle
from trueup.billing.documents.rules import texts
from trueup.billing.documents.view import page_view

if TYPE_CHECKING:
    from trueup.billing.documents.model import Document

STANDARDS: Final[list[typst.PDFStandard]] = ["a-3a", "ua-1"]
_HERE: Final = Path(str(files(__package__)))
_FONTS: Final = _HERE / "fonts"
_TEMPLATE: Final = _HERE / "templates" / "document.typ"
# Typst's words for a character that none of the fonts has; PDF/A forbids the box it would print.
_UNSHOWN: Final = re.compile(r'the text `"([^`]*)"` could not be displayed')

_compilers = threading.local()  # a compiler serves one call at a time


def pdf(document: Document, *, fonts: Path | None = None, xml: bytes | None = None) -> bytes:
    """The document's pages, with `xml` attached as a Factur-X invoice if it is given.

    fonts: a folder of more fonts, for scripts that ours do not have.
    Raises LanguageUnknown, GlyphsMissing, LayoutFailed.
    """
    issued_at = datetime.combine(document.issued_on, time(), UTC)
    try:
        pages = _compiler(fonts).compile(
            input=_source(document, xml),
            format="pdf",
            pdf_standards=STANDARDS,
            timestamp=int(issued_at.timestamp()),
        )
    except typst.TypstError as error:
        raise _refusal(document, error) from error
    if not isinstance(pages, bytes):
        raise LayoutFailed(number=document.number, message="typst gave no file")
    return pages


def _source(document: Document, xml: bytes | None) -> bytes:
    """A program of one call. Text enters it as string literals alone, so none of it is code.

    As an input of the system it would be part of every key of typst's memory, and nothing that
    documents have in common would be remembered.
    """
    view = json.dumps(page_view(document), ensure_ascii=False)
    more = "" if xml is None else f", xml: {_literal(xml.decode())}"
    call = f"#show-document(json(bytes({_literal(view)})){more})"
    return f'#import "/{_TEMPLATE.name}": show-document\n{call}\n'.encode()


def _literal(text: str) -> str:
    """`text` as a string of typst, in which only the backslash and the quote mean anything."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _compiler(fonts: Path | None) -> typst.Compiler:
    """A compiler with our fonts and those in `fonts`, kept for the thread."""
    kept: dict[Path | None, typst.Compiler] = _compilers.__dict__.setdefault("kept", {})
    if fonts not in kept:
        folders = [_FONTS] if fonts is None else [_FONTS, fonts]
        found = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
        )
        kept[fonts] = typst.Compiler(
            root=_TEMPLATE.parent, font_paths=found, ignore_system_fonts=True
        )
    return kept[fonts]


def _refusal(document: Document, error: typst.TypstError) -> GlyphsMissing | LayoutFailed:
    unshown = set("".join(_UNSHOWN.findall(error.diagnostic)))
    if not unshown:
        return LayoutFailed(number=document.number, message=error.message)
    places = tuple(
        Obstacle(path, text, f"no font shows {' '.join(sorted(unshown & set(text)))}")
        for path, text in texts(document)
        if unshown & set(text)
    )
    return GlyphsMissing(number=document.number, places=places)
