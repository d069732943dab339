"""Mapping documentation, generated from the pack so that it cannot part from what is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.model import Field, Kind
from trueup.migration.sources.model import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.mapping.model import Canonical, EntityMapping, Pack, ValueMap


def markdown(pack: Pack) -> str:
    """The whole mapping as one Markdown page, the same for the same pack."""
    return "\n".join(_lines(pack)) + "\n"


def _lines(pack: Pack) -> Iterator[str]:
    yield f"# {pack.title}"
    yield ""
    yield f"Mapping pack `{pack.name}`, version {pack.version}, SHA-256 `{pack.hash}`."
    yield f"Local times of the source are read as times in {pack.source_time_zone}."
    if pack.names is Names.SNAKE_CASE:
        yield "Tables and columns of the source are named in snake-case, whatever it writes."
    yield from _assumptions(pack)
    yield ""
    yield "## Tables"
    yield ""
    yield "| Source table | Becomes |"
    yield "|---|---|"
    for mapping in pack.entities:
        if mapping.table:
            yield f"| `{mapping.table}` | {_noun(mapping.entity)} |"
    for table in pack.tables_set_aside:
        owner = f" ({table.owner})" if table.owner else ""
        yield f"| `{table.table}` | {table.bucket.value}: {table.reason}{owner} |"
    for mapping in pack.entities:
        yield from _entity(mapping, pack)


def _assumptions(pack: Pack) -> Iterator[str]:
    if not pack.assumptions:
        return
    yield ""
    yield "## Assumptions"
    yield ""
    yield "What the source does not say, and who decided:"
    yield ""
    yield "| Assumption | Value | Reason | Owner |"
    yield "|---|---|---|---|"
    for each in pack.assumptions:
        yield f"| `{each.name}` | `{each.value}` | {each.reason} | {each.owner} |"


def _entity(mapping: EntityMapping, pack: Pack) -> Iterator[str]:
    canonical = CANONICAL[mapping.entity]
    yield ""
    yield f"## {_noun(mapping.entity).capitalize()}"
    yield ""
    if mapping.table:
        key = ", ".join(f"`{column}`" for column in mapping.key)
        yield f"One for each row of `{mapping.table}`, known by {key}."
    if mapping.derived_sql:
        yield "Some are derived: no single row of the source stands for them."
    yield ""
    yield "| Field | Kind | Target column | |"
    yield "|---|---|---|---|"
    for field in canonical.fields:
        column = f"{canonical.target}.{field.column}"
        yield f"| `{field.name}` | {_kind(field)} | `{column}` | {_notes(field)} |"
    for value_map in pack.maps:
        if value_map.table == mapping.table:
            yield from _values(value_map)
    yield from _refusals(canonical)
    for title, sql in (("Reading", mapping.sql), ("Derived reading", mapping.derived_sql)):
        if sql:
            yield from ("", f"{title}:", "", "```sql", sql, "```")


def _values(value_map: ValueMap) -> Iterator[str]:
    yield ""
    yield f"Values of `{value_map.table}.{value_map.column}`; any other stops the load:"
    yield ""
    yield "| Source | Target |"
    yield "|---|---|"
    for value, target in value_map.values.items():
        yield f"| `{value}` | `{target}` |"


def _refusals(canonical: Canonical) -> Iterator[str]:
    if not canonical.checks:
        return
    yield ""
    yield "Rejected besides missing, unreadable and unknown values and broken references:"
    yield ""
    for check in canonical.checks:
        yield f"- `{check.reason}` ({check.field}): {check.fix}"


def _kind(field: Field) -> str:
    if field.kind is Kind.REFERENCE:
        return f"reference to a {_noun(str(field.entity))}"
    if field.kind is Kind.ENUM:
        return "one of " + ", ".join(f"`{value}`" for value in field.values)
    return field.kind.value


def _notes(field: Field) -> str:
    notes = {
        "required": field.is_required,
        "unique": field.is_unique,
        "whole steps of its currency": field.is_whole,
        "not stored": field.is_virtual,
    }
    return ", ".join(note for note, holds in notes.items() if holds)


def _noun(entity: str) -> str:
    return entity.replace("_", " ")
