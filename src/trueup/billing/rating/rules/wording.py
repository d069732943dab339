"""A derivation as a sentence for a customer.

Sentences are formulas with names, so that they need no plurals and no grammar; a language is a
table of `phrases`, nothing else changes.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import gcd
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trueup.billing.rating.derivation import (
    Capacity,
    Choice,
    Converted,
    Dynamic,
    Flat,
    Fraction,
    Graduated,
    Max,
    Min,
    Neg,
    Node,
    Package,
    Percent,
    PerEvent,
    Prorate,
    Round,
    Sub,
    Sum,
    Unit,
    Volume,
)
from trueup.billing.rating.rules.exact import (
    EXACT,
    ONE,
    ZERO,
    Ratio,
    is_below,
    to_scale,
)
from trueup.billing.rating.rules.execution import exact, share_of
from trueup.billing.rating.rules.phrases import ENGLISH
from trueup.billing.rating.rules.tiers import (
    mode_of,
    packages,
    quantity_of,
    reached,
    tier_of_capacity,
    used_in_all,
    walked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from trueup.billing.rating.derivation import Quantity, Tier
    from trueup.billing.rating.rules.phrases import Phrases
    from trueup.kernel.currency import Currency


class _Voice(NamedTuple):
    phrases: Phrases
    currency: Currency

    def say(self, phrase: str, **terms: str) -> str:
        return self.phrases[phrase].format(**terms)

    def number(self, value: Decimal, decimals: int = 0) -> str:
        """All digits of `value`, at least `decimals` after the point."""
        shown = value.normalize(EXACT)
        exponent = shown.as_tuple().exponent
        places = max(decimals, -exponent if isinstance(exponent, int) else 0)
        text = f"{shown.copy_abs():,.{places}f}"
        marks = {",": self.phrases["grouping"], ".": self.phrases["decimal_point"]}
        text = "".join(marks.get(mark, mark) for mark in text)
        return self.say("negative", x=text) if shown < 0 else text

    def money(self, amount: Decimal) -> str:
        number = self.number(amount, self.currency.exponent)
        return self.say("amount", number=number, currency=self.currency.code)

    def list(self, terms: Sequence[str]) -> str:
        return self.phrases["and"].join(terms)

    def inside(self, node: Node) -> str:
        """`node` as a part of a larger formula."""
        text = explain_part(node, self)
        return self.say("nested", x=text) if isinstance(node, _COMPOUND) else text

    def base(self, amount: Decimal | Node) -> str:
        return self.money(amount) if isinstance(amount, Decimal) else self.inside(amount)


_COMPOUND: Final = (Sum, Sub, Neg, Graduated, Volume, PerEvent)


def explain(derivation: Node, currency: Currency, phrases: Phrases = ENGLISH) -> str:
    """How the amount came about, and the amount, both computed anew."""
    return explain_part(derivation, _Voice(phrases, currency))


def explain_part(node: Node, voice: _Voice) -> str:
    return _BY_KIND[type(node)](node, voice)


def _flat(node: Flat, voice: _Voice) -> str:
    return voice.money(node.amount)


def _prorate(node: Prorate, voice: _Voice) -> str:
    part, whole = share_of(node)
    is_days = len(node.from_) == len("2026-01-31") or node.num is not None
    if not is_days:
        part, whole = _seconds(part, whole)
    counted = voice.say("days" if is_days else "seconds", part=f"{part:,}", whole=f"{whole:,}")
    share = voice.say("span", share=counted, start=node.from_, end=_last_day(node))
    return voice.say("of", share=share, amount=voice.base(node.amount))


def _seconds(part: int, whole: int) -> tuple[int, int]:
    """Microseconds as seconds; where that is no whole number, in lowest terms."""
    step = 1_000_000 if part % 1_000_000 == whole % 1_000_000 == 0 else gcd(part, whole)
    return part // step, whole // step


def _last_day(node: Prorate) -> str:
    """People name the last day, not the day after it; an instant stays as it is."""
    if len(node.to) != len("2026-01-31"):
        return node.to
    return (date.fromisoformat(node.to) - timedelta(days=1)).isoformat()


def _fraction(node: Fraction, voice: _Voice) -> str:
    share = voice.say("fraction", num=voice.number(node.num), den=voice.number(node.den))
    return voice.say("of", share=share, amount=voice.base(node.amount))


def _quantity(quantity: Quantity, voice: _Voice) -> str:
    if not isinstance(quantity, Converted):
        return voice.number(quantity)
    terms = {"quantity": voice.number(quantity.qty), "divisor": voice.number(quantity.divide_by)}
    units, below = quantity_of(quantity)
    if below != ONE:
        return voice.say("nested", x=voice.say("converted", **terms))
    return voice.say("converted_rounded", units=voice.number(units), **terms)


def _unit(node: Unit, voice: _Voice) -> str:
    quantity = _quantity(node.qty, voice)
    return voice.say("times", quantity=quantity, price=voice.money(node.price))


def _dynamic(node: Dynamic, voice: _Voice) -> str:
    multiplier = voice.number(node.multiplier)
    return voice.say("times", quantity=voice.money(node.qty), price=multiplier)


def _package(node: Package, voice: _Voice) -> str:
    terms = [voice.say("used", qty=voice.number(node.qty))]
    if node.free:
        terms.append(voice.say("free", free=voice.number(node.free)))
    if node.prior:
        terms.append(voice.say("prior", prior=voice.number(node.prior)))
    return voice.say(
        "package",
        packages=_ratio(packages(node), voice),
        price=voice.money(node.price),
        size=voice.number(node.size),
        terms=voice.list(terms),
    )


def _ratio(value: Ratio, voice: _Voice) -> str:
    top, below = value
    if below == ONE:
        return voice.number(top)
    return voice.say("fraction", num=voice.number(top), den=voice.number(below))


def _graduated(node: Graduated, voice: _Voice) -> str:
    steps, below = walked(node)
    parts = []
    for index, units, has_flat in steps:
        tier = node.tiers[index]
        label = _label(node.tiers, index, voice)
        if units:
            cost = _priced(tier, (units, below), voice)
            parts.append(voice.say("tier", x=cost, tier=label))
        if has_flat and tier.flat:
            parts.append(voice.say("tier", x=voice.money(tier.flat), tier=label))
    return voice.phrases["plus"].join(parts) or voice.money(ZERO)


def _volume(node: Volume, voice: _Voice) -> str:
    tier = reached(node)
    quantity = used_in_all(node) if node.billed_qty is None else (node.billed_qty, ONE)
    label = _label(node.tiers, node.tiers.index(tier), voice)
    cost = voice.say("tier", x=_priced(tier, quantity, voice), tier=label)
    if not node.flat_due or not tier.flat:
        return cost
    return voice.phrases["plus"].join((cost, voice.money(tier.flat)))


def _priced(tier: Tier, units: Ratio, voice: _Voice) -> str:
    """Units of a tier at its price; a share of them, where they are money."""
    if tier.rate_percent is None:
        price = voice.money(tier.unit)
        return voice.say("times", quantity=_ratio(units, voice), price=price)
    share = voice.say("percent", rate=voice.number(tier.rate_percent))
    return voice.say("of", share=share, amount=_ratio(units, voice))


def _label(tiers: Sequence[Tier], index: int, voice: _Voice) -> str:
    upper = tiers[index].up_to
    lower = tiers[index - 1].up_to if index else None
    if upper is None:
        return voice.say("above", lower=voice.number(lower or ZERO))
    if lower is None:
        return voice.say("up_to", upper=voice.number(upper))
    return voice.say("from_to", lower=voice.number(lower), upper=voice.number(upper))


def _capacity(node: Capacity, voice: _Voice) -> str:
    tier = tier_of_capacity(node.tiers, node.quantities)
    limits = [
        voice.say("within", limit=voice.number(limit), meter=meter)
        for meter, limit in tier.limits.items()
    ]
    label = voice.list(limits) or voice.phrases["unlimited"]
    return voice.say("tier", x=voice.money(tier.price), tier=label)


def _percent(node: Percent, voice: _Voice) -> str:
    share = voice.say("percent", rate=voice.number(node.rate_percent))
    return voice.say("of", share=share, amount=voice.base(node.of))


def _per_event(node: PerEvent, voice: _Voice) -> str:
    events = sum(count for _, count in node.events)
    rate = voice.say("percent", rate=voice.number(node.rate_percent))
    terms = [voice.say("per_event", share=rate, events=f"{events:,}")]
    if node.fixed:
        terms.append(voice.say("per_event_fixed", amount=voice.money(node.fixed)))
    if node.least is not None:
        terms.append(voice.say("per_event_least", amount=voice.money(node.least)))
    if node.most is not None:
        terms.append(voice.say("per_event_most", amount=voice.money(node.most)))
    if node.free_events:
        terms.append(voice.say("free_events", free=f"{node.free_events:,}"))
    if node.free_amount:
        terms.append(voice.say("free_amount", free=voice.money(node.free_amount)))
    return voice.list(terms)


def _sum(node: Sum, voice: _Voice) -> str:
    return voice.phrases["plus"].join(voice.inside(term) for term in node.terms)


def _sub(node: Sub, voice: _Voice) -> str:
    parts = (node.from_, *node.less)
    return voice.phrases["minus"].join(voice.inside(part) for part in parts)


def _neg(node: Neg, voice: _Voice) -> str:
    return voice.say("negative", x=voice.inside(node.x))


def _round(node: Round, voice: _Voice) -> str:
    value = exact(node.x)
    rounded = to_scale(value, node.scale, mode_of(node.mode))
    text, amount = explain_part(node.x, voice), voice.money(rounded)
    if text == amount:
        return amount
    is_exact = not is_below(value, (rounded, ONE)) and not is_below((rounded, ONE), value)
    return voice.say("equals" if is_exact else "rounded", x=text, amount=amount)


def _max(node: Max, voice: _Voice) -> str:
    terms = [voice.inside(term) for term in node.terms]
    return voice.say("largest", terms=voice.list(terms))


def _min(node: Min, voice: _Voice) -> str:
    terms = [voice.inside(term) for term in node.terms]
    return voice.say("smallest", terms=voice.list(terms))


def _choice(node: Choice, voice: _Voice) -> str:
    text = explain_part(node.x, voice)
    if not node.match:
        return text
    match = [
        voice.say("match", dimension=dimension, value=value)
        for dimension, value in node.match.items()
    ]
    return voice.say("matched", x=text, match=voice.list(match))


_BY_KIND: Final[Mapping[type, Callable[[Any, _Voice], str]]] = MappingProxyType(
    {
        Flat: _flat,
        Prorate: _prorate,
        Fraction: _fraction,
        Unit: _unit,
        Dynamic: _dynamic,
        Package: _package,
        Graduated: _graduated,
        Volume: _volume,
        Capacity: _capacity,
        Percent: _percent,
        PerEvent: _per_event,
        Sum: _sum,
        Sub: _sub,
        Neg: _neg,
        Round: _round,
        Max: _max,
        Min: _min,
        Choice: _choice,
    }
)
