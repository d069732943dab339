from __future__ import annotations

from trueup.kernel.errors import Fault, Refusal


class AddressUnknown(Refusal):
    """An address names no engine that can be compared."""

    code = "compare_address_unknown"

    def __init__(self, *, address: str) -> None:
        super().__init__(
            f"{address!r} is neither a database nor a file that can be compared",
            fix="give postgresql://…, mysql://…, a .parquet or .csv file, or a snapshot's folder",
            address=address,
        )


class FileUnreadable(Refusal):
    """A file of a comparison is not there, or is not what its ending says."""

    code = "compare_file_unreadable"

    def __init__(self, *, address: str, problem: str) -> None:
        super().__init__(
            f"{address} cannot be read: {problem}",
            fix="correct the path; the ending says how the file is read",
            address=address,
        )


class SidesDisagree(Refusal):
    """The two sides do not yield the same fields."""

    code = "compare_fields_differ"

    def __init__(self, *, left_only: tuple[str, ...], right_only: tuple[str, ...]) -> None:
        super().__init__(
            f"the sides yield different fields: only left {list(left_only)}, "
            f"only right {list(right_only)}",
            fix="name the same fields on both sides, in any order",
            left_only=left_only,
            right_only=right_only,
        )


class KeyNotFound(Refusal):
    """The key names a field that the sides do not yield."""

    code = "compare_key_not_found"

    def __init__(self, *, key: str, fields: tuple[str, ...]) -> None:
        super().__init__(
            f"the key {key!r} is not among the fields {list(fields)}",
            fix="name key fields that both sides yield",
            key=key,
            fields=fields,
        )


class TypesDiffer(Refusal):
    """A field has kinds on the two sides that share no exact form."""

    code = "compare_types_differ"

    def __init__(self, *, field: str, left: str, right: str) -> None:
        super().__init__(
            f"{field!r} is {left} on the left and {right} on the right: they have no common form",
            fix=f"cast {field!r} in the query of one side; round a float to a decimal",
            field=field,
            left=left,
            right=right,
        )


class QueryRefused(Refusal):
    """A side's own database does not accept the query."""

    code = "compare_query_refused"

    def __init__(self, *, engine: str, reason: str) -> None:
        super().__init__(
            f"{engine} refuses the query of its side: {reason}",
            fix="correct the table name or the query",
            engine=engine,
            reason=reason,
        )


class SideLost(Fault):
    """A side's database went away while it was being read."""

    code = "compare_side_lost"
    can_retry = True


class CheckUnreadable(Refusal):
    """A file of the pack's independent reading cannot be run."""

    code = "check_unreadable"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(
            f"{file} cannot be run: {reason}",
            fix=f"correct {file}; what it must yield stands in the README of reconciliation",
            file=file,
            reason=reason,
        )


class LoadNotFound(Refusal):
    """The tenant holds no load of this source."""

    code = "load_not_found"

    def __init__(self, *, source: str) -> None:
        super().__init__(
            f"nothing was loaded from {source!r} into this tenant",
            fix="run the load first, with the same source name",
            source=source,
        )
