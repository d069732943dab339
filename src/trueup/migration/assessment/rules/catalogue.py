"""Every finding's code, severity and sentences. The one place where they are worded.

Titles have places for `table`, `column` and the words of their probe; counts stand beside them, so
that no sentence has to agree with a number. Severities follow what the load does: a map that is
not total and a card number stop it, a row that breaks a rule of the canonical records is set aside,
the rest is for people to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASIDE: Final = "The load sets these rows aside by name; what refers to them follows as orphans."
_AS_IS: Final = "The load takes these rows as they are."


@dataclass(frozen=True, slots=True)
class Entry:
    severity: Severity
    title: str
    effect: str
    action: str
    can_accept: bool = False


def _blocks(title: str, effect: str, action: str, *, can_accept: bool = False) -> Entry:
    """can_accept: whether an operator may go on; what the load itself refuses, nobody can."""
    return Entry(Severity.BLOCKS, title, effect, action, can_accept)


def _aside(title: str, action: str, effect: str = _ASIDE) -> Entry:
    return Entry(Severity.SETS_ASIDE, title, effect, action)


def _review(title: str, action: str, effect: str = _AS_IS) -> Entry:
    return Entry(Severity.REVIEW, title, effect, action)


CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # What stops the load.
        "card_number": _blocks(
            "Card numbers in {column}",
            "`migrate` stops here: no card number may be copied. The load rejects each record that "
            "would carry one.",
            "Remove the numbers at the source, take a new snapshot and destroy this one.",
            can_accept=True,
        ),
        "value_unmapped": _blocks(
            "Values of {column} that the map {map} does not know",
            "The load refuses to start: a map must know every observed value.",
            "Decide what each value means and add it to the map.",
        ),
        "table_missing": _blocks(
            "The pack reads a table the snapshot does not have",
            "The load refuses to start.",
            "Extract the table, or use the pack of this source's version.",
        ),
        "column_missing": _blocks(
            "The pack reads a column the snapshot does not have: {column}",
            "The load refuses to start.",
            "Extract the column, or use the pack of this source's version.",
        ),
        "table_unclaimed": _blocks(
            "A table that the pack does not name",
            "The load refuses to start: no table is left behind without a word.",
            "Map the table, or name it as merged, or as excluded with reason and owner.",
        ),
        # What is set aside, row by row.
        "key_missing": _aside(
            "Rows without their key {column}",
            "Give each row its key at the source.",
        ),
        "key_duplicate": _aside(
            "Rows that repeat the key {column} of an earlier row",
            "Keep one row of each key at the source, or give the others keys of their own.",
            "The load keeps the first row of a key and sets the later ones aside.",
        ),
        "reference_broken": _aside(
            "{column} names rows of {target} that are not there",
            "Restore the missing rows, or confirm that these may be left behind.",
            "The load sets these rows aside as orphans, by name.",
        ),
        "time_unreadable": _aside(
            "{column} holds text that is no ISO 8601 time",
            "Correct the values, or teach the pack their form.",
            "What the pack cannot read is set aside with the value.",
        ),
        "time_implausible": _aside(
            "{column} holds years that cannot be",
            "Correct the years at the source.",
            "Rows whose dates the canonical record refuses are set aside; others load as they are.",
        ),
        "document_in_future": _aside(
            "Documents or payments of the future: {column}",
            "Correct the times, or check the zone of the server's clock.",
        ),
        "period_inverted": _aside(
            "Periods that end before they start: {start}, {end}",
            "Correct the periods at the source.",
        ),
        "currency_unknown": _aside(
            "{column} holds what is no currency of ISO 4217",
            "Correct the codes; their amounts are in no sum of this page.",
        ),
        "currency_missing": _aside(
            "Amounts without a {column}",
            "State the currency at the source, or in the pack where it is always the same.",
        ),
        "currency_not_the_invoices": _aside(
            "Another currency than the row of {target} has",
            "Find out in which currency the money moved.",
        ),
        "amount_unreadable": _aside(
            "{column} holds text that is no number",
            "Correct the values, or teach the pack their form.",
            "What the pack cannot read is set aside with the value.",
        ),
        "amount_below_step": _aside(
            "{column} holds parts of the smallest unit",
            "Find out whether main units stand in a column of smallest units.",
        ),
        "amount_not_positive": _aside(
            "{column} of zero or less",
            "Find out what these rows stand for; money moves by positive amounts.",
        ),
        "total_does_not_add_up": _aside(
            "Totals that are not subtotal less discount plus tax",
            "Find out which of the amounts is true and correct the others.",
        ),
        "lines_do_not_add_up": _aside(
            "Lines that do not sum to {subtotal}",
            "Find out which of the amounts is true and correct the others.",
        ),
        "json_unreadable": _aside(
            "{column} holds text that is not JSON",
            "Restore the text, or empty it where nothing is lost.",
        ),
        "expiry_impossible": _aside(
            "{column} holds what is no month",
            "Correct the months, or empty them.",
        ),
        "discount_unclear": _aside(
            "Discounts of neither a percentage nor an amount, or of both",
            "Find out what the discount took off.",
        ),
        "replay_key_duplicate": _aside(
            "{column} used by several rows",
            "Find out whether one fact was recorded twice.",
            "A row alike in all else is merged with the first; another is set aside.",
        ),
        "number_missing": _aside(
            "Issued documents without {column}",
            "Give each issued document its number.",
        ),
        "number_duplicate": _aside(
            "Documents that repeat the {column} of an earlier one",
            "Find out which document bears the number by law.",
            "The load keeps the first document of a number and sets the later ones aside.",
        ),
        # What people should see.
        "row_duplicate": _review(
            "Rows alike in every column, in a table without a key",
            "Decide whether they are one fact told twice.",
        ),
        "key_absent": _review(
            "A table without a key",
            "Name a key in the pack; without one a row is known by its position only.",
            "A table without a key cannot be an entity of a pack.",
        ),
        "open_item": _review(
            "Documents that still wait for money",
            "Decide who collects them after the switch; two systems must not.",
            "They load open, with authority at the source: nothing is collected here.",
        ),
        "closed_customer": _review(
            "Rows still alive whose row of {target} is closed",
            "Settle them before the switch, or name who looks after them.",
            "They load with their customer: closed is not irrelevant.",
        ),
        "payment_without_invoice": _review(
            "Payments that belong to no document",
            "Confirm that they are deposits or prepayments.",
            "They load unallocated and stand as credit of the customer in the ledger.",
        ),
        "currencies_mixed": _review(
            "Amounts of several currencies in one table",
            "Read every total of it by currency.",
            "The load keeps currencies apart; nothing is ever summed across them.",
        ),
        "currency_not_the_customers": _review(
            "Another currency than the row of {target} has",
            "Confirm that these customers are billed in several currencies.",
        ),
        "amount_outlier": _review(
            "{column} far above what is usual in its currency",
            "Look whether the amount is in the wrong unit.",
        ),
        "payment_hundredfold": _review(
            "Payments a hundred times their invoice, or a hundredth of it",
            "Correct the unit of the amount.",
        ),
        "amount_negative": _review(
            "{column} below zero",
            "Confirm what a negative amount stands for here.",
        ),
        "credit_negative": _review(
            "Credits below zero",
            "Find out whether the customer owes this amount.",
            "They load with their sign, so that credit totals agree.",
        ),
        "credit_expired": _review(
            "Credits that expired with something left",
            "Confirm that expired credit is lost to the customer.",
            "They load with their expiry; nothing of them can be spent.",
        ),
        "credit_partly_used": _review(
            "Credits partly used",
            "Nothing, if what remains is right: it is what loads.",
            "What remains loads, with the original amount and its use.",
        ),
        "credit_above_grant": _review(
            "Credits with more left than was granted",
            "Find out where the rest came from.",
        ),
        "time_in_future": _review(
            "{column} lies after the snapshot was taken",
            "Confirm that these are planned, or check the zone of the server's clock.",
        ),
        "times_out_of_order": _review(
            "{start} lies after {end}",
            "Correct the times where they matter.",
        ),
        "idempotency_key_reused": _review(
            "{column} used by several rows",
            "Find out whether one fact was recorded twice.",
        ),
        "email_missing": _review(
            "No {column}",
            "Confirm that nobody has to be written to.",
        ),
        "email_malformed": _review(
            "{column} holds what is no e-mail address",
            "Correct the addresses.",
        ),
        "email_duplicate": _review(
            "{column} shared by several rows",
            "Decide which are one customer; the load never merges by e-mail.",
        ),
        "number_gap": _review(
            "Gaps in the series of {column}",
            "Have the skipped numbers explained before the books are handed over.",
        ),
        "defaults_several": _review(
            "A second default of one customer: {column}",
            "Decide which is charged.",
            "A customer has one default; the pack says which is kept.",
        ),
        "test_row": _review(
            "Rows marked as test: {column}",
            "Confirm that they stay behind.",
            "A pack may exclude them, with a reason and an owner.",
        ),
        "value_padded": _review(
            "White space at an end of {column}",
            "Trim at the source where the value is compared with another.",
            "Values are never trimmed in silence; as part of a key they match nothing.",
        ),
        "value_unreadable": _review(
            "{column} holds what is no {shape}, though nearly all is",
            "Correct the values, or teach the pack their form.",
            "What the pack cannot read is set aside with the value.",
        ),
        "value_damaged": _review(
            "Damaged characters in {column}",
            "Find out where the text was decoded wrongly.",
        ),
        "value_other_case": _review(
            "{column} spells a value in two cases",
            "Unify the spelling, or map each of them.",
            "Maps match exactly: another case is another value.",
        ),
    }
)

ACCEPTABLE: Final = tuple(code for code, entry in CATALOGUE.items() if entry.can_accept)
"""Codes of the blocking findings in spite of which an operator may go on."""
