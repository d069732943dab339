"""An open transaction: named statements in, rows out, Arrow both ways."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row

from trueup.db import arrow, bulk
from trueup.db.errors import our_errors
from trueup.db.queries import load_queries
from trueup.kernel.errors import Defect, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import psycopg
    import pyarrow as pa

    from trueup.db.queries import Query

Q = load_queries(__package__)
STREAM_ROWS = 5_000

Row = Any  # a named tuple whose fields are the statement's columns; only the statement knows them


class Tx:
    """One transaction of one tenant, or of the owner when `tenant_id` is None.

    It never commits: whoever opened it does.  Every method raises the errors of `db.errors`.
    """

    def __init__(self, connection: psycopg.Connection[Any], tenant_id: int | None) -> None:
        self._connection = connection
        self._filled: set[str] = set()
        self._columns: dict[str, dict[str, str]] = {}
        self._rules: dict[tuple[str, tuple[bulk.Column, ...]], Row] = {}
        self._can_lift = False
        self._can_copy = False
        self._are_known = False
        self.tenant_id = tenant_id

    def check_references_by_set(self) -> None:
        """From here on `insert` checks foreign keys once a key, not by a trigger once a row.

        For many rows: it refuses the same rows by the same errors in a third of the time.  Until
        the transaction ends, nothing of the tenant's that others refer to can be removed.  Where
        the login may not lift triggers, and for tables that have others, all stays as ever.
        """
        login = self.one(Q.keep_referenced)
        self._can_lift, self._can_copy = bool(login.can_lift), bool(login.can_copy)

    def commit_soon(self) -> None:
        """Do not wait at commit for the disk: if the server crashes, all of it may be lost.

        The next commit that waits brings all before it to the disk.  For one of many transactions
        that can be done again.
        """
        self.one(Q.commit_soon)

    @contextmanager
    def references_known(self) -> Iterator[None]:
        """In the block foreign keys are not checked: the caller has looked all of them up before.

        For one statement into tables whose triggers are foreign keys alone, after
        `check_references_by_set`, which keeps what was looked up where it is.  Where the login may
        not lift triggers they fire as ever.  An error ends the transaction, and this with it.
        """
        self._are_known = True
        with self._triggers_lifted() if self._can_lift else nullcontext():
            yield
        self._are_known = False

    def one(self, query: Query, **params: Any) -> Row:
        """The single row of `query`.  Raises Defect when there is none or more than one."""
        rows = self.many(query, **params)
        check(
            len(rows) == 1, "a query of one row answers with one", query=query.name, rows=len(rows)
        )
        return rows[0]

    def maybe(self, query: Query, **params: Any) -> Row | None:
        """The single row of `query`, or None.  Raises Defect when there is more than one."""
        rows = self.many(query, **params)
        check(
            len(rows) <= 1,
            "a query of at most one row keeps to it",
            query=query.name,
            rows=len(rows),
        )
        return rows[0] if rows else None

    def many(self, query: Query, **params: Any) -> list[Row]:
        """All rows of `query`, in its order; for results that fit in memory."""
        with our_errors(), self._cursor() as cursor:
            return cursor.execute(query.sql, params).fetchall()

    def execute(self, query: Query, **params: Any) -> int:
        """Run `query` and count the rows it changed."""
        with our_errors(), self._cursor() as cursor:
            return cursor.execute(query.sql, params).rowcount

    def stream(
        self, query: Query, *, batch_rows: int = STREAM_ROWS, **params: Any
    ) -> Iterator[list[Row]]:
        """The rows of `query` in lists of at most `batch_rows`, held by the server meanwhile."""
        name = f"stream_{query.name}"
        with our_errors(), self._connection.cursor(name, row_factory=namedtuple_row) as cursor:
            cursor.execute(query.sql, params)
            while rows := cursor.fetchmany(batch_rows):
                yield rows

    def fetch_arrow(self, query: Query, **params: Any) -> pa.Table:
        """All rows of `query` as Arrow, in types that `insert` takes back; see `db.arrow`."""
        with our_errors(), self._connection.cursor() as cursor:
            cursor.execute(query.sql, params)
            return arrow.to_table(cursor.description or [], cursor.fetchall())

    def insert(self, table: str, rows: pa.Table) -> int:
        """Insert `rows` into `table` as rows of this transaction's tenant, and count them.

        table: `schema.name`.  rows: columns named as the table's, any order, without tenant_id;
        columns left out take their defaults.  One COPY and one statement at any size.
        """
        if self.tenant_id is None:
            raise Defect("rows are inserted in the transaction of a tenant", table=table)
        target_types = self._column_types(table)
        _check_columns(table, rows.schema.names, target_types)
        if not rows.num_rows:
            return 0
        plain_rows, columns = bulk.staged(rows, target_types)
        if self._are_known:
            return self._insert_unchecked(table, plain_rows, columns)
        if not (self._can_lift and self._rules_of(table, columns).can_check):
            return self._insert_staged(table, plain_rows, columns)
        with self._triggers_lifted():
            count = self._insert_unchecked(table, plain_rows, columns)
        self._check_references(table, plain_rows, columns)
        return count

    def stage(self, name: str, rows: pa.Table, *, like: str | None = None) -> int:
        """Put `rows` into the temporary table `name`, gone at commit, and count them.

        like: a table whose types the columns of the same name take.  A second call with the
        same name replaces the first.
        """
        check(bulk.IDENTIFIER.fullmatch(name), "a stage has a plain name", name=name)
        plain_rows, columns = bulk.staged(rows, self._column_types(like) if like else {})
        with our_errors(), self._connection.cursor() as cursor:
            drop = sql.SQL("drop table if exists pg_temp.{}").format(sql.Identifier(name))
            cursor.execute(drop)
            cursor.execute(bulk.create_statement(name, columns))
            bulk.copy_in(cursor, ("pg_temp", name), plain_rows)
            if retype := bulk.retype_statement(name, columns):
                cursor.execute(retype)
            # Nothing analyses a temporary table by itself, and joins on it are planned blind.
            cursor.execute(sql.SQL("analyze pg_temp.{}").format(sql.Identifier(name)))
        return int(rows.num_rows)

    def restage(self, name: str, rows: pa.Table, *, like: str) -> int:
        """`stage` for transactions that come often: it costs the COPY alone.

        The connection keeps the table and every commit empties it, so that nothing is made, typed
        or analysed.  Columns have the types of the wire: numeric without a scale, jsonb as text.
        """
        check(bulk.IDENTIFIER.fullmatch(name), "a stage has a plain name", name=name)
        plain_rows, columns = bulk.staged(rows, self._column_types(like))
        with our_errors(), self._connection.cursor() as cursor:
            self._empty_stage(cursor, name, columns)
            bulk.copy_in(cursor, ("pg_temp", name), plain_rows)
        return int(rows.num_rows)

    def _cursor(self) -> psycopg.Cursor[Any]:
        return self._connection.cursor(row_factory=namedtuple_row)

    def _insert_unchecked(
        self, table: str, rows: pa.Table, columns: tuple[bulk.Column, ...]
    ) -> int:
        """Insert while triggers are lifted: straight, if login and types allow it."""
        straight = None
        if self._can_copy and self._rules_of(table, columns).can_copy:
            straight = bulk.straight(rows, columns, int(self.tenant_id or 0))
        if straight is None:
            return self._insert_staged(table, rows, columns)
        with self._between(Q.step_over_walls, Q.step_back), our_errors():
            return bulk.copy_in(self._connection.cursor(), _parts_of(table), straight)

    def _insert_staged(self, table: str, rows: pa.Table, columns: tuple[bulk.Column, ...]) -> int:
        target = _parts_of(table)
        with our_errors(), self._connection.cursor() as cursor:
            stage = bulk.stage_name(*target, columns)
            self._empty_stage(cursor, stage, columns)
            bulk.copy_in(cursor, ("pg_temp", stage), rows)
            statement = bulk.insert_statement(target, stage, columns, int(self.tenant_id or 0))
            return cursor.execute(statement).rowcount

    def _rules_of(self, table: str, columns: tuple[bulk.Column, ...]) -> Row:
        key = (table, columns)
        if key not in self._rules:
            names = [column.name for column in columns]
            self._rules[key] = self.one(Q.rules_of, table=table, columns=names)
        return self._rules[key]

    def _triggers_lifted(self) -> AbstractContextManager[None]:
        return self._between(Q.lift_triggers, Q.restore_triggers)

    @contextmanager
    def _between(self, first: Query, last: Query) -> Iterator[None]:
        """Run both, whatever happens between them, unless it ended the transaction."""
        self.one(first)
        try:
            yield
        finally:
            if self._connection.info.transaction_status is TransactionStatus.INTRANS:
                self.one(last)

    def _check_references(
        self, table: str, rows: pa.Table, columns: tuple[bulk.Column, ...]
    ) -> None:
        """Raises ConstraintBroken as the trigger of a foreign key would."""
        rules = self._rules_of(table, columns)
        if not rules.refers:
            return
        kept = tuple(column for column in columns if column.name in rules.columns)
        if not kept:  # the tenant alone is referred to, by every row alike
            kept, rows = columns[:1], rows.slice(0, 1)
        keys = rows.select([column.name for column in kept])
        stage = bulk.stage_name("keys", _parts_of(table)[1], kept)
        with our_errors(), self._connection.cursor() as cursor:
            self._empty_stage(cursor, stage, kept)
            bulk.copy_in(cursor, ("pg_temp", stage), keys.group_by(keys.column_names).aggregate([]))
        self.one(Q.check_references, table=table, stage=stage, columns=keys.column_names)

    def _column_types(self, table: str) -> dict[str, str]:
        if table not in self._columns:
            rows = self.many(Q.column_types, table=table)
            check(rows, "a table exists and is visible to its reader", table=table)
            self._columns[table] = {row.name: row.type for row in rows}
        return self._columns[table]

    def _empty_stage(
        self, cursor: psycopg.Cursor[Any], stage: str, columns: tuple[bulk.Column, ...]
    ) -> None:
        """An empty temporary table of these columns: the connection's, if it has one."""
        if stage in self._filled:
            cursor.execute(sql.SQL("truncate pg_temp.{}").format(sql.Identifier(stage)))
            return
        cursor.execute(bulk.kept_statement(stage, columns))
        self._filled.add(stage)


def _parts_of(table: str) -> tuple[str, str]:
    schema, name = table.split(".")
    return schema, name


def _check_columns(table: str, names: list[str], target_types: dict[str, str]) -> None:
    unknown = sorted(set(names) - set(target_types))
    check(not unknown, "inserted columns belong to their table", table=table, unknown=unknown)
    check(len(set(names)) == len(names), "a column is given once", table=table, names=names)
    check("tenant_id" not in names, "the transaction says whose rows these are", table=table)
