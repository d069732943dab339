"""Reads a mapping pack from its folder; every problem is found before any is told."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trueup.billing.dialect.errors import DialectUnreadable
from trueup.billing.dialect.service import read_dialect
from trueup.migration.mapping import budget
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.errors import PackNotFound, PackUnreadable
from trueup.migration.mapping.model import (
    Assumption,
    Bucket,
    EntityMapping,
    Pack,
    TableSetAside,
    ValueMap,
)
from trueup.migration.sources.model import Names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MANIFEST = "pack.toml"
LOADED = (MANIFEST, "macros.sql", "entities/*.sql")
"""The files of a pack by which a load is read."""

MACROS = "macros.sql"
KEYS = frozenset(
    {"name", "version", "title", "source", "entity", "map", "assumption"}
    | {"merged_table", "excluded_table", budget.KEY, "dialect"}
)
JUDGING = frozenset({budget.KEY, "dialect"})
"""What judges a load, or bills on from it, and decides nothing of it."""

SHIPPED = Path(__file__).parents[4] / "mappings"
"""Packs that come with Trueup, beside `src`."""


def find_pack(name: str) -> Path:
    """The folder `name`, or the shipped pack of this name.  Raises PackNotFound."""
    for folder in (Path(name), SHIPPED / name):
        if (folder / MANIFEST).is_file():
            return folder
    raise PackNotFound(name=name, shipped=[pack.path.name for pack in shipped_packs()])


def shipped_packs() -> tuple[Pack, ...]:
    """The packs that come with Trueup, by name."""
    return tuple(open_pack(each.parent) for each in sorted(SHIPPED.glob(f"*/{MANIFEST}")))


def open_pack(path: Path) -> Pack:
    """The pack in the folder `path`.

    Raises PackUnreadable with every problem of its manifest and files at once.
    """
    stated = _read_manifest(path)
    problems = list(_problems(path, stated))
    if problems:
        raise PackUnreadable(path=path, problems=problems)
    return Pack(
        name=stated["name"],
        version=str(stated["version"]),
        title=stated.get("title", stated["name"]),
        path=path,
        source_time_zone=stated["source"]["time_zone"],
        names=Names(stated["source"].get("names", Names.AS_WRITTEN)),
        assumptions=tuple(
            Assumption(name, **each) for name, each in stated.get("assumption", {}).items()
        ),
        entities=_in_load_order(_entity(path, each) for each in stated["entity"]),
        maps=tuple(_value_map(name, each) for name, each in stated.get("map", {}).items()),
        tables_set_aside=tuple(_tables_set_aside(stated)),
        limits=budget.limits_of(stated),
        dialect=read_dialect(stated["name"], stated.get("dialect", {})),
        macros=_text(path / MACROS),
        hash=hash_of(path),
    )


def hash_of(path: Path) -> str:
    """SHA-256 over names and contents of all that decides what is loaded, in order of the names.

    The manifest, the macros and the entities; not the checks, the controls, the rejection budget
    and the dialect, which may be mended and asked again of the same load, and not the prose.
    """
    digest = sha256()
    for file in sorted(each for pattern in LOADED for each in path.glob(pattern)):
        content = _deciding(path) if file.name == MANIFEST else file.read_bytes()
        digest.update(f"{file.relative_to(path).as_posix()}\x1f{len(content)}\x1f".encode())
        digest.update(content)
    return digest.hexdigest()


def _deciding(path: Path) -> bytes:
    """What the manifest says of the load, however it is written."""
    stated = {name: each for name, each in _read_manifest(path).items() if name not in JUDGING}
    return json.dumps(stated, sort_keys=True, default=str).encode()


def _read_manifest(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads((path / MANIFEST).read_text("utf-8"))
    except OSError as error:
        problem = f"{MANIFEST} cannot be read: {error.strerror}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = f"{MANIFEST} is not valid TOML: {error}"
    raise PackUnreadable(path=path, problems=[problem])


def _problems(path: Path, stated: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown_keys("pack.toml", stated, KEYS)
    for key in ("name", "version"):
        if not stated.get(key):
            yield f"`{key}` is missing"
    yield from _source_problems(stated.get("source", {}))
    entities = stated.get("entity", [])
    if not entities:
        yield "it maps no [[entity]]"
    for each in entities:
        yield from _entity_problems(path, each)
    names = [each.get("name") for each in entities]
    for name in sorted({each for each in names if each and names.count(each) > 1}):
        yield f"entity {name!r} is mapped twice"
    for file in sorted((path / "entities").glob("*.sql")):
        if file.name.partition(".")[0] not in names:
            yield f"entities/{file.name} is there, but no [[entity]] has its name"
    for name, each in stated.get("map", {}).items():
        yield from _map_problems(name, each)
    for name, each in stated.get("assumption", {}).items():
        yield from _assumption_problems(name, each)
    yield from _set_aside_problems(stated)
    yield from budget.budget_problems(stated, names)
    yield from _dialect_problems(stated)


def _dialect_problems(stated: Mapping[str, Any]) -> Iterator[str]:
    try:
        read_dialect(str(stated.get("name")), stated.get("dialect", {}))
    except DialectUnreadable as unreadable:
        yield f"[dialect]: {unreadable.sentence}"


def _set_aside_problems(stated: Mapping[str, Any]) -> Iterator[str]:
    for kind, needed in (
        ("excluded_table", ("table", "reason", "owner")),
        ("merged_table", ("table", "reason")),
    ):
        for each in stated.get(kind, []):
            if set(each) != set(needed):
                yield f"[[{kind}]] {each.get('table')!r} needs {', '.join(needed)}"


def _unknown_keys(where: str, stated: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """A misspelt key would otherwise be a setting that is silently not made."""
    for key in sorted(set(stated) - set(known)):
        yield f"{where}: unknown key `{key}`"


def _source_problems(source: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown_keys("[source]", source, ("time_zone", "names"))
    if source.get("names", Names.AS_WRITTEN) not in tuple(Names):
        yield f"[source] names is {source['names']!r}, not one of {', '.join(Names)}"
    zone = source.get("time_zone")
    if not zone:
        yield "[source] names no time_zone: local times cannot be read without it (UTC is one)"
        return
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"[source] time_zone {zone!r} is not an IANA time zone"


def _entity_problems(path: Path, stated: Mapping[str, Any]) -> Iterator[str]:
    name = stated.get("name")
    if name not in CANONICAL:
        yield f"entity {name!r} is none of {', '.join(CANONICAL)}"
        return
    known = ("name", "table", "key", "status", "currency", "references")
    yield from _unknown_keys(f"entity {name}", stated, known)
    main, derived = (_sql_path(path, str(name), is_derived=each) for each in (False, True))
    if stated.get("table") and not main.is_file():
        yield f"entity {name}: entities/{main.name} is missing"
    if stated.get("table") and not stated.get("key"):
        yield f"entity {name}: `key` is missing: the columns that identify a row"
    if not stated.get("table") and not derived.is_file():
        yield f"entity {name}: names no table, and entities/{derived.name} is missing"
    if not stated.get("table") and main.is_file():
        yield f"entity {name}: entities/{main.name} is there, but no `table` is named"


def _map_problems(name: str, stated: Mapping[str, Any]) -> Iterator[str]:
    if not name.isidentifier():
        yield f"map {name!r}: a map's name is letters, digits and underscores"
    needed = ("table", "column", "values")
    yield from _unknown_keys(f"map {name}", stated, needed)
    for key in needed:
        if not stated.get(key):
            yield f"map {name}: `{key}` is missing"
    for value, target in stated.get("values", {}).items():
        if not isinstance(target, str):
            yield f"map {name}: {value!r} maps to {target!r}, which is not text"


def _assumption_problems(name: str, stated: Mapping[str, Any]) -> Iterator[str]:
    if not name.isidentifier():
        yield f"assumption {name!r}: a name is letters, digits and underscores"
    needed = {"value", "reason", "owner"}
    if set(stated) != needed or not all(isinstance(each, str) for each in stated.values()):
        yield f"assumption {name}: it needs value, reason and owner, each a text"


def _sql_path(path: Path, name: str, *, is_derived: bool) -> Path:
    return path / "entities" / (f"{name}.derived.sql" if is_derived else f"{name}.sql")


def _entity(path: Path, stated: Mapping[str, Any]) -> EntityMapping:
    name = stated["name"]
    return EntityMapping(
        entity=name,
        table=stated.get("table"),
        key=tuple(stated.get("key", ())),
        status=stated.get("status"),
        currency=stated.get("currency"),
        sql=_text(_sql_path(path, name, is_derived=False)),
        derived_sql=_text(_sql_path(path, name, is_derived=True)),
        references=stated.get("references", {}),
    )


def _text(path: Path) -> str | None:
    return path.read_text("utf-8").strip().rstrip(";") if path.is_file() else None


def _value_map(name: str, stated: Mapping[str, Any]) -> ValueMap:
    return ValueMap(name, stated["table"], stated["column"], dict(stated["values"]))


def _tables_set_aside(stated: Mapping[str, Any]) -> Iterator[TableSetAside]:
    for each in stated.get("merged_table", ()):
        yield TableSetAside(each["table"], Bucket.MERGED, each["reason"], None)
    for each in stated.get("excluded_table", ()):
        yield TableSetAside(each["table"], Bucket.EXCLUDED, each["reason"], each["owner"])


def _in_load_order(mappings: Iterator[EntityMapping]) -> tuple[EntityMapping, ...]:
    order = list(CANONICAL)
    return tuple(sorted(mappings, key=lambda each: order.index(each.entity)))
