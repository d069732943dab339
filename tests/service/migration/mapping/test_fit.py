from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.service.migration.mapping.canonical_world import AS_OF, plain_pack

from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.errors import (
    PackDoesNotFit,
    PackUnreadable,
    TablesMissing,
    TablesUnclaimed,
    UnknownValues,
)
from trueup.migration.mapping.pack import open_pack
from trueup.migration.mapping.workbench import DERIVED, Workbench
from trueup.migration.sources.snapshot import write_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.migration.mapping.model import Pack

PRODUCTS = pa.table(
    {
        "source_key": ["a", "b", None],
        "name": ["A", "B", "C"],
        "is_active": [True, True, False],
        "state": ["on", "off", None],
        "value": [1, 2, 3],
    }
)


def _bench(folder: Path, pack: Pack, **tables: pa.Table) -> Workbench:
    snapshot = write_snapshot(folder / "snapshot", tables or {"product": PRODUCTS}, part_rows=2)
    return Workbench(
        snapshot, pack, tenant_id=1, source="test", as_of=AS_OF, scratch=folder / "scratch"
    )


def _pack(folder: Path, statement: str, manifest: str = "", macros: str | None = None) -> Pack:
    plain_pack(folder, ["product"], product=statement)
    with (folder / "pack.toml").open("a") as file:
        file.write("\n" + manifest)
    if macros is not None:
        (folder / "macros.sql").write_text(macros)
    return open_pack(folder)


GOOD = "select row_number, source_key, name, is_active from chunk"


def test_every_unclaimed_and_every_missing_table_is_named(tmp_path: Path) -> None:
    with (
        _bench(tmp_path, plain_pack(tmp_path / "pack", ["product", "plan", "price"])) as bench,
        pytest.raises(TablesMissing, match="plan, price"),
    ):
        bench.check_fit()
    more = {"product": PRODUCTS, "log": PRODUCTS, "audit": PRODUCTS}
    with (
        _bench(tmp_path / "more", _pack(tmp_path / "other", GOOD), **more) as bench,
        pytest.raises(TablesUnclaimed, match="audit, log"),
    ):
        bench.check_fit()
    excluded = '[[excluded_table]]\ntable = "log"\nreason = "noise"\nowner = "ops"\n[[merged_table]]\ntable = "audit"\nreason = "lives on in products"'
    with _bench(
        tmp_path / "third", _pack(tmp_path / "third_pack", GOOD, excluded), **more
    ) as bench:
        bench.check_fit()


def test_unknown_values_of_all_maps_are_named_with_their_rows(tmp_path: Path) -> None:
    """Null is a value too; a column called `value` beside the mapped one is no trap."""
    maps = '[map.state]\ntable = "product"\ncolumn = "state"\nvalues = { on = "x" }\n[map.word]\ntable = "product"\ncolumn = "name"\nvalues = { A = "a", B = "b" }'
    with (
        _bench(tmp_path, _pack(tmp_path / "pack", GOOD, maps)) as bench,
        pytest.raises(UnknownValues) as refused,
    ):
        bench.check_fit()
    assert refused.value.fields["unknown"] == {
        "product.state": [("(null)", 1), ("off", 1)],
        "product.name": [("C", 1)],
    }


def test_a_map_is_a_macro_that_knows_null(tmp_path: Path) -> None:
    maps = '[map.state]\ntable = "product"\ncolumn = "state"\nvalues = { on = "it\'s on", off = "off", "(null)" = "none" }'
    pack = _pack(
        tmp_path / "pack",
        "select row_number, coalesce(source_key, 'c') as source_key, state(state) as name, is_active from chunk",
        maps,
    )
    with _bench(tmp_path, pack) as bench:
        bench.check_fit()
        names = [
            name
            for chunk in (0, 1)
            for name in bench.desk()
            .map_chunk(pack.entity("product"), chunk)
            .rows["billing.product"]
            .column("name")
            .to_pylist()
        ]
    assert sorted(names) == ["it's on", "none", "off"]


STATEMENTS = [
    # the pack's statement, and the words in which it is refused
    ("select row_number, source_key from chunk", "yields no is_active, name"),
    (
        "select row_number, source_key, name, is_active, value as colour from chunk",
        "yields colour, which a product does not have",
    ),
    ("select row_number, source_key, name, is_active from nowhere", "nowhere does not exist"),
    ("selekt", "syntax error"),
]


@pytest.mark.parametrize(("statement", "words"), STATEMENTS)
def test_a_statement_that_does_not_yield_the_record_is_refused(
    tmp_path: Path, statement: str, words: str
) -> None:
    with (
        _bench(tmp_path, _pack(tmp_path / "pack", statement)) as bench,
        pytest.raises(PackDoesNotFit, match=words),
    ):
        bench.check_fit()


TYPES = [
    (
        "price",
        "100::double as unit_amount_micros",
        "unit_amount_micros is DOUBLE, an amount is whole micro-units",
    ),
    (
        "price",
        "timestamp '2026-01-01' as effective_from, 1 as unit_amount_micros",
        "effective_from is TIMESTAMP, an instant needs its zone",
    ),
    (
        "subscription",
        "[{'price_key': 'p', 'quantity': '1.5'}] as items",
        "items.quantity is VARCHAR, a quantity has at most six decimals",
    ),
    ("subscription", "[{'price_key': 'p'}] as items", "items lacks quantity"),
    ("subscription", "['p'] as items", "items is not a list of structs"),
    (
        "invoice",
        "[{'amount_micros': 1.5, 'tax_micros': 0, 'sum': 1}] as line_items",
        "line_items holds sum, which is not known there; line_items.amount_micros is DECIMAL",
    ),
]


@pytest.mark.parametrize(("entity", "column", "words"), TYPES)
def test_a_type_that_would_be_read_by_guessing_is_refused(
    tmp_path: Path, entity: str, column: str, words: str
) -> None:
    given = column.rsplit(" as ", maxsplit=1)[-1]
    needed = [
        f"null as {each.name}"
        for each in CANONICAL[entity].fields
        if each.is_required and each.name not in column
    ]
    statement = f"select row_number, source_key, {', '.join([column, *needed])} from chunk"
    pack = plain_pack(tmp_path / "pack", [entity], **{entity: statement})
    with (
        _bench(tmp_path, pack, **{entity: PRODUCTS}) as bench,
        pytest.raises(PackDoesNotFit) as refused,
    ):
        bench.check_fit()
    assert words in str(refused.value), given


ROWS = [
    (
        "select c.row_number, source_key, name, is_active from chunk c join (values (1), (2)) on true",
        "4 rows for 2 rows of product",
    ),
    (
        "select row_number, source_key, name, is_active from chunk where source_key <> 'a'",
        "1 rows for 2 rows of product",
    ),
    (
        "select 0 as row_number, source_key, name, is_active from chunk",
        "2 rows for 2 rows of product",
    ),
]


@pytest.mark.parametrize(("statement", "words"), ROWS)
def test_a_statement_that_doubles_or_drops_rows_is_refused(
    tmp_path: Path, statement: str, words: str
) -> None:
    pack = _pack(tmp_path / "pack", statement)
    with _bench(tmp_path, pack) as bench, pytest.raises(PackDoesNotFit, match=words):
        bench.desk().map_chunk(pack.entity("product"), 0)


def test_derived_records_have_keys_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    (folder / "entities").mkdir(parents=True)
    (folder / "entities/product.derived.sql").write_text(
        "select 'one' as source_key, name, true as is_active from source.product"
    )
    (folder / "pack.toml").write_text(
        'name = "t"\nversion = "1"\n[source]\ntime_zone = "UTC"\n[[entity]]\nname = "product"\n[[merged_table]]\ntable = "product"\nreason = "names"'
    )
    pack = open_pack(folder)
    with (
        _bench(tmp_path, pack) as bench,
        pytest.raises(PackDoesNotFit, match="3 derived records share 1 keys"),
    ):
        bench.desk().map_chunk(pack.entity("product"), DERIVED)


def test_a_packs_own_macros_serve_its_statements(tmp_path: Path) -> None:
    macros = "create or replace temp macro shout(word) as upper(word);\ncreate or replace temp macro firsts() as table select min(source_key) as source_key from source.product;"
    pack = _pack(
        tmp_path / "pack",
        "select row_number, coalesce(c.source_key, (from firsts()) || 'c') as source_key, shout(name || 'x') as name, is_active from chunk c",
        macros=macros,
    )
    with _bench(tmp_path, pack) as bench:
        assert sorted(
            bench.desk()
            .map_chunk(pack.entity("product"), 0)
            .rows["billing.product"]
            .column("name")
            .to_pylist()
        ) == ["AX", "BX"]


def test_a_macro_that_cannot_be_made_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(PackUnreadable, match=r"macros\.sql: "):
        _bench(tmp_path, _pack(tmp_path / "pack", GOOD, macros="create macro oops("))
