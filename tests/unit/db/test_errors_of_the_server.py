"""Each SQLSTATE has one answer: whose fault it is, and whether trying again can help."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg

from trueup.db.errors import (
    AccessDenied,
    ConnectionLost,
    SchemaMissing,
    ServerBroken,
    ServerExhausted,
    StatementTimedOut,
    TransactionConflict,
    ValueUnfit,
    our_errors,
    translated,
)
from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError


@pytest.mark.parametrize(
    ("error", "answer", "can_retry"),
    [
        (pg.DiskFull, ServerExhausted, True),
        (pg.OutOfMemory, ServerExhausted, True),
        (pg.TooManyConnections, ServerExhausted, True),
        (pg.DeadlockDetected, TransactionConflict, True),
        (pg.SerializationFailure, TransactionConflict, True),
        (pg.LockNotAvailable, StatementTimedOut, True),
        (pg.QueryCanceled, StatementTimedOut, True),
        (pg.AdminShutdown, ConnectionLost, True),
        (pg.CrashShutdown, ConnectionLost, True),
        (pg.CannotConnectNow, ConnectionLost, True),
        (pg.ConnectionFailure, ConnectionLost, True),
        (psycopg.OperationalError, ConnectionLost, True),  # no code: the line broke
        (pg.InvalidPassword, AccessDenied, False),
        (pg.InvalidCatalogName, AccessDenied, False),
        (pg.IoError, ServerBroken, False),
        (pg.DataCorrupted, ServerBroken, False),
        (pg.NumericValueOutOfRange, ValueUnfit, None),
        (pg.InvalidTextRepresentation, ValueUnfit, None),
        (pg.UndefinedTable, SchemaMissing, None),
        (pg.InvalidSchemaName, SchemaMissing, None),
        (pg.SyntaxError, Defect, None),
        (pg.UndefinedColumn, Defect, None),
        (pg.InsufficientPrivilege, Defect, None),
        (psycopg.ProgrammingError, Defect, None),  # the driver was misused
    ],
)
def test_every_error_has_one_answer(
    error: type[psycopg.Error], answer: type[TrueupError], can_retry: bool | None
) -> None:
    found = translated(error("what the server said"))
    assert type(found) is answer
    assert getattr(found, "can_retry", None) is can_retry
    assert "what the server said" in str(found)
    assert found.fix or isinstance(found, Defect)


def test_the_driver_is_kept_as_the_cause() -> None:
    with pytest.raises(Fault) as fault, our_errors():
        raise pg.DiskFull("no space left")
    assert isinstance(fault.value.__cause__, pg.DiskFull)


def test_our_own_errors_pass_untouched() -> None:
    with pytest.raises(Refusal, match="mine"), our_errors():
        raise Refusal("mine", fix="none")
