"""Questions about times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.rules.fragments import here, literal
from trueup.migration.assessment.rules.shapes import spans_of, time_stem
from trueup.migration.assessment.rules.world import probe_of, worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.assessment.rules.shapes import TableShape
    from trueup.migration.assessment.rules.world import Probe, World

YEARS: Final = (1990, 2100)
"""Years that a billing record can bear. Source: issue 2, "impossible dates"."""

_DOCUMENTS: Final = frozenset({"invoice", "payment", "credit"})
_MADE: Final = frozenset({"issued", "invoice", "created", "granted", "occurred"})


def time_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    first_year, last_year = map(str, YEARS)
    for column in shape.columns:
        if not column.roles & {Role.OCCURRED, Role.SCHEDULED}:
            continue
        here_column = here(column.name)
        names = (column.name,)
        if column.is_text:
            yield probe_of("time_unreadable", shape, names, column=here_column)
        yield probe_of(
            "time_implausible",
            shape,
            names,
            column=here_column,
            first_year=first_year,
            last_year=last_year,
        )
        if Role.OCCURRED in column.roles:
            is_document = shape.kind in _DOCUMENTS and time_stem(column.name) in _MADE
            yield probe_of(
                "document_in_future" if is_document else "time_in_future",
                shape,
                names,
                query="time_in_future",
                column=here_column,
                taken_at=literal(world.taken_at),
                last_year=last_year,
            )


def span_probes(shape: TableShape) -> Iterator[Probe]:
    for span in spans_of(shape):
        yield worded(
            probe_of(
                "period_inverted" if span.is_period else "times_out_of_order",
                shape,
                (span.start, span.end),
                query="times_inverted",
                start=here(span.start),
                end=here(span.end),
                order=">",
            ),
            start=span.start,
            end=span.end,
        )
