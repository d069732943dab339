from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.kernel.money import Money


class EntityMissing(Refusal):
    """Invoices without anybody who issues them."""

    code = "legal_entity_missing"

    def __init__(self, *, entity: str | None = None) -> None:
        super().__init__(
            "There is no legal entity to issue invoices."
            if entity is None
            else f"There is no legal entity {entity!r}.",
            fix="Make one: `trueup bill entity CODE --name … --country …`.",
            entity=entity,
        )


class EntityKnown(Refusal):
    """A second legal entity of one code."""

    code = "legal_entity_known"

    def __init__(self, *, entity: str) -> None:
        super().__init__(
            f"There is a legal entity {entity!r} already.",
            fix="Take another code; `trueup bill entities` lists those there are.",
            entity=entity,
        )


class TaxPending(Refusal):
    """The tax of a customer cannot be decided; the invoice waits and is never at zero (B46)."""

    code = "tax_pending"

    def __init__(self, *, reason: str, sentence: str, fix: str) -> None:
        super().__init__(sentence, fix=fix, reason=reason)


class EntityUnknown(Refusal):
    code = "entity_unknown"

    def __init__(self, *, code: str) -> None:
        super().__init__(
            f"There is no legal entity {code!r}.",
            fix="Name one by its code, as `trueup bill entity` made it.",
            entity=code,
        )


class AmountTooLarge(Refusal):
    """More than the books can keep: a price or a quantity was written with too many digits."""

    code = "amount_too_large"

    def __init__(self) -> None:
        super().__init__(
            "The invoice would have an amount or a quantity beyond what the books can keep.",
            fix="Look at its prices and quantity (`trueup subscription show`) and its usage "
            "(`trueup usage summary`); one of them has too many digits.",
        )


class DraftEmpty(Refusal):
    """A draft of which nothing is left: what it billed is there no more, or billed elsewhere."""

    code = "draft_empty"

    def __init__(self, *, invoice: str) -> None:
        super().__init__(
            f"Nothing is left on draft {invoice} to be billed.",
            fix=f"Take it back: `trueup bill void {invoice}`.",
            invoice=invoice,
        )


class InvoiceUnknown(Refusal):
    code = "invoice_unknown"

    def __init__(self, *, invoice: str) -> None:
        super().__init__(
            f"There is no invoice {invoice!r}.",
            fix="Name one by its number or id; `trueup bill list` shows them.",
            invoice=invoice,
        )


class InvoiceTransition(Refusal):
    """Something was asked of an invoice that its status does not allow."""

    code = "invoice_transition_not_allowed"

    def __init__(self, *, status: str, trigger: str) -> None:
        super().__init__(
            f"An invoice that is {status} knows no {trigger.replace('_', ' ')}.",
            fix="Look at its status (`trueup bill show`); an issued invoice is corrected by a "
            "credit note (`trueup bill credit`).",
            status=status,
            trigger=trigger,
        )


class VoidForbidden(Refusal):
    """An invoice that something hangs on (B41)."""

    code = "void_forbidden"

    def __init__(self, *, invoice: str, because: Mapping[str, int]) -> None:
        reasons = ", ".join(f"{count} {what}" for what, count in because.items())
        super().__init__(
            f"Invoice {invoice} cannot be void: {reasons}.",
            fix="Take those back first, or correct it by a credit note (`trueup bill credit`).",
            invoice=invoice,
            because=dict(because),
        )


class CreditAboveInvoice(Refusal):
    """A credit note for more than is left of its invoice (B48)."""

    code = "credit_above_invoice"

    def __init__(self, *, invoice: str, left: Money, asked: Money) -> None:
        super().__init__(
            f"Invoice {invoice} has {left} before tax left to credit, not {asked}.",
            fix="Credit at most what earlier notes have left, or leave the amount out for all.",
            invoice=invoice,
            currency=left.currency.code,
            left_micros=left.micros,
            asked_micros=asked.micros,
        )


class NothingToCredit(Refusal):
    """A credit note without a line that anything is left of."""

    code = "nothing_to_credit"

    def __init__(self, *, invoice: str) -> None:
        super().__init__(
            f"Nothing is left to credit of what was asked of invoice {invoice}.",
            fix="Ask for more than nothing, of charges that it has (`trueup bill show`).",
            invoice=invoice,
        )


class DueTooLittle(Refusal):
    """A renewal by kind of which so little is due that it waits, as the general rules see (B18)."""

    code = "due_too_little"

    def __init__(self) -> None:
        super().__init__(
            "Less is due than is collected.", fix="It waits for the next bill by itself."
        )


class NothingPending(Refusal):
    """A customer for whom nothing waits that could be billed."""

    code = "nothing_pending"

    def __init__(self, *, customer: str) -> None:
        super().__init__(
            f"Nothing of customer {customer} waits for an invoice.",
            fix="Add an item first: `trueup pending add CUSTOMER AMOUNT DESCRIPTION`.",
            customer=customer,
        )


class PendingItemGone(Refusal):
    """An item that was billed in the meantime, or never was."""

    code = "pending_item_gone"

    def __init__(self, *, item: str) -> None:
        super().__init__(
            f"No item {item} of a customer of ours waits for an invoice.",
            fix="Look at `trueup pending list --all`; a credit note gives back what is billed.",
            item=item,
        )


class ItemOfNothing(Refusal):
    """An item that neither costs nor gives back anything."""

    code = "pending_item_of_nothing"

    def __init__(self) -> None:
        super().__init__(
            "An item of 0 neither costs nor gives back anything.",
            fix="Write what it costs, or what it gives back as an amount below zero.",
        )


class ItemUnnamed(Refusal):
    """An item of which the invoice would not say what it is for."""

    code = "pending_item_unnamed"

    def __init__(self) -> None:
        super().__init__(
            "The description of the item is empty.",
            fix="Say what it is for; it stands on the invoice.",
        )


class ItemAlike(Refusal):
    """A second item that nothing tells from the first."""

    code = "pending_item_alike"

    def __init__(self, *, description: str, amount: Money) -> None:
        super().__init__(
            f"An item of {amount.format()} for {description!r} was added for that day already.",
            fix="Nothing, if it is the same one (`trueup pending list --all`); else give --again.",
            description=description,
            amount=amount.format(),
        )


class CreditNotAboveZero(Refusal):
    """A credit note over nothing, or less."""

    code = "credit_note_not_above_zero"

    def __init__(self, *, asked: Money) -> None:
        super().__init__(
            f"The amount of a credit note must be above zero, not {asked.format()}.",
            fix="Write what is given back, before tax, such as 12.50; leave it out for all.",
            asked=asked.format(),
        )


class EntityIssued(Refusal):
    """What its invoices were numbered and taxed by, changed of a legal entity that made some."""

    code = "legal_entity_issued"

    def __init__(self, *, entity: str, field: str, now: str) -> None:
        super().__init__(
            f"The {field} of legal entity {entity!r} stays {now}: it has made invoices, which say "
            "so and were taxed by it.",
            fix="Make another legal entity for what is billed from now on (`trueup bill entity`).",
            entity=entity,
            field=field,
            now=now,
        )


class WorkerDied(Fault):
    """A process of a bill run ended without a word: killed, or out of memory."""

    code = "bill_worker_died"
    can_retry = True

    def __init__(self, *, exit_status: int) -> None:
        super().__init__(
            f"A worker of the bill run died with status {exit_status}.",
            fix="Run it again: what was committed is billed, the rest is still due.",
            exit_status=exit_status,
        )
