"""The official rules of EN 16931 judge what we write, and the judge is judged by its own examples."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it has no types
from tests.unit.billing.documents.issued import cases

from trueup.billing.documents.cii import cii
from trueup.billing.documents.errors import EInvoiceNotValid, ValidationNotDone
from trueup.billing.documents.model import Format
from trueup.billing.documents.service import render, validate
from trueup.billing.documents.ubl import ubl
from trueup.billing.documents.validation import Outcome, Validator

OFFICIAL = Path(__file__).resolve().parents[3] / "shared" / "cases" / "einvoice"
needs_official_examples = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not OFFICIAL.is_dir(), reason="../shared is not beside the project"),
]
DIFI = "{http://difi.no/xsd/vefa/validator/1.0}"
CASES = cases()


@pytest.fixture(scope="module")
def validator():
    with Validator() as opened:
        yield opened


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize(("form", "write"), [(Format.UBL, ubl), (Format.CII, cii)])
def test_every_document_passes_the_schema_and_every_rule(validator, name, form, write):
    verdict = validator.validate(write(CASES[name]), form)
    assert verdict.findings == ()  # not a warning either
    assert verdict.outcome is Outcome.VALID


def broken(old, new):
    xml = ubl(CASES["two_rates"]).decode()
    assert old in xml
    return xml.replace(old, new).encode()


@pytest.mark.parametrize(("xml", "rule"), [
    (broken(">575.11</cbc:PayableAmount>", ">575.12</cbc:PayableAmount>"), "BR-CO-16"),
    (broken(">86.98<", ">86.97<"), "BR-CO-14"),
    (broken(">348.00</cbc:LineExtensionAmount>", ">348.001</cbc:LineExtensionAmount>"), "BR-DEC-23"),
    (broken("<cbc:DocumentCurrencyCode>EUR", "<cbc:DocumentCurrencyCode>EUX"), "BR-CL-04"),
    (broken("<cbc:IdentificationCode>DE</cbc:IdentificationCode>", ""), "BR-09"),
    (broken("<cbc:ID>RE-2026-0042</cbc:ID>", ""), "XSD"),
])  # fmt: skip
def test_a_broken_rule_is_named(validator, xml, rule):
    verdict = validator.validate(xml, Format.UBL)
    assert verdict.outcome is Outcome.BROKEN_RULES
    assert rule in {finding.rule for finding in verdict.findings if finding.is_fatal}
    assert verdict.broken


DTD = b'<!DOCTYPE Invoice [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(("xml", "form", "outcome"), [
    (b"", Format.UBL, Outcome.REFUSED),
    (b"no xml", Format.CII, Outcome.REFUSED),
    (b"<Invoice/>", Format.UBL, Outcome.REFUSED),
    (ubl(CASES["domestic"]), Format.CII, Outcome.REFUSED),  # the wrong rules would find nothing
    (ubl(CASES["domestic"]).replace(b"<Invoice", DTD + b"<Invoice", 1), Format.UBL, Outcome.REFUSED),
])  # fmt: skip
def test_what_is_no_e_invoice_is_not_valid(validator, xml, form, outcome):
    verdict = validator.validate(xml, form)
    assert (verdict.is_valid, verdict.outcome) == (False, outcome)
    assert verdict.detail


PYTHON = (sys.executable, "-c")
SILENT = "import sys, time; time.sleep(60)"
SAYS = """import sys
while head := sys.stdin.buffer.readline().split():
    sys.stdin.buffer.read(int(head[1]))
    print({!r}, flush=True)"""


@pytest.mark.parametrize(("command", "outcome"), [
    (("/nowhere/python",), Outcome.NO_VALIDATOR),
    ((*PYTHON, "import a_part_that_is_not_installed"), Outcome.NO_VALIDATOR),
    ((*PYTHON, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"), Outcome.CRASHED),
    ((*PYTHON, "pass"), Outcome.CRASHED),
    ((*PYTHON, SILENT), Outcome.TIMED_OUT),
    ((*PYTHON, SAYS.format("fine!")), Outcome.UNREADABLE_ANSWER),
    ((*PYTHON, SAYS.format("true")), Outcome.UNREADABLE_ANSWER),
    ((*PYTHON, SAYS.format('{"fired": 200}')), Outcome.UNREADABLE_ANSWER),
    ((*PYTHON, SAYS.format('{"findings": [], "fired": 0}')), Outcome.NO_RULE_APPLIED),
])  # fmt: skip
def test_without_an_answer_from_the_rules_nothing_is_valid(command, outcome):
    document = CASES["domestic"]
    with Validator(command, timeout_seconds=1 if outcome is Outcome.TIMED_OUT else 30) as absent:
        verdict = absent.validate(ubl(document), Format.UBL)
        assert (verdict.is_valid, verdict.outcome) == (False, outcome)
        with pytest.raises(ValidationNotDone) as refused:
            render(document, Format.UBL, validator=absent)
    assert refused.value.fields["reason"] == outcome
    assert refused.value.can_retry


def test_after_a_crash_the_next_document_is_judged_again(tmp_path):
    once = tmp_path / "once.py"
    once.write_text(
        f"import os, sys\nmark = {str(tmp_path / 'died')!r}\n"
        "if not os.path.exists(mark):\n    open(mark, 'w').close()\n    os._exit(9)\n"
        "from trueup.billing.documents.validation_worker import serve\n"
        "serve(sys.stdin.buffer, sys.stdout.buffer)\n",
        encoding="utf-8",
    )
    xml = ubl(CASES["domestic"])
    with Validator((sys.executable, str(once))) as validator:
        outcomes = [validator.validate(xml, Format.UBL).outcome for _ in range(2)]
    assert outcomes == [Outcome.CRASHED, Outcome.VALID]


def test_an_e_invoice_that_breaks_a_rule_is_not_handed_out(validator):
    document = CASES["domestic"]
    lines = tuple(
        line.__class__(**{**fields(line), "unit": line.unit.__class__("QQQ")})
        for line in document.lines
    )
    wrong = document.__class__(**{**fields(document), "lines": lines})
    with pytest.raises(EInvoiceNotValid, match="BR-CL-23"):
        render(wrong, Format.CII, validator=validator)


def fields(record):
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_one_document_alone_brings_its_own_validator():
    assert validate(render(CASES["domestic"], Format.UBL), Format.UBL).is_valid


# The validator's own examples and unit tests, as its authors publish them.


def examples():
    return sorted(
        path
        for folder in ("ubl/examples", "cii/examples", "test/testfiles")
        for path in (OFFICIAL / folder).glob("*.[xX][mM][lL]")
    )


class TestOfficialExamples:
    pytestmark = needs_official_examples

    @pytest.mark.parametrize("path", examples(), ids=lambda path: path.name)
    def test_the_rules_accept_their_examples(self, validator, path):
        xml = path.read_bytes()
        form = Format.CII if b"CrossIndustryInvoice" in xml else Format.UBL
        verdict = validator.validate(xml, form)
        # Some use more of CII than the EN 16931 profile has, which its schema notes.
        assert {finding.rule for finding in verdict.findings if finding.is_fatal} <= {"XSD"}


@cache
def unit_tests():
    """(file, number, is to fail, rule, XML) of each assertion of the published rule tests."""
    return [
        (path.name, number, kind == "error", expectation.text.strip(), etree.tostring(document))
        for path in sorted((OFFICIAL / "test").glob("*/*.xml"))
        if path.parent.name != "testfiles"
        for number, test in enumerate(etree.parse(str(path)).getroot().iter(f"{DIFI}test"))
        for document in test
        if document.tag != f"{DIFI}assert"
        for kind in ("success", "error")
        for expectation in test.iterfind(f"{DIFI}assert/{DIFI}{kind}")
    ]


class TestOfficialUnitTests:
    pytestmark = needs_official_examples

    def test_each_rule_answers_as_its_authors_say(self, validator):
        wrong = []
        for name, number, is_to_fail, rule, xml in unit_tests():
            form = Format.CII if b"CrossIndustryInvoice" in xml else Format.UBL
            verdict = validator.validate(xml, form)
            failed = rule in {finding.rule for finding in verdict.findings if finding.is_fatal}
            if failed is not is_to_fail or verdict.outcome is not Outcome.BROKEN_RULES:
                wrong.append((name, number, is_to_fail, rule, verdict.outcome))
        assert len(unit_tests()) > 1000
        assert wrong == []
