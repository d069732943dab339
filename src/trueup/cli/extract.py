"""The command that takes a snapshot of a source."""

from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.options import (
    DEFAULT_WORK,
    CsvDelimiter,
    CsvEncoding,
    CsvHeader,
    CsvNull,
    CsvQuote,
    Json,
    Schema,
    Source,
    Work,
)
from trueup.cli.progress import BarProgress
from trueup.cli.tables.snapshot import snapshot_table
from trueup.migration.sources.model import CsvOptions, SourceConfig, TableFilter
from trueup.migration.stages import extracting
from trueup.migration.stages.workspace import Workspace


def extract(  # noqa: PLR0913  a command's options
    source: Source,
    work: Work = DEFAULT_WORK,
    *,
    schema: Schema = None,
    csv_encoding: CsvEncoding = None,
    csv_delimiter: CsvDelimiter = None,
    csv_quote: CsvQuote = '"',
    csv_null: CsvNull = "",
    csv_header: CsvHeader = None,
    include: Annotated[
        list[str] | None, typer.Option(help="Only tables matching this glob.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="No tables matching this glob.")] = None,
    ctx: typer.Context,
    as_json: Json = False,
) -> None:
    """Copy the source, at one consistent position, into an immutable snapshot."""
    csv = CsvOptions(csv_delimiter, csv_quote, csv_encoding, csv_header, csv_null)
    with BarProgress(ERR) as progress:
        snapshot = extracting.extract(
            SourceConfig(source, schema, csv),
            Workspace(work),
            tables=TableFilter(include=tuple(include or ("*",)), exclude=tuple(exclude or ())),
            clock=context_of(ctx).clock,
            progress=progress,
        )
    if as_json:
        typer.echo((snapshot.path / "manifest.json").read_text("utf-8"))
        return
    OUT.print(snapshot_table(snapshot))
