"""Every status and every trigger of an invoice: what follows, or that nothing may."""

from __future__ import annotations

import pytest

from trueup.billing.invoicing.errors import InvoiceTransition
from trueup.billing.invoicing.model import InvoiceStatus
from trueup.billing.invoicing.states import Trigger, next_status

# Rows: statuses. Columns: triggers. A dot: refused.
TABLE = """
               finalize settle reopen void write_off
draft          open     .      .      void .
open           .        paid   .      void uncollectible
paid           .        .      open   void .
void           .        .      .      .    .
uncollectible  .        paid   .      .    .
"""
HEADER, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [
    (row[0], trigger, after) for row in ROWS for trigger, after in zip(HEADER, row[1:], strict=True)
]


def test_the_table_speaks_of_every_status_and_trigger():
    assert {row[0] for row in ROWS} == set(InvoiceStatus)
    assert set(HEADER) == set(Trigger)


@pytest.mark.parametrize(("status", "trigger", "after"), CASES)
def test_what_follows(status, trigger, after):
    if after == ".":
        with pytest.raises(InvoiceTransition):
            next_status(InvoiceStatus(status), Trigger(trigger))
    else:
        assert next_status(InvoiceStatus(status), Trigger(trigger)) == after
