"""History of a legacy system billed again: every difference has a name, and plain renewals have none.

The sample's own rules (population/*.sql) know nothing of the engine's; they agree to the cent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.service.cli.command_line import CommandLine
from tests.support.markup import Page
from tests.support.published import DATA, needs_published_data

from trueup.db import Database, create_tenant
from trueup.db.tenants import Books
from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.backtest.document import to_json
from trueup.migration.backtest.errors import NothingToBacktest, WindowBackwards
from trueup.migration.backtest.model import Backtest, Cause, Kind
from trueup.migration.backtest.service import Wanted
from trueup.migration.mapping.pack import find_pack
from trueup.migration.sample.kinds import DEFAULT_DIRT
from trueup.migration.sample.service import make_legacy
from trueup.migration.stages import extracting, loading, proving
from trueup.migration.stages.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PostgresForTests

CUSTOMERS = 300
PLAIN = frozenset({Kind.RENEWAL, Kind.USAGE, Kind.RENEWAL_WITH_LINES, Kind.USAGE_WITH_LINES})


@dataclass(frozen=True)
class BilledAgain:
    url: str
    work: Workspace
    books: Books
    found: Backtest
    page: str
    json: str

    def compared(self, *kinds: Kind) -> tuple[int, int]:
        """How many of `kinds` were compared, and how many are the same."""
        rates = [rate for rate in self.found.rates if rate.kind in kinds]
        return sum(rate.compared for rate in rates), sum(rate.same for rate in rates)

    @property
    def causes(self) -> set[Cause]:
        return {cause for total in self.found.totals for cause in total.causes}


def billed_again(source: str, pack_name: str, url: str, work: Workspace) -> Iterator[BilledAgain]:
    pack, clock = find_pack(pack_name), SystemClock()
    with Database.connect(url) as db:
        books = Books(db, create_tenant(db, "acme"), "acme")
        extracting.extract(source, work, clock=clock)
        loading.load(books, work, pack=pack, name=None, clock=clock)
        found = proving.backtest(
            books, work, pack=pack, name=None, wanted=Wanted(infers=True), clock=clock
        )
        written = [
            work.backtest.with_suffix(each).read_text("utf-8") for each in (".html", ".json")
        ]
        yield BilledAgain(url, work, books, found, *written)


@pytest.fixture(scope="module", params=["clean", "dirty"])
def sample(
    request: pytest.FixtureRequest,
    postgres: PostgresForTests,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BilledAgain]:
    folder = tmp_path_factory.mktemp(request.param)
    address = f"sqlite:{folder}/legacy.db"
    dirt = DEFAULT_DIRT if request.param == "dirty" else ()
    make_legacy(address, customers=CUSTOMERS, dirt=dirt, seed=4, progress=SILENT)
    yield from billed_again(address, "legacy-001", postgres.clone(), Workspace(folder / "work"))


@pytest.fixture(scope="module")
def telco(
    postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BilledAgain]:
    work = Workspace(tmp_path_factory.mktemp("telco") / "work")
    yield from billed_again(str(DATA / "telco-churn"), "telco-churn", postgres.clone(), work)


def is_clean(sample: BilledAgain) -> bool:
    return Cause.MISSING_INVOICE not in sample.causes


def test_every_difference_has_a_name(sample: BilledAgain) -> None:
    assert [f for f in sample.found.findings if not f.is_explained] == []
    assert sample.found.unexplained == 0
    assert sample.found.passes


def test_plain_renewals_are_billed_as_they_were(sample: BilledAgain) -> None:
    """Of the dirty sample all but those whose amounts were planted a hundred times too high."""
    compared, same = sample.compared(Kind.RENEWAL)
    wrong = sum(
        Kind.RENEWAL is finding.kind and finding.causes == (Cause.WRONG_UNIT,)
        for finding in sample.found.findings
    )
    assert compared > 100
    assert same == compared - wrong
    assert wrong == 0 or not is_clean(sample)


def test_the_drafts_of_the_next_renewals_are_as_we_would_bill(sample: BilledAgain) -> None:
    compared, same = sample.compared(Kind.DRAFT)
    drafts_of_what_ends = sum(f.kind is Kind.DRAFT for f in sample.found.findings)
    assert compared > 0
    assert same == compared - drafts_of_what_ends


def test_next_bills_part_only_where_the_control_counts_otherwise(sample: BilledAgain) -> None:
    causes = {f.causes for f in sample.found.findings if f.kind is Kind.NEXT_BILL}
    assert causes <= {(Cause.CONTROL_PRECISION,), (Cause.NOTHING_DUE,)}
    assert sample.compared(Kind.NEXT_BILL)[0] > 100


def test_what_the_sample_does_on_purpose_is_found(sample: BilledAgain) -> None:
    """Late reports of use, notices of trials, discounts of what credits leave."""
    expected = {Cause.UNBILLED_USAGE, Cause.TRIAL_NOTICE}
    assert expected <= sample.causes


def test_most_of_history_agrees_in_every_field(sample: BilledAgain) -> None:
    compared, same = sample.compared(*PLAIN)
    assert same * 100 >= compared * 97


def test_lines_that_no_contract_explains_are_counted(sample: BilledAgain) -> None:
    given = {each.description for each in sample.found.given}
    assert {"Priority support", "Unused time"} <= given


def test_the_packs_dialect_explains_history_best(sample: BilledAgain) -> None:
    ours = {s.setting: s.same for s in sample.found.inferred if s.is_ours}
    best = {s.setting: s.same for s in sample.found.inferred if s.is_chosen}
    assert ours == best
    tax = {s.value: s.same for s in sample.found.inferred if s.setting == "taxes.rounding"}
    assert tax["ROUND_HALF_UP"] > tax["ROUND_DOWN"], "a wrong setting explains less"


def test_the_page_and_its_json_say_the_same(sample: BilledAgain) -> None:
    told = json.loads(sample.json)
    assert Page(sample.page).problems == []
    assert "Every difference is explained" in sample.page
    assert told["compared"] == sample.found.compared
    assert told["unexplained"] == 0
    assert sum(total["count"] for total in told["totals"]) == told["explained"]


def test_the_same_question_has_the_same_answer(sample: BilledAgain) -> None:
    pack = find_pack("legacy-001")
    again = proving.backtest(
        sample.books, sample.work, pack=pack, name=None, wanted=Wanted(infers=True), clock=SystemClock()
    )  # fmt: skip
    assert again == sample.found
    assert to_json(again) == sample.json


def test_the_command_tells_the_verdict_by_its_status(sample: BilledAgain, tmp_path_factory) -> None:
    run = CommandLine(tmp_path_factory.mktemp("home"), sample.url)
    of = ("--pack", "legacy-001", "--work", sample.work.path, "--tenant", "acme")
    ended = run("backtest", *of)
    assert ended.status == 0, ended.said
    assert "Every difference is explained" in ended.said
    outside = run("backtest", *of, "--since", "2030-01-01", "--until", "2030-04-01")
    assert outside.status == 3
    assert "no imported invoice" in outside.said


def test_a_window_is_a_window(sample: BilledAgain) -> None:
    pack, clock = find_pack("legacy-001"), SystemClock()

    def run(wanted: Wanted) -> Backtest:
        return proving.backtest(
            sample.books, sample.work, pack=pack, name=None, wanted=wanted, clock=clock
        )

    month = run(Wanted(date(2026, 5, 1), date(2026, 6, 1)))
    assert month.unexplained == 0
    assert month.since.isoformat() == "2026-05-01T04:00:00+00:00"
    with pytest.raises(WindowBackwards):
        run(Wanted(date(2026, 6, 1), date(2026, 5, 1)))


class TestTelcoChurn:
    """A file without invoices: one sum a customer, and the next bill."""

    pytestmark = list(needs_published_data)  # noqa: RUF012  pytest's own name

    def test_every_next_bill_is_as_the_source_has_it(self, telco: BilledAgain) -> None:
        assert telco.compared(Kind.NEXT_BILL) == (5174, 5174)

    def test_sums_carried_over_are_told_from_bills(self, telco: BilledAgain) -> None:
        """Its own README: months cannot be told apart, the total differs for nine of ten."""
        assert telco.compared(Kind.CARRIED_OVER)[0] + telco.compared(Kind.RENEWAL)[0] == 7032
        assert telco.causes == {Cause.CARRIED_OVER, Cause.TIMING}

    def test_nothing_is_unexplained(self, telco: BilledAgain) -> None:
        assert telco.found.passes
        assert telco.found.unexplained == 0


def test_books_without_invoices_prove_nothing(postgres: PostgresForTests, tmp_path) -> None:
    address, work = f"sqlite:{tmp_path}/legacy.db", Workspace(tmp_path / "work")
    make_legacy(address, customers=100, dirt=(), seed=4, progress=SILENT)
    pack, clock = find_pack("legacy-001"), SystemClock()
    with Database.connect(postgres.clone()) as db:
        books = Books(db, create_tenant(db, "acme"), "acme")
        extracting.extract(address, work, clock=clock)
        loading.load(books, work, pack=pack, name=None, clock=clock)
        with pytest.raises(NothingToBacktest):
            proving.backtest(
                books, work, pack=pack, name=None, clock=clock,
                wanted=Wanted(date(2001, 1, 1), date(2001, 2, 1)),
            )  # fmt: skip
