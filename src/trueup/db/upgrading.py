"""Alembic runs the revisions that a database lacks, all in one transaction."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import psycopg
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from trueup.db.database import APP_ROLE
from trueup.db.errors import AccessDenied, translated
from trueup.db.revisions import SCHEMA, revision_files, revision_of
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

LET_IN: Final = (
    f"as a superuser: create role {APP_ROLE} nologin; grant {APP_ROLE} to the login; "
    "and make the login the database's owner"
)

# One transaction for all that is missing: a database is at the old schema or at the new one.
LOCK_SECONDS = 300  # how long a second process waits for the first to finish migrating
PREPARE: Final = (
    f"set local lock_timeout = '{LOCK_SECONDS}s'",
    "do $$ begin perform pg_advisory_xact_lock(hashtext('trueup.migrate')); end $$",
    # A migration that cannot have its lock at once gives way instead of stopping all traffic.
    "set local lock_timeout = '5s'",
    "set local statement_timeout = '10min'",
)


class SqlScripts(ScriptDirectory):
    """Alembic's list of revisions, read from .sql files instead of Python modules."""

    def _load_revisions(self) -> Iterator[Script]:
        previous: str | None = None
        for path in revision_files(SCHEMA / "versions"):
            module = _revision(path, previous)
            yield Script(module, module.revision, str(path))
            previous = module.revision


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest schema and see to the role of transactions.

    Raises the errors of `db.errors`; nothing is half applied.
    """
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise _not_allowed(error.orig) from error
        if isinstance(error.orig, psycopg.Error):
            raise translated(error.orig) from error
        raise Defect("Alembic failed outside the database", detail=str(error)) from error
    finally:
        engine.dispose()


def _not_allowed(error: InsufficientPrivilege) -> AccessDenied:
    """A login that may not set up what Trueup needs; elsewhere the same code is a breach."""
    return AccessDenied(
        f"the login may not set up Trueup's schema and role: {error.diag.message_primary}",
        fix=error.diag.message_hint or LET_IN,
    )


def _upgrade(connection: Connection) -> None:
    plain = connection.execution_options(no_parameters=True)  # a per cent sign is only that
    for statement in (*PREPARE, (SCHEMA / "roles.sql").read_text(encoding="utf-8")):
        plain.exec_driver_sql(statement)
    scripts = SqlScripts(str(SCHEMA))

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001  as alembic.command does

    # Not by Alembic's EnvironmentContext and `op`, which are global to the process.
    options = {"fn": steps, "version_table_schema": "public"}
    MigrationContext.configure(plain, opts=options).run_migrations(connection=plain)


def _revision(path: Path, previous: str | None) -> ModuleType:
    """A module as Alembic expects one, whose upgrade runs the file at `path`."""
    module = ModuleType(path.stem)
    statement = path.read_text(encoding="utf-8")
    module.__doc__ = path.stem
    module.__dict__.update(
        revision=revision_of(path),
        down_revision=previous,
        upgrade=lambda connection: connection.exec_driver_sql(statement),
    )
    return module
