"""A derivation as a sentence for a customer.

Sentences are formulas with names, so that they need little grammar; a language is a table of
`phrases.toml`, a locale a way to write figures, and nothing else changes.
"""

from __future__ import annotations

from decimal import Decimal
from math import gcd
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

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
    Unused,
    Volume,
)
from trueup.billing.rating.rules.exact import (
    ONE,
    ZERO,
    Ratio,
    added,
    is_below,
    to_scale,
)
from trueup.billing.rating.rules.execution import exact, share_of
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
    from trueup.billing.rating.rules.voice import Voice


_PLAIN: Final = (Flat, Unit, Dynamic, Package, Capacity, Percent, Choice, Prorate, Fraction, Unused)
_UNITS: Final = (
    ("days", 86_400_000_000),
    ("hours", 3_600_000_000),
    ("minutes", 60_000_000),
    ("seconds", 1_000_000),
)
"""What time is counted in, the longest first, and how many microseconds each is."""


def explain(derivation: Node, voice: Voice) -> str:
    """How the amount came about, and the amount, both computed anew."""
    return _BY_KIND[type(derivation)](derivation, voice)


def explain_amount(derivation: Node, amount: Decimal, voice: Voice) -> str:
    """How `amount` came about, where it is `derivation` rounded by whoever keeps it.

    What is more than a rounding away was limited: a credit to what was left of what was billed.
    """
    value, step = exact(derivation), Decimal(1).scaleb(-voice.currency.exponent)
    apart = added(value, (-amount, ONE))
    if is_below(apart, (step, ONE)) and is_below((-step, ONE), apart):
        return _to_amount(derivation, value, amount, voice)
    return voice.say("limited", x=explain(derivation, voice), amount=voice.money(amount))


def _inside(node: Node, voice: Voice) -> str:
    """`node` as a part of a larger formula."""
    text = explain(node, voice)
    return text if isinstance(node, _PLAIN) or _is_amount(node) else voice.nested(text)


def _is_amount(node: Node) -> bool:
    """Whether rounding leaves a given amount as it is."""
    return isinstance(node, Round) and isinstance(node.x, Flat) and exact(node) == exact(node.x)


def _base(amount: Decimal | Node, voice: Voice) -> str:
    return voice.money(amount) if isinstance(amount, Decimal) else _inside(amount, voice)


def _flat(node: Flat, voice: Voice) -> str:
    return voice.money(node.amount)


def _prorate(node: Prorate, voice: Voice) -> str:
    span = voice.figures.span(node.from_, node.to)
    share = voice.say("span", share=_share(node, voice), span=span)
    return voice.say("of", share=share, amount=_base(node.amount, voice))


def _share(node: Prorate, voice: Voice) -> str:
    part, whole = share_of(node)
    is_days = len(node.from_) == len("2026-01-31") or node.num is not None
    if is_days:
        return _counted("days", part, whole, voice)
    for unit, size in _UNITS:
        if part % size == whole % size == 0:
            return _counted(unit, part // size, whole // size, voice)
    step = gcd(part, whole)
    return _over(Decimal(part // step), Decimal(whole // step), voice)


def _counted(unit: str, part: int, whole: int, voice: Voice) -> str:
    top, below = Decimal(part), Decimal(whole)
    return voice.counted(unit, below, part=voice.number(top), whole=voice.number(below))


def _over(top: Decimal, below: Decimal, voice: Voice) -> str:
    return voice.say("fraction", num=voice.number(top), den=voice.number(below))


def _fraction(node: Fraction, voice: Voice) -> str:
    return voice.say("of", share=_over(node.num, node.den, voice), amount=_base(node.amount, voice))


def _unused(node: Unused, voice: Voice) -> str:
    left, included = voice.number(node.left), voice.number(node.included)
    share = voice.say("unused", left=left, included=included, meter=node.meter)
    return voice.say("of", share=share, amount=_base(node.amount, voice))


def _quantity(quantity: Quantity, voice: Voice) -> str:
    if not isinstance(quantity, Converted):
        return voice.number(quantity)
    terms = {"quantity": voice.number(quantity.qty), "divisor": voice.number(quantity.divide_by)}
    units, below = quantity_of(quantity)
    if below != ONE:
        return voice.nested(voice.say("converted", **terms))
    return voice.say("converted_rounded", units=voice.number(units), **terms)


def _unit(node: Unit, voice: Voice) -> str:
    quantity = _quantity(node.qty, voice)
    return voice.say("times", quantity=quantity, price=voice.money(node.price))


def _dynamic(node: Dynamic, voice: Voice) -> str:
    multiplier = voice.number(node.multiplier)
    return voice.say("times", quantity=voice.money(node.qty), price=multiplier)


def _package(node: Package, voice: Voice) -> str:
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


def _ratio(value: Ratio, voice: Voice) -> str:
    top, below = value
    if below == ONE:
        return voice.number(top)
    return _over(top, below, voice)


def _graduated(node: Graduated, voice: Voice) -> str:
    steps, below = walked(node)
    parts = []
    for index, units, has_flat in steps:
        tier = node.tiers[index]
        label = _label(node.tiers, index, voice)
        if units:
            cost = _priced(tier, (units, below), voice)
            parts.append(voice.say("tier", x=cost, tier=label))
        if has_flat and tier.flat:
            parts.append(voice.say("tier_fee", x=voice.money(tier.flat), tier=label))
    return voice.phrases["plus"].join(parts) or voice.money(ZERO)


def _volume(node: Volume, voice: Voice) -> str:
    tier = reached(node)
    quantity = used_in_all(node) if node.billed_qty is None else (node.billed_qty, ONE)
    label = _label(node.tiers, node.tiers.index(tier), voice)
    cost = voice.say("tier", x=_priced(tier, quantity, voice), tier=label)
    if not node.flat_due or not tier.flat:
        return cost
    fee = voice.say("tier_fee", x=voice.money(tier.flat), tier=label)
    return voice.phrases["plus"].join((cost, fee))


def _priced(tier: Tier, units: Ratio, voice: Voice) -> str:
    """Units of a tier at its price; a share of them, where they are money."""
    if tier.rate_percent is None:
        price = voice.money(tier.unit)
        return voice.say("times", quantity=_ratio(units, voice), price=price)
    return voice.say("of", share=voice.percent(tier.rate_percent), amount=_ratio(units, voice))


def _label(tiers: Sequence[Tier], index: int, voice: Voice) -> str:
    upper = tiers[index].up_to
    lower = tiers[index - 1].up_to if index else None
    if upper is None:
        return voice.say("above", lower=voice.number(lower or ZERO))
    if lower is None:
        return voice.say("up_to", upper=voice.number(upper))
    return voice.say("from_to", lower=voice.number(lower), upper=voice.number(upper))


def _capacity(node: Capacity, voice: Voice) -> str:
    tier = tier_of_capacity(node.tiers, node.quantities)
    limits = [
        voice.say("within", limit=voice.number(limit), meter=meter)
        for meter, limit in tier.limits.items()
    ]
    label = voice.list(limits) or voice.phrases["unlimited"]
    return voice.say("tier", x=voice.money(tier.price), tier=label)


def _percent(node: Percent, voice: Voice) -> str:
    return voice.say("of", share=voice.percent(node.rate_percent), amount=_base(node.of, voice))


def _per_event(node: PerEvent, voice: Voice) -> str:
    events = Decimal(sum(count for _, count in node.events))
    rate = voice.percent(node.rate_percent)
    terms = [voice.counted("per_event", events, share=rate, events=voice.number(events))]
    if node.fixed:
        terms.append(voice.say("per_event_fixed", amount=voice.money(node.fixed)))
    if node.least is not None:
        terms.append(voice.say("per_event_least", amount=voice.money(node.least)))
    if node.most is not None:
        terms.append(voice.say("per_event_most", amount=voice.money(node.most)))
    if node.free_events:
        terms.append(voice.say("first_free", free=voice.number(Decimal(node.free_events))))
    if node.free_amount:
        terms.append(voice.say("first_free", free=voice.money(node.free_amount)))
    return voice.list(terms)


def _sum(node: Sum, voice: Voice) -> str:
    if not node.terms:
        return voice.money(ZERO)
    if len(node.terms) == 1:
        return explain(node.terms[0], voice)
    return voice.phrases["plus"].join(_inside(term, voice) for term in node.terms)


def _sub(node: Sub, voice: Voice) -> str:
    less = [part for part in node.less if not (isinstance(part, Flat) and not part.amount)]
    if not less:
        return explain(node.from_, voice)
    return voice.phrases["minus"].join(_inside(part, voice) for part in (node.from_, *less))


def _neg(node: Neg, voice: Voice) -> str:
    if isinstance(node.x, Flat):
        return voice.money(-node.x.amount)
    return voice.say("negative", x=voice.nested(explain(node.x, voice)))


def _round(node: Round, voice: Voice) -> str:
    value = exact(node.x)
    return _to_amount(node.x, value, to_scale(value, node.scale, mode_of(node.mode)), voice)


def _to_amount(node: Node, value: Ratio, amount: Decimal, voice: Voice) -> str:
    """The formula of `node`, whose value is `value`, and the amount it was rounded to."""
    text, told = explain(node, voice), voice.money(amount)
    if text == told:
        return told
    is_exact = not is_below(value, (amount, ONE)) and not is_below((amount, ONE), value)
    return voice.say("equals" if is_exact else "rounded", x=text, amount=told)


def _max(node: Max, voice: Voice) -> str:
    return _bounded(node.terms, "at_least", "largest", voice)


def _min(node: Min, voice: Voice) -> str:
    return _bounded(node.terms, "at_most", "smallest", voice)


def _bounded(terms: Sequence[Node], bound: str, best: str, voice: Voice) -> str:
    """One formula and a fixed amount that bounds it; else all of them.

    What is never below zero, and is not, needs no words for that.
    """
    formulas = [term for term in terms if not isinstance(term, Flat)]
    fixed = [term for term in terms if isinstance(term, Flat)]
    if len(formulas) != 1 or len(fixed) != 1:
        return voice.say(best, terms=voice.list(_inside(term, voice) for term in terms))
    text, limit = explain(formulas[0], voice), fixed[0].amount
    if bound == "at_least" and not limit and not is_below(exact(formulas[0]), (ZERO, ONE)):
        return text
    return voice.say(bound, x=text, amount=voice.money(limit))


def _choice(node: Choice, voice: Voice) -> str:
    text = explain(node.x, voice)
    if not node.match:
        return text
    match = [
        voice.say("match", dimension=dimension, value=value)
        for dimension, value in node.match.items()
    ]
    return voice.say("matched", x=text, match=voice.list(match))


_BY_KIND: Final[Mapping[type, Callable[[Any, Voice], str]]] = MappingProxyType(
    {
        Flat: _flat,
        Prorate: _prorate,
        Fraction: _fraction,
        Unused: _unused,
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
