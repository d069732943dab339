from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.kernel.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way: the field by its path, what it holds, what would help."""

    field: str
    value: str
    fix: str

    def __str__(self) -> str:
        return f"{self.field} is {self.value!r}: {self.fix}"


def told(obstacles: Sequence[Obstacle]) -> str:
    shown = "; ".join(str(obstacle) for obstacle in obstacles[:SHOWN_MAX])
    rest = len(obstacles) - SHOWN_MAX
    return f"{shown}; and {rest} more" if rest > 0 else shown


class DocumentInconsistent(Refusal):
    """Figures that do not add up, or a text that no document can carry; nothing is rendered."""

    code = "document_inconsistent"

    def __init__(self, *, number: str, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(
            f"Document {number!r} contradicts itself. {told(obstacles)}.",
            fix="Build the document again from its invoice; each entry says what was expected.",
            number=number,
            obstacles=tuple(obstacles),
        )


class LanguageUnknown(Refusal):
    """No translation exists for the locale's language, or it is no locale at all."""

    code = "language_unknown"

    def __init__(self, *, locale: str, known: Sequence[str]) -> None:
        super().__init__(
            f"Documents have no words for the locale {locale!r}.",
            fix=f"Use a locale of one of these languages: {', '.join(known)}.",
            locale=locale,
            known=tuple(known),
        )


class GlyphsMissing(Refusal):
    """A text in a script that no font at hand can show; boxes are never printed instead."""

    code = "glyphs_missing"

    def __init__(self, *, number: str, places: Sequence[Obstacle]) -> None:
        super().__init__(
            f"Document {number!r} has characters that no font can show. {told(places)}.",
            fix="Name a folder of fonts that have them, or write the text in another script.",
            number=number,
            places=tuple(places),
        )


class LayoutFailed(Refusal):
    """The typesetter refused the document, most often for its logo."""

    code = "layout_failed"

    def __init__(self, *, number: str, message: str) -> None:
        super().__init__(
            f"Document {number!r} cannot be set: {message}.",
            fix="See whether the logo is an SVG picture of its own, without links and fonts.",
            number=number,
            message=message,
        )


class EInvoiceNotPossible(Refusal):
    """Something that EN 16931 demands is missing or cannot be said in it; no XML is made."""

    code = "e_invoice_not_possible"

    def __init__(self, *, number: str, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(
            f"Document {number!r} cannot be an e-invoice. {told(obstacles)}.",
            fix="Complete what is named, or send the PDF alone where the law lets you.",
            number=number,
            obstacles=tuple(obstacles),
        )


class EInvoiceNotValid(Refusal):
    """The official rules refuse the XML; it is not handed out."""

    code = "e_invoice_not_valid"

    def __init__(self, *, number: str, broken: Sequence[str]) -> None:
        super().__init__(
            f"The official rules refuse document {number!r}: {'; '.join(broken[:SHOWN_MAX])}.",
            fix="Correct what the rules name; their text says which business term is meant.",
            number=number,
            broken=tuple(broken),
        )


class ValidationNotDone(Fault):
    """Nobody could say whether the XML is valid, so it counts as not valid."""

    code = "validation_not_done"
    can_retry = True

    def __init__(self, *, number: str, reason: str, detail: str) -> None:
        super().__init__(
            f"Document {number!r} was not validated ({reason}): {detail}.",
            fix="Try again; if it stays, see that `saxonche` and the official rules are installed.",
            number=number,
            reason=reason,
            detail=detail,
        )
