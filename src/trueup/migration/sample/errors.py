from __future__ import annotations

from trueup.kernel.errors import Fault, Refusal


class UnknownDirt(Refusal):
    code = "unknown_dirt"

    def __init__(self, *, names: tuple[str, ...], known: tuple[str, ...]) -> None:
        super().__init__(
            f"There is no kind of dirt called {', '.join(names)}.",
            fix=f"Name default, all, none, or some of: {', '.join(known)}.",
            names=names,
        )


class SampleTooSmall(Refusal):
    code = "sample_too_small"

    def __init__(self, *, customers: int, least: int) -> None:
        super().__init__(
            f"A sample of {customers} customers cannot be made.",
            fix=f"Ask for {least} customers or more.",
            customers=customers,
            least=least,
        )


class UnknownDestination(Refusal):
    code = "unknown_destination"

    def __init__(self, *, location: str) -> None:
        super().__init__(
            f"{location} is not a place a sample can be written to.",
            fix=(
                "Name a postgresql:// or mysql:// address, sqlite: before a path, "
                "or a folder for CSV files."
            ),
            location=location,
        )


class DestinationTaken(Refusal):
    code = "destination_taken"

    def __init__(self, *, location: str, found: str) -> None:
        super().__init__(
            f"{location} is in use: it holds {found}.",
            fix="Name an empty database or a path where nothing is; nothing is ever overwritten.",
            location=location,
            found=found,
        )


class DestinationFailed(Fault):
    """The destination did not take the sample; what was written of it is gone again."""

    code = "destination_failed"
    can_retry = True

    def __init__(self, *, location: str, reason: str) -> None:
        super().__init__(
            f"{location} did not take the sample: {reason}",
            fix="Check the server, its rights and its disk, then make the sample again.",
            location=location,
            reason=reason,
        )
