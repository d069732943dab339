from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.taxes.errors import CreditAboveTaxed
from trueup.billing.taxes.rules.crediting import Taxed, tax_to_credit
from trueup.kernel.currency import currency

EUR = currency("EUR")
CENT = EUR.step_micros


@pytest.mark.parametrize(("net", "tax", "notes", "taxes"), [
    (13666, 2733, [6833, 6833], [1367, 1366]),                             # Lago: the last takes what is left
    (27332, 5466, [6833, 6833, 6833, 1367, 2233, 3233], [1367, 1367, 1367, 273, 447, 645]),
    (28865, 5773, [28865], [5773]),
    (100, 0, [50, 50], [0, 0]),
    (3, 1, [1, 1, 1], [0, 0, 1]),
])  # fmt: skip
def test_b48_notes_add_up_to_the_invoice(net, tax, notes, taxes):
    billed, credited, found = Taxed(net * CENT, tax * CENT), Taxed(0, 0), []
    for note in notes:
        back = tax_to_credit(note * CENT, billed=billed, credited=credited, currency=EUR)
        credited = Taxed(credited.net_micros + note * CENT, credited.tax_micros + back)
        found.append(back // CENT)
    assert found == taxes


@pytest.mark.parametrize("net", [-1, 101])
def test_more_than_is_left_is_refused(net):
    with pytest.raises(CreditAboveTaxed) as refused:
        tax_to_credit(
            net * CENT,
            billed=Taxed(200 * CENT, 40 * CENT),
            credited=Taxed(100 * CENT, 20 * CENT),
            currency=EUR,
        )
    assert refused.value.fields == {"net_micros": net * CENT, "left_micros": 100 * CENT}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(0, 10**6))
def test_notes_never_exceed_the_invoice_and_the_last_settles_it(parts, tax):
    billed, credited = Taxed(sum(parts) * CENT, tax * CENT if any(parts) else 0), Taxed(0, 0)
    for part in parts:
        back = tax_to_credit(part * CENT, billed=billed, credited=credited, currency=EUR)
        credited = Taxed(credited.net_micros + part * CENT, credited.tax_micros + back)
        assert 0 <= credited.tax_micros <= billed.tax_micros
    assert credited == billed
