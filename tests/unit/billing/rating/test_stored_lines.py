"""What was billed years ago comes to the same cent today, or somebody says that it does not."""

from __future__ import annotations

import json

import pytest

from trueup.billing.rating.errors import UnreadableDerivation
from trueup.billing.rating.rules.proof import proof_of
from trueup.kernel.currency import currency

HALF = json.dumps({"op": "prorate", "amount": "10", "from": "2026-03-01", "to": "2026-03-11",
                   "period": ["2026-03-01", "2026-04-01"]})  # fmt: skip


@pytest.mark.parametrize(("code", "rounding", "micros"), [
    ("EUR", "ROUND_HALF_UP", 3_230_000),  # 3.2258...
    ("EUR", "ROUND_DOWN", 3_220_000),
    ("JPY", "ROUND_HALF_UP", 3_000_000),
    ("KWD", "ROUND_CEILING", 3_226_000),
])  # fmt: skip
def test_a_stored_derivation_is_executed_again_to_the_same_cent(code, rounding, micros):
    """B13, B14, B16."""
    assert proof_of(HALF, micros, currency(code), rounding).holds


@pytest.mark.parametrize("off", [-10_000, 10_000, 1, -6_450_000])
def test_a_line_that_was_billed_otherwise_is_found(off):
    proof = proof_of(HALF, 3_230_000 + off, currency("EUR"))
    assert not proof.holds
    assert proof.computed_micros == 3_230_000
    assert proof.billed_micros == 3_230_000 + off


def test_a_derivation_that_nobody_understands_proves_nothing():
    with pytest.raises(UnreadableDerivation):
        proof_of('{"op":"guess"}', 0, currency("EUR"))
