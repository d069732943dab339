from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from trueup.billing.invoicing.model import Tally
    from trueup.kernel.clock import Instant

BETWEEN: Final = "/"
"""Between tenant and clock in the name of test books: `default/spring`."""


@dataclass(frozen=True, slots=True)
class TestClock:
    """A clock and the books it rules.

    books: the name of the test books, for `--tenant`.  heading_to: where an unfinished advance is
    going.  customers: how many are in the books.
    """

    __test__ = False  # no test of pytest's, whatever its name

    name: str
    books: str
    books_id: int
    stands_at: Instant
    heading_to: Instant | None
    customers: int


@dataclass(frozen=True, slots=True)
class Advance:
    """What an advance came to, by `runs` bill runs.  parked, still_due: as of the last of them."""

    stands_at: Instant
    to: Instant
    runs: int
    done: Tally
    parked: int
    still_due: int

    @property
    def is_complete(self) -> bool:
        """Whether the clock got where it was sent, with everything billed or parked."""
        return self.stands_at == self.to and self.still_due == 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Invoices that would be made, the first due first, and what would be parked.

    is_whole: there are no more invoices than these; else these are the last of them.
    """

    invoices: tuple[Any, ...]
    parked: tuple[Any, ...]
    is_whole: bool
