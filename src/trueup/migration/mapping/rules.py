"""Which records a mapped chunk must set aside: every rule as data, in the order they apply.

A rule's pieces are DuckDB expressions over the judged record; the first rule that holds decides.
Rule 1 is the pack's own word; the others follow from the canonical contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.migration.mapping.model import UNREAD, Bucket, Canonical, Child, Field, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from trueup.migration.mapping.shape import Shape

DUCKDB_TYPE: Final = {
    Kind.TEXT: "varchar",
    Kind.TOKEN: "varchar",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.QUANTITY: "decimal(20, 6)",
    Kind.MICROS: "bigint",
    Kind.CURRENCY: "varchar",
    Kind.COUNTRY: "varchar",
    Kind.INSTANT: "timestamptz",
    Kind.DATE: "date",
    Kind.JSON: "varchar",
    Kind.ENUM: "varchar",
    Kind.REFERENCE: "varchar",
}
EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2200
_FAR_OFF: Final = (
    f"({{0}} < timestamptz '{EARLIEST_YEAR}-01-01 00:00:00+00' "
    f"or {{0}} >= timestamptz '{LATEST_YEAR + 1}-01-01 00:00:00+00')"
)
WRITTEN: Final = "written_"
"""Prefix of the column that keeps a value as the pack gave it, beside its reading."""

_NEVER_UNREADABLE: Final = {
    Kind.BOOLEAN: {"BOOLEAN"},
    Kind.INTEGER: {"INTEGER", "SMALLINT", "TINYINT"},
    Kind.QUANTITY: {"INTEGER", "SMALLINT", "TINYINT", "DECIMAL(20,6)"},
    Kind.MICROS: {"BIGINT"},
    Kind.INSTANT: {"TIMESTAMP WITH TIME ZONE"},
    Kind.DATE: {"DATE"},
}

FIXES: Final = {
    "missing_key": "give the row a key in the source, or reject it by name in the pack",
    "exact_duplicate": "nothing to do: the row is the same as the first of its key",
    "duplicate_key": "give each record a key of its own in the source",
    "replay": "nothing to do: an earlier record tells the same fact",
    "unstorable_character": "remove the NUL character from the text in the source",
    "card_number": "remove the card number at the source; keep the token and the last four digits",
    "missing_value": "fill it in the source, or give it a documented default in the pack",
    "unreadable_value": "correct the value in the source, or how the pack reads it",
    "too_many_decimals": "give at most six decimals",
    "unknown_currency": "use the three capital letters of an active ISO 4217 currency",
    "unknown_country": "use the two capital letters of an ISO 3166-1 country",
    "unknown_value": "map it to one of the values of the canonical record",
    "impossible_date": f"correct the date: years {EARLIEST_YEAR} to {LATEST_YEAR} are read",
    "unreadable_json": "correct the JSON in the source",
    "not_whole_steps": "correct the amount: documents hold whole steps of their currency (cents)",
    "reference_loop": "this chain of references never ends: break it in the source",
    "currency_differs": "both must be in one currency: correct the record that is wrong",
}


OUTCOME_PARTS: Final = ("buckets", "reasons", "fields", "values", "fixes", "owners", "survivors")


@dataclass(frozen=True, slots=True)
class Rule:
    """Sets a record aside when `when` holds. reason, field, fix: SQL literals or expressions."""

    when: str
    bucket: Bucket
    reason: str
    field: str
    value: str
    fix: str
    owner: str = "null"
    survivor: str = "null"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def typed_columns(canonical: Canonical, shape: Shape) -> Iterator[str]:
    """A record's columns in their canonical types; unreadable values are null beside `written_…`.

    shape: what the pack yields.
    """
    for field in canonical.fields:
        if field.name not in shape.columns:
            yield f"cast(null as {DUCKDB_TYPE[field.kind]}) as {field.name}"
            continue
        yield f"try_cast({field.name} as {DUCKDB_TYPE[field.kind]}) as {field.name}"
        if _may_be_unreadable(field, shape.columns[field.name]):
            yield f"cast({field.name} as varchar) as {WRITTEN}{field.name}"
        if UNREAD + field.name in shape.columns:
            yield f"cast({UNREAD}{field.name} as varchar) as {UNREAD}{field.name}"
    for child in canonical.children:
        yield (
            child.name if child.name in shape.columns else f"cast([] as integer[]) as {child.name}"
        )


def rules_for(canonical: Canonical, shape: Shape, *, sees_itself: bool) -> list[Rule]:
    """Every rule of a record after the pack's own word, in order of precedence.

    sees_itself: False leaves out references to its own kind, for the pass that finds out what
    becomes of each record.
    """
    return [
        *_identity_rules(),
        *_shape_rules(canonical, shape),
        *_reference_rules(canonical, shape, sees_itself=sees_itself),
        *_contract_rules(canonical, shape),
        *_uniqueness_rules(canonical),
    ]


def reference_alias(field: Field) -> str:
    return f"to_{field.name}"


def lost_column(child: Child, field: Field) -> str:
    """The column that names a child's reference to nothing loaded."""
    return f"lost_{child.name}_{field.name}"


def _may_be_unreadable(field: Field, given_type: str) -> bool:
    if field.kind not in _NEVER_UNREADABLE:
        return False
    return given_type not in _NEVER_UNREADABLE[field.kind]


def _rejected(when: str, reason: str, field: str, value: str, fix: str | None = None) -> Rule:
    sentence = literal(fix or FIXES[reason])
    return Rule(when, Bucket.REJECTED, literal(reason), literal(field), value, sentence)


def _identity_rules() -> Iterator[Rule]:
    yield _rejected("m.source_key is null", "missing_key", "source_key", "null")
    yield Rule(
        when="repeated_field = 'source_key' and repeats_exactly",
        bucket=Bucket.MERGED,
        reason=literal("exact_duplicate"),
        field=literal("source_key"),
        value="source_key",
        fix=literal(FIXES["exact_duplicate"]),
        survivor="source_key",
    )
    yield _rejected(
        "repeated_field = 'source_key' and not repeats_exactly",
        "duplicate_key",
        "source_key",
        "source_key",
    )


def _shape_rules(canonical: Canonical, shape: Shape) -> Iterator[Rule]:
    fields = [each for each in canonical.fields if each.name in shape.columns]
    yield from _text_rules([each.name for each in fields if each.kind is Kind.TEXT], "text")
    yield from _text_rules([each.name for each in fields if each.kind is Kind.TOKEN], "token")
    for field in fields:
        yield from _reading_rules(field, shape)
        if field.is_required:
            yield _rejected(f"m.{field.name} is null", "missing_value", field.name, "null")
        yield from _kind_rules(field)
    for child in canonical.children:
        if child.name in shape.columns:
            yield from _child_rules(child, shape.children[child.name])


def _text_rules(names: Sequence[str], kind: str) -> Iterator[Rule]:
    """What no text may hold; a card number is never repeated in the reason."""
    if not names:
        return
    joined, listed = ", ".join(f"m.{name}" for name in names), ", ".join(names)
    when = f"contains(concat_ws('', {joined}), chr(0))"
    yield _rejected(when, "unstorable_character", listed, "null")
    when = f"{kind}_holds_card_number(concat_ws(' | ', {joined}))"
    yield _rejected(when, "card_number", listed, "null")


def _reading_rules(field: Field, shape: Shape) -> Iterator[Rule]:
    name, reason = field.name, "unreadable_value"
    is_named = UNREAD + name in shape.columns
    if is_named:
        yield _rejected(f"m.{UNREAD}{name} is not null", reason, name, UNREAD + name)
    if field.kind in {Kind.INSTANT, Kind.DATE}:
        value = UNREAD + name if is_named else "null"
        yield _rejected(f"not isfinite(m.{name})", reason, name, value)
    if not _may_be_unreadable(field, shape.columns[name]):
        return
    when = f"m.{name} is null and m.{WRITTEN}{name} is not null"
    yield _rejected(when, reason, name, WRITTEN + name)
    if field.kind is Kind.QUANTITY:
        # A cast to decimal rounds without a word; no quantity is rounded on the way in.
        when = f"regexp_matches(m.{WRITTEN}{name}, '\\.[0-9]{{6}}[0-9]*[1-9]')"
        yield _rejected(when, "too_many_decimals", name, WRITTEN + name)


def _child_rules(child: Child, given: Collection[str]) -> Iterator[Rule]:
    fields = [each for each in child.fields if each.name in given]
    broken = {
        "unstorable_character": (Kind.TEXT, "contains(each.{0}, chr(0))"),
        "impossible_date": (
            Kind.INSTANT,
            _FAR_OFF.format("each.{0}"),
        ),
        "missing_value": (Kind.REFERENCE, "each.{0} is null"),
    }
    for reason, (kind, when) in broken.items():
        names = [
            each.name
            for each in fields
            if each.kind is kind and (each.is_required or kind is not Kind.REFERENCE)
        ]
        if names:
            some = " or ".join(when.format(name) for name in names)
            yield _rejected(
                f"len(list_filter({child.name}, lambda each: {some})) > 0",
                reason,
                ", ".join(f"{child.name}.{name}" for name in names),
                "null",
            )


def _kind_rules(field: Field) -> Iterator[Rule]:
    name = field.name
    match field.kind:
        case Kind.CURRENCY:
            when = f"m.{name} is not null and micros_per_step(m.{name}) is null"
            yield _rejected(when, "unknown_currency", name, name)
        case Kind.COUNTRY:
            when = f"not regexp_full_match(m.{name}, '[A-Z]{{2}}')"
            yield _rejected(when, "unknown_country", name, name)
        case Kind.ENUM:
            known = ", ".join(literal(value) for value in field.values)
            yield _rejected(f"m.{name} not in ({known})", "unknown_value", name, name)
        case Kind.INSTANT | Kind.DATE:
            yield _rejected(
                _FAR_OFF.format(f"m.{name}"), "impossible_date", name, f"cast({name} as varchar)"
            )
        case Kind.JSON:
            yield _rejected(
                f"not json_valid(m.{name})", "unreadable_json", name, f"left({name}, 200)"
            )
        case Kind.MICROS if field.is_whole:
            when = f"m.{name} % micros_per_step(m.currency) <> 0"
            yield _rejected(when, "not_whole_steps", name, f"cast({name} as varchar)")


def _reference_rules(canonical: Canonical, shape: Shape, *, sees_itself: bool) -> Iterator[Rule]:
    for field in canonical.references:
        is_own = field.entity == canonical.name
        if field.name not in shape.columns or (is_own and not sees_itself):
            continue
        if is_own:
            yield _rejected(
                f"repeated_field = '{field.name}'", "reference_loop", field.name, field.name
            )
        yield from _one_reference(canonical, field)
    for child in canonical.children:
        yield from _child_reference_rules(child, shape)


def _one_reference(canonical: Canonical, field: Field) -> Iterator[Rule]:
    name, to, entity = field.name, reference_alias(field), str(field.entity)
    noun = entity.replace("_", " ")
    yield _rejected(
        f"m.{name} is not null and {to}_key is null",
        "orphan",
        name,
        name,
        f"the source holds no {noun} with this key: restore it, or correct the reference",
    )
    yield Rule(
        when=f"{to}_bucket = 'excluded'",
        bucket=Bucket.EXCLUDED,
        reason=literal(f"{entity}_excluded"),
        field=literal(name),
        value=name,
        fix="null",
        owner=f"{to}_owner",
    )
    yield _rejected(
        f"{to}_bucket is not null and {to}_bucket <> 'loaded'",
        f"{entity}_rejected",
        name,
        name,
        f"repair this {noun} first; its own entry says how",
    )
    if field.has_same_currency and canonical.has_currency:
        yield _rejected(f"{to}_currency <> m.currency", "currency_differs", "currency", "currency")


def _child_reference_rules(child: Child, shape: Shape) -> Iterator[Rule]:
    if child.name not in shape.columns:
        return
    for field in child.fields:
        if field.kind is Kind.REFERENCE and field.name in shape.children[child.name]:
            noun = str(field.entity).replace("_", " ")
            yield _rejected(
                f"{lost_column(child, field)} is not null",
                "orphan",
                f"{child.name}.{field.name}",
                lost_column(child, field),
                f"a {noun} that it names was not loaded: restore or repair it",
            )


def _contract_rules(canonical: Canonical, shape: Shape) -> Iterator[Rule]:
    children = {each.name for each in canonical.children}
    for check in canonical.checks:
        if check.field in children and check.field not in shape.columns:
            continue
        value = "null" if check.field in children else f"cast({check.field} as varchar)"
        yield _rejected(check.refuse_when, check.reason, check.field, value, check.fix)


def _uniqueness_rules(canonical: Canonical) -> Iterator[Rule]:
    for field in canonical.fields:
        if field.merges_replays:
            yield Rule(
                when=f"repeated_field = '{field.name}' and repeats_exactly",
                bucket=Bucket.MERGED,
                reason=literal("replay"),
                field=literal(field.name),
                value=f"cast({field.name} as varchar)",
                fix=literal(FIXES["replay"]),
                survivor="first_key",
            )
        if field.is_unique:
            yield Rule(
                when=f"repeated_field = '{field.name}'",
                bucket=Bucket.REJECTED,
                reason=literal(f"duplicate_{field.name}"),
                field=literal(field.name),
                value=f"cast({field.name} as varchar)",
                fix="'record ' || first_key || ' has it already: correct the one that is wrong'",
            )


def case_arms(rules: Sequence[Rule]) -> str:
    """`when … then n` of each rule; rule 1 is the pack's own word."""
    arms = ["when m.aside_bucket is not null then 1"]
    arms += [f"when {rule.when} then {number}" for number, rule in enumerate(rules, start=2)]
    return "\n".join(arms)


def outcome_arms(rules: Sequence[Rule], part: str) -> str:
    """`when n then …` for one part of each rule's outcome."""
    found = {
        "buckets": [literal(rule.bucket) for rule in rules],
        "reasons": [rule.reason for rule in rules],
        "fields": [rule.field for rule in rules],
        "values": [rule.value for rule in rules],
        "fixes": [rule.fix for rule in rules],
        "owners": [rule.owner for rule in rules],
        "survivors": [rule.survivor for rule in rules],
    }[part]
    return "\n".join(f"when {number} then {each}" for number, each in enumerate(found, start=2))
