"""A case that cannot be read is refused in one sentence: which case, which field, what to do."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.billing.simulation.played import cancel, case, plan, simulated, subscribe

from trueup.billing.simulation.errors import CaseMalformed
from trueup.billing.simulation.service import simulate, simulate_file

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).resolve().parents[3] / "support" / "cases" / "billing"
PLANS = {"A": plan("10.00")}
START = subscribe("2024-01-01", "A")


@pytest.mark.parametrize(
    ("events", "plans", "sentence"),
    [
        ([{"at": "2024-01-01"}], PLANS, "input.events[0]: object missing required field `type`"),
        ([{"type": "cancel"}], PLANS, "input.events[0]: object missing required field `at`"),
        (
            [START, {"at": "2024-01-02", "type": "refund", "amount": "1.00"}],
            PLANS,
            "input.events[1]: object missing required field `invoice`",
        ),
        (
            [START, {"at": "2024-01-02", "type": "coupon"}],
            PLANS,
            "input.events[1] has to have an amount or a percent, one of them",
        ),
        ([START | {"quantity": "two"}], PLANS, "input.events[0].quantity: invalid decimal string"),
        (
            [START | {"anchor": "birthday"}],
            PLANS,
            "input.events[0].anchor: invalid enum value 'birthday'",
        ),
        ([START], {"A": {"amount": "1.x"}}, "input.plans.*.amount: invalid decimal string"),
        (
            [START],
            {"A": {"phases": [{"kind": "eternal"}]}},
            "input.plans.*.phases[0].kind: invalid enum value 'eternal'",
        ),
        (
            [START],
            {"A": {"amount": "NaN"}},
            "input.plans.A.amount: NaN is no figure of at most 18 digits",
        ),
        (
            [START, {"at": "2024-01-02", "type": "credit", "amount": "1e400"}],
            PLANS,
            "input.events[1].amount: 1E+400 is no figure of at most 18 digits",
        ),
        ([START | {"skip_trial": "yes"}], PLANS, "input.events[0].skip_trial: expected `bool`"),
        ([], {}, "input: it has neither events nor plans"),
    ],
)
def test_the_field_that_is_wrong_is_named(events: Any, plans: Any, sentence: str) -> None:
    outcome = simulated("kb-day", plans, events, "2024-02-01")
    assert outcome.result is None
    assert (outcome.why or "").startswith(f"Case test cannot be simulated: {sentence}")
    assert (outcome.why or "").endswith("Write it in the schema of docs/guides/simulate.md.")


@pytest.mark.parametrize("filters", [None, [{"region": "eu", "price": "3.00"}]])
def test_a_price_model_without_a_rule_is_named(filters: Any) -> None:
    asked = {"metric": "hours", "model": "of the moon", "price": "1.00", "filters": filters}
    plans = {"A": plan("10.00", charges=[{k: v for k, v in asked.items() if v}])}
    assert "the price model 'of the moon'" in (
        simulated("kb-day", plans, [START], "2024-02-01").why or ""
    )


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ([subscribe("2024-01-01", "Z")], "the plan 'Z', which the case does not describe"),
        ([{"at": "2024-01-01", "type": "dance"}], "an event of the type 'dance'"),
        ([cancel("2024-01-01")], "cancel without a subscription"),
        (
            [START | {"at": "9999-12-31"}],
            "'9999-12-31' cannot be simulated: it is not of 1900 to 2999",
        ),
        ([START, cancel("2024-01-02", subscription="B")], "an order for 'B'"),
        (
            [START, {"at": "2024-01-02", "type": "credit_note", "invoice": "2023-01-01"}],
            "a credit_note of no invoice",
        ),
    ],
)
def test_what_the_engine_has_no_words_for_is_named(events: Any, what: str) -> None:
    outcome = simulated("kb-day", PLANS, events, "2024-02-01")
    assert outcome.as_json()["status"] == "not_expressible"
    assert what in (outcome.why or "")


@pytest.mark.parametrize(
    "kind_and_input",
    [
        ("dream", {}),
        ("import", {}),
        ("import", {"start": "2024-01-01"}),
        ("rating", {"qty": "1"}),
        ("rating", {"model": "graduated", "qty": "1"}),
        ("fraction", {"method": "actual"}),
        ("fraction", {"method": "lunar", "start": "2024-01-01", "end_inclusive": "2024-01-02"}),
    ],
)
def test_cases_of_every_kind_are_looked_at(kind_and_input: tuple[str, Any]) -> None:
    kind, given_input = kind_and_input
    outcome = simulate({"id": "x", "kind": kind, "input": given_input}, {})
    assert outcome.result is None
    assert outcome.why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Expecting value"),
        ("[]", "it has no list `cases`"),
        ("{}", "it has no list `cases`"),
        ('{"cases": {}}', "it has no list `cases`"),
        ('{"cases": [{}, 1]}', r"cases\[1\] is no object"),
        ('{"cases": [], "conventions": ["day"]}', "its `conventions` are no objects by name"),
        ('{"cases": [], "conventions": {"own": 5}}', "its `conventions` are no objects by name"),
        ("\xff", "can't decode"),
    ],
)
def test_a_file_that_is_none_of_cases_is_refused(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "cases.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(CaseMalformed, match=rf"cases\.json.*{why}"):
        list(simulate_file(file))


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"proration": "hour"}, "the proration 'hour'; there are second, day, fixed_30_days"),
        ({"rounding": "sideways"}, "the rounding 'sideways'; there are half_up, half_even"),
    ],
)
def test_a_convention_without_a_rule_is_named(stated: dict[str, str], why: str) -> None:
    outcome = simulate(case("own", PLANS, [START], "2024-02-01"), {"own": stated})
    assert why in (outcome.why or "")


def test_an_amount_that_no_bill_holds_is_refused() -> None:
    """9.2 million million is what a column of micro-units holds."""
    outcome = simulated("trueup", {"A": plan("1e13")}, [START], "2024-02-01")
    assert "cannot express an amount above 9223372036854" in (outcome.why or "")


def test_time_ends_with_the_events_where_no_invoice_is_expected() -> None:
    opened = subscribe("2024-01-01", "A", trial_days=30)
    asked = {"id": "x", "kind": "scenario", "input": {"plans": PLANS, "events": [opened]}}
    told = [simulate({**asked, "expected": e}, {}).result for e in ({"invoices": []}, {})]
    assert [len(result["invoices"]) for result in told if result] == [0, 13]


def test_a_case_that_a_file_does_not_have_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [case("kb-day", PLANS, [START], "2024-02-01")]}))
    assert [o.case_id for o in simulate_file(file, "test")] == ["test"]
    with pytest.raises(CaseMalformed, match="no case 'other'"):
        list(simulate_file(file, "other"))


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inside = enumerate(value)
    for key, each in inside:
        yield (*at, key)
        yield from paths(each, (*at, key))


FILES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))]


@settings(deadline=None)
@given(st.data())
def test_no_change_to_a_case_makes_the_engine_fall_over(data: st.DataObject) -> None:
    """Whatever stands in whatever field, there is a result or a sentence."""
    file = data.draw(st.sampled_from(FILES))
    changed = copy.deepcopy(data.draw(st.sampled_from(file["cases"])))
    where = data.draw(st.sampled_from(list(paths(changed["input"]))))
    holder = changed["input"]
    for key in where[:-1]:
        holder = holder[key]
    value = data.draw(
        st.sampled_from([None, "", "x", "-5", -1, 0, True, [], {}, "2024-13-45", "1e99", "NaN"])
    )
    if value is None and isinstance(holder, dict):
        del holder[where[-1]]
    else:
        holder[where[-1]] = value
    outcome = simulate(changed, file["conventions"])
    assert (outcome.result is None) == bool(outcome.why)
