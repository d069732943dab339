from __future__ import annotations

from trueup.kernel.errors import Refusal


class DialectUnknown(Refusal):
    code = "dialect_unknown"

    def __init__(self, *, dialect: str, known: list[str]) -> None:
        super().__init__(
            f"There is no billing dialect {dialect!r}.",
            fix=f"Name one of {', '.join(known)}.",
            dialect=dialect,
        )


class DialectUnreadable(Refusal):
    """Settings that no dialect has."""

    code = "dialect_unreadable"

    def __init__(self, *, dialect: str, why: str) -> None:
        super().__init__(
            f"The settings of dialect {dialect!r} cannot be read: {why}.",
            fix="Name settings and values as docs/dialects.md lists them.",
            dialect=dialect,
        )
