"""What several commands are told, each said once: name, meaning, default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from trueup.migration.assessment.rules.catalogue import ACCEPTABLE
from trueup.migration.mapping.pack import find_pack


def one_character(text: str) -> str:
    r"""The character itself; `\t` is a tab, for shells that cannot type one."""
    character = text.replace("\\t", "\t")
    if len(character) != 1:
        raise typer.BadParameter("give a single character")
    return character


def acceptable(code: str) -> str:
    """The code of a finding in spite of which a migration may go on."""
    if code not in ACCEPTABLE:
        can = ", ".join(ACCEPTABLE)
        raise typer.BadParameter(f"only {can} can be accepted; the load itself refuses the others")
    return code


Source = Annotated[
    str,
    typer.Argument(
        help="Where the legacy data is: postgresql://…, mysql://…, an SQLite file, "
        "or a folder of CSV or Parquet files.",
        show_default=False,
    ),
]
Schema = Annotated[
    str | None, typer.Option(help="PostgreSQL: the schema to read; the login's own by default.")
]
CSV: Final = "CSV files, where they are not as most are"
CsvEncoding = Annotated[
    str | None,
    typer.Option(help="Such as windows-1252; UTF-8 by default.", rich_help_panel=CSV),
]
CsvDelimiter = Annotated[
    str | None,
    typer.Option(
        parser=one_character,
        metavar="CHAR",
        help="Between two values; seen from the file by default.",
        rich_help_panel=CSV,
    ),
]
CsvQuote = Annotated[
    str,
    typer.Option(parser=one_character, metavar="CHAR", help="Around a value.", rich_help_panel=CSV),
]
CsvNull = Annotated[
    str,
    typer.Option(help="What stands unquoted for an absent value.", rich_help_panel=CSV),
]
CsvHeader = Annotated[
    bool | None,
    typer.Option(help="Whether the first line names the columns.", rich_help_panel=CSV),
]
Work = Annotated[
    Path,
    typer.Option("--work", "-w", help="Folder of this migration: snapshot, assessment, report."),
]
PackFolder = Annotated[
    Path,
    typer.Option(
        "--pack",
        "-p",
        parser=find_pack,
        metavar="PACK",
        help="Folder of the mapping pack, or the name of a shipped one (`trueup mapping list`).",
        show_default=False,
    ),
]
OptionalPack = Annotated[
    Path | None,
    typer.Option(
        "--pack",
        "-p",
        parser=find_pack,
        metavar="PACK",
        help="Mapping pack, to assess against it as well.",
    ),
]
Tenant = Annotated[
    str,
    typer.Option("--tenant", "-t", help="Whose books: made if there is no tenant of this name."),
]
KnownTenant = Annotated[str, typer.Option("--tenant", "-t", help="Whose books.")]
SourceName = Annotated[
    str | None,
    typer.Option("--name", "-n", help="Name of the legacy system; the pack's name by default."),
]
SubscriptionId = Annotated[UUID, typer.Argument(help="Id of the subscription.", show_default=False)]
OfCustomer = Annotated[str | None, typer.Option(help="Only of this customer.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]

Accept = Annotated[
    list[str] | None,
    typer.Option(
        parser=acceptable,
        metavar="FINDING",
        help=f"Go on in spite of a finding that stops the migration: {', '.join(ACCEPTABLE)}. "
        "The report says so.",
    ),
]

DEFAULT_WORK: Final = Path("migration")
DEFAULT_TENANT: Final = "default"
