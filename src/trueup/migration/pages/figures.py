"""Figures as people read them. Money is worded by the kernel; nothing here adds or rounds money."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import MICROS

if TYPE_CHECKING:
    from trueup.kernel.money import Money

_BYTE_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
_HASH_SHOWN: Final = 12
_KILO: Final = 1000


def count(number: int) -> str:
    """`1,234,567`, as the kernel groups amounts."""
    return f"{number:,}"


def amount(money: Money) -> str:
    """The amount alone, for a column headed by its currency."""
    return money.format().removesuffix(f" {money.currency.code}")


def share(part: int, whole: int) -> str:
    """Per cent with one decimal, cut off: 100 % means all of it and 0 % means none of it."""
    if whole == 0:
        return "-"
    if part == whole:
        return "100 %"
    exact = Decimal(part * 100) / Decimal(whole)
    cut = exact.quantize(Decimal("0.1"), rounding=ROUND_DOWN)
    return "<0.1 %" if part and not cut else f"{cut} %".replace("0.0 %", "0 %")


def basis_points(share_bp: int) -> str:
    """Hundredths of a per cent as per cent: `1 %`, `0.25 %`."""
    return f"{Decimal(share_bp).scaleb(-2).normalize():f} %"


def size(number: int) -> str:
    """Bytes in the largest unit that leaves a whole part."""
    power = min((len(str(number)) - 1) // 3, len(_BYTE_UNITS) - 1)
    if power == 0:
        return f"{number} {_BYTE_UNITS[0]}"
    return f"{Decimal(number) / _KILO**power:.1f} {_BYTE_UNITS[power]}"


def seconds(duration: float) -> str:
    """`0.4 s`, `42 s`, `3 min 20 s`."""
    whole = round(duration)
    if duration < 10:  # noqa: PLR2004  below ten seconds a tenth still tells something
        return f"{duration:.1f} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes else f"{whole} s"


def short_hash(digest: str) -> str:
    """The first digits of a hash: enough to recognise it, never enough to sign by."""
    return digest[:_HASH_SHOWN]


def instant(iso: str) -> str:
    """An ISO 8601 instant in UTC, to the minute."""
    return f"{iso[:10]} {iso[11:16]} UTC" if len(iso) > len("2026-01-01") else iso


def rows(number: int) -> str:
    """`1 row`, `2 rows`."""
    return plural(number, "row")


def plural(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def short_micros(micros: int) -> str:
    """A round amount of an axis in main units: `0`, `250`, `1.2k`, `30M`."""
    main = Decimal(micros) / MICROS
    for power, letter in ((9, "G"), (6, "M"), (3, "k")):
        if abs(main) >= 10**power:
            return f"{(main / 10**power).normalize():f}{letter}"
    return f"{main.normalize():f}"
