from __future__ import annotations

import errno
from typing import Final

from trueup.kernel.errors import Fault, Refusal

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MAKE_ROOM: Final = "Free space there or name a folder on another disk, then run it again."
CHECK_RIGHTS: Final = "Check that the path is the one meant and that you may read and write it."


class FileUnusable(Fault):
    """A file or folder that a command was given, or writes, cannot be used."""

    code = "file_unusable"
    can_retry = True

    def __init__(self, error: OSError) -> None:
        file = str(error.filename or "a file")
        super().__init__(
            f"{file} cannot be used: {error.strerror or error}.",
            fix=MAKE_ROOM if error.errno in FULL else CHECK_RIGHTS,
            file=file,
        )


class FileNotText(Refusal):
    """A file of text holds bytes that are none."""

    code = "file_not_text"

    def __init__(self, *, file: str, detail: str) -> None:
        super().__init__(
            f"{file} is not text in UTF-8: {detail}.",
            fix="Save it as UTF-8, then run it again.",
            file=file,
        )


class NotConfirmed(Refusal):
    """Nobody said yes."""

    code = "not_confirmed"

    def __init__(self, *, question: str) -> None:
        super().__init__(
            "Nothing was changed: the question was not answered with yes.",
            fix="Answer y, or give --yes where nobody can be asked.",
            question=question,
        )


class AmountNotHeld(Refusal):
    """An amount that no invoice could hold."""

    code = "amount_not_held"

    def __init__(self, *, field: str, amount: str, largest: str) -> None:
        super().__init__(
            f"The {field} {amount} is too large; the largest is {largest}.",
            fix="Correct the amount; it is in main units, such as 12.50 for twelve and a half.",
            field=field,
            amount=amount,
            largest=largest,
        )


class PaymentDayUnlikely(Refusal):
    """A payment of a day that has not come, or long before there was anything to pay."""

    code = "payment_day_unlikely"

    def __init__(self, *, at: str, earliest: str, latest: str) -> None:
        super().__init__(
            f"--at {at} is no day on which this invoice can have been paid.",
            fix=f"Give the day on which the money came in, from {earliest} to {latest}.",
            at=at,
            earliest=earliest,
            latest=latest,
        )


class RunAhead(Refusal):
    """A bill run would issue invoices of days that have not come."""

    code = "run_ahead"

    def __init__(self, *, until: str, now: str) -> None:
        super().__init__(
            f"--until {until} is more than a day ahead of now ({now}); invoices are for good.",
            fix="See what would be billed (`trueup bill preview`, `bill forecast`), or "
            "give --ahead if invoices of days to come are meant.",
            until=until,
            now=now,
        )


class TenantNotFound(Refusal):
    """Books were named that are not there."""

    code = "tenant_not_found"

    def __init__(self, *, name: str) -> None:
        super().__init__(
            f"There is no tenant named {name!r}.",
            fix="Correct --tenant; one is made by `trueup load` and `migrate`, `bill "
            "entity`, `plan create`, `customer create` and `fx add`.",
            name=name,
        )


class NoEmbeddedServer(Refusal):
    """The installation runs on a server of the user's own."""

    code = "no_embedded_server"

    def __init__(self) -> None:
        super().__init__(
            "TRUEUP_DATABASE_URL is set, so there is no embedded server.",
            fix="Use that database's own tools, or unset the variable to use the embedded server.",
        )


class RendererDied(Fault):
    """A process that renders documents ended without a word: killed, or out of memory."""

    code = "renderer_died"
    can_retry = True

    def __init__(self) -> None:
        super().__init__(
            "A process that renders documents died.",
            fix="Run it again, with fewer --workers if memory is short.",
        )


class PriceMiswritten(Refusal):
    """A price that is none of its model."""

    code = "price_miswritten"

    def __init__(self, *, model: str, why: str, example: str) -> None:
        super().__init__(
            f"A price of model '{model}' cannot be made of this: {why}.",
            fix=f"Write one such as `--model {model} {example}`.",
            model=model,
            why=why,
        )
