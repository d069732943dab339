"""Price models and billing scenarios tried out: the billing engine on a file of cases."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.simulation.explaining import explained_lines
from trueup.billing.simulation.service import simulate_file
from trueup.cli.consoles import OUT

if TYPE_CHECKING:
    from trueup.billing.simulation.service import Json, Outcome


def simulate(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="A file of cases: plans, events and prices as JSON (docs/guides/simulate.md).",
        ),
    ],
    *,
    case: Annotated[str | None, typer.Option(help="Only the case with this id.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each line how its amount came about.")
    ] = False,
    language: Annotated[
        str, typer.Option("--language", "-l", help="Of the explanations: en, de, fr, es or ar.")
    ] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print results for programs.")] = False,
) -> None:
    """Bill the cases of a file in memory and show the invoices; nothing is written.

    It is the engine that bills real customers, under the dialect that a case's convention names.
    No database is needed. Try a price model, a change of plan or a calendar out before it is sold.
    """
    if explain and as_json:
        raise typer.BadParameter("--explain is for people; the JSON has each line's derivation")
    outcomes = simulate_file(file, case)
    if as_json:
        typer.echo(json.dumps({"cases": [outcome.as_json() for outcome in outcomes]}, indent=2))
        return
    for outcome in outcomes:
        _print(outcome, language if explain else None)


def _print(outcome: Outcome, language: str | None) -> None:
    OUT.print(Text.assemble((outcome.case_id, "bold"), "  ", outcome.title))
    if outcome.result is None:
        OUT.print(Text(f"  not expressible: {outcome.why}", style="yellow"))
        return
    for name, documents in (("Invoice", "invoices"), ("Credit note", "credit_notes")):
        for document in outcome.result.get(documents) or ():
            OUT.print(_document(name, document))
            if language is not None:
                _explain(document, outcome, language)
    facts = {k: v for k, v in outcome.result.items() if isinstance(v, str | int)}
    if facts:
        OUT.print(Text("  " + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items())))
    OUT.print()


def _explain(document: Json, outcome: Outcome, language: str) -> None:
    """A sentence for each line, in the order of the table above."""
    told = explained_lines(document["lines"], outcome, language)
    for number, sentence in enumerate(told, 1):
        OUT.print(Text(f"  {number}. {sentence}"))
    OUT.print()


def _document(name: str, document: Json) -> Table:
    kind = f" ({document['kind']})" if "kind" in document else ""
    table = Table(
        title=f"{name} of {document['at']}{kind}", title_justify="left", box=box.SIMPLE_HEAD
    )
    for column in ("line", "of", "from", "to"):
        table.add_column(column)
    table.add_column("amount", justify="right")
    for line in document["lines"]:
        said = [line["kind"], line.get("component", line.get("plan", ""))]
        table.add_row(
            *(Text(str(cell)) for cell in [*said, line.get("from", ""), line.get("to", "")]),
            Text(line["amount"]),
        )
    table.add_section()
    for total in ("subtotal", "discount", "tax", "credit_applied", "total"):
        if total == "total" or _is_money(document.get(total)):
            style = "bold" if total == "total" else ""
            table.add_row(
                Text(total.replace("_", " "), style=style),
                "",
                "",
                "",
                Text(document[total], style=style),
            )
    return table


def _is_money(amount: str | None) -> bool:
    return amount is not None and amount.strip("-0.") != ""
