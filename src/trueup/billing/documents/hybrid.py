"""Factur-X: the pages with the CII inside, and the metadata by which readers find it.

Typst attaches the file and writes PDF/A-3.  What it cannot say, that the file is a Factur-X
invoice, is added as PDF adds things: an update after the end that replaces the metadata and leaves
every byte before it alone.  Source: Factur-X 1.0 §6 (XMP); ISO 32000-1 §7.5.6.
"""

from __future__ import annotations

import re
from typing import Final

from trueup.kernel.errors import check

_METADATA: Final = re.compile(
    rb"\n(\d+) 0 obj\n<</Length (\d+)/Type/Metadata/Subtype/XML>>\nstream\n"
)
_TRAILER: Final = re.compile(rb"trailer\n(<<.*>>)\nstartxref\n(\d+)\n%%EOF\s*$", re.DOTALL)
_SPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES: Final = (
    ("DocumentFileName", "factur-x.xml", "Name of the embedded XML invoice"),
    ("DocumentType", "INVOICE", "INVOICE, for credit notes too"),
    ("Version", "1.0", "Version of the XML schema"),
    ("ConformanceLevel", "EN 16931", "Profile of the embedded XML"),
)
_END_OF_SCHEMAS: Final = "</rdf:Bag></pdfaExtension:schemas>"
_END: Final = "</rdf:RDF>"


def marked(pages: bytes) -> bytes:
    """`pages`, which carry factur-x.xml, marked as Factur-X of profile EN 16931.

    Raises Defect where typst writes its metadata otherwise than this was made for.
    """
    found, trailer = _METADATA.search(pages), _TRAILER.search(pages)
    if found is None or trailer is None:
        check(condition=False, sentence="typst's PDF has one metadata stream and a trailer")
        return pages
    start = found.end()
    metadata = _with_factur_x(pages[start : start + int(found[2])].decode()).encode()
    number, at = int(found[1]), len(pages) + 1
    body = b"\n%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%s\nendstream\nendobj\n"
    update = body % (number, len(metadata), metadata)
    table_at = len(pages) + len(update)
    free = b"0 1\n0000000000 65535 f\r\n"  # the table's head, which strict readers want repeated
    table = b"xref\n%s%d 1\n%010d 00000 n\r\ntrailer\n" % (free, number, at)
    linked = trailer[1][:-2] + b"/Prev %d>>" % int(trailer[2])
    return pages + update + table + linked + b"\nstartxref\n%d\n%%%%EOF\n" % table_at


def _with_factur_x(metadata: str) -> str:
    check(
        _END_OF_SCHEMAS in metadata and metadata.count(_END) == 1, "the metadata is as typst's is"
    )
    described = metadata.replace(_END_OF_SCHEMAS, _schema() + _END_OF_SCHEMAS)
    said = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value, _ in _PROPERTIES)
    block = f'<rdf:Description rdf:about="" xmlns:fx="{_SPACE}">{said}</rdf:Description>'
    return described.replace(_END, block + _END)


def _schema() -> str:
    """What the properties mean, as PDF/A wants of every property it does not know."""
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
        for name, _, about in _PROPERTIES
    )
    return (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_SPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
