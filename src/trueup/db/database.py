"""Connections and transactions. One transaction is one use case, opened at the edge."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import InsufficientPrivilege, InvalidParameterValue
from psycopg.pq import TransactionStatus

from trueup.db.errors import (
    CHECK_SERVER,
    MIGRATE_FIRST,
    AccessDenied,
    AddressUnreadable,
    CommitUnknown,
    ConnectionLost,
    SchemaMissing,
    ServerTooOld,
    TransactionConflict,
    our_errors,
)
from trueup.db.queries import load_queries
from trueup.db.tx import Tx
from trueup.kernel.errors import Fault, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

Q = load_queries(__package__)
APP_ROLE = "trueup_app"
VERSION_MIN = 150_000  # STACK: PostgreSQL 15, for `unique nulls not distinct` and security_invoker
IDLE_MAX = 4  # connections kept for the next transaction; a loader uses two or three at a time
CONNECT_SECONDS = 10
ATTEMPTS = 5  # of one transaction; a deadlock stops one of two, so a few are enough
Result = TypeVar("Result")
PASSING_STATES = ("the database system is", "too many", "connection slots", "terminating")

# One round trip each; times come back in UTC whatever the server's own zone is.
BEGIN_OWNER = "begin; set local time zone 'UTC'"
BEGIN_TENANT = BEGIN_OWNER + "; set local role {role}; set local trueup.tenant_id = '{tenant_id}'"


class Database:
    """A PostgreSQL database; safe to share between threads.

    Each transaction has a connection to itself; a few idle ones are kept.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[psycopg.Connection[Any]] = []
        self._lock = Lock()

    @classmethod
    def connect(cls, url: str) -> Self:
        """The database at `url`, reached once to be sure of it.

        Raises AddressUnreadable, ConnectionLost when it cannot be reached, AccessDenied when it
        does not let us in, ServerTooOld below PostgreSQL 15.
        """
        database = cls(url)
        database._give_back(database._open())
        return database

    @property
    def address(self) -> str:
        """Where it is, password included: for other processes of ours, never for a log."""
        return self._url

    def close(self) -> None:
        """Close what is idle; open transactions keep their connections until they end."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, tenant_id: int) -> Iterator[Tx]:
        """A transaction that sees and writes the rows of one tenant, and nobody else's.

        Commits at the end of the block, rolls back when it raises.
        """
        check(isinstance(tenant_id, int), "a tenant is named by its number", tenant_id=tenant_id)
        begin = BEGIN_TENANT.format(role=APP_ROLE, tenant_id=tenant_id)
        with self._transaction(begin, tenant_id) as tx:
            yield tx

    def attempt(self, work: Callable[[Tx], Result], *, tenant_id: int) -> Result:
        """What `work` comes to in a transaction, begun anew where another stood in its way.

        work: called up to ATTEMPTS times; what it left elsewhere before, it must not rely on.
        Raises TransactionConflict after the last, and whatever `work` raises otherwise.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                with self.transaction(tenant_id=tenant_id) as tx:
                    return work(tx)
            except TransactionConflict:
                continue  # a deadlock, or rows that changed meanwhile: nothing of it was kept
        with self.transaction(tenant_id=tenant_id) as tx:
            return work(tx)

    @contextmanager
    def owner_transaction(self) -> Iterator[Tx]:
        """A transaction of the login itself, outside the walls: for tenants and for migrations."""
        with self._transaction(BEGIN_OWNER, None) as tx:
            yield tx

    @contextmanager
    def lease(self, name: str, *, tenant_id: int) -> Iterator[Lease | None]:
        """What one process at a time does for a tenant; None while another one does it.

        It ends with the block, or with the process, however that ends.  Raises as `connect`.
        """
        connection = self._open()
        try:
            lease = Lease(Tx(connection, None))
            yield lease if lease.take(name, tenant_id) else None
        finally:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str, tenant_id: int | None) -> Iterator[Tx]:
        connection = self._begun(begin)
        try:
            yield Tx(connection, tenant_id)
            _commit(connection)
        except BaseException:
            _roll_back(connection)
            raise
        finally:
            self._give_back(connection)

    def _begun(self, begin: str) -> psycopg.Connection[Any]:
        """A connection inside a new transaction; one that died while idle is replaced."""
        while (connection := self._take_idle()) is not None:
            try:
                _execute_begin(connection, begin)
            except ConnectionLost:
                connection.close()
            else:
                return connection
        connection = self._open()
        try:
            _execute_begin(connection, begin)
        except BaseException:
            connection.close()
            raise
        return connection

    def _take_idle(self) -> psycopg.Connection[Any] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        is_clean = connection.info.transaction_status == TransactionStatus.IDLE
        with self._lock:
            if is_clean and len(self._idle) < IDLE_MAX:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        place = without_password(self._url)
        try:
            connection = psycopg.connect(
                self._url,
                autocommit=True,  # BEGIN is ours: it carries role and tenant in one round trip
                connect_timeout=CONNECT_SECONDS,
                application_name="trueup",
            )
        except psycopg.OperationalError as error:
            raise _not_connected(place, str(error)) from error
        if connection.info.server_version < VERSION_MIN:
            connection.close()
            raise ServerTooOld(version=connection.info.server_version, version_min=VERSION_MIN)
        return connection


class Lease:
    """Held by a connection of its own, outside any transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def take(self, name: str, tenant_id: int) -> bool:
        return bool(self._tx.one(Q.try_lease, name=name, tenant_id=tenant_id).is_taken)

    def is_held(self) -> bool:
        """Whether the connection still lives; without it somebody else may hold the lease."""
        try:
            return bool(self._tx.one(Q.keep_lease).is_held)
        except Fault:
            return False


def without_password(url: str) -> str:
    """Where `url` points, in words safe to print.  Raises AddressUnreadable."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise AddressUnreadable from None
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"database {parts.get('dbname', '')!r} at {host}:{port}"


def _not_connected(place: str, detail: str) -> ConnectionLost | AccessDenied:
    """Libpq gives no SQLSTATE for a connection it did not get, only the server's words."""
    sentence = f"cannot open {place}: {detail.strip()}"
    if "FATAL" in detail and not any(words in detail for words in PASSING_STATES):
        return AccessDenied(sentence, fix="check user, password and database of the address")
    return ConnectionLost(sentence, fix=CHECK_SERVER)


def _execute_begin(connection: psycopg.Connection[Any], begin: str) -> None:
    with our_errors():
        try:
            connection.execute(begin.encode())
        except InvalidParameterValue as error:
            sentence = f"the role {APP_ROLE} does not exist"
            raise SchemaMissing(sentence, fix=MIGRATE_FIRST) from error
        except InsufficientPrivilege as error:
            fix = f"as a superuser: grant {APP_ROLE} to {connection.info.user}"
            raise AccessDenied(f"the login may not act as {APP_ROLE}", fix=fix) from error


def _commit(connection: psycopg.Connection[Any]) -> None:
    try:
        with our_errors():
            connection.commit()
    except ConnectionLost as error:
        raise CommitUnknown(error.sentence, fix=error.fix) from error


def _roll_back(connection: psycopg.Connection[Any]) -> None:
    """Undo what the block did; a connection that cannot even do that is closed, which undoes it."""
    try:
        connection.rollback()
    except psycopg.Error:
        connection.close()
