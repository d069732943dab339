"""What PostgreSQL says, in our three families; the only place that knows its error codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors as pg

from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError

if TYPE_CHECKING:
    from collections.abc import Iterator


class ConstraintBroken(Refusal):
    """A row breaks a constraint of the schema; `constraint` is its stable name, for slices to map."""

    code = "constraint_broken"

    def __init__(self, *, constraint: str, table: str, detail: str) -> None:
        super().__init__(
            f"a row of {table or 'the database'} breaks {constraint or 'a constraint'}: {detail}",
            fix="correct the row, or look the constraint up in the schema to see what it protects",
            constraint=constraint,
            table=table,
            detail=detail,
        )
        self.constraint = constraint


class FactUnchangeable(Refusal):
    """A trigger refused to change a fact: transfers, issued documents, used prices."""

    code = "fact_unchangeable"


class ValueUnfit(Refusal):
    """A value does not fit the type of its column."""

    code = "value_unfit"


class SchemaMissing(Refusal):
    """The database does not hold Trueup's tables or its role yet."""

    code = "schema_missing"


class ServerTooOld(Refusal):
    """The server speaks an older dialect than ours."""

    code = "server_too_old"

    def __init__(self, *, version: int, version_min: int) -> None:
        super().__init__(
            f"PostgreSQL {version // 10_000} is too old: Trueup needs {version_min // 10_000} or newer",
            fix="upgrade the server, or unset TRUEUP_DATABASE_URL to use the embedded one",
            version=version,
            version_min=version_min,
        )


class ConnectionLost(Fault):
    """The server went away or cannot be reached; what was not committed was not done."""

    code = "connection_lost"
    can_retry = True


class CommitUnknown(ConnectionLost):
    """The connection broke while committing: the work is either wholly done or not at all."""

    code = "commit_unknown"


class TransactionConflict(Fault):
    """Two transactions stood in each other's way; the one that is run again will pass."""

    code = "transaction_conflict"
    can_retry = True


class ServerExhausted(Fault):
    """The server has no disk, memory or connections left."""

    code = "server_exhausted"
    can_retry = True


class StatementTimedOut(Fault):
    """A statement or a lock took longer than allowed."""

    code = "statement_timed_out"
    can_retry = True


class AccessDenied(Fault):
    """The login lacks a right that Trueup needs."""

    code = "access_denied"


def translated(error: psycopg.Error) -> TrueupError:
    """The error of our families that says what `error` means, most specific first."""
    detail = (error.diag.message_primary or str(error)).strip()
    match error:
        case pg.IntegrityError() if error.diag.constraint_name is None and error.diag.context:
            return FactUnchangeable(
                detail, fix=error.diag.message_hint or "record a reversal instead"
            )
        case pg.IntegrityError():
            return _constraint_broken(error, detail)
        case pg.InvalidSchemaName() | pg.UndefinedTable():
            return SchemaMissing(detail, fix="run `trueup db migrate` on this database first")
        case pg.SerializationFailure() | pg.DeadlockDetected():
            return TransactionConflict(detail, fix="run it again")
        case pg.QueryCanceled() | pg.LockNotAvailable():
            return StatementTimedOut(detail, fix="run it again when the database is less busy")
        case pg.DiskFull() | pg.OutOfMemory() | pg.TooManyConnections():
            return ServerExhausted(
                detail, fix="free space, memory or connections, then run it again"
            )
    return _broadly_translated(error, detail)


def _broadly_translated(error: psycopg.Error, detail: str) -> TrueupError:
    """By the class of the SQLSTATE: the first two characters say whose fault it is."""
    match (error.sqlstate or "")[:2]:
        case "22":
            return ValueUnfit(detail, fix="correct the value in the source or in the mapping")
        case "28":
            return AccessDenied(detail, fix="check user and password of the database address")
        case "53":
            return ServerExhausted(
                detail, fix="free space, memory or connections, then run it again"
            )
        case "57" | "08":
            return ConnectionLost(detail, fix="check the server, then run it again")
        case "58" | "XX":
            return Fault(f"the database server failed: {detail}", fix="look into the server's log")
        case "":
            return _unstated(error, detail)
    if isinstance(error, pg.InsufficientPrivilege):
        return Defect(
            "a statement reached for another tenant's rows or a forbidden table", detail=detail
        )
    return Defect("PostgreSQL refused a statement of ours", sqlstate=error.sqlstate, detail=detail)


def _unstated(error: psycopg.Error, detail: str) -> TrueupError:
    """No SQLSTATE: the client gave up, because the line broke or because we misused it."""
    if isinstance(error, psycopg.OperationalError):
        return ConnectionLost(detail, fix="check the server, then run it again")
    return Defect("the database driver was misused", detail=detail)


def _constraint_broken(error: psycopg.Error, detail: str) -> ConstraintBroken:
    schema, table = error.diag.schema_name, error.diag.table_name
    return ConstraintBroken(
        constraint=error.diag.constraint_name or error.diag.column_name or "",
        table=f"{schema}.{table}" if schema and table else "",
        detail=error.diag.message_detail or detail,
    )


@contextmanager
def our_errors() -> Iterator[None]:
    """Raise what the driver raises as errors of our families; others pass untouched."""
    try:
        yield
    except psycopg.Error as error:
        raise translated(error) from error
