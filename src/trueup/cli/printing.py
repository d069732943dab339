"""Many documents rendered, by several processes if asked; each has a validator of its own."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Final, TypeAlias

from trueup.billing.documents.service import render
from trueup.billing.documents.validation import Validator
from trueup.billing.invoicing.workers import deaf_to_interrupts
from trueup.cli.errors import RendererDied
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from trueup.billing.documents.model import Format
    from trueup.billing.invoicing.issued import Built

Rendered: TypeAlias = "bytes | Refusal"
LAST: Final = 10  # closed before whatever a process closes at its end by itself
_here: list[Validator] = []
"""The validator of a process that renders."""


@contextmanager
def renderer(
    form: Format, fonts: Path | None, workers: int
) -> Iterator[Callable[[Sequence[Built]], Iterator[Rendered]]]:
    """What renders a page of documents, each to its bytes or to why there are none, in order.

    workers: processes; 1 is this one.  Raises RendererDied.
    """
    if workers == 1:
        with Validator() as validator:
            yield lambda page: (_rendered(built, form, fonts, validator) for built in page)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_begin)
    try:
        yield lambda page: _by_processes(pool, page, form, fonts)
    finally:
        pool.shutdown(cancel_futures=True)


def _by_processes(
    pool: ProcessPoolExecutor, page: Sequence[Built], form: Format, fonts: Path | None
) -> Iterator[Rendered]:
    try:
        with deaf_to_interrupts():  # which processes are begun by what is submitted
            futures = [pool.submit(_rendered_there, built, form, fonts) for built in page]
        for future in futures:
            yield future.result()
    except BrokenProcessPool as died:
        raise RendererDied from died


def _begin() -> None:
    validator = Validator()
    _here.append(validator)
    Finalize(None, validator.close, exitpriority=LAST)


def _rendered_there(built: Built, form: Format, fonts: Path | None) -> Rendered:
    return _rendered(built, form, fonts, _here[0])


def _rendered(built: Built, form: Format, fonts: Path | None, validator: Validator) -> Rendered:
    if built.document is None:
        return built.why
    try:
        return render(built.document, form, validator=validator, fonts=fonts)
    except Refusal as refusal:
        return refusal
