from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from trueup.billing.catalog import model as catalog
from trueup.billing.customers import model as customers
from trueup.billing.invoicing import model as invoicing
from trueup.billing.payments import model as payments
from trueup.billing.subscriptions import model as subscriptions

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"
ENUMS = [
    value
    for model in (catalog, customers, invoicing, payments, subscriptions)
    for value in vars(model).values()
    if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
]


@pytest.mark.parametrize("values", ENUMS, ids=lambda values: values.__name__)
def test_every_stored_value_is_in_the_glossary(values):
    """In one line of it: a value is explained beside its siblings."""
    lines = [
        set(re.findall(r"`([a-z_]+)`", line))
        for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
    ]
    assert any({str(value) for value in values} <= line for line in lines)
