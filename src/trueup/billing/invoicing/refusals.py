"""Why a document of the books cannot be rendered."""

from __future__ import annotations

from trueup.kernel.errors import Refusal


class InvoiceNotIssued(Refusal):
    """A draft has no number and may change; a void invoice claims nothing."""

    code = "invoice_not_issued"

    def __init__(self, *, number: str, status: str) -> None:
        super().__init__(
            f"Invoice {number} is {status}; only what is issued and stands becomes a document.",
            fix="Issue a draft first (`trueup bill finalize`); for a void invoice show what took "
            "its place.",
            number=number,
            status=status,
        )


class CreditNoteUnknown(Refusal):
    code = "credit_note_unknown"

    def __init__(self, *, number: str) -> None:
        super().__init__(
            f"There is no credit note {number!r} that stands.",
            fix="Name one by its number; `trueup bill notes` shows them.",
            number=number,
        )


class NoBillRun(Refusal):
    code = "no_bill_run"

    def __init__(self) -> None:
        super().__init__("Nothing was billed yet.", fix="Run `trueup bill run` first.")


class LetterheadUnreadable(Refusal):
    """A file that was to say who issues documents."""

    code = "letterhead_unreadable"

    def __init__(self, *, file: str, why: str) -> None:
        super().__init__(
            f"The letterhead {file} cannot be read: {why}.",
            fix="Write a table for each legal entity, named by its code (docs/documents.md).",
            file=file,
        )
