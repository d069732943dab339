"""DuckDB statements for one entity of one pack, put together from the canonical contract."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from trueup.db import load_queries
from trueup.migration.mapping import rules
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.model import UNREAD, Canonical, Child, EntityMapping, Field, Kind
from trueup.migration.mapping.rules import DUCKDB_TYPE, reference_alias
from trueup.migration.mapping.shape import SAYINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.db import Query
    from trueup.migration.mapping.shape import Shape

S = load_queries(__package__, "statements.sql")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one entity's chunks are mapped, judged and exported: pieces for statements.sql."""

    entity: str
    id: str
    mapped: str
    judge: Mapping[str, str]
    set_aside: Mapping[str, str]
    columns: str
    children: tuple[Mapping[str, str], ...]


def piece(query: Query, **pieces: str) -> str:
    """A statement, or a piece of one, with its own pieces in place."""
    return Template(query.sql).substitute(pieces)


def quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def compile_plan(
    mapping: EntityMapping, shape: Shape, *, is_derived: bool, sees_itself: bool = True
) -> Plan:
    """The plan of an entity's chunks; see `rules.rules_for` for `sees_itself`."""
    canonical = CANONICAL[mapping.entity]
    found = rules.rules_for(canonical, shape, sees_itself=sees_itself)
    mapped = mapped_rows(mapping, canonical, shape, is_derived=is_derived)
    return Plan(
        entity=mapping.entity,
        id=f"{mapping.entity}_id",
        mapped=mapped,
        judge={
            "entity": mapping.entity,
            "mapped": mapped,
            "typed": ",\n".join(rules.typed_columns(canonical, shape)),
            "resolved": "".join(_resolved(canonical, shape)),
            "source_status": "raw_status"
            if mapping.status and not is_derived
            else "cast(null as varchar)",
            "rules": rules.case_arms(found),
            "joins": "\n".join(_joins(mapping, canonical, shape, is_derived=is_derived)),
        },
        set_aside={
            "currency": "currency" if canonical.has_currency else "cast(null as varchar)",
            "money": canonical.money or "cast(null as bigint)",
            **{part: rules.outcome_arms(found, part) for part in rules.OUTCOME_PARTS},
        },
        columns=", ".join(_target_columns(canonical)),
        children=tuple(
            _child_export(mapping.entity, each, shape)
            for each in canonical.children
            if each.name in shape.columns
        ),
    )


def mapped_rows(
    mapping: EntityMapping, canonical: Canonical, shape: Shape, *, is_derived: bool
) -> str:
    """The pack's statement with every saying in place and only the record's own columns."""
    sayings = (
        f"cast({name if name in shape.columns else 'null'} as varchar) as {name}"
        for name in SAYINGS
    )
    given = [name for name in canonical.column_names if name in shape.columns]
    given += [name for name in shape.columns if name.startswith(UNREAD)]
    return piece(
        S.piece_mapped,
        number="-row_number() over (order by source_key)" if is_derived else "row_number",
        columns=", ".join([*sayings, *given]),
        statement=str(mapping.derived_sql if is_derived else mapping.sql),
    )


def digest_of(canonical: Canonical, shape: Shape) -> str:
    """An expression equal for two rows that yield the same record."""
    given = [name for name in canonical.column_names if name in shape.columns]
    parts = [f"coalesce(cast({name} as varchar), chr(30))" for name in given]
    return f"md5(concat_ws(chr(31), {', '.join(parts)}))"


def _resolved(canonical: Canonical, shape: Shape) -> Iterator[str]:
    for field in canonical.references:
        to = reference_alias(field)
        if field.name in shape.columns:
            yield f"{to}_id, {to}_owner, "
        else:
            yield f"cast(null as blob) as {to}_id, cast(null as varchar) as {to}_owner, "
    for child, field in _child_references(canonical, shape):
        yield f"{rules.lost_column(child, field)}, "


def _joins(
    mapping: EntityMapping, canonical: Canonical, shape: Shape, *, is_derived: bool
) -> Iterator[str]:
    for field in canonical.references:
        if field.name in shape.columns:
            to = reference_alias(field)
            yield f"left join {_known(field, to)} on {to}_key = m.{field.name}"
    for child, field in _child_references(canonical, shape):
        yield _lost_join(child, field)
    if mapping.status and not is_derived:
        yield piece(S.piece_status, status=quoted(mapping.status))


def _child_references(canonical: Canonical, shape: Shape) -> Iterator[tuple[Child, Field]]:
    for child in canonical.children:
        for field in child.fields:
            if field.kind is Kind.REFERENCE and field.name in shape.children.get(child.name, ()):
                yield child, field


def _known(field: Field, to: str) -> str:
    return piece(S.piece_known, to=to, entity=str(field.entity))


def _lost_join(child: Child, field: Field) -> str:
    return piece(
        S.piece_lost,
        lost=rules.lost_column(child, field),
        field=field.name,
        child=child.name,
        entity=str(field.entity),
    )


def _target_columns(canonical: Canonical) -> Iterator[str]:
    for field in canonical.fields:
        if field.is_virtual:
            continue
        if field.kind is not Kind.REFERENCE:
            yield f"{field.name} as {field.column}"
        elif field.entity != canonical.name:
            yield f"{reference_alias(field)}_id as {field.column}"


def _child_export(entity: str, child: Child, shape: Shape) -> Mapping[str, str]:
    given = shape.children[child.name]
    columns, joins = [], []
    if child.identified_as:
        key = "source_key || '#' || position"
        columns.append(f"imported_id('{child.identified_as}', {key}) as {child.identified_as}_id")
    for field in child.fields:
        if field.name not in given:
            continue
        if field.kind is Kind.REFERENCE:
            to = reference_alias(field)
            columns.append(f"{to}_id as {field.column}")
            joins.append(f"left join {_known(field, to)} on {to}_key = child.{field.name}")
        else:
            kind = DUCKDB_TYPE[field.kind]
            columns.append(f"cast(child.{field.name} as {kind}) as {field.column}")
    return {
        "target": child.target,
        "id": f"{entity}_id",
        "child": child.name,
        "columns": ", ".join(columns),
        "joins": " ".join(joins),
    }


def link_of(canonical: Canonical) -> Mapping[str, str] | None:
    """The field by which a kind of record refers to itself, with its target columns."""
    for field in canonical.references:
        if field.entity == canonical.name:
            return {"id": f"{canonical.name}_id", "field": field.name, "column": field.column}
    return None
