"""Why an invoice bears no tax, in words."""

from __future__ import annotations

import pytest

from trueup.billing.invoicing.rules.untaxed import why_untaxed


@pytest.mark.parametrize(("fact", "locale", "said"), [
    (None, "en", "No tax is charged."),
    ({"action": "charge"}, "en", None),  # zero-rated: its rate says so
    ({"action": "no_charge", "evidence": {}}, "en-US", "Supply outside the scope of VAT."),
    ({"action": "exempt", "evidence": {}}, "en", "Exempt from tax."),
    ({"action": "exempt", "evidence": {"certificate": "TX-7"}}, "en", "Exempt from tax by certificate TX-7."),
    ({"action": "reverse_charge", "evidence": {"vat_number": "FR40303265045"}}, "en", "Reverse charge: the recipient is liable for the tax. (FR40303265045)"),
    ({"action": "reverse_charge", "evidence": {"vat_number": "FR40303265045"}}, "de-DE", "Steuerschuldnerschaft des Leistungsempfängers. (FR40303265045)"),
])  # fmt: skip
def test_what_bears_no_tax_says_why_with_its_evidence(
    fact: dict[str, object] | None, locale: str, said: str | None
) -> None:
    """B46."""
    assert why_untaxed(fact, locale) == said
