"""Assess a snapshot: profile every column, ask every question that applies, rank what was found.

Reads the snapshot only; keeps nothing. The same snapshot and expectations give the same assessment,
byte for byte, on any machine: no answer depends on threads, the clock or a sample.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.kernel.progress import SILENT, Progress
from trueup.migration.assessment.expectations import (
    NOTHING_EXPECTED,
    NULL,
    Expectations,
    Role,
)
from trueup.migration.assessment.model import (
    Assessment,
    Example,
    Meaning,
    Severity,
    SeverityTotal,
    TableProfile,
    Vocabulary,
)
from trueup.migration.assessment.profiling import profile_columns
from trueup.migration.assessment.rules.catalogue import CATALOGUE
from trueup.migration.assessment.rules.gating import is_answered
from trueup.migration.assessment.rules.probes.all import probes_of, probes_of_profile
from trueup.migration.assessment.rules.ranking import ranked
from trueup.migration.assessment.rules.shapes import references_of, shapes_of
from trueup.migration.assessment.rules.wording import finding_of, findings_of_schema
from trueup.migration.assessment.rules.world import World
from trueup.migration.assessment.store import open_reader
from trueup.migration.pages.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trueup.migration.assessment.model import Finding
    from trueup.migration.assessment.rules.shapes import TableShape
    from trueup.migration.assessment.rules.world import Probe
    from trueup.migration.assessment.store import Reader
    from trueup.migration.sources.model import Table
    from trueup.migration.sources.snapshot import Snapshot

VOCABULARY_MAX: Final = 200
"""Values of a status column that are listed; a column with more holds no status."""


def assess(
    snapshot: Snapshot,
    *,
    expectations: Expectations = NOTHING_EXPECTED,
    progress: Progress = SILENT,
) -> Assessment:
    """What stands in `snapshot` and what it will do to a load.

    Raises SnapshotNotAssessed where a part cannot be read or the temporary folder is full.
    """
    shapes = shapes_of(snapshot.tables, expectations)
    world = World(
        shapes={shape.name: shape for shape in shapes},
        references=references_of(shapes, expectations),
        expected=expectations,
        taken_at=snapshot.source.taken_at,
    )
    with open_reader() as reader:
        for table in snapshot.tables:
            reader.show(table, world.shapes[table.name])
        tables, findings = _walk(reader, snapshot.tables, world, progress)
        vocabularies = tuple(_vocabularies(reader, world))
        totals = _totals(reader, findings)
    return Assessment(
        snapshot_hash=snapshot.hash,
        source_kind=snapshot.source.kind,
        source_location=snapshot.source.location,
        source_position=snapshot.source.position,
        taken_at=snapshot.source.taken_at,
        pack=expectations.pack,
        tables=tables,
        vocabularies=vocabularies,
        findings=ranked(findings),
        totals=totals,
    )


def _walk(
    reader: Reader, tables: Sequence[Table], world: World, progress: Progress
) -> tuple[tuple[TableProfile, ...], list[Finding]]:
    """Profile each table and ask its questions; probes are numbered over all tables."""
    profiles: list[TableProfile] = []
    findings = list(findings_of_schema(world))
    numbers = count()
    progress.begin("assess", sum(table.rows for table in tables))
    for place, table in enumerate(tables):
        shape = world.shapes[table.name]
        profile = _profile(reader, table, shape, world)
        columns = {column.name: column for column in profile.columns}
        for probe in (*probes_of(world, shape), *probes_of_profile(shape, profile.columns)):
            if not is_answered(probe, columns, world.taken_at):
                findings += _asked(reader, next(numbers), place, probe, shape)
        profiles.append(profile)
        progress.advance(table.rows)
    progress.end()
    return tuple(profiles), findings


def _profile(reader: Reader, table: Table, shape: TableShape, world: World) -> TableProfile:
    expected = world.expected
    reads = {entity.entity: (entity.table, *entity.also_reads) for entity in expected.entities}
    excluded = (e for e in expected.excluded_tables if e.table == table.name)
    return TableProfile(
        name=table.name,
        rows=table.rows,
        bytes=table.bytes,
        content_hash=table.content_hash,
        primary_key=table.primary_key,
        kind=shape.kind,
        claimed_by=tuple(entity for entity, names in reads.items() if table.name in names),
        exclusion=next((f"{e.reason} ({e.owner})" for e in excluded), ""),
        columns=profile_columns(reader, shape),
    )


def _asked(
    reader: Reader, number: int, place: int, probe: Probe, shape: TableShape
) -> Iterator[Finding]:
    """The finding a probe's answer becomes; nothing if nothing was found."""
    reader.keep(number, place, CATALOGUE[probe.code].severity, probe)
    sums = reader.sums(number)
    if not sums:
        return
    has_amount = shape.principal is not None
    yield finding_of(
        probe.code,
        shape.name,
        sum(rows for _, rows, _, _ in sums),
        columns=probe.columns,
        words=probe.words,
        examples=_examples(reader, number, probe, shape),
        at_risk=_money((code, micros) for code, _, micros, _ in sums),
        rows_without_currency=sum(
            named for code, _, _, named in sums if code is None and has_amount
        ),
    )


def _examples(reader: Reader, number: int, probe: Probe, shape: TableShape) -> tuple[Example, ...]:
    # Other probes of a JSON column show what they worked out of it, never the text itself.
    shows_text = probe.query.startswith("value_")
    hides = frozenset({Role.PERSONAL, Role.EMAIL} | ({Role.JSON} if shows_text else set()))
    personal = {column.name for column in shape.columns if column.roles & hides}
    shows_personal, key_is_personal = personal & set(probe.columns), personal & set(shape.key)
    return tuple(
        Example(
            row=row,
            key=masked(key, is_personal=bool(key_is_personal)) or "",
            shown=masked(shown, is_personal=bool(shows_personal)) or "",
        )
        for row, key, shown in reader.examples(number)
    )


def _money(sums: Iterable[tuple[str | None, str | None]]) -> tuple[Money, ...]:
    """Amounts by currency code; currencies without an amount are left out."""
    return tuple(
        Money(int(micros), currency(code))
        for code, micros in sums
        if code and micros and int(micros)
    )


def _vocabularies(reader: Reader, world: World) -> Iterator[Vocabulary]:
    """Status columns and every column a map of the pack covers, by table and column."""
    maps = {(v.table, v.column): v for v in world.expected.vocabularies}
    for shape in world.shapes.values():
        for column in shape.columns:
            covered = maps.get((shape.name, column.name))
            if not covered and Role.STATUS not in column.roles:
                continue
            values = reader.values(shape, column.name, VOCABULARY_MAX)
            known = dict(covered.meanings) if covered else {}
            yield Vocabulary(
                name=covered.name if covered else "",
                table=shape.name,
                column=column.name,
                meanings=tuple(
                    Meaning(
                        masked(value, is_personal=False),
                        rows,
                        known.get(NULL if value is None else value),
                    )
                    for value, rows in values
                ),
            )


def _totals(reader: Reader, findings: Sequence[Finding]) -> tuple[SeverityTotal, ...]:
    rows, money = reader.rows_by_severity(), reader.money_by_severity()
    return tuple(
        SeverityTotal(
            severity=severity,
            findings=sum(finding.severity is severity for finding in findings),
            rows=rows.get(severity, 0),
            at_risk=_money((code, micros) for of, code, micros in money if of == severity),
        )
        for severity in Severity
    )
