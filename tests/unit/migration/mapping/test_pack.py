from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.migration.mapping.canonical import CANONICAL, REFERRED_TO
from trueup.migration.mapping.errors import PackNotFound, PackUnreadable
from trueup.migration.mapping.model import Bucket, Kind
from trueup.migration.mapping.pack import find_pack, hash_of, open_pack, shipped_packs

if TYPE_CHECKING:
    from pathlib import Path

SOUND = """
name = "small"
version = 2
[source]
time_zone = "Europe/Berlin"
[assumption.currency]
value = "EUR"
reason = "no column names one"
owner = "finance"
[[entity]]
name = "customer"
table = "people"
key = ["id"]
status = "state"
currency = "cur"
references = { boss = "people.id" }
[[entity]]
name = "product"
[[merged_table]]
table = "addresses"
reason = "in the customer"
[[excluded_table]]
table = "log"
reason = "noise"
owner = "ops"
[map.customer_status]
table = "people"
column = "state"
values = { on = "active", "(null)" = "closed" }
"""


def _write(folder: Path, manifest: str, **files: str) -> Path:
    (folder / "entities").mkdir(parents=True)
    (folder / "pack.toml").write_text(manifest, "utf-8")
    for name, text in files.items():
        (folder / "entities" / f"{name.replace('__', '.')}.sql").write_text(text, "utf-8")
    return folder


def test_a_pack_is_read_whole_and_in_load_order(tmp_path: Path) -> None:
    pack = open_pack(_write(tmp_path, SOUND, customer="select 1;\n", product__derived="select 2"))
    assert (pack.name, pack.version, pack.title, pack.source_time_zone) == (
        "small",
        "2",
        "small",
        "Europe/Berlin",
    )
    assert [each.entity for each in pack.entities] == [
        "product",
        "customer",
    ]  # what is referred to comes first
    assert (pack.entity("customer").sql, pack.entity("product").derived_sql) == (
        "select 1",
        "select 2",
    )
    assert pack.entity("customer").references == {"boss": "people.id"}
    assert [(each.table, each.bucket, each.owner) for each in pack.tables_set_aside] == [
        ("addresses", Bucket.MERGED, None), ("log", Bucket.EXCLUDED, "ops")]  # fmt: skip
    assert pack.maps[0].values == {"on": "active", "(null)": "closed"}
    assert pack.macros is None


PROBLEMS = [
    ('version = "1"', "`name` is missing"),
    ('name = "a"', "`version` is missing"),
    ("", "[source] names no time_zone"),
    ('[source]\ntime_zone = "Mars/Phobos"', "'Mars/Phobos' is not an IANA time zone"),
    ("", "it maps no [[entity]]"),
    ('[[entity]]\nname = "account"', "entity 'account' is none of product, plan"),
    (
        '[[entity]]\nname = "plan"',
        "entity plan: names no table, and entities/plan.derived.sql is missing",
    ),
    (
        '[[entity]]\nname = "plan"\ntable = "t"\nkey = ["id"]',
        "entity plan: entities/plan.sql is missing",
    ),
    ('[[entity]]\nname = "customer"\ntable = "t"', "entity customer: `key` is missing"),
    (
        '[[entity]]\nname = "customer"',
        "entity customer: entities/customer.sql is there, but no `table` is named",
    ),
    ('[[entity]]\nname = "customer"\ncolour = "red"', "entity customer: unknown key `colour`"),
    ('[[entity]]\nname = "plan"\n[[entity]]\nname = "plan"', "entity 'plan' is mapped twice"),
    ('[map."a-b"]\ntable = "t"\ncolumn = "c"\nvalues = { x = "y" }', "map 'a-b': a map's name is"),
    ('[map.m]\ntable = "t"', "map m: `values` is missing"),
    (
        '[map.m]\ntable = "t"\ncolumn = "c"\nvalues = { x = 1 }',
        "map m: 'x' maps to 1, which is not text",
    ),
    ('[[excluded_table]]\ntable = "t"', "[[excluded_table]] 't' needs table, reason, owner"),
    (
        '[[merged_table]]\ntable = "t"\nreason = "r"\nowner = "o"',
        "[[merged_table]] 't' needs table, reason",
    ),
    ('[assumption.x]\nvalue = "1"', "assumption x: it needs value, reason and owner"),
]


@pytest.mark.parametrize(("manifest", "problem"), PROBLEMS)
def test_each_problem_of_a_manifest_is_told(tmp_path: Path, manifest: str, problem: str) -> None:
    with pytest.raises(PackUnreadable) as refused:
        open_pack(_write(tmp_path, manifest, customer="select 1"))
    assert problem in str(refused.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    manifest = "\n".join(
        text
        for text, _ in PROBLEMS
        if text.startswith(
            ('[[entity]]\nname = "account"', "[[merged", '[map.m]\ntable = "t"\ncolumn')
        )
    )
    with pytest.raises(PackUnreadable) as refused:
        open_pack(_write(tmp_path, manifest))
    problems = refused.value.fields["problems"]
    assert isinstance(problems, list)
    assert len(problems) == 6


UNREADABLE = [
    (None, "pack.toml cannot be read"),
    ("name = [", "pack.toml is not valid TOML"),
    ('name = "\xff"'.encode("latin-1"), "pack.toml is not valid TOML"),
]


@pytest.mark.parametrize(("manifest", "problem"), UNREADABLE)
def test_a_manifest_that_cannot_be_read_says_why(
    tmp_path: Path, manifest: str | bytes | None, problem: str
) -> None:
    if manifest is not None:
        (tmp_path / "pack.toml").write_bytes(
            manifest.encode() if isinstance(manifest, str) else manifest
        )
    with pytest.raises(PackUnreadable, match=problem):
        open_pack(tmp_path)


def test_the_hash_is_of_all_that_decides_what_is_loaded(tmp_path: Path) -> None:
    folder = _write(tmp_path, SOUND, customer="select 1", product__derived="select 2")
    first = hash_of(folder)
    (folder / "README.md").write_text("prose")
    (folder / "checks").mkdir()
    (folder / "checks/customer.sql").write_text("select 3")
    assert hash_of(folder) == first  # a check may be mended without loading again
    (folder / "macros.sql").write_text("select 4")
    with_macros = hash_of(folder)
    (folder / "entities/customer.sql").write_text("select 1 ")
    assert len({first, with_macros, hash_of(folder)}) == 3


def test_a_pack_is_found_by_folder_or_by_its_shipped_name(tmp_path: Path) -> None:
    folder = _write(tmp_path / "mine", SOUND)
    assert find_pack(str(folder)) == folder
    assert find_pack("legacy-001").name == "legacy-001"
    with pytest.raises(PackNotFound, match="nowhere") as refused:
        find_pack("nowhere")
    assert "legacy-001" in str(refused.value.fix)


@pytest.mark.parametrize("pack", shipped_packs(), ids=lambda pack: pack.name)
def test_a_shipped_pack_checks_what_it_loads(pack) -> None:
    for mapping in pack.entities:
        assert (pack.path / "checks" / f"{mapping.entity}.sql").is_file(), mapping.entity


def test_nothing_comes_before_what_it_refers_to() -> None:
    order = list(CANONICAL)
    for name, canonical in CANONICAL.items():
        inside = [field for child in canonical.children for field in child.fields]
        for field in (*canonical.fields, *inside):
            if field.kind is Kind.REFERENCE:
                assert field.entity in REFERRED_TO
                assert order.index(str(field.entity)) <= order.index(name), (name, field.name)


def test_every_check_is_about_a_field_of_its_record() -> None:
    for name, canonical in CANONICAL.items():
        for check in canonical.checks:
            assert check.field in canonical.column_names, (name, check.reason)
