"""Issued invoices and credit notes as files: pages and e-invoices, one or a whole bill run."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID  # noqa: TC003  typer reads it at run time

import typer
from rich.text import Text

from trueup.billing.documents.model import Format
from trueup.billing.documents.service import render
from trueup.billing.invoicing import issued
from trueup.billing.invoicing.letterhead import read_letterheads
from trueup.cli import failures
from trueup.cli.books import known_books, working
from trueup.cli.consoles import ERR
from trueup.cli.context import context_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant
from trueup.cli.printing import renderer
from trueup.cli.progress import BarProgress
from trueup.cli.telling import counted, tell
from trueup.cli.telling import refused as as_refused
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.billing.documents.model import Document
    from trueup.billing.invoicing.issued import Built
    from trueup.billing.invoicing.letterhead import Letterhead
    from trueup.db.tenants import Books

app = typer.Typer(
    help="Write issued invoices and credit notes as PDF and as e-invoices.", no_args_is_help=True
)

REFUSED_SHOWN: Final = 20
ENDINGS: Final[Mapping[Format, str]] = MappingProxyType(
    {
        Format.PDF: ".pdf",
        Format.FACTUR_X: ".factur-x.pdf",
        Format.UBL: ".ubl.xml",
        Format.CII: ".cii.xml",
    }
)
"""Of files in a folder: each form of a document has a name of its own there."""


class Form(StrEnum):
    """What a run can be written as."""

    PDF = "pdf"
    UBL = "ubl"
    CII = "cii"
    FACTUR_X = "factur-x"

    @property
    def kind(self) -> Format:
        return Format(self.value.replace("-", "_"))


class ElectronicForm(StrEnum):
    """What an e-invoice can be written as."""

    UBL = "ubl"
    CII = "cii"
    FACTUR_X = "factur-x"


Number = Annotated[
    str, typer.Argument(help="Number of the invoice or credit note.", show_default=False)
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        "-l",
        help="A locale of en, de, fr, es or ar, such as de-AT; the customer's by default.",
        show_default=False,
    ),
]
Letterheads = Annotated[
    Path | None,
    typer.Option(
        "--letterhead",
        exists=True,
        dir_okay=False,
        help="Address, bank account, register and logo of who issues (docs/guides/documents.md).",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        dir_okay=False,
        help="Where to write; in this folder under its number by default.",
        show_default=False,
    ),
]
Fonts = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="A folder of more fonts, for scripts other than Latin, Greek, Cyrillic and Arabic.",
        show_default=False,
    ),
]


@app.command()
def pdf(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    number: Number,
    *,
    language: Language = None,
    letterhead: Letterheads = None,
    output: Output = None,
    fonts: Fonts = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Write an issued invoice or credit note as a page, as it was issued."""
    document = _document(ctx, tenant, number, language, letterhead)
    content = render(document, Format.PDF, fonts=fonts)
    _write(output, document, Format.PDF, content, json=json)


@app.command()
def xml(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    number: Number,
    *,
    form: Annotated[
        ElectronicForm, typer.Option("--format", "-f", help="factur-x is a PDF with the CII in it.")
    ] = ElectronicForm.UBL,
    language: Language = None,
    letterhead: Letterheads = None,
    output: Output = None,
    fonts: Fonts = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Write an issued invoice or credit note as an e-invoice of EN 16931.

    The official rules judge it before it is written; one that they refuse is not written.
    """
    document = _document(ctx, tenant, number, language, letterhead)
    wanted = Form(form.value).kind
    content = render(document, wanted, fonts=fonts)
    _write(output, document, wanted, content, json=json)


@app.command("all")
def write_all(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(file_okay=False, help="Made if it is not there.", show_default=False)
    ],
    *,
    run: Annotated[
        UUID | None,
        typer.Option(help="Id of the bill run (`trueup bill runs`); the newest by default."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", "-f")] = Form.PDF,
    language: Language = None,
    letterhead: Letterheads = None,
    fonts: Fonts = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render at once.")] = 1,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Write every issued invoice of a bill run, one file each; what was written is written over.

    Exit status 1 if some cannot be written; each is named with what to do, the others are there.
    """
    letterheads = _letterheads(letterhead)
    folder.mkdir(parents=True, exist_ok=True)
    refused: list[tuple[str, Refusal]] = []
    written = 0
    with (
        context_of(ctx).open_database() as db,
        renderer(form.kind, fonts, workers) as rendered,
        BarProgress(ERR) as bar,
    ):
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            chosen = run or issued.newest_run(tx)
            bar.begin("documents", issued.count_of_run(tx, chosen), unit="files")
        for page in _pages(books, chosen, language, letterheads):
            for built, content in zip(page, rendered(page), strict=True):
                if isinstance(content, Refusal):
                    refused.append((built.number, content))
                else:
                    (folder / _name(built.number, form.kind)).write_bytes(content)
                    written += 1
                bar.advance()
        bar.end()
    aside = [{"number": number} | as_refused(refusal) for number, refusal in refused]
    known = {"bill_run_id": chosen, "folder": folder, "written": written, "refused": aside}
    tell(known, f"{counted(written, 'document')} in {folder}", json=json)
    if refused:
        _print_refused(refused)
        raise typer.Exit(failures.INCOMPLETE)


def _document(
    ctx: typer.Context, tenant: str, number: str, language: str | None, letterhead: Path | None
) -> Document:
    letterheads = _letterheads(letterhead)
    with working(ctx, tenant) as tx:
        return issued.document(tx, number, language=language, letterheads=letterheads)


def _letterheads(file: Path | None) -> Mapping[str, Letterhead]:
    return {} if file is None else read_letterheads(file)


def _pages(
    books: Books, run: UUID, language: str | None, letterheads: Mapping[str, Letterhead]
) -> Iterator[list[Built]]:
    """The documents of a run, read a page at a time; nothing is held while they are written."""
    after = issued.FIRST
    while True:  # ends: each page begins after the one before, and a run has so many
        with books.db.transaction(tenant_id=books.tenant_id) as tx:
            page = issued.page_of_run(tx, run, after, language=language, letterheads=letterheads)
        if not page:
            return
        yield page
        after = page[-1].invoice_id


def _write(
    output: Path | None, document: Document, form: Format, content: bytes, *, json: bool
) -> None:
    file = output or Path(_name(document.number, form))
    file.write_bytes(content)
    known = {"number": document.number, "format": form.value, "file": file}
    tell(known, f"{document.number} is in {file}", json=json)


def _name(number: str, form: Format) -> str:
    """A file's name for a document: numbers may have slashes."""
    return re.sub(r"[^\w.-]", "_", number).lstrip(".") + ENDINGS[form]


def _print_refused(refused: list[tuple[str, Refusal]]) -> None:
    ERR.print(f"[bold red]{len(refused):,} could not be written[/]")
    for number, refusal in refused[:REFUSED_SHOWN]:
        ERR.print(Text(f"  {number}: {refusal.sentence} {refusal.fix}"))
    if len(refused) > REFUSED_SHOWN:
        ERR.print(f"  and {len(refused) - REFUSED_SHOWN:,} more")
