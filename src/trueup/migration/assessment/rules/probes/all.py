"""Every question, in the order they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.model import Shape
from trueup.migration.assessment.rules.fragments import here
from trueup.migration.assessment.rules.probes import business, keys, money, times
from trueup.migration.assessment.rules.shapes import AMOUNTS
from trueup.migration.assessment.rules.world import probe_of, worded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from trueup.migration.assessment.model import ColumnProfile
    from trueup.migration.assessment.rules.shapes import TableShape
    from trueup.migration.assessment.rules.world import Probe, World

_OF_A_TABLE: Final[tuple[Callable[[TableShape], Iterator[Probe]], ...]] = (
    keys.card_probes,
    keys.key_probes,
    times.span_probes,
    money.document_probes,
    business.email_probes,
    business.small_print_probes,
)
_OF_THE_WORLD: Final[tuple[Callable[[World, TableShape], Iterator[Probe]], ...]] = (
    keys.vocabulary_probes,
    keys.reference_probes,
    times.time_probes,
    money.currency_probes,
    money.amount_probes,
    business.open_item_probes,
    business.closed_customer_probes,
    business.payment_probes,
    business.credit_probes,
    business.series_probes,
    business.flag_probes,
)
_ALREADY_ASKED: Final = frozenset(
    {Role.OCCURRED, Role.SCHEDULED, Role.PERSONAL, Role.NUMBER, *AMOUNTS}
)


def probes_of(world: World, shape: TableShape) -> Iterator[Probe]:
    """Every question to one table that its columns allow; none to a table without rows."""
    if not shape.rows:
        return
    for ask in _OF_A_TABLE:
        yield from ask(shape)
    for ask_about in _OF_THE_WORLD:
        yield from ask_about(world, shape)


def probes_of_profile(shape: TableShape, columns: Iterable[ColumnProfile]) -> Iterator[Probe]:
    """Questions for examples of what the profiles have already counted."""
    for column in columns:
        names, place = (column.name,), here(column.name)
        text = column.text
        if text and text.padded:
            yield probe_of("value_padded", shape, names, column=place)
        if text and text.damaged:
            yield probe_of("value_damaged", shape, names, column=place)
        if text and text.other_case and Role.EMAIL not in column.roles:
            yield probe_of("value_other_case", shape, names, column=place)
        if column.unreadable and not _ALREADY_ASKED & set(column.roles):
            yield worded(
                probe_of(
                    "value_unreadable",
                    shape,
                    names,
                    column=place,
                    is_readable=_readable(place, column.read_as),
                ),
                shape=column.read_as,
            )


def _readable(place: str, shape: Shape) -> str:
    if shape is Shape.INSTANT:
        return f"instant_of({place}) is not null"
    if shape is Shape.BOOLEAN:
        return f"lower(trim({place})) in ('true', 'false', 't', 'f')"
    return f"amount_of({place}) is not null"
