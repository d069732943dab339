"""What PostgreSQL says, in our three families; the only place that knows its error codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import errors as pg

from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MIGRATE_FIRST = "open the database with a `trueup` command, which migrates it first"
RUN_AGAIN = "run it again"
CHECK_SERVER = "check that the server runs, then run it again"


class ConstraintBroken(Refusal):
    """A row breaks a constraint; `constraint` is its stable name, for slices to map."""

    code = "constraint_broken"

    def __init__(self, *, constraint: str, table: str, detail: str) -> None:
        super().__init__(
            f"a row of {table} breaks {constraint}: {detail}",
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
            f"PostgreSQL {version // 10_000} is too old, Trueup needs {version_min // 10_000}",
            fix="upgrade the server, or unset TRUEUP_DATABASE_URL to use the embedded one",
            version=version,
            version_min=version_min,
        )


class AddressUnreadable(Refusal):
    """The database address is not one; it is not repeated, for it may hold a password."""

    code = "address_unreadable"

    def __init__(self) -> None:
        super().__init__(
            "the database address cannot be read",
            fix="write it as postgresql://user:password@host:5432/database",
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


class ServerBroken(Fault):
    """The server itself failed: its disk, its memory, its own defect."""

    code = "server_broken"


class AccessDenied(Fault):
    """The login lacks a right that Trueup needs."""

    code = "access_denied"


# Family, class and fix by SQLSTATE; a whole code comes before its class of two characters.
ANSWERS: Final[Mapping[str, tuple[type[Refusal | Fault], str]]] = {
    "22": (ValueUnfit, "correct the value in the source or in the mapping"),
    "3F000": (SchemaMissing, MIGRATE_FIRST),  # invalid_schema_name
    "42P01": (SchemaMissing, MIGRATE_FIRST),  # undefined_table
    "28": (AccessDenied, "check user and password of the database address"),
    "3D": (AccessDenied, "create the database, or correct its name in the address"),
    "40": (TransactionConflict, RUN_AGAIN),  # serialization failure, deadlock
    "55P03": (StatementTimedOut, "run it again when the database is less busy"),  # lock timeout
    "57014": (StatementTimedOut, "run it again when the database is less busy"),  # query canceled
    "53": (ServerExhausted, "free disk space, memory or connections, then run it again"),
    "08": (ConnectionLost, CHECK_SERVER),
    "57": (ConnectionLost, CHECK_SERVER),  # shut down, crashed, starting up
    "58": (ServerBroken, "look into the server's log"),  # an error of its operating system
    "XX": (ServerBroken, "look into the server's log"),  # its own defect, or damaged data
}


def translated(error: psycopg.Error) -> TrueupError:
    """The error of our families that says what `error` means; a Defect if it is our own doing."""
    detail = (error.diag.message_primary or str(error)).strip()
    if isinstance(error, pg.IntegrityError):
        return _refused_row(error, detail)
    state = error.sqlstate or ""
    if answer := ANSWERS.get(state) or ANSWERS.get(state[:2]):
        kind, fix = answer
        return kind(detail, fix=fix)
    if isinstance(error, psycopg.OperationalError) and not state:
        return ConnectionLost(detail, fix=CHECK_SERVER)
    if isinstance(error, pg.InsufficientPrivilege):
        return Defect("a statement reached over the wall between tenants", detail=detail)
    return Defect(
        "PostgreSQL or its driver refused a statement of ours", state=state, detail=detail
    )


def _refused_row(error: psycopg.Error, detail: str) -> Refusal:
    diag = error.diag
    if diag.constraint_name is None and diag.column_name is None:  # raised by a trigger of ours
        return FactUnchangeable(detail, fix=diag.message_hint or "record a reversal instead")
    return ConstraintBroken(
        constraint=diag.constraint_name or f"{diag.column_name} not null",
        table=f"{diag.schema_name}.{diag.table_name}",
        detail=_key_of(error) or detail,
    )


def _key_of(error: psycopg.Error) -> str | None:
    """The key that is not there; of other rows the server tells all columns, names too (D60)."""
    return error.diag.message_detail if isinstance(error, pg.ForeignKeyViolation) else None


@contextmanager
def our_errors() -> Iterator[None]:
    """Raise what the driver raises as errors of our families; others pass untouched."""
    try:
        yield
    except psycopg.Error as error:
        raise translated(error) from error
