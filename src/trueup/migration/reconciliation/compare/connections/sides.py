"""From an address and a table name to a side."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import duckdb

from trueup.db import Database
from trueup.migration.reconciliation.compare.canonical import quoted
from trueup.migration.reconciliation.compare.connections.duck import DuckConnection, open_duckdb
from trueup.migration.reconciliation.compare.connections.mysql import MysqlConnection
from trueup.migration.reconciliation.compare.connections.postgresql import PostgresqlConnection
from trueup.migration.reconciliation.compare.model import Engine, Side
from trueup.migration.reconciliation.errors import AddressUnknown, FileUnreadable
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.sources.statements import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY: Final = re.compile(r"\s*(select|with|from|values)\b", re.IGNORECASE)
EVERYTHING: Final = "select * from {name}"
# CSV is text: a type that is guessed would read money as a float and lose its last digits.
SCANS: Final = {".parquet": "read_parquet({})", ".csv": "read_csv({}, all_varchar = true)"}


@contextmanager
def open_side(address: str, relation: str = "") -> Iterator[Side]:
    """One side of a comparison, open for the life of the block.

    address: postgresql://…, mysql:// or mariadb://…, a .parquet or .csv file or pattern, or the
    folder of a snapshot.  relation: a table, or a SELECT in the dialect of the address; of a file
    it may be left out, and a SELECT finds the file as `data`.  The columns of a CSV file are text.
    Raises AddressUnknown, FileUnreadable.
    """
    scheme = urlsplit(address).scheme
    if scheme in {"postgresql", "postgres"}:
        with Database.connect(address) as db, PostgresqlConnection.open(db) as connection:
            yield Side(connection, _query(relation, Engine.POSTGRESQL))
    elif scheme in {"mysql", "mariadb"}:
        with MysqlConnection.open(address) as mysql:
            yield Side(mysql, _query(relation, Engine.MYSQL))
    else:
        with open_duckdb() as duck:
            relation = _attach(duck, address, relation)
            yield Side(DuckConnection(duck), _query(relation, Engine.DUCKDB))


def _attach(duck: duckdb.DuckDBPyConnection, address: str, relation: str) -> str:
    path = Path(address)
    if (path / "manifest.json").is_file():
        Snapshot.open(path).attach(duck, schema="source")
        duck.execute("set search_path = 'source'")
        return relation
    scan = SCANS.get(path.suffix)
    if scan is None:
        raise AddressUnknown(address=address)
    try:
        duck.execute(f"create view data as from {scan.format(literal(address))}")
    except duckdb.Error as error:
        raise FileUnreadable(address=address, problem=str(error).splitlines()[0]) from error
    return relation or "data"


def _query(relation: str, engine: Engine) -> str:
    if QUERY.match(relation):
        return relation
    name = ".".join(quoted(engine, part) for part in relation.split("."))
    return EVERYTHING.format(name=name)
