"""Mapping documentation, generated from the pack so that it cannot part from what is loaded."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.model import Field, Kind
from trueup.migration.sources.model import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.mapping.model import Canonical, EntityMapping, Pack, ValueMap

FRAMING: Final = """\
A statement reads the rows of its table from `chunk` and yields each exactly once, with

- `row_number`, as `chunk` has it (not for derived records),
- `source_key`, the text by which the source knows the record; references are source keys,
- the fields below; what is not required may be left out,
- for a field that could not be read, `unread_<field>`: what the source wrote, else null,
- to set a row aside itself: `aside_bucket` (excluded, merged or rejected), `aside_reason`,
  `aside_field`, `aside_value`, `aside_fix`, `aside_owner`, `aside_survivor`.

Helpers: `source_instant(local)`, `micros_from_minor(amount, currency)`,
`micros_from_major(amount)`, `exact_quantity(amount)`, each with an `unread_…` beside it;
`assumed_<name>()` for each assumption and `<map>(value)` for each map of pack.toml."""
"""What holds for the statements of all entities; decided in shape.py and macros.sql."""


def markdown(pack: Pack) -> str:
    """The whole mapping as one Markdown page, the same for the same pack."""
    return "\n".join(_lines(pack)) + "\n"


def record(entity: str) -> str:
    """What a pack may yield for `entity`, a name of `CANONICAL`, as Markdown."""
    canonical = CANONICAL[entity]
    lines = [f"# {_noun(entity).capitalize()}", "", FRAMING, *_fields(canonical)]
    return "\n".join([*lines, *_refusals(canonical)]) + "\n"


def _lines(pack: Pack) -> Iterator[str]:
    yield f"# {pack.title}"
    yield ""
    yield f"Mapping pack `{pack.name}`, version {pack.version}, SHA-256 `{pack.hash}`."
    yield f"Local times of the source are read as times in {pack.source_time_zone}."
    if pack.names is Names.SNAKE_CASE:
        yield "Tables and columns of the source are named in snake-case, whatever it writes."
    yield from _assumptions(pack)
    yield from _budget(pack)
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
    if pack.macros:
        yield from ("", "## Shared by the readings", "", "```sql", pack.macros, "```")


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


def _budget(pack: Pack) -> Iterator[str]:
    yield ""
    yield "## Rejection budget"
    yield ""
    yield "Of each entity at most these shares may be rejected, or the books do not tie out:"
    yield ""
    yield "| Entity | Of its rows | Of its money, in each currency | Reason | Owner |"
    yield "|---|---|---|---|---|"
    for each in pack.limits:
        noun = _noun(each.entity) if each.entity else "every other" if pack.limits[1:] else "every"
        shares = f"{_percent(each.rows_bp)} | {_percent(each.money_bp)}"
        yield f"| {noun} | {shares} | {each.reason} | {each.owner} |"


def _percent(share_bp: int) -> str:
    return f"{Decimal(share_bp).scaleb(-2).normalize():f} %"


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
    yield from _fields(canonical)
    for value_map in pack.maps:
        if value_map.table == mapping.table:
            yield from _values(value_map)
    yield from _refusals(canonical)
    for title, sql in (("Reading", mapping.sql), ("Derived reading", mapping.derived_sql)):
        if sql:
            yield from ("", f"{title}:", "", "```sql", sql, "```")


def _fields(canonical: Canonical) -> Iterator[str]:
    yield ""
    yield "| Field | Kind | Target column | |"
    yield "|---|---|---|---|"
    for field in canonical.fields:
        column = f"{canonical.target}.{field.column}"
        yield f"| `{field.name}` | {_kind(field)} | `{column}` | {_notes(field)} |"
    for child in canonical.children:
        kind = "list of " + ", ".join(
            f"`{each.name}` ({_kind(each)}{', required' if each.is_required else ''})"
            for each in child.fields
        )
        notes = "" if child.is_optional else "required"
        yield f"| `{child.name}` | {kind} | `{child.target}` | {notes} |"


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
