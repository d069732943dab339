"""Orders and deeds of an operator by command: each is seen in the next bill, and can be taken back."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "A", "--country", "DE", "--no-tax")
    for plan, amount, every in (("pro", "30.00", "month"), ("team", "60.00", "month"), ("support", "10.00", "month"), ("audit", "120.00", "year")):  # fmt: skip
        made("plan", "create", plan, "--every", every)
        made("plan", "price", plan, "--currency", "EUR", "--amount", amount, "--at", "2020-01-01")
    made("customer", "create", "Ann", "--currency", "EUR")
    return made


def said(ended):
    assert ended.status == 0, ended.said
    return json.loads(ended.out)


@pytest.fixture
def subscription(trueup):
    return trueup("subscription", "start", "Ann", "pro", "--at", "2026-06-01").out.strip()


def order(trueup, name, subscription, *arguments):
    return said(trueup("subscription", name, subscription, *arguments, "--json"))


def billed(trueup, until):
    """Totals of the invoices, the oldest first."""
    assert trueup("bill", "run", "--until", until).status == 0
    rows = said(trueup("bill", "list", "--json"))
    return [row["total"]["amount"] for row in sorted(rows, key=lambda row: row["issued_at"])]


def test_a_price_agreed_with_one_customer_is_billed_and_offered_to_nobody_else(trueup):
    started = trueup("subscription", "start", "Ann", "pro", "--at", "2026-06-01", "--price", "base=19.00")  # fmt: skip
    subscription = started.out.strip()
    order(trueup, "price", subscription, "base", "25.00", "--at", "2026-07-01")
    assert billed(trueup, "2026-07-02") == ["19.00", "25.00"]
    trueup("customer", "create", "Bob", "--currency", "EUR")
    trueup("subscription", "start", "Bob", "pro", "--at", "2026-07-01")
    assert billed(trueup, "2026-07-02")[-1] == "30.00"


def test_a_preview_of_an_agreed_price_writes_no_price(trueup, subscription):
    trueup("subscription", "price", subscription, "base", "25.00", "--preview")
    assert len(said(trueup("plan", "list", "--json"))[1]["prices"]) == 1


def test_a_charge_is_added_and_removed_and_given_back(trueup, subscription):
    order(trueup, "add", subscription, "support", "--at", "2026-06-01")
    assert billed(trueup, "2026-06-02") == ["40.00"]
    after = order(trueup, "remove", subscription, "base", "--plan", "support", "--at", "2026-06-16")
    assert [item["plan"] for item in after["items"] if item["until"]] == ["support"]
    assert billed(trueup, "2026-07-02")[-1] in {"25.00", "30.00"}  # less the half of ten
    assert sum(map(float, billed(trueup, "2026-07-02"))) == 65.0


def test_a_yearly_charge_beside_a_monthly_plan_is_billed_by_the_year(trueup, subscription):
    """An added charge recurs as its own plan does (B9)."""
    order(trueup, "add", subscription, "audit", "--at", "2026-06-01")
    assert billed(trueup, "2026-08-02") == ["150.00", "30.00", "30.00"]


def test_another_cycle_day_leaves_no_gap_and_no_overlap(trueup, subscription):
    """B10: the period between is shorter, and costs its share."""
    assert billed(trueup, "2026-06-02") == ["30.00"]
    order(trueup, "cycle-day", subscription, "16", "--at", "2026-07-01")
    assert billed(trueup, "2026-07-17") == ["30.00", "14.52", "30.00"]  # 15 of 31 days (B7)
    refused = trueup("subscription", "cycle-day", subscription, "40")
    assert refused.status == 2


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("change", ("team", "--at", "2999-09-10")),
        ("quantity", ("3", "--at", "2999-09-10")),
        ("price", ("base", "99.00", "--at", "2999-09-10")),
        ("add", ("support", "--at", "2999-09-10")),
        ("remove", ("base", "--at", "2999-09-10")),
        ("pause", ("--at", "2999-09-10")),
        ("cycle-day", ("15", "--at", "2999-09-01")),
        ("cancel", ("--at", "2999-09-10")),
    ],
)
def test_an_order_for_later_is_taken_back_as_if_it_had_not_been(trueup, subscription, name, arguments):  # fmt: skip
    before = said(trueup("subscription", "show", subscription, "--json"))
    order(trueup, name, subscription, *arguments)
    after = order(trueup, "take-back", subscription)
    served = [item for item in after["items"] if item["from"] != item["until"]]
    assert served == before["items"]
    assert {n: after[n] for n in ("plan_id", "quantity", "cancel_at", "status")} == {n: before[n] for n in ("plan_id", "quantity", "cancel_at", "status")}  # fmt: skip
    again = trueup("subscription", "take-back", subscription)
    assert (again.status, "nothing_scheduled" in again.said) == (3, True)


def test_what_counts_already_is_not_taken_back(trueup, subscription):
    order(trueup, "change", subscription, "team", "--at", "2026-06-10")
    refused = trueup("subscription", "take-back", subscription)
    assert (refused.status, "its last order, change, counts already" in refused.said) == (3, True)


def test_a_coupon_and_a_credit_are_taken_back(trueup, subscription):
    given = said(trueup("coupon", "give", subscription, "HALF", "--percent", "50", "--at", "2026-06-01", "--json"))  # fmt: skip
    granted = said(trueup("credit", "grant", "Ann", "40.00", "--at", "2026-05-01", "--json"))
    assert billed(trueup, "2026-06-02") == ["15.00"]
    trueup("coupon", "take-back", given["discount_id"], "--at", "2026-07-01")
    taken = said(trueup("credit", "take-back", granted["credit_id"], "--json"))
    assert taken["taken_back"] == {"amount": "25.00", "currency": "EUR"}
    assert billed(trueup, "2026-07-02") == ["15.00", "30.00"]
    (first, second) = sorted(said(trueup("bill", "list", "--json")), key=lambda r: r["issued_at"])
    assert (first["credited"]["amount"], second["credited"]["amount"]) == ("15.00", "0.00")
    for deed in (("coupon", "take-back", given["discount_id"]), ("credit", "take-back", granted["credit_id"])):  # fmt: skip
        assert trueup(*deed).status == 3


@pytest.mark.parametrize(
    "then",
    [("add", "support"), ("change", "team")],
)
def test_a_coupon_given_after_an_order_is_on_its_bill_as_previewed(trueup, subscription, then):
    """B43: it counts from its day on; the bill of an order is of the instant of the order."""
    assert trueup("bill", "run").status == 0
    order(trueup, then[0], subscription, *then[1:])
    given = said(trueup("coupon", "give", subscription, "LATE", "--percent", "20", "--json"))
    assert previewed_as_billed(trueup, subscription)["discount"]["amount"] != "0.00"
    order(trueup, "add", subscription, "audit")
    trueup("coupon", "take-back", given["discount_id"])
    assert previewed_as_billed(trueup, subscription)["discount"]["amount"] == "0.00"


def previewed_as_billed(trueup, subscription):
    """What a preview says of an invoice, which is what a run then makes of it."""
    seen = said(trueup("bill", "preview", subscription, "--json"))["invoice"]
    assert trueup("bill", "run").status == 0
    (row, *_) = said(trueup("bill", "list", "--json"))
    written = said(trueup("bill", "show", row["invoice_id"], "--json"))
    for name in ("subtotal", "discount", "tax", "total", "issued_at"):
        assert seen[name] == written[name], name
    return seen


def test_the_plan_it_has_is_refused_and_at_other_prices_said(trueup, subscription):
    refused = trueup("subscription", "change", subscription, "pro")
    assert (refused.status, "has this plan already" in refused.said) == (3, True)
    order(trueup, "price", subscription, "base", "25.00", "--at", "2026-06-01")
    assert "The plan stays" in trueup("subscription", "change", subscription, "pro").said


def test_a_bill_that_falls_due_first_is_previewed_as_the_run_dates_it(trueup, subscription):
    """B11: of several that are due the first is shown, and the day of the one after it."""
    trueup("coupon", "give", subscription, "JULY", "--percent", "20", "--at", "2026-07-01")
    shown = trueup("bill", "preview", subscription, "--at", "2026-08-02")
    assert "Dated 2026-06-01." in shown.said
    assert "Next bill: 2026-07-01" in shown.said
    assert billed(trueup, "2026-08-02") == ["30.00", "24.00", "24.00"]


def test_a_credit_settles_what_is_dated_within_its_time_and_nothing_else(trueup, subscription):
    """B42: bills that are made up for have dates before it was granted, or after it ended."""
    assert subscription
    trueup("credit", "grant", "Ann", "50.00", "--at", "2026-06-20", "--until", "2026-08-01")
    assert billed(trueup, "2026-08-02") == ["30.00"] * 3
    rows = sorted(said(trueup("bill", "list", "--json")), key=lambda row: row["issued_at"])
    assert [row["credited"]["amount"] for row in rows] == ["0.00", "30.00", "0.00"]


@pytest.mark.usefixtures("subscription")
def test_money_that_is_the_customers_own_is_not_taken_back(trueup):
    billed(trueup, "2026-06-02")
    trueup("payment", "record", "INV-000001", "50.00", "--reference", "w")
    (credit,) = said(trueup("credit", "list", "--json"))
    refused = trueup("credit", "take-back", credit["credit_id"])
    assert (refused.status, "credit_not_goodwill" in refused.said) == (3, True)


def test_a_customer_is_closed_once_nothing_runs_and_opened_again(trueup, subscription):
    assert "customer_served" in trueup("customer", "close", "Ann").said
    order(trueup, "cancel", subscription, "--at", "2026-06-10")
    assert said(trueup("customer", "close", "Ann", "--json"))["status"] == "closed"
    begun = trueup("subscription", "start", "Ann", "team")
    assert (begun.status, "customer_closed" in begun.said) == (3, True)
    assert trueup("customer", "close", "Ann").status == 3
    trueup("customer", "reopen", "Ann")
    assert trueup("subscription", "start", "Ann", "team").status == 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("payment", "list"), "wire-7"),
        (("bill", "entities"), "de (default)"),
        (("bill", "notes"), "CN-000001"),
        (("plan", "products"), "support"),
        (("dialect", "list"), "lago-day"),
        (("dialect", "show", "lago-day"), "taxes.rounding_place"),
        (("coupon", "list"), "SUMMER"),
        (("credit", "list"), "slow"),
        (("customer", "list"), "Ann"),
        (("subscription", "list"), "pro"),
    ],
)
def test_what_there_is_is_listed_for_people_and_programs(trueup, subscription, command, told):
    billed(trueup, "2026-06-02")
    trueup("payment", "record", "INV-000001", "--reference", "wire-7")
    trueup("bill", "credit", "INV-000001", "--net", "5.00")
    trueup("coupon", "give", subscription, "SUMMER", "--percent", "20")
    trueup("credit", "grant", "Ann", "5.00", "--reason", "slow")
    assert told in trueup(*command).said
    assert said(trueup(*command, "--json"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("subscription", "price", "S", "seats", "5.00"), "charge_not_served"),
        (("subscription", "add", "S", "support", "--charge", "x"), "charge_not_offered"),
        (("subscription", "remove", "S", "seats"), "nothing_to_remove"),
        (("subscription", "pause", "S", "--at", "2026-05-31"), "paused_before_start"),
        (("subscription", "cancel", "S", "--at", "2026-05-31"), "cancelled_before_start"),
        (("subscription", "change", "S", "team", "--at", "2019-12-31"), "price_not_found"),
        (("coupon", "take-back", "00000000-0000-0000-0000-000000000001"), "coupon_unknown"),
        (("credit", "take-back", "00000000-0000-0000-0000-000000000001"), "credit_unknown"),
        (("dialect", "show", "klingon"), "dialect_unknown"),
    ],
)
def test_an_order_without_sense_is_refused(trueup, subscription, arguments, code):
    ended = trueup(*(subscription if each == "S" else each for each in arguments))
    assert (ended.status, code in ended.said) == (3, True)


def test_what_falls_below_zero_is_shown_as_put_aside_before_and_after_it_is_billed(
    trueup, subscription, tmp_path
):
    """B19."""
    assert billed(trueup, "2026-06-02") == ["30.00"]
    cancel = ("subscription", "cancel", subscription, "--at", "2026-06-16")
    aside = "account 15.00 EUR put aside as the customer's credit"
    assert aside in trueup(*cancel, "--preview").said
    assert order(trueup, *cancel[1:], "--preview")["invoice"]["put_aside"]["amount"] == "15.00"
    trueup(*cancel)
    billed(trueup, "2026-07-02")
    shown = trueup("bill", "show", "INV-000002").said
    assert aside in shown
    assert "subtotal -15.00 EUR" in shown
    assert said(trueup("bill", "show", "INV-000002", "--json"))["account"]["amount"] == "15.00"
    page = tmp_path / "page.pdf"
    assert trueup("invoice", "pdf", "INV-000002", "--output", page).status == 0
    assert page.read_bytes().startswith(b"%PDF")


def test_usage_that_no_plan_prices_is_told_by_meter(trueup, tmp_path):
    trueup("plan", "price", "team", "--currency", "EUR", "--charge", "calls", "--meter", "calls", "--amount", "0.10", "--at", "2020-01-01")  # fmt: skip
    team = trueup("subscription", "start", "Ann", "team", "--at", "2026-06-01").out.strip()
    pro = trueup("subscription", "start", "Ann", "pro", "--at", "2026-06-01").out.strip()
    lines = [
        f"{number},{subscription},{meter},1,2026-06-02T12:00:00Z"
        for number, (subscription, meter) in enumerate(
            [(team, "calls"), (team, "cals"), (pro, "calls"), (pro, "calls")]
        )
    ]
    file = tmp_path / "usage.csv"
    header = "event_id,subscription_id,meter,quantity,occurred_at"
    file.write_text("\n".join([header, *lines]), encoding="utf-8")
    told = trueup("usage", "record", file)
    assert "Nothing bills 2 events of meter 'calls'" in told.said
    assert "Nothing bills 1 event of meter 'cals'" in told.said
    known = said(trueup("usage", "record", file, "--json"))
    assert known == {"counted": 0, "repeated": 4, "unpriced": {"calls": 2, "cals": 1}}
    run = trueup("bill", "run", "--until", "2026-06-30").said
    assert "Usage on no bill: 2 periods of a meter" in run
    assert f"{team} 1 cals in 1 event, used from 2026-06-02 to 2026-06-02: nothing prices it" in run
    listed = trueup("bill", "left-out").said
    assert f"{pro} 2 calls in 2 events" in listed
    assert "trueup subscription add" in listed
    (one, other) = said(trueup("bill", "left-out", "--json"))
    assert {one["reason"], other["reason"]} == {"unpriced"}
    assert [said(trueup("bill", "run", "--until", at, "--json"))["left_out"] for at in ("2026-06-30", "2026-07-31")] == [0, 0]  # fmt: skip
    assert "usage left out 2" in trueup("bill", "runs").said
