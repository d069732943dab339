"""Mistakes that a pack's author makes and that would otherwise change the load without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.migration.mapping import documentation
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.errors import PackUnreadable
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.mapping.shape import SAYINGS

if TYPE_CHECKING:
    from pathlib import Path

SOUND = """
name = "small"
version = "1"
[source]
time_zone = "UTC"
[[entity]]
name = "customer"
table = "people"
key = ["id"]
"""


def _pack(folder: Path, manifest: str, *statements: str) -> Path:
    (folder / "entities").mkdir(parents=True)
    (folder / "pack.toml").write_text(manifest, "utf-8")
    for name in ("customer.sql", *statements):
        (folder / "entities" / name).write_text("select 1", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("written", "meant", "problem"),
    [
        ("time_zone", "timezone", "[source]: unknown key `timezone`"),
        ("version", "versoin", "pack.toml: unknown key `versoin`"),
        ("[[entity]]", "[[entities]]", "pack.toml: unknown key `entities`"),
        ('"UTC"', '"UTC"\nnames = "camel"', "[source] names is 'camel', not one of as_written"),
        (
            "[[entity]]",
            '[map.m]\ntable = "t"\ncolumn = "c"\nvalue = { a = "b" }\n[[entity]]',
            "map m: unknown key `value`",
        ),
    ],
)
def test_a_misspelt_key_is_not_taken_for_a_setting_left_out(tmp_path, written, meant, problem):
    folder = _pack(tmp_path, SOUND.replace(written, meant, 1))
    with pytest.raises(PackUnreadable) as refused:
        open_pack(folder)
    assert problem in str(refused.value)


@pytest.mark.parametrize("file", ["payment.sql", "product.derived.sql"])
def test_a_statement_that_no_entity_uses_is_not_forgotten_in_silence(tmp_path, file):
    with pytest.raises(PackUnreadable, match=f"entities/{file} is there, but no"):
        open_pack(_pack(tmp_path, SOUND, file))


def test_every_column_that_a_manifest_names_can_be_looked_for():
    columns = open_pack(find_pack("telco-churn")).named_columns
    assert columns == {
        f"telco_customer_churn.{name}"
        for name in (
            "customer_id", "churn", "payment_method", "contract", "phone_service",
            "internet_service",
        )
    }  # fmt: skip


@pytest.mark.parametrize("entity", CANONICAL)
def test_an_author_can_look_up_every_field_of_a_record(entity):
    page = documentation.record(entity)
    assert all(f"`{name}`" in page for name in (*CANONICAL[entity].column_names, *SAYINGS))


def test_the_documentation_of_a_mapping_shows_its_assumptions_and_macros():
    page = documentation.markdown(open_pack(find_pack("telco-churn")))
    assert "| `taken_on` | `2018-09-01` |" in page
    assert "macro joined_at(tenure)" in page
