"""The schema as pg_dump tells it, without what differs between runs and versions.

`python -m tests.support.schema_dump` migrates an empty database and rewrites schema.sql.
"""

from __future__ import annotations

import re
import subprocess

from tests.support.postgres import PostgresForTests

from trueup.db.embedded.binaries import wheel_folder
from trueup.db.migrations import migrate
from trueup.db.revisions import SCHEMA

DUMP = SCHEMA / "schema.sql"
HEADER = (
    "-- The sum of versions/*.sql as pg_dump tells it. Written by `make schema`; do not edit.\n\n"
)
NOISE = re.compile(r"--.*|\\(un)?restrict .*|SET .*;|SELECT pg_catalog\.set_config.*")


def schema_dump(url: str) -> str:
    dumped = subprocess.run(
        [
            str(wheel_folder() / "pg_dump"),
            "--schema-only",
            "--no-owner",
            "--exclude-table=public.alembic_version",
            url,
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    lines = (line for line in dumped.splitlines() if not NOISE.fullmatch(line))
    return HEADER + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def main() -> None:
    postgres = PostgresForTests.start(version="embedded")
    try:
        url = postgres.create()
        migrate(url)
        DUMP.write_text(schema_dump(url), encoding="utf-8")
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
