from __future__ import annotations

from trueup.kernel.errors import Refusal


class ServiceEnded(Refusal):
    """A change to a subscription that has already ended."""

    code = "service_ended"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} has ended; nothing of it can be changed.",
            fix="Start a new subscription, or take effect before the end.",
            subscription=subscription,
        )


class UsageNotIncludable(Refusal):
    """Included usage of what is no fee that recurs."""

    code = "usage_not_includable"

    def __init__(self, *, charge: str, kind: str) -> None:
        super().__init__(
            f"The charge {charge!r} is of kind {kind!r}: only a fee that recurs includes usage.",
            fix="Let the plan's recurring fee include it (`trueup plan price --includes`); free "
            "usage of a meter is its first tier.",
            charge=charge,
            kind=kind,
        )


class NothingToTakeBack(Refusal):
    """A cancellation taken back that was never given, or has taken effect."""

    code = "nothing_to_take_back"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} has no cancellation that could be taken back.",
            fix="Look at its state (`trueup subscription show`); what has ended is started anew.",
            subscription=subscription,
        )


class NothingToResume(Refusal):
    """A subscription resumed that is not paused."""

    code = "nothing_to_resume"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} is not paused.",
            fix="Pause it first (`trueup subscription pause`), or leave it running.",
            subscription=subscription,
        )


class AlreadyPaused(Refusal):
    """A subscription paused that is paused."""

    code = "already_paused"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} is paused already.",
            fix="Resume it first (`trueup subscription resume`), or leave it paused.",
            subscription=subscription,
        )


class EndsBeforeStart(Refusal):
    """A subscription that is agreed to end before, or when, it starts."""

    code = "ends_before_start"

    def __init__(self, *, start: str, end: str) -> None:
        super().__init__(
            f"A subscription that starts on {start} cannot end on {end}.",
            fix="Let it end later, or leave it out.",
            start=start,
            end=end,
        )


class NothingToRemove(Refusal):
    """A charge removed that the subscription does not have."""

    code = "nothing_to_remove"

    def __init__(self, *, subscription: str, charge: str) -> None:
        super().__init__(
            f"Subscription {subscription} has no charge {charge!r} that could be removed.",
            fix="Name one that is in service; `trueup subscription show` lists them.",
            subscription=subscription,
            charge=charge,
        )


class ChargeNotServed(Refusal):
    """Another price for a charge that the subscription does not have."""

    code = "charge_not_served"

    def __init__(self, *, subscription: str, charge: str) -> None:
        super().__init__(
            f"Subscription {subscription} has no charge {charge!r} in service then.",
            fix="Name one that it has; `trueup subscription show` lists them.",
            subscription=subscription,
            charge=charge,
        )


class PausedBeforeStart(Refusal):
    """A pause of a time before there was any service."""

    code = "paused_before_start"

    def __init__(self, *, subscription: str, start: str, asked: str) -> None:
        super().__init__(
            f"Subscription {subscription} starts on {start}; it cannot be paused from {asked}.",
            fix="Pause it from its start or later.",
            subscription=subscription,
            start=start,
            asked=asked,
        )


class CancelledBeforeStart(Refusal):
    """An end asked for before there was any service."""

    code = "cancelled_before_start"

    def __init__(self, *, subscription: str, start: str, asked: str) -> None:
        super().__init__(
            f"Subscription {subscription} starts on {start}; it cannot be cancelled from {asked}.",
            fix="Cancel it at its start, which gives all of it back, or later.",
            subscription=subscription,
            start=start,
            asked=asked,
        )


class ChangedSince(Refusal):
    """A change dated before one that counts already, which it would undo without a word."""

    code = "changed_since"

    def __init__(self, *, subscription: str, changed: str, asked: str) -> None:
        super().__init__(
            f"Subscription {subscription} was changed from {changed} on; it cannot be changed "
            f"from {asked} any more.",
            fix=f"Let it count from {changed} or later; `--preview` shows the bill it would make.",
            subscription=subscription,
            changed=changed,
            asked=asked,
        )


class PlanHadAlready(Refusal):
    """A change to the plan it has, at the prices it has it for."""

    code = "plan_had_already"

    def __init__(self, *, subscription: str, plan: str) -> None:
        super().__init__(
            f"Subscription {subscription} has this plan already: {plan!r}, at the same prices.",
            fix="Name another plan; other units are `trueup subscription quantity`, another price "
            "`price`, another day `cycle-day`, and `uncancel` takes a cancellation back.",
            subscription=subscription,
            plan=plan,
        )


class NothingScheduled(Refusal):
    """An order taken back that has taken effect, or was none."""

    code = "nothing_scheduled"

    def __init__(self, *, subscription: str, last: str | None) -> None:
        said = (
            "nothing was ordered of it"
            if last is None
            else f"its last order, {last}, counts already"
        )
        super().__init__(
            f"Subscription {subscription} has no order that could be taken back: {said}.",
            fix="Order what shall be instead; `trueup subscription show` lists what was ordered.",
            subscription=subscription,
            last=last,
        )


class TransitionNotAllowed(Refusal):
    """Something happened to a subscription that cannot happen in its state."""

    code = "transition_not_allowed"

    def __init__(self, *, status: str, trigger: str) -> None:
        super().__init__(
            f"A subscription that is {status.replace('_', ' ')} knows no "
            f"{trigger.replace('_', ' ')}.",
            fix="Look at its state (`trueup subscription show`); what has ended is started anew.",
            status=status,
            trigger=trigger,
        )


class SubscriptionUnknown(Refusal):
    code = "subscription_unknown"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"There is no subscription {subscription}.",
            fix="Name one by its id; `trueup subscription list` shows them.",
            subscription=subscription,
        )


class SubscriptionLive(Refusal):
    """A customer would have the same plan twice by accident (B37)."""

    code = "subscription_live"

    def __init__(self, *, plan: str, subscription: str) -> None:
        super().__init__(
            f"The customer already has {plan!r}: subscription {subscription} is live.",
            fix="Change that one, or say that a second one is meant (--again).",
            plan=plan,
            subscription=subscription,
        )


class NotOursToChange(Refusal):
    """Orders for a subscription that another system bills."""

    code = "not_ours_to_change"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} is billed by the source it came from.",
            fix="Hand its customer over first (`trueup subscription hand-over`).",
            subscription=subscription,
        )


class HandOverUnclear(Refusal):
    """An imported subscription that lacks what its next bill depends on."""

    code = "hand_over_unclear"

    def __init__(self, *, subscription: str, missing: str) -> None:
        super().__init__(
            f"Subscription {subscription} cannot be billed here: it has no {missing}.",
            fix=f"Correct the {missing} in the source and load it again, or bill it there.",
            subscription=subscription,
            missing=missing,
        )


class CouponTooFine(Refusal):
    code = "coupon_too_fine"

    def __init__(self, *, coupon: str) -> None:
        super().__init__(
            f"The share that coupon {coupon!r} takes off has more than two decimals.",
            fix="Give it in hundredths of a per cent, such as 12.25.",
            coupon=coupon,
        )


class CouponAlike(Refusal):
    """A coupon given to a subscription that has it."""

    code = "coupon_alike"

    def __init__(self, *, coupon: str) -> None:
        super().__init__(
            f"The subscription was given coupon {coupon!r} for that time already.",
            fix="Nothing, if it is the same one (`trueup coupon list`); else give --again.",
            coupon=coupon,
        )


class CouponUnknown(Refusal):
    code = "coupon_unknown"

    def __init__(self, *, coupon: str) -> None:
        super().__init__(
            f"No coupon {coupon} was given.",
            fix="Name one by its id; `trueup coupon list` shows them.",
            coupon=coupon,
        )


class CouponOver(Refusal):
    """A coupon taken back that takes nothing off any more."""

    code = "coupon_over"

    def __init__(self, *, coupon: str) -> None:
        super().__init__(
            f"Coupon {coupon!r} is used up or has ended.",
            fix="What it took off stays; void and bill again what must not be less by it.",
            coupon=coupon,
        )


class CustomerServed(Refusal):
    """A customer closed who has subscriptions that run."""

    code = "customer_served"

    def __init__(self, *, customer: str, left: str) -> None:
        super().__init__(
            f"Customer {customer} has {left}.",
            fix="Cancel the subscriptions first (`trueup subscription list --customer` shows "
            "them), then settle the rest.",
            customer=customer,
            left=left,
        )


class CustomerUnsettled(Refusal):
    """A customer closed who owes something, or is owed something."""

    code = "customer_unsettled"

    def __init__(self, *, customer: str, left: str) -> None:
        super().__init__(
            f"Customer {customer} has {left}.",
            fix="Settle it first (`trueup payment record`, `bill void`, `pending bill`, `credit "
            "apply`, `credit pay-out`, `credit take-back`), or give --anyway and it stays.",
            customer=customer,
            left=left,
        )
