"""Bills that are not written yet, and the sums below any document, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.billing.invoicing.explaining import preview_as_json, untaxed
from trueup.cli.moments import day, point
from trueup.cli.telling import listing, tell, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from rich.console import RenderableType

    from trueup.billing.invoicing.model import Bill
    from trueup.billing.invoicing.previewing import Preview

OF_A_DRAFT: Final = ("subtotal", "discount", "tax", "credit", "total")


def print_preview(shown: Preview, *, json: bool) -> None:
    """The bill a preview shows, for people or programs."""
    tell(preview_as_json(shown), *_previewed(shown), json=json)


def _previewed(shown: Preview) -> Iterator[RenderableType]:
    if shown.parked is not None:
        yield f"It cannot be billed: {shown.parked.sentence}\nfix: {shown.parked.fix}"
    elif shown.bill is None or (shown.bill.draft is None and not shown.bill.notes):
        yield "Nothing would be billed."
    else:
        yield from _billed(shown.bill, shown.zone)
    if shown.next_bill_at is not None:
        yield f"Next bill: {day(shown.next_bill_at, shown.zone)}"


def _billed(bill: Bill, where: tzinfo) -> Iterator[RenderableType]:
    """The invoice of a bill and the credit notes that go with it."""
    yield f"Dated {day(bill.at, where)}."
    if (draft := bill.draft) is not None:
        cells = (
            (
                line.description
                or " ".join(part for part in (line.plan, line.component, line.kind) if part),
                *((point(at, where) for at in line.span) if line.span else ("", "")),
                told(line.amount_micros, bill.currency),
            )
            for line in draft.lines
        )
        yield listing(("line", "from", "until", "amount"), cells, empty="It would have no lines.")
        yield from sums(draft, bill.currency, OF_A_DRAFT)
        yield from account(draft.put_aside_micros, bill.currency)
        yield from no_tax(untaxed(bill))
    for note in bill.notes:
        yield f"Credit note: {told(note.total_micros, bill.currency)}"


def no_tax(why: str | None) -> Iterator[str]:
    """The line below the sums that says why there is no tax, if there is none."""
    if why is not None:
        yield f"  no tax: {why}"


def sums(of: Any, code: str, names: Iterable[str]) -> list[str]:
    """A line for each named sum of `of`."""
    return [sum_line(name, getattr(of, f"{name}_micros"), code) for name in names]


def sum_line(name: str, micros: int, code: str) -> str:
    """A sum below the lines of a document."""
    return f"  {name:9} {told(micros, code)}"


def account(micros: int, code: str) -> Iterator[str]:
    """What the customer's credit gained by a document, or gave."""
    if micros:
        said = "put aside as the customer's credit" if micros > 0 else "of the customer's credit"
        yield f"{sum_line('account', micros, code)} {said}"
