"""What a pack's statement yields, held against the canonical record before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from re import fullmatch
from typing import TYPE_CHECKING, Any, Final

import duckdb

from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.errors import PackDoesNotFit
from trueup.migration.mapping.model import UNREAD, Canonical, Child, EntityMapping, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAYINGS: Final = (
    "aside_bucket",
    "aside_reason",
    "aside_field",
    "aside_value",
    "aside_fix",
    "aside_owner",
    "aside_survivor",
)
"""Columns by which a pack sets a row aside itself; null, or left out, where it does not."""

INTEGERS: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER"}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """columns: name to DuckDB type.  children: of each list of records, the same for each."""

    columns: Mapping[str, str]
    children: Mapping[str, Mapping[str, str]]


def fitting_shape(
    con: duckdb.DuckDBPyConnection, mapping: EntityMapping, *, is_derived: bool
) -> Shape:
    """The shape of the pack's statement over the open chunk.

    Raises PackDoesNotFit with DuckDB's own words if the statement fails, then with every column
    that is missing, unknown or of a type that would be read by guessing.
    """
    statement = mapping.derived_sql if is_derived else mapping.sql
    try:
        relation = con.sql(f"{statement}")
        names, types = relation.columns, relation.types
    except duckdb.OperationalError:  # the machine's doing, not the pack's
        raise
    except duckdb.Error as error:
        raise PackDoesNotFit(entity=mapping.entity, problem=str(error)) from error
    shape = Shape(
        columns={name: str(kind) for name, kind in zip(names, types, strict=True)},
        children={
            name: inside
            for name, kind in zip(names, types, strict=True)
            if (inside := _types_inside(kind)) is not None
        },
    )
    if problems := list(_problems(CANONICAL[mapping.entity], shape, is_derived=is_derived)):
        raise PackDoesNotFit(entity=mapping.entity, problem="; ".join(problems))
    return shape


def _types_inside(kind: Any) -> Mapping[str, str] | None:
    """Fields of a list of structs with their types, None for any other type. kind: as DuckDB's."""
    if kind.id != "list" or kind.children[0][1].id != "struct":
        return None
    return {name: str(inner) for name, inner in kind.children[0][1].children}


def _problems(canonical: Canonical, shape: Shape, *, is_derived: bool) -> Iterator[str]:
    fields = {each.name: each for each in canonical.fields}
    children = {each.name: each for each in canonical.children}
    framing = {"source_key"} if is_derived else {"source_key", "row_number"}
    required = {each.name for each in canonical.fields if each.is_required}
    required |= {each.name for each in canonical.children if not each.is_optional}
    known = {*framing, *SAYINGS, *fields, *children, *(UNREAD + name for name in fields)}
    if missing := sorted((framing | required) - set(shape.columns)):
        yield f"it yields no {', '.join(missing)}"
    if unknown := sorted(set(shape.columns) - known):
        fields_known = ", ".join(canonical.column_names)
        yield (
            f"it yields {', '.join(unknown)}, which a {canonical.name} does not have; "
            f"its fields are {fields_known}"
        )
    for name, given in shape.columns.items():
        if name in fields:
            yield from _type_problems(name, fields[name].kind, given)
        if name in children:
            yield from _child_problems(children[name], shape.children.get(name))


def _type_problems(name: str, kind: Kind, given: str) -> Iterator[str]:
    if given == '"NULL"':
        return
    if kind is Kind.INSTANT and given != "TIMESTAMP WITH TIME ZONE":
        yield f"{name} is {given}, an instant needs its zone: use source_instant({name})"
    if kind is Kind.MICROS and given not in INTEGERS:
        yield (
            f"{name} is {given}, an amount is whole micro-units: use micros_from_minor(amount, "
            "currency) or micros_from_major(amount)"
        )


def _child_problems(child: Child, given: Mapping[str, str] | None) -> Iterator[str]:
    if given is None:
        yield f"{child.name} is not a list of structs"
        return
    fields = {each.name: each for each in child.fields}
    required = {each.name for each in child.fields if each.is_required}
    if missing := sorted(required - set(given)):
        yield f"{child.name} lacks {', '.join(missing)}"
    if unknown := sorted(set(given) - set(fields)):
        yield f"{child.name} holds {', '.join(unknown)}, which is not known there"
    for name, kind in given.items():
        if name in fields:
            yield from _type_problems(f"{child.name}.{name}", fields[name].kind, kind)
            yield from _quantity_problems(f"{child.name}.{name}", fields[name].kind, kind)


def _quantity_problems(name: str, kind: Kind, given: str) -> Iterator[str]:
    """Inside a list no value is read later, so a quantity must be read by the pack."""
    is_exact = given in {*INTEGERS, '"NULL"'} or fullmatch(r"DECIMAL\(\d+,[0-6]\)", given)
    if kind is Kind.QUANTITY and not is_exact:
        yield f"{name} is {given}, a quantity has at most six decimals: use exact_quantity({name})"
