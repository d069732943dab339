"""How fast documents are made: pages, e-invoices and their validation, on one core.

    .venv/bin/python benchmarks/documents.py             # installs the peer beside itself
    .venv/bin/python benchmarks/documents.py --no-peer

Every document differs in number, reference, buyer, quantities and amounts, so that nothing is
remembered whole; the seller is one, as in a bill run.  A document is added up before the clock
starts.  Time is of the processor, all threads together:
what one core makes.  From one run it prints

- ours: four lines, two tax rates, PDF/A-3a and PDF/UA-1; then the e-invoices;
- the limit: the same texts set by bare typst as one paragraph each, with our fonts, plain PDF;
- weasyprint: the same texts as an HTML page with one table.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from html import escape
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import typst

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.unit.billing.documents.issued import (  # noqa: E402  the root is on the path only now
    BOOK,
    CALLS,
    PRO,
    SEPA,
    STORAGE,
    issued,
)

from trueup.billing.documents import pdf as pages  # noqa: E402
from trueup.billing.documents.cii import cii  # noqa: E402
from trueup.billing.documents.model import Document, Format, Line  # noqa: E402
from trueup.billing.documents.service import render  # noqa: E402
from trueup.billing.documents.ubl import ubl  # noqa: E402
from trueup.billing.documents.validation import Validator  # noqa: E402
from trueup.billing.documents.view import page_view  # noqa: E402
from trueup.kernel.money import Money  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5  # the best of them: what else runs on the machine only adds
NUMBERS = count()
SOUND = issued(PRO, BOOK, CALLS, STORAGE)
CENT = Decimal("0.01")
PEER = """
import json, sys, time
from weasyprint import HTML
pages = json.load(sys.stdin)
HTML(string=pages[0]).write_pdf()
start = time.process_time()
for page in pages:
    HTML(string=page).write_pdf()
print(len(pages) / (time.process_time() - start))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=100, help="of each kind and round")
    parser.add_argument("--no-peer", action="store_true", help="leave weasyprint out")
    arguments = parser.parse_args()
    size = arguments.documents
    report("pages (PDF)", size, lambda document: render(document, Format.PDF))
    report("limit: bare typst", size, bare_typst())
    report("UBL, not validated", size, ubl)
    report("CII, not validated", size, cii)
    with Validator() as validator:

        def validated(form: Format) -> Callable[[Document], bytes]:
            return lambda document: render(document, form, validator=validator)

        validator.validate(ubl(SOUND), Format.UBL)
        validator.validate(cii(SOUND), Format.CII)
        report("UBL, validated", size, validated(Format.UBL), wall)
        report("Factur-X, validated", size, validated(Format.FACTUR_X), wall)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{'peak memory':24} {peak:8} MiB")
    if not arguments.no_peer:
        print(f"{'weasyprint':24} {peer(size):>8}")


def wall() -> float:
    return time.perf_counter()


def report(
    name: str,
    size: int,
    make: Callable[[Document], bytes],
    clock: Callable[[], float] = time.process_time,
) -> None:
    make(fresh())
    best = min(timed(size, make, clock) for _ in range(ROUNDS))
    print(f"{name:24} {size / best:8.0f} a second, {best / size * 1000:.2f} ms", flush=True)


def timed(size: int, make: Callable[[Document], bytes], clock: Callable[[], float]) -> float:
    documents = [fresh() for _ in range(size)]
    start = clock()
    for document in documents:
        make(document)
    return clock() - start


def fresh() -> Document:
    """A sound document in which number, reference, buyer, quantities and all amounts are new."""
    number = next(NUMBERS)
    name = f"RE-2026-{number:06d}"
    seats, calls = number % 997 + 1, number * 7919 % 100_000
    price = Decimal(29)
    lines = (
        of_quantity(PRO, seats, price * seats, detail=f"Vertrag {calls}"),
        of_quantity(BOOK, number % 31 + 1, Decimal(24) * (number % 31 + 1)),
        of_quantity(CALLS, calls, (Decimal(calls) / 2000).quantize(CENT)),
        of_quantity(STORAGE, calls, (Decimal(calls) * Decimal("0.0225")).quantize(CENT)),
    )
    buyer = replace(SOUND.buyer, name=f"Kundin {number} KG")
    payment = replace(SEPA, reference=name)
    return issued(*lines, number=name, buyer_details=buyer, payment=payment)


def of_quantity(line: Line, quantity: int, net: Decimal, **more: str) -> Line:
    return replace(
        line,
        quantity=Decimal(quantity),
        net=Money.from_major(str(net), line.net.currency),
        **more,
    )


def texts_of(document: Document) -> list[str]:
    """The texts of the page, in any order."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        for below in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            walk(below)

    walk(page_view(document))
    return [text for text in found if text]


def bare_typst() -> Callable[[Document], bytes]:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[pages._FONTS],  # noqa: SLF001  the same fonts
    )
    compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)

    def make(document: Document) -> bytes:
        said = json.dumps(texts_of(document), ensure_ascii=False)
        source = f'#set text(font: "Trueup Sans")\n#for said in json(bytes({pages._literal(said)})) {{ par(said) }}'  # noqa: E501, SLF001  one program
        made = compiler.compile(input=source.encode(), format="pdf", timestamp=0)
        return made if isinstance(made, bytes) else b""

    return make


def peer(size: int) -> str:
    """Documents a second of weasyprint, or why it was not measured."""
    html = [page_of(fresh()) for _ in range(size)]
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as folder:
        venv = [sys.executable, "-m", "venv", folder]
        python = str(Path(folder) / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "weasyprint"]
        for command in (venv, install):
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode:
                return "not to be had here"
        run = subprocess.run(
            [python, "-c", PEER],
            input=json.dumps(html),
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{float(run.stdout):.0f} a second" if not run.returncode else run.stderr[-200:]


def page_of(document: Document) -> str:
    view = page_view(document)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(row[name])}</td>"
            for name in ("description", "quantity", "unit_price", "tax", "amount")
        )
        + "</tr>"
        for row in view["lines"]
    )
    sums = "".join(f"<p>{escape(e['label'])} {escape(e['text'])}</p>" for e in view["totals"])
    parties = "".join(
        f"<div>{escape(side['name'])}<br>{'<br>'.join(map(escape, side['lines']))}</div>"
        for side in (view["seller"], view["buyer"])
    )
    head = f"<h1>{escape(view['title'])} {escape(view['number'])}</h1>"
    body = f"{head}{parties}<table>{rows}</table>{sums}"
    return f"<html><body style='font-family: sans-serif'>{body}</body></html>"


if __name__ == "__main__":
    main()
