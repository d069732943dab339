"""A pack states how its source billed; it decides nothing of a load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.billing.calendar.model import Proration
from trueup.billing.dialect.model import Dialect
from trueup.billing.taxes.model import TaxRounding
from trueup.migration.mapping.errors import PackUnreadable
from trueup.migration.mapping.pack import open_pack, shipped_packs

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
STATED = """
[dialect]
proration = "second"
taxes = { rounding_place = "invoice" }
"""


def pack(folder: Path, manifest: str) -> Path:
    (folder / "entities").mkdir(parents=True)
    (folder / "pack.toml").write_text(manifest, "utf-8")
    (folder / "entities" / "customer.sql").write_text("select 1", "utf-8")
    return folder


def test_what_is_not_stated_is_as_we_bill(tmp_path: Path) -> None:
    assert open_pack(pack(tmp_path / "a", SOUND)).dialect == Dialect(name="small")
    stated = open_pack(pack(tmp_path / "b", SOUND + STATED)).dialect
    assert stated.proration is Proration.SECOND
    assert stated.taxes.rounding_place is TaxRounding.INVOICE
    assert stated.discounts == Dialect().discounts


def test_a_load_stays_when_the_dialect_is_mended(tmp_path: Path) -> None:
    plain, stated = pack(tmp_path / "a", SOUND), pack(tmp_path / "b", SOUND + STATED)
    assert open_pack(plain).hash == open_pack(stated).hash


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('porration = "second"', "there is no porration"),
        ('proration = "fortnight"', "fortnight"),
        ("credits_at_end = 1", "bool"),
    ],
)
def test_a_dialect_that_cannot_be_read_is_a_problem_of_the_pack(
    tmp_path: Path, written: str, problem: str
) -> None:
    with pytest.raises(PackUnreadable) as refused:
        open_pack(pack(tmp_path, f"{SOUND}[dialect]\n{written}\n"))
    assert "[dialect]" in str(refused.value)
    assert problem in str(refused.value)


def test_every_shipped_pack_names_its_dialect() -> None:
    assert {each.name: each.dialect.name for each in shipped_packs()} == {
        each.name: each.name for each in shipped_packs()
    }
