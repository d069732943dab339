"""Brings a database to the newest schema, and finds out quickly that it is there already."""

from __future__ import annotations

import psycopg
from psycopg.errors import UndefinedTable

from trueup.db.database import APP_ROLE, Database
from trueup.db.errors import translated
from trueup.db.revisions import SCHEMA, revision_files, revision_of

GIVE_WAY = "set local lock_timeout = '5s'"  # to somebody who holds the table of revisions


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; harmless when it already is.

    Two processes may call it at once: one migrates, the other waits and finds nothing to do.
    Raises the errors of `db.errors`; nothing is half applied.
    """
    Database.connect(url).close()  # speaks plainly of an unreachable or too old server
    if _is_newest(url):
        return
    # Not above: nearly every command finds the newest schema, and Alembic takes long to read.
    from trueup.db.upgrading import upgrade  # noqa: PLC0415  as said

    upgrade(url)


def _is_newest(url: str) -> bool:
    """Whether the schema is the newest one, and the role of transactions stands and is ours."""
    newest = revision_of(revision_files(SCHEMA / "versions")[-1])
    try:
        with psycopg.connect(url) as connection:
            connection.execute(GIVE_WAY)
            found = connection.execute((SCHEMA / "stands.sql").read_bytes(), {"role": APP_ROLE})
            return found.fetchone() == (newest,)
    except UndefinedTable:
        return False
    except psycopg.Error as error:
        raise translated(error) from error
