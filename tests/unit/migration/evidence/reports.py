"""Builds report inputs that tie out; a test changes what it cares about."""

from __future__ import annotations

from dataclasses import replace

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.evidence.model import (
    AcceptedFinding,
    Assumed,
    BilledMonth,
    BreakGroup,
    BudgetLine,
    CheckLine,
    ControlTotal,
    Coverage,
    Effect,
    NotCompared,
    Provenance,
    ReportedBreak,
    ReportInputs,
    SetAsideGroup,
    StatusCell,
    StatusMatrix,
    Tally,
    TieOutLine,
    TrialBalanceLine,
)


def eur(text: str) -> Money:
    return Money.from_major(text, currency("EUR"))


def check(name="records", subject="invoice", verdict="pass", breaks=0, reason=""):
    return CheckLine(name, subject, verdict, breaks, 90, 90, reason)


INVOICES = TieOutLine(
    entity="invoice",
    currency="EUR",
    source=Tally(100, eur("1000.00")),
    derived=Tally(0, eur("0")),
    loaded=Tally(90, eur("900.00")),
    merged=Tally(1, eur("0")),
    excluded=Tally(4, eur("60.00")),
    rejected=Tally(5, eur("40.00")),
)
CUSTOMERS = TieOutLine("customer", "", Tally(50), Tally(0), Tally(50), Tally(0), Tally(0), Tally(0))
CONTROL = ControlTotal("revenue", eur("900"), eur("900"), eur("0"), differing=0, is_biased=False)
BREAKS = BreakGroup(
    "records",
    "invoice",
    73,
    effects=(Effect(net=eur("-2"), gross=eur("8")),),
    breaks=(
        ReportedBreak("mismatch", "1001", "total_micros", "120000000", "118000000", eur("-2")),
        ReportedBreak("mismatch", "1002", "name", "Ada Lovelace", "Ada Byron", None),
        ReportedBreak("missing", "<script>", "", "ada@example.com", None, None),
    ),
)
PROVENANCE = Provenance(
    source_kind="postgresql",
    source_location="postgresql://legacy@db.example/legacy",
    source_position="0/3000060",
    snapshot_taken_at="2026-01-15T00:00:00Z",
    snapshot_hash="a" * 64,
    pack="legacy 1.0",
    mapping_hash="b" * 64,
    target="tenant acme",
    result_hash="c" * 64,
    reconciled_at="2026-01-15T01:00:00Z",
    versions=(("Trueup", "0.1.0"),),
    timings=(("load", 63.0),),
)
TIED = ReportInputs(
    title="Acme",
    provenance=PROVENANCE,
    tie_out=(CUSTOMERS, INVOICES),
    checks=(check(), check(subject="customer"), check("control_total", "revenue")),
    controls=(CONTROL,),
    breaks=(),
    set_aside=(
        SetAsideGroup(
            "rejected", "invoice", "total_off", "total", 5, (eur("40"),), "", "correct it", ("7",)
        ),
        SetAsideGroup("excluded", "invoice", "test", "", 4, (eur("60"),), "finance", "", ("9",)),
    ),
    budget=(
        BudgetLine(
            "invoice", 5, 100, 500, 500, "a handful of test invoices", "finance", is_within=True
        ),
        BudgetLine(
            "invoice", eur("40"), eur("1000"), 400, 500, "as above", "finance", is_within=True
        ),
    ),
    assumed=(Assumed("currency", "EUR", "the column is called euros", "finance"),),
    accepted=(
        AcceptedFinding(
            "card_number", "notes.text", "Card numbers in text", 3, "2026-01-15T00:30:00Z"
        ),
    ),
    billed=(
        BilledMonth("2025-11", eur("400"), eur("400")),
        BilledMonth("2025-12", eur("500"), eur("500")),
    ),
    matrices=(StatusMatrix("invoice", (StatusCell("paid", "paid", 80, 80, is_declared=True),)),),
    coverage=(Coverage("customer", 50, ("name",)), Coverage("invoice", 90, ("total_micros",))),
    not_compared=(NotCompared("customer.epoch", "counts on this side only"),),
    trial_balance=(
        TrialBalanceLine("receivable", eur("900"), eur("900")),
        TrialBalanceLine("revenue", eur("0"), eur("0")),
    ),
)


def off(line: TieOutLine, **changes: Tally) -> TieOutLine:
    return replace(line, **changes)
