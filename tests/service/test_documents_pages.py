"""Pages as a reader gets them: set by typst, read back and drawn by poppler."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdf
import pytest
from facturx import get_xml_from_pdf  # type: ignore[import-untyped]  # it has no types
from tests.unit.billing.documents.issued import (
    BUYERS,
    JANUARY,
    PRO,
    SELLER,
    cases,
    issued,
    line,
)

from trueup.billing.documents.cii import cii
from trueup.billing.documents.errors import GlyphsMissing, LayoutFailed
from trueup.billing.documents.model import Address, Brand, Format
from trueup.billing.documents.pdf import pdf
from trueup.billing.documents.service import render

CASES = cases()
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" rx="4" fill="#0f766e"/></svg>'
IN_ARABIC = issued(
    line("خطة الفريق", "12", "29.00", "348.00", code="AED", tax_rate="5", period=JANUARY),
    buyer="AE",
    locale="ar-AE",
    seller=replace(
        SELLER, name="شركة الشفق", address=Address(("شارع الملك فهد 14",), "الرياض", "SA", "12271")
    ),
)


def text_of(pages, *, is_raw=False):
    order = ["-raw"] if is_raw else ["-layout"]
    command = ["pdftotext", *order, "-enc", "UTF-8", "-", "-"]
    return subprocess.run(command, input=pages, capture_output=True, check=True).stdout.decode()


def picture_of(pages, *, page=1, dots=40):
    """The page as (width, height, rows of grey bytes)."""
    command = ["pdftoppm", "-gray", "-r", str(dots), "-f", str(page), "-l", str(page), "-"]
    image = subprocess.run(command, input=pages, capture_output=True, check=True).stdout
    head = re.match(rb"P5\s+(\d+) (\d+)\s255\s", image)
    width, height, pixels = int(head[1]), int(head[2]), image[head.end() :]
    return width, height, [pixels[row * width : (row + 1) * width] for row in range(height)]


def words_of(pages):
    """The page's words, the letters of each sorted: poppler turns ligatures round with the line."""
    plain = re.sub(r"[\u200e\u200f\u202a-\u202e]", "", text_of(pages))
    return {"".join(sorted(word)) for word in plain.replace("\xa0", " ").split()}


def words_in_order(text, *words):
    """Whether `words` all stand in `text`, one after the other."""
    plain = text.replace("\xa0", " ").replace("\u202f", " ")
    return re.search(".*?".join(map(re.escape, words)), plain, re.DOTALL) is not None


def in_language(locale, buyer):
    return replace(CASES["two_rates"], locale=locale, buyer=BUYERS[buyer])


@pytest.mark.parametrize(("document", "words"), [
    (in_language("en-GB", "GB"), ["Invoice", "Billed to", "Thistle Works Ltd", "United Kingdom", "Amount due", "due by 17 February 2026", "€575.11", "Description", "Amount (EUR)", "Team-Tarif Pro", "348.00", "Total without tax", "€488.13", "Tax 19%", "Total with tax", "Amount due", "€575.11", "DE02 1203 0000 0000 2020 51", "Page 1 of 1"]),
    (in_language("de-DE", "DE"), ["Rechnung", "Rechnung an", "Blumen & Söhne KG", "Deutschland", "USt-IdNr.", "Zu zahlen", "fällig am 17. Februar 2026", "575,11 €", "Beschreibung", "Betrag (EUR)", "Nettobetrag", "Bruttobetrag", "Zu zahlen", "Seite 1 von 1"]),
    (in_language("fr-FR", "FR"), ["Facture", "Facturé à", "Maison Béranger SARL", "France", "Net à payer", "à régler avant le 17 février 2026", "575,11 €", "Désignation", "Total HT", "Total TTC", "Page 1 sur 1"]),
    (in_language("es-ES", "ES"), ["Factura", "Facturar a", "Peñalver e Hijos, S.L.", "España", "Total a pagar", "vence el 17 de febrero de 2026", "575,11 €", "Descripción", "Base imponible", "Página 1 de 1"]),
])  # fmt: skip
def test_a_page_reads_in_the_order_in_which_it_is_made(document, words):
    assert words_in_order(text_of(pdf(document), is_raw=True), *words)


def test_an_arabic_page_is_arabic_and_runs_from_right_to_left():
    pages = pdf(IN_ARABIC)
    reader = pypdf.PdfReader(BytesIO(pages))
    assert reader.root_object["/Lang"] == "ar-AE"
    written = words_of(pages)
    for word in (
        "فاتورة",
        "المبلغ",
        "المستحق",
        "خطة",
        "AE100354682900003",
        "348.00",
        "RE-2026-0042",
    ):
        assert "".join(sorted(word)) in written
    # The ink of the title stands left, of the seller's name right: the mirror of a German page.
    assert side_of_ink(pages, 0.06, 0.1) == "both"
    assert ink_of_description(pages) == "right"
    assert ink_of_description(pdf(CASES["domestic"])) == "left"


def side_of_ink(pages, top, bottom):
    width, height, rows = picture_of(pages)
    band = rows[int(height * top) : int(height * bottom)]
    left = any(min(row[: width // 3]) < 128 for row in band)
    right = any(min(row[-width // 3 :]) < 128 for row in band)
    return {(True, True): "both", (True, False): "left", (False, True): "right"}.get(
        (left, right), "none"
    )


def ink_of_description(pages):
    """On which side the first line is described: where there is ink below the row's figures."""
    width, _, rows = picture_of(pages, dots=60)
    heavy = [sum(255 - value for value in row) for row in rows]
    rule = max(
        range(len(rows) // 4, len(rows) // 2), key=heavy.__getitem__
    )  # under the table's head
    below = rows[rule + 12 : rule + 22]
    return (
        "left"
        if sum(255 - v for row in below for v in row[: width // 2])
        > sum(255 - v for row in below for v in row[width // 2 :])
        else "right"
    )


def test_digits_follow_the_country():
    text = text_of(pdf(replace(IN_ARABIC, locale="ar-EG")))
    assert "٣٦٥٫٤٠" in text
    assert "١" in text.splitlines()[-2] + text.splitlines()[-1]  # the page's number too
    assert "365" not in text
    # What the seller wrote stays as it was written.
    assert all(code in text for code in ("DE136695976", "48/123/45678", "RE-2026-0042", "12271"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_document_can_be_set_and_read_aloud(name):
    reader = pypdf.PdfReader(BytesIO(render(CASES[name], Format.PDF)))
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert reader.xmp_metadata.pdfaid_part == "3"
    fonts = {font for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    assert all("TrueupSans" in font.get_object()["/BaseFont"] for font in fonts)


@pytest.mark.parametrize("lines", [1, 8, 9, 10, 11, 12, 13, 25, 26, 27])
def test_sums_never_stand_without_a_line_and_the_head_is_on_each_page(lines):
    document = issued(*(replace(PRO, description=f"Position {n}") for n in range(lines)))
    pages = text_of(pdf(document)).split("\f")[:-1]
    (with_sums,) = (page for page in pages if "Bruttobetrag" in page)
    assert f"Position {lines - 1}\n" in re.sub(r" {2,}.*", "", with_sums) + "\n"
    for number, page in enumerate(pages, start=1):
        assert f"Seite {number} von {len(pages)}" in page
        if "Position" in page:
            assert page.index("Beschreibung") < page.index("Position")
        if number > 1:
            assert page.index("Nordlicht Software GmbH") < page.index("Rechnung RE-2026-0042")


@pytest.mark.parametrize(
    "description",
    [
        "Team",  # its height is told
        *("Wm " * words + "Ende" for words in (8, 9, 10, 11, 12, 14, 20, 40)),  # wide letters
        *("liste " * words + "Ende" for words in (9, 10, 11, 12, 13, 14, 15, 60)),  # slim ones
        "Zeile\nmit Umbruch",
    ],
)
def test_a_row_has_room_for_every_line_of_its_text(description):
    first = replace(PRO, description=description, detail="Einzelheit")
    second = replace(PRO, description="Nachbar", detail="")
    tops = tops_of(pdf(issued(first, second)), *description.split(), "Einzelheit", "Nachbar")
    assert max(tops[:-2]) + 8 < tops[-2] < tops[-1] - 20  # the detail, its period, then the other


def tops_of(pages, *words):
    """Where each of `words` stands last on the page, in points from the top."""
    command = ["pdftotext", "-bbox", "-", "-"]
    found = subprocess.run(command, input=pages, capture_output=True, check=True).stdout.decode()
    tops = {
        word: float(top) for top, word in re.findall(r'yMin="([\d.]+)".*?>([^<]+)</word>', found)
    }
    return [tops[word] for word in words]


def test_thirty_thousand_characters_of_lines_keep_their_order():
    document = issued(*(replace(PRO, description=f"Position {n:03d}") for n in range(300)))
    assert re.findall(r"Position (\d+)", text_of(pdf(document))) == [f"{n:03d}" for n in range(300)]


def test_the_same_document_gives_the_same_bytes():
    assert pdf(CASES["two_rates"]) == pdf(CASES["two_rates"])


def test_text_is_never_code_to_the_typesetter():
    hostile = '#panic("x") \\ "quoted" $x$ *bold* `raw` @ref <label> \\u{41} #import "x.typ"'
    assert hostile in re.sub(
        r"\s+",
        " ",
        text_of(pdf(issued(line("Plan", "1", "1.00", "1.00", detail=hostile))), is_raw=True),
    )


@pytest.mark.parametrize(
    ("text", "unshown"), [("Sakura 株式会社", "会 式 株 社"), ("यह", "य ह"), ("smile 🙂", "🙂")]
)
def test_a_script_without_a_font_is_refused_by_place_and_character(text, unshown):
    document = replace(CASES["domestic"], buyer=replace(BUYERS["DE"], name=text))
    with pytest.raises(GlyphsMissing) as refused:
        render(document, Format.PDF)
    (place,) = refused.value.fields["places"]
    assert (place.field, place.value) == ("buyer.name", text)
    assert set(unshown.split()) & set(place.fix)


@pytest.mark.parametrize("text", ["Ελληνικά", "Български", "Łódź", "Türkçe İş", "₹₺₴₫"])
def test_the_scripts_of_europe_are_shown(text):
    assert text in text_of(pdf(replace(CASES["domestic"], buyer=replace(BUYERS["DE"], name=text))))


def test_a_logo_stands_for_the_name():
    branded = replace(CASES["domestic"], brand=Brand(accent="#0f766e", logo_svg=LOGO))
    assert side_of_ink(pdf(branded), 0.06, 0.1) == "both"
    with pytest.raises(LayoutFailed, match="cannot be set"):
        pdf(replace(branded, brand=Brand(logo_svg="no picture")))


def test_paper_is_the_countrys():
    sizes = [
        pypdf.PdfReader(BytesIO(pdf(CASES[name]))).pages[0].mediabox[2:]
        for name in ("domestic", "export")
    ]
    assert [[round(edge) for edge in size] for size in sizes] == [[595, 842], [612, 792]]


def test_a_credit_note_names_what_it_corrects():
    text = text_of(pdf(CASES["credit_note"]), is_raw=True)
    assert words_in_order(
        text,
        "Rechnungskorrektur",
        "Berichtigt Rechnung",
        "RE-2026-0042",
        "vom 03.02.2026",
        "Gutgeschrieben",
        "103,53 €",
    )


def test_tax_in_the_sellers_currency_says_its_rate_and_source():
    text = text_of(pdf(CASES["in_dollars_taxed_in_euro"])).replace("\xa0", " ")
    assert "Umsatzsteuer in EUR: 56,18 € (1 USD = 0,84967 EUR, EZB, 3. Februar 2026)" in text


def test_factur_x_is_the_page_with_the_validated_xml_inside():
    document = CASES["two_rates"]
    file = render(document, Format.FACTUR_X)
    assert file == render(document, Format.FACTUR_X)
    assert get_xml_from_pdf(file, check_xsd=True) == ("factur-x.xml", cii(document))
    reader = pypdf.PdfReader(BytesIO(file), strict=True)
    (attached,) = reader.root_object["/AF"]
    assert attached.get_object()["/AFRelationship"] == "/Alternative"
    metadata = reader.root_object["/Metadata"].get_data().decode()
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata
    assert "<pdfaSchema:prefix>fx</pdfaSchema:prefix>" in metadata
    assert reader.xmp_metadata.pdfaid_part == "3"
    assert "575,11" in text_of(file)


def test_a_date_of_issue_is_the_date_of_the_file():
    pages = pdf(replace(CASES["domestic"], issued_on=date(2025, 12, 31)))
    assert pypdf.PdfReader(BytesIO(pages)).metadata.creation_date.date() == date(2025, 12, 31)
