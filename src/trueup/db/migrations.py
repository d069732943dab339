"""Brings a database to the newest schema: Alembic runs the plain .sql files of schema/versions.

One file is one revision. Its name gives number, subject and kind: `0002_ledger.pre.sql` expands
the schema before code needs it, `….post.sql` contracts it after the last code that did.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import psycopg
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from trueup.db.database import APP_ROLE, Database
from trueup.db.errors import AccessDenied, translated
from trueup.kernel.errors import Defect, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

SCHEMA = Path(str(resources.files(__package__))) / "schema"
FILE_SHAPE = re.compile(r"(?P<revision>\d{4})_[a-z][a-z0-9_]*\.(?P<kind>pre|post)\.sql")

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


def revision_files(folder: Path) -> Sequence[Path]:
    """The revisions of `folder`, oldest first.

    Raises Defect for a file that is not named as one, or numbers that repeat or leave a gap.
    """
    paths = sorted(folder.glob("*.sql"))
    for number, path in enumerate(paths, start=1):
        shape = FILE_SHAPE.fullmatch(path.name)
        check(shape, "a revision is named 0001_subject.pre.sql or .post.sql", file=path.name)
        is_next = shape is not None and int(shape["revision"]) == number
        check(is_next, "revisions count up from 0001 without gaps", file=path.name)
    return paths


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; harmless when it already is.

    Two processes may call it at once: one migrates, the other waits and finds nothing to do.
    Raises the errors of `db.errors`; nothing is half applied.
    """
    Database.connect(url).close()  # speaks plainly of an unreachable or too old server
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
        revision=path.name[:4],
        down_revision=previous,
        upgrade=lambda connection: connection.exec_driver_sql(statement),
    )
    return module
