"""Who charges what, where and why: B42 to B47 on the way from a customer to a rate."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from trueup.billing.taxes.model import (
    Buyer,
    Certificate,
    CheckState,
    ExemptionEvidence,
    NumberCheck,
    Seller,
    Supply,
    TaxAction,
    TaxConvention,
    TaxReason,
    Treatment,
    UncheckedNumber,
    VatCategory,
)
from trueup.billing.taxes.rules.frozen import frozen_tax, thawed_tax
from trueup.billing.taxes.rules.numbers import vat_number
from trueup.billing.taxes.rules.treatment import PENDING, pending, treat
from trueup.billing.taxes.tables import shipped_rates
from trueup.kernel.errors import Defect

NOW = date(2025, 9, 1)
GERMAN = Seller("DE", vat_number="DE136695976")
AMERICAN = Seller("US", "NY", collects_in=frozenset({"US-TX", "US-OR"}))
FRENCH_NUMBER = "FR40303265045"
CHARGE, REVERSE, NONE = TaxAction.CHARGE, TaxAction.REVERSE_CHARGE, TaxAction.NO_CHARGE
EXEMPT, WAIT = TaxAction.EXEMPT, TaxAction.PENDING


def treated(seller: Seller, buyer: Buyer, on: date = NOW, **settings: object) -> Treatment:
    convention = TaxConvention(**settings)
    return treat(Supply(seller, buyer, on), table=shipped_rates(), convention=convention)


def number(state: CheckState, text: str = FRENCH_NUMBER) -> NumberCheck:
    return NumberCheck(vat_number(text), state)


@pytest.mark.parametrize(("seller", "buyer", "on", "action", "percent", "reason"), [
    # inside one country
    (GERMAN, Buyer("DE"), NOW, CHARGE, 19, TaxReason.DOMESTIC),
    (GERMAN, Buyer("DE", is_business=True, check=number(CheckState.VALID, "DE136695976")), NOW, CHARGE, 19, TaxReason.DOMESTIC),
    (GERMAN, Buyer(" de "), NOW, CHARGE, 19, TaxReason.DOMESTIC),
    # consumers abroad, and what changed in 2015 and 2019
    (GERMAN, Buyer("FR"), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("FR"), date(2014, 12, 31), CHARGE, 19, TaxReason.SELLER_RATE_BEFORE_2015),
    (GERMAN, Buyer("FR"), date(2015, 1, 1), CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (Seller("DE", is_below_oss_threshold=True), Buyer("FR"), NOW, CHARGE, 19, TaxReason.SELLER_RATE_BELOW_THRESHOLD),
    (Seller("DE", is_below_oss_threshold=True), Buyer("FR"), date(2018, 12, 31), CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (Seller("DE", is_below_oss_threshold=True), Buyer("FR"), date(2019, 1, 1), CHARGE, 19, TaxReason.SELLER_RATE_BELOW_THRESHOLD),
    # businesses abroad
    (GERMAN, Buyer("FR", is_business=True, check=number(CheckState.VALID)), NOW, REVERSE, None, TaxReason.BUSINESS_ABROAD),
    (GERMAN, Buyer("FR", check=number(CheckState.VALID)), NOW, REVERSE, None, TaxReason.BUSINESS_ABROAD),
    (GERMAN, Buyer("FR", is_business=True), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("FR", is_business=True, check=number(CheckState.INVALID)), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("FR", is_business=True, check=number(CheckState.VALID, "DE136695976")), NOW, CHARGE, 19, TaxReason.DOMESTIC),
    (GERMAN, Buyer("FR", is_business=True, check=number(CheckState.VALID, "GB980780684")), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    # members come and go
    (GERMAN, Buyer("GB"), date(2020, 12, 31), CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("GB"), date(2021, 1, 1), NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (GERMAN, Buyer("HR"), date(2013, 6, 30), NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (GERMAN, Buyer("HR"), NOW, CHARGE, 25, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("EL"), NOW, CHARGE, 24, TaxReason.CONSUMER_ABROAD),
    # parts left out, parts counted in
    (GERMAN, Buyer("ES", postal_code="35001"), NOW, NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (GERMAN, Buyer("IC"), NOW, NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (GERMAN, Buyer("DE", postal_code="27498"), NOW, NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (GERMAN, Buyer("MC"), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("MQ"), NOW, CHARGE, 8.5, TaxReason.CONSUMER_ABROAD),
    (GERMAN, Buyer("PT", postal_code="9000-015"), NOW, CHARGE, 22, TaxReason.CONSUMER_ABROAD),
    # outside the EU
    (GERMAN, Buyer("CH"), NOW, NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (GERMAN, Buyer("US"), NOW, NONE, None, TaxReason.OUTSIDE_TAX_AREA),
    (Seller("DE", collects_in=frozenset({"GB"})), Buyer("GB"), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (Seller("DE", collects_in=frozenset({"GB"})), Buyer("GB", is_business=True), NOW, NONE, None, TaxReason.BUSINESS_ABROAD),
    # into the EU
    (AMERICAN, Buyer("FR"), NOW, NONE, None, TaxReason.NOT_REGISTERED),
    (Seller("US", "NY", collects_in=frozenset({"EU"})), Buyer("FR"), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (Seller("US", "NY", collects_in=frozenset({"EU"})), Buyer("FR"), date(2014, 12, 31), CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (Seller("US", "NY", collects_in=frozenset({"FR"})), Buyer("FR"), NOW, CHARGE, 20, TaxReason.CONSUMER_ABROAD),
    (AMERICAN, Buyer("FR", check=number(CheckState.VALID)), NOW, REVERSE, None, TaxReason.BUSINESS_ABROAD),
    (AMERICAN, Buyer("FR", check=number(CheckState.PENDING)), NOW, NONE, None, TaxReason.NOT_REGISTERED),
    # the US: where there is nexus, and there is a tax
    (AMERICAN, Buyer("US", "NY"), NOW, CHARGE, 4, TaxReason.DOMESTIC),
    (AMERICAN, Buyer("US", "us-tx"), NOW, CHARGE, 6.25, TaxReason.DOMESTIC),
    (AMERICAN, Buyer("US", "CA"), NOW, NONE, None, TaxReason.NOT_REGISTERED),
    (AMERICAN, Buyer("US", "OR"), NOW, NONE, None, TaxReason.NO_SUCH_TAX),
    (Seller("DE", collects_in=frozenset({"US-TX"})), Buyer("US", "TX"), NOW, CHARGE, 6.25, TaxReason.CONSUMER_ABROAD),
    (Seller("DE", collects_in=frozenset({"US-TX"})), Buyer("US", "NY"), NOW, NONE, None, TaxReason.NOT_REGISTERED),
])  # fmt: skip
def test_a_supply_is_charged_where_the_law_says(seller, buyer, on, action, percent, reason):
    treatment = treated(seller, buyer, on)
    assert (treatment.action, treatment.reason) == (action, reason)
    assert [rate.rate_ppm for rate in treatment.rates] == ([percent * 10_000] if percent else [])
    levied_in = treatment.rates[0].jurisdiction[:2] if percent else None
    assert treatment.country == levied_in
    assert (treatment.legend is None) is (action is CHARGE)


def test_b46_the_evidence_names_all_that_was_decided_on():
    check = NumberCheck(
        vat_number(FRENCH_NUMBER), CheckState.VALID, datetime(2025, 9, 1, tzinfo=UTC), "WAPI1"
    )
    known = treated(GERMAN, Buyer("FR", "IDF", "75001", check=check)).evidence
    assert known == {
        "on": "2025-09-01",
        "category": "standard",
        "seller_country": "DE",
        "seller_vat_number": "DE136695976",
        "buyer_country": "FR",
        "buyer_region": "IDF",
        "buyer_postal_code": "75001",
        "vat_number": FRENCH_NUMBER,
        "vat_number_state": "valid",
        "checked_at": "2025-09-01T00:00:00+00:00",
        "check_reference": "WAPI1",
    }
    for buyer in (Buyer("FR"), Buyer("CH"), Buyer(None), Buyer("FR", is_marked_exempt=True)):
        for evidence in ExemptionEvidence:
            found = treated(Seller("DE"), buyer, exemption_evidence=evidence).evidence
            assert found.items() >= {"on": "2025-09-01", "seller_country": "DE"}.items()
            assert found.get("buyer_country") == buyer.country


@pytest.mark.parametrize(("collects_in", "region", "taxes"), [
    ((), "ON", [("HST", 13)]),
    ((), "AB", [("GST", 5)]),
    ((), "QC", [("GST", 5)]),
    (("CA-QC",), "QC", [("GST", 5), ("QST", 9.975)]),   # side by side: neither is levied on the other
    (("CA-BC",), "BC", [("GST", 5), ("PST", 7)]),
])  # fmt: skip
def test_canada_has_one_tax_or_two_that_never_compound(collects_in, region, taxes):
    treatment = treated(Seller("CA", "ON", collects_in=frozenset(collects_in)), Buyer("CA", region))
    assert [(r.name, r.rate_ppm / 10_000) for r in treatment.rates] == taxes
    assert not any(rate.is_compound for rate in treatment.rates)


@pytest.mark.parametrize(("seller", "buyer", "settings", "reason"), [
    (GERMAN, Buyer(None), {}, TaxReason.LOCATION_UNKNOWN),
    (GERMAN, Buyer(" "), {}, TaxReason.LOCATION_UNKNOWN),
    (GERMAN, Buyer("FR", check=number(CheckState.PENDING)), {}, TaxReason.NUMBER_CHECK_PENDING),
    (GERMAN, Buyer("FR", check=number(CheckState.PENDING)), {"unchecked_number": UncheckedNumber.CHARGE}, TaxReason.NUMBER_CHECK_PENDING),
    (GERMAN, Buyer("FR", check=number(CheckState.UNCHECKED)), {}, TaxReason.NUMBER_UNCHECKED),
    (Seller("DE"), Buyer("FR", check=number(CheckState.VALID)), {}, TaxReason.SELLER_NUMBER_MISSING),
    (Seller("US", "NY", collects_in=frozenset({"EU"})), Buyer("FR", check=number(CheckState.PENDING)), {}, TaxReason.NUMBER_CHECK_PENDING),
    (AMERICAN, Buyer("US"), {}, TaxReason.REGION_UNKNOWN),
    (Seller("CA", "ON"), Buyer("CA"), {}, TaxReason.REGION_UNKNOWN),
    (Seller("CA", "ON"), Buyer("CA", "XX"), {}, TaxReason.RATE_UNKNOWN),
    (Seller("US", "NY", collects_in=frozenset({"US-XX"})), Buyer("US", "XX"), {}, TaxReason.RATE_UNKNOWN),
    (Seller("IN"), Buyer("IN"), {}, TaxReason.RATE_UNKNOWN),
    (AMERICAN, Buyer("US", "NY", is_marked_exempt=True), {}, TaxReason.CERTIFICATE_MISSING),
])  # fmt: skip
def test_b46_what_is_not_known_leaves_the_invoice_pending_never_at_zero(
    seller, buyer, settings, reason
):
    treatment = treated(seller, buyer, **settings)
    assert (treatment.action, treatment.reason) == (WAIT, reason)
    assert treatment.is_pending
    assert treatment.sentence
    assert treatment.fix
    with pytest.raises(Defect):
        frozen_tax(treatment, TaxConvention())


@pytest.mark.parametrize(("setting", "action"), [
    (UncheckedNumber.PENDING, WAIT),                    # Lago
    (UncheckedNumber.REVERSE_CHARGE, REVERSE),          # Meteroid
    (UncheckedNumber.CHARGE, CHARGE),                   # Meteroid, strict
])  # fmt: skip
def test_what_an_unchecked_number_means_is_a_setting(setting, action):
    buyer = Buyer("FR", is_business=True, check=number(CheckState.UNCHECKED))
    assert treated(GERMAN, buyer, unchecked_number=setting).action is action


def test_an_unchecked_number_that_cannot_exist_is_a_consumers_under_every_setting():
    wrong = number(CheckState.UNCHECKED, "FR40303265046")
    for setting in UncheckedNumber:
        treatment = treated(GERMAN, Buyer("FR", check=wrong), unchecked_number=setting)
        assert treatment.reason is TaxReason.CONSUMER_ABROAD


def test_b47_a_reverse_charge_has_both_numbers_the_code_and_the_legend():
    treatment = treated(GERMAN, Buyer("FR", check=number(CheckState.VALID)))
    assert treatment.vat_category is VatCategory.REVERSE_CHARGE
    assert treatment.exemption_code == "VATEX-EU-AE"
    assert treatment.legend
    assert treatment.legend.startswith("Reverse charge")
    assert treatment.evidence["seller_vat_number"] == "DE136695976"
    assert treatment.evidence["vat_number"] == FRENCH_NUMBER
    assert treatment.evidence["vat_number_state"] == "valid"
    assert treatment.rates == ()


@pytest.mark.parametrize(("seller", "buyer", "category", "code"), [
    (GERMAN, Buyer("DE"), VatCategory.STANDARD, None),
    (GERMAN, Buyer("CH"), VatCategory.NOT_SUBJECT, "VATEX-EU-O"),
    (AMERICAN, Buyer("FR", check=number(CheckState.VALID)), VatCategory.NOT_SUBJECT, "VATEX-EU-O"),
])  # fmt: skip
def test_b45_every_treatment_has_its_category_of_en_16931(seller, buyer, category, code):
    treatment = treated(seller, buyer)
    assert (treatment.vat_category, treatment.exemption_code) == (category, code)


def test_a_zero_rate_is_charged_at_zero_by_name():
    treatment = treat(
        Supply(GERMAN, Buyer("DE"), NOW, "zero"), table=shipped_rates(), convention=TaxConvention()
    )
    assert (treatment.action, treatment.vat_category) == (CHARGE, VatCategory.ZERO)
    assert [rate.rate_ppm for rate in treatment.rates] == [0]


@pytest.mark.parametrize(("where", "valid_from", "valid_until", "action"), [
    ("US-TX", None, None, EXEMPT),
    ("US", None, None, EXEMPT),                                       # all states
    ("US-NY", None, None, CHARGE),                                    # another state
    ("US-T", None, None, CHARGE),
    ("US-TX", NOW, NOW, EXEMPT),                                      # the last day counts
    ("US-TX", None, date(2025, 8, 31), CHARGE),                       # expired
    ("US-TX", date(2025, 9, 2), None, CHARGE),                        # not yet
])  # fmt: skip
def test_a_certificate_exempts_in_its_state_while_it_is_valid(
    where, valid_from, valid_until, action
):
    certificate = Certificate("cert-7", where, valid_from, valid_until)
    treatment = treated(AMERICAN, Buyer("US", "TX", certificates=(certificate,)))
    assert treatment.action is action
    assert treatment.evidence.get("certificate") == ("cert-7" if action is EXEMPT else None)


def test_a_certificate_of_one_tax_does_not_exempt_from_the_other():
    seller = Seller("CA", "ON", collects_in=frozenset({"CA-BC"}))
    of_the_province = Certificate("pst", "CA-BC")
    assert treated(seller, Buyer("CA", "BC", certificates=(of_the_province,))).action is CHARGE
    assert (
        treated(seller, Buyer("CA", "BC", certificates=(Certificate("all", "CA"),))).action
        is EXEMPT
    )


def test_a_mark_on_the_customer_is_enough_where_the_tenant_says_so():
    """As many legacy systems did: a migrated customer is billed as before."""
    for buyer in (Buyer("US", "NY", is_marked_exempt=True), Buyer(None, is_marked_exempt=True)):
        treatment = treated(AMERICAN, buyer, exemption_evidence=ExemptionEvidence.MARK)
        assert (treatment.action, treatment.reason) == (EXEMPT, TaxReason.MARKED_EXEMPT)
        assert treatment.vat_category is VatCategory.EXEMPT
        assert treatment.country == buyer.country
        assert treatment.legend == "Exempt from tax."


@pytest.mark.parametrize("buyer", [
    Buyer("FR", postal_code="97110"),
    Buyer("FR", check=NumberCheck(vat_number(FRENCH_NUMBER), CheckState.VALID, datetime(2025, 9, 1, tzinfo=UTC), "WAPI1")),
    Buyer("CH"),
    Buyer("CA", "QC"),
])  # fmt: skip
def test_b46_the_tax_fact_is_frozen_whole_and_reads_back_the_same(buyer):
    convention = TaxConvention(unchecked_number=UncheckedNumber.CHARGE)
    treatment = treated(
        Seller("DE", vat_number="DE1", collects_in=frozenset({"CA", "CA-QC"})), buyer
    )
    record = frozen_tax(treatment, convention)
    assert thawed_tax(record) == (treatment, convention)
    assert record["evidence"]["buyer_country"] == buyer.country
    if buyer.check:
        assert record["evidence"]["check_reference"] == "WAPI1"
        assert record["evidence"]["checked_at"] == "2025-09-01T00:00:00+00:00"


def test_every_reason_to_wait_tells_a_person_what_to_do():
    for reason in PENDING:
        treatment = pending(reason, {})
        assert treatment.is_pending
        assert treatment.sentence
        assert treatment.sentence.endswith(".")
        assert treatment.fix
        assert treatment.fix.endswith(".")
