"""Named SQL: statements live in .sql files beside the code that runs them, never in strings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from trueup.kernel.errors import Defect, check

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME_LINE = re.compile(r"^-- name: *(\S+) *$", re.MULTILINE)
NAME_SHAPE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with %(name)s parameters; `comment` says purpose, rows and index relied on."""

    name: str
    comment: str
    sql: str


class Queries:
    """The statements of one file, each an attribute by its name."""

    def __init__(self, origin: str, queries: dict[str, Query]) -> None:
        self._origin = origin
        self._queries = queries

    def __getattr__(self, name: str) -> Query:
        if (query := self._queries.get(name)) is None:
            raise AttributeError(f"{self._origin} holds no query named {name!r}")
        return query

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())


def load_queries(package: str | None, file: str = "queries.sql") -> Queries:
    """The named statements of `file` beside `package`.

    A statement opens with `-- name: …`, then a comment, then SQL.  A literal per cent sign is
    written `%%`.  Raises Defect for a missing comment, an odd or repeated name, or no SQL.
    """
    check(package, "load_queries is called as load_queries(__package__)")
    text = resources.files(str(package)).joinpath(file).read_text(encoding="utf-8")
    return parse_queries(text, origin=f"{package}/{file}")


def parse_queries(text: str, *, origin: str) -> Queries:
    """The named statements of `text`; `origin` names it in errors."""
    _, *parts = NAME_LINE.split(text)
    queries: dict[str, Query] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        check(
            NAME_SHAPE.fullmatch(name), "a query name is lower snake-case", name=name, origin=origin
        )
        check(name not in queries, "a query name is used once", name=name, origin=origin)
        queries[name] = _query(name, body.strip(), origin)
    if not queries:
        raise Defect("a query file holds at least one named query", origin=origin)
    return Queries(origin, queries)


def _query(name: str, body: str, origin: str) -> Query:
    lines = body.splitlines()
    first_code = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comment = " ".join(line.removeprefix("--").strip() for line in lines[:first_code])
    sql = "\n".join(lines[first_code:]).strip().removesuffix(";")
    check(comment, "a query says what it is for", name=name, origin=origin)
    check(sql, "a query holds a statement", name=name, origin=origin)
    return Query(name, comment, sql)
