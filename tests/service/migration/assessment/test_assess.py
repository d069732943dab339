"""What an assessment finds, does not find, and never shows."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from tests.service.migration.assessment.snapshots import snapshot_of
from tests.support.markup import Page

from trueup.migration.assessment.document import to_json
from trueup.migration.assessment.errors import SnapshotNotAssessed
from trueup.migration.assessment.expectations import (
    ExcludedTable,
    Expectations,
    ExpectedEntity,
    ExpectedVocabulary,
)
from trueup.migration.assessment.model import Severity, Shape
from trueup.migration.assessment.page import render_assessment
from trueup.migration.assessment.service import assess
from trueup.migration.sources.model import Names
from trueup.migration.sources.snapshot import Snapshot

CARD = "4111 1111 1111 1111"
CUSTOMERS = """
id:int | customer_email    | customer_name | billing_currency | status | is_test:flag | created_date:time   | closed_date:time
1      | ada@example.com   | Ada Lovelace  | EUR              | active | false        | 2020-01-01 00:00:00 |
2      | ADA@example.com   | Ada L.        | EUR              | active | false        | 2020-01-01 00:00:00 |
3      | not an address    | Grace Hopper  | USD              | closed | false        | 2020-01-01 00:00:00 | 2024-01-01 00:00:00
4      |                   | Test          | JPY              | active | true         | 2031-01-01 00:00:00 |
5      | joan@example.com  | "Joan "       | GBP              | Active | false        | 1970-01-01 00:00:00 | 1969-01-01 00:00:00
"""
INVOICES = """
id:int | customer_id:int | invoice_number | status   | subtotal_cents:int | tax_amount_cents:int | total_amount_cents:int | paid_amount_cents:int | currency | issued_date:time    | period_start:time   | period_end:time     | line_items_json
1      | 1               | A-001          | paid     | 1000               | 100                  | 1100                   | 1100                  | EUR      | 2025-01-01 00:00:00 | 2025-01-01 00:00:00 | 2025-02-01 00:00:00 | [{"amount_cents": 1000}]
2      | 99              | A-002          | open     | 1000               | 100                  | 1100                   | 0                     | EUR      | 2025-01-01 00:00:00 | 2025-01-01 00:00:00 | 2025-02-01 00:00:00 | [{"amount_cents": 600}, {"amount_cents": 400}]
3      | 3               | A-002          | past_due | 1000               | 100                  | 1100                   | 100                   | USD      | 2025-01-01 00:00:00 | 2025-03-01 00:00:00 | 2025-02-01 00:00:00 | [{"amount_cents": 999}]
4      | 1               | A-005          | paid     | 1000               | 100                  | 1200                   | 1200                  | JPY      | 2025-01-01 00:00:00 | 2025-01-01 00:00:00 | 2025-02-01 00:00:00 | [{"amount_cents": 1000}
5      | 1               |                | zombie   | 1000               | 0                    | 1000                   | 0                     | XXQ      | 2025-01-01 00:00:00 | 2025-01-01 00:00:00 | 2025-02-01 00:00:00 |
6      | 1               |                | draft    | 500                | 0                    | 500                    | 0                     | EUR      |                     |                     |                     |
"""
PAYMENTS = """
id:int | customer_id:int | invoice_id:int | amount_cents:int | currency | status     | failure_message
1      | 1               | 1              | 110000           | EUR      | succeeded  |
2      | 1               |                | 5000             | EUR      | succeeded  |
3      | 3               | 3              | 100              | USD      | processing | declined: 4111 1111 1111 1111
4      | 1               | 4              | 0                | JPY      | failed     | 4111111111111112 is no card
5      | 1               | 1              | 1100             | USD      | failed     |
"""
CREDITS = """
id:int | customer_id:int | amount_cents:int | remaining_balance_cents:int | currency | expires_date:time
1      | 1               | 1000             | 400                         | EUR      |
2      | 3               | 1000             | 1000                        | USD      | 2025-01-01 00:00:00
3      | 1               | 1000             | -5                          | EUR      |
4      | 1               | 1000             | 1500                        | EUR      |
"""
METHODS = """
id:int | customer_id:int | is_default:flag | is_detached:flag | exp_month:int
1      | 1               | true            | false            | 12
2      | 1               | true            | false            | 13
3      | 1               | true            | true             |
4      | 2               | true            | false            | 1
"""
DISCOUNTS = """
id:int | percent_off | amount_off_cents:int | currency | starts_at:time
1      | 10          |                      |          | 2030-01-01 00:00:00
2      |             | 500                  | EUR      |
3      |             |                      |          |
4      | 10          | 500                  | EUR      |
"""
USAGE = """
id:int | idempotency_key | recorded_at:time
1      | k-1             | 2025-01-01 00:00:00
2      | k-1             | 2026-02-01 00:00:00
3      | k-2             | 2025-01-01 00:00:00
"""
DIRTY = {
    "legacy_customers": CUSTOMERS,
    "legacy_invoices": INVOICES,
    "legacy_payments": PAYMENTS,
    "legacy_credits": CREDITS,
    "legacy_payment_methods": METHODS,
    "legacy_discounts": DISCOUNTS,
    "legacy_usage_records": USAGE,
}
KEYS = dict.fromkeys(DIRTY, ("id",))
PACK = Expectations(
    pack="legacy 1.0",
    entities=(
        ExpectedEntity("customer", "legacy_customers", ("id",), columns=("locale",)),
        ExpectedEntity("invoice", "legacy_invoices", ("id",)),
        ExpectedEntity("payment", "legacy_payments", ("id",)),
        ExpectedEntity("credit", "legacy_credits", ("id",)),
        ExpectedEntity("refund", "legacy_refunds", ("id",)),
    ),
    vocabularies=(
        ExpectedVocabulary(
            "invoice_status",
            "legacy_invoices",
            "status",
            (("draft", "draft"), ("open", "open"), ("paid", "paid"), ("past_due", "open")),
        ),
    ),
    excluded_tables=(ExcludedTable("legacy_credits", "replaced", "finance"),),
)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return snapshot_of(tmp_path_factory.mktemp("dirty") / "snapshot", DIRTY, keys=KEYS)


@pytest.fixture(scope="module")
def found(dirty: Snapshot):
    return assess(dirty)


def findings(assessment):
    """{(code, table without prefix): (count, [keys])}; of several columns the first."""
    named: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for f in assessment.findings:
        key = (f.code, f.table.removeprefix("legacy_"))
        named.setdefault(key, (f.count, [example.key for example in f.examples]))
    return named


@pytest.mark.parametrize(
    ("code", "table", "keys"),
    [
        ("card_number", "payments", ["3"]),  # not 4: it fails the Luhn check
        ("reference_broken", "invoices", ["2"]),
        ("currency_unknown", "invoices", ["5"]),
        ("period_inverted", "invoices", ["3"]),
        ("total_does_not_add_up", "invoices", ["4"]),
        ("lines_do_not_add_up", "invoices", ["3"]),
        ("json_unreadable", "invoices", ["4"]),
        ("number_missing", "invoices", ["5"]),  # a draft needs none
        ("number_duplicate", "invoices", ["3"]),
        ("number_gap", "invoices", ["4"]),
        ("open_item", "invoices", ["2", "3", "6"]),
        ("closed_customer", "invoices", ["3"]),
        ("closed_customer", "payments", ["3"]),
        ("closed_customer", "credits", ["2"]),
        ("payment_without_invoice", "payments", ["2"]),
        ("payment_hundredfold", "payments", ["1"]),
        ("amount_not_positive", "payments", ["4"]),
        ("credit_partly_used", "credits", ["1"]),
        ("credit_expired", "credits", ["2"]),
        ("credit_negative", "credits", ["3"]),
        ("credit_above_grant", "credits", ["4"]),
        ("currency_not_the_customers", "invoices", ["4"]),
        ("currency_not_the_customers", "payments", ["4", "5"]),
        ("currency_not_the_invoices", "payments", ["5"]),
        ("email_missing", "customers", ["4"]),
        ("email_malformed", "customers", ["3"]),
        ("email_duplicate", "customers", ["1", "2"]),
        ("test_row", "customers", ["4"]),
        ("time_in_future", "customers", ["4"]),
        ("time_implausible", "customers", ["5"]),
        ("times_out_of_order", "customers", ["5"]),
        ("value_padded", "customers", ["5"]),
        ("value_other_case", "customers", ["5"]),
        ("defaults_several", "payment_methods", ["2"]),  # a detached one is gone
        ("expiry_impossible", "payment_methods", ["2"]),  # none is not wrong
        ("discount_unclear", "discounts", ["3", "4"]),  # to start in the future is no mistake
        ("replay_key_duplicate", "usage_records", ["2"]),
        ("time_in_future", "usage_records", ["2"]),
    ],
)
def test_each_kind_of_dirt_is_found_where_it_lies(found, code, table, keys):
    count, shown = findings(found)[code, table]
    assert sorted(shown) == keys
    assert count == len(keys)


def test_nothing_else_is_found(found):
    """Every finding of the small snapshot is planted; a new question must say what it adds."""
    allowed = {"currencies_mixed"}
    planted = {
        mark.args[1][place][:2]
        for mark in test_each_kind_of_dirt_is_found_where_it_lies.pytestmark
        for place in range(len(mark.args[1]))
    }
    assert {key for key in findings(found) if key[0] not in allowed} <= planted


def test_money_at_risk_is_gross_and_by_currency(found):
    (open_items,) = [f for f in found.findings if f.code == "open_item"]
    assert [str(money) for money in open_items.at_risk] == ["16.00 EUR", "10.00 USD"]


def test_an_amount_without_a_known_currency_is_counted_and_in_no_sum(found):
    (unknown,) = [f for f in found.findings if f.code == "currency_unknown"]
    assert (unknown.at_risk, unknown.rows_without_currency) == ((), 1)


def test_totals_count_a_row_once_however_many_findings_name_it(found):
    """Invoice 3 repeats a number, ends before it starts and has wrong lines: one row, 11.00 USD.

    The other 11.00 USD are payment 5, made in another currency than its invoice.
    """
    aside = next(total for total in found.totals if total.severity is Severity.SETS_ASIDE)
    usd = [str(money) for money in aside.at_risk if money.currency.code == "USD"]
    assert usd == ["22.00 USD"]
    named = {
        (f.table, example.row)
        for f in found.findings
        if f.severity is Severity.SETS_ASIDE
        for example in f.examples
        if example.row is not None
    }
    assert aside.rows == len(named)


def test_a_row_is_numbered_by_its_place_in_the_table_over_all_parts(found):
    (orphan,) = [f for f in found.findings if f.code == "reference_broken"]
    assert [(example.row, example.key) for example in orphan.examples] == [(1, "2")]
    (unknown,) = [f for f in found.findings if f.code == "currency_unknown"]
    assert [example.row for example in unknown.examples] == [4]  # in the second part


def test_findings_come_gravest_first(found):
    order = list(Severity)
    places = [order.index(f.severity) for f in found.findings]
    assert places == sorted(places)
    assert found.findings[0].code == "card_number"


def test_a_pack_names_unknown_values_missing_columns_and_unclaimed_tables(dirty):
    assessment = assess(dirty, expectations=PACK)
    found = findings(assessment)
    assert found["value_unmapped", "invoices"] == (1, ["5"])
    assert ("column_missing", "customers") in found
    assert ("table_missing", "refunds") in found
    assert ("table_unclaimed", "payment_methods") in found
    assert ("table_unclaimed", "credits") not in found
    (vocabulary,) = [v for v in assessment.vocabularies if v.name]
    meanings = {meaning.value: meaning.meaning for meaning in vocabulary.meanings}
    assert meanings == {
        "draft": "draft",
        "open": "open",
        "paid": "paid",
        "past_due": "open",
        "zombie": None,
    }
    credits_ = next(table for table in assessment.tables if table.name == "legacy_credits")
    assert (credits_.claimed_by, credits_.exclusion) == (("credit",), "replaced (finance)")


BY_OTHER_WORDS = {
    "customers": "id:int | status\n1 | da\n2 | Weg\n3 | closed",
    "invoices": """
        id:int | customer_id:int | total | currency | status
        1      | 1               | 10.00 | EUR      | Offen
        2      | 2               | 20.00 | EUR      | offen
        3      | 2               | 30.00 | EUR      | bezahlt
        4      | 3               | 40.00 | EUR      | open
    """,
}


@pytest.mark.parametrize(("customers", "invoices", "waiting", "of_the_closed"), [
    ((), (), ["4"], ["4"]),                                                   # by their names
    ((("da", "active"), ("weg", "merged")), (("OFFEN", "open"), ("bezahlt", "paid")), ["1", "2"], ["2"]),
    ((("weg", "active"),), (("offen", "past_due"),), ["1", "2"], []),         # nobody is closed
    ((("weg", "closed"),), (("offen", "paid"),), [], []),                     # nothing waits
])  # fmt: skip
def test_what_a_status_means_is_what_the_pack_says(tmp_path, customers, invoices, waiting, of_the_closed):  # fmt: skip
    said = {"customers": customers, "invoices": invoices}
    expected = Expectations(
        vocabularies=tuple(
            ExpectedVocabulary(f"{table}_status", table, "status", meanings)
            for table, meanings in said.items()
            if meanings
        )
    )
    found = findings(assess(snapshot_of(tmp_path / "s", BY_OTHER_WORDS), expectations=expected))
    assert sorted(found.get(("open_item", "invoices"), (0, []))[1]) == waiting
    assert sorted(found.get(("closed_customer", "invoices"), (0, []))[1]) == of_the_closed


def test_a_map_that_knows_null_does_not_refuse_it(tmp_path):
    snapshot = snapshot_of(
        tmp_path / "s", {"t": "id:int | status\n1 | \n2 | on"}, keys={"t": ["id"]}
    )
    known = ExpectedVocabulary("m", "t", "status", (("(null)", "off"), ("on", "on")))
    silent = ExpectedVocabulary("m", "t", "status", (("on", "on"),))
    assert "value_unmapped" not in {
        f.code for f in assess(snapshot, expectations=Expectations(vocabularies=(known,))).findings
    }
    assert "value_unmapped" in {
        f.code for f in assess(snapshot, expectations=Expectations(vocabularies=(silent,))).findings
    }


def test_keys_that_are_missing_or_repeated_are_found_where_a_file_allows_them(tmp_path):
    text = "id | note\n1 | a\n1 | b\n | c\n2 | d\n1 | e"
    assessment = assess(snapshot_of(tmp_path / "s", {"things": text}))
    found = {f.code: f for f in assessment.findings}
    assert found["key_missing"].count == 1
    assert [example.row for example in found["key_duplicate"].examples] == [1, 4]


def test_rows_alike_in_every_column_are_found_where_nothing_names_a_row(tmp_path):
    text = "a | b\nx | 1\ny | 2\nx | 1\nx | "
    found = {f.code: f for f in assess(snapshot_of(tmp_path / "s", {"log": text})).findings}
    assert found["row_duplicate"].count == 1
    assert found["key_absent"].count == 4


def test_text_columns_are_read_as_what_they_hold(tmp_path):
    numbers = "\n".join(f"{n} | {n}.50 | 2024-01-{n % 28 + 1:02d} | true" for n in range(1, 60))
    text = f"id | price | seen_date | flag\n{numbers}\n60 | n/a | 0000-00-00 | maybe"
    (table,) = assess(snapshot_of(tmp_path / "s", {"rows": text})).tables
    assert {c.name: (c.read_as, c.unreadable) for c in table.columns} == {
        "id": (Shape.INTEGER, 0),
        "price": (Shape.DECIMAL, 1),
        "seen_date": (Shape.INSTANT, 1),
        "flag": (Shape.BOOLEAN, 1),
    }


def test_amounts_in_text_are_added_exactly(tmp_path):
    text = "id:int | total | currency | status\n1 | 0.10 | EUR | open\n2 | 0.20 | EUR | open\n3 | oops | EUR | open"
    found = {f.code: f for f in assess(snapshot_of(tmp_path / "s", {"invoices": text})).findings}
    assert [str(money) for money in found["open_item"].at_risk] == ["0.30 EUR"]
    assert found["amount_unreadable"].count == 1


def test_an_amount_a_hundred_times_its_neighbours_is_an_outlier(tmp_path):
    rows = "\n".join(f"{n} | {1000 + n} | USD" for n in range(1, 101))
    text = f"id:int | amount_cents:int | currency\n{rows}\n101 | 105000 | USD"
    found = {f.code: f for f in assess(snapshot_of(tmp_path / "s", {"fees": text})).findings}
    assert [example.key for example in found["amount_outlier"].examples] == ["101"]


def test_damaged_text_is_found_and_plain_foreign_letters_are_not(tmp_path):
    rows = ["Zoë", "MÃ¼ller", "na\x07me", "日本", "caf\ufffd"]
    table = pa.table({"id": list(range(5)), "label": rows})
    found = {f.code: f for f in assess(snapshot_of(tmp_path / "s", {"labels": table})).findings}
    assert [example.row for example in found["value_damaged"].examples] == [1, 2, 4]


def test_a_token_that_holds_digits_by_chance_is_no_card_and_a_lone_number_is(tmp_path):
    table = pa.table(
        {
            "id": [1, 2, 3],
            "psp_reference": ["ch_4111111111111111ab", "4111111111111111", "pi_1"],
            "raw": pa.array([4111111111111111, 12, None], pa.int64()),
        }
    )
    assessment = assess(snapshot_of(tmp_path / "s", {"charges": table}))
    cards = {f.columns: f.count for f in assessment.findings if f.code == "card_number"}
    assert cards == {("psp_reference",): 1, ("raw",): 1}


def test_no_card_number_leaves_the_assessment_anywhere(found):
    text = to_json(found) + render_assessment(found, rendered_at="2026-01-15T10:00:00Z")
    digits = CARD.replace(" ", "")
    assert CARD not in text
    assert digits not in text


def test_names_and_addresses_leave_masked_only(found):
    text = to_json(found) + render_assessment(found, rendered_at="2026-01-15T10:00:00Z")
    for secret in ("ada@example.com", "ADA@example.com", "Lovelace", "Hopper", "not an address"):
        assert secret not in text


def test_the_same_snapshot_gives_the_same_bytes(dirty, found):
    again = assess(dirty)
    assert to_json(again) == to_json(found)
    pages = [render_assessment(a, rendered_at="2026-01-15T10:00:00Z") for a in (found, again)]
    assert pages[0] == pages[1]


def test_the_document_holds_amounts_as_text_with_their_currency(found):
    document = json.loads(to_json(found))
    assert document["format"] == 1
    amounts = [amount for f in document["findings"] for amount in f["at_risk"]]
    assert {tuple(sorted(amount)) for amount in amounts} == {("currency", "micros")}
    assert all(isinstance(amount["micros"], str) for amount in amounts)


def test_the_page_is_well_formed_and_tells_every_finding(dirty):
    assessment = assess(dirty, expectations=PACK)
    page = Page(render_assessment(assessment, rendered_at="2026-01-15T10:00:00Z"))
    assert page.problems == []
    for finding in assessment.findings:
        assert finding.title in page.text
        assert finding.action in page.text
    assert "A load would stop before its first row" in page.text


def test_hostile_names_and_values_stay_text(tmp_path):
    name = 'x"; drop table source; --<script>alert(1)</script>'
    table = pa.table({name: ["<img src=x onerror=alert(1)>", "</style>"], "status": ["<b>", "<b>"]})
    assessment = assess(snapshot_of(tmp_path / "s", {"<script>t</script>": table}))
    page = Page(render_assessment(assessment, rendered_at="2026-01-15T10:00:00Z"))
    assert page.problems == []
    assert "<script>t</script>" in page.text
    assert json.loads(to_json(assessment))["tables"][0]["name"] == "<script>t</script>"


def test_a_snapshot_is_read_under_the_names_it_is_given(tmp_path):
    """A source may write InvoiceId in one dialect and invoice_id in another."""
    table = pa.table({"InvoiceId": [1, 2], "Total": ["1.50", "x"], "Currency": ["EUR", "EUR"]})
    snapshot = snapshot_of(tmp_path / "s", {"Invoice": table}, keys={"Invoice": ["InvoiceId"]})
    assessment = assess(snapshot.named(Names.SNAKE_CASE))
    assert assessment.tables[0].columns[0].name == "invoice_id"
    (unreadable,) = [f for f in assessment.findings if f.code == "amount_unreadable"]
    assert [example.key for example in unreadable.examples] == ["2"]


def test_an_empty_source_is_an_answer(tmp_path):
    snapshot = snapshot_of(tmp_path / "s", {"invoices": pa.table({"id": pa.array([], pa.int64())})})
    assessment = assess(snapshot)
    assert assessment.findings == ()
    page = Page(render_assessment(assessment, rendered_at="2026-01-15T10:00:00Z"))
    assert "Nothing stands in the way of a load" in page.text


def test_a_damaged_part_is_a_fault_that_names_the_table(tmp_path):
    snapshot = snapshot_of(tmp_path / "s", {"invoices": INVOICES})
    snapshot.tables[0].parts[0].path.write_bytes(b"no parquet")
    with pytest.raises(SnapshotNotAssessed) as caught:
        assess(snapshot)
    assert caught.value.fields["table"] == "invoices"


def test_columns_of_any_type_are_profiled(tmp_path):
    table = pa.table(
        {
            "id": [1, 2],
            "blob": pa.array([b"\x00", None]),
            "list": pa.array([[1], []]),
            "exact": pa.array(["1.5", None]).cast(pa.decimal128(10, 2)),
            "day": pa.array(["2024-01-01", None]).cast(pa.date32()),
            "zoned": pa.array([0, None], pa.timestamp("us", "UTC")),
            "none": pa.nulls(2, pa.string()),
            "real": [float("nan"), float("inf")],
        }
    )
    (profile,) = assess(snapshot_of(tmp_path / "s", {"things": table})).tables
    read = {column.name: column.read_as for column in profile.columns}
    assert read == {
        "id": Shape.INTEGER,
        "blob": Shape.OTHER,
        "list": Shape.OTHER,
        "exact": Shape.DECIMAL,
        "day": Shape.INSTANT,
        "zoned": Shape.INSTANT,
        "none": Shape.EMPTY,
        "real": Shape.DECIMAL,
    }
