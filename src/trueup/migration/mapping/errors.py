from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class PackNotFound(Refusal):
    code = "pack_not_found"

    def __init__(self, *, name: str, shipped: Sequence[str]) -> None:
        super().__init__(
            f"{name!r} is neither a folder with a pack.toml nor a shipped mapping pack.",
            fix=f"Name a pack's folder, or one of: {', '.join(shipped)}.",
            name=name,
        )


class PackUnreadable(Refusal):
    code = "pack_unreadable"

    def __init__(self, *, path: Path, problems: Sequence[str]) -> None:
        listed = "\n  - ".join(problems)
        super().__init__(
            f"The mapping pack {path} cannot be used:\n  - {listed}",
            fix="Correct pack.toml and the entities folder; the pack guide in docs/ has the form.",
            path=str(path),
            problems=list(problems),
        )


class PackDoesNotFit(Refusal):
    code = "pack_does_not_fit"

    def __init__(self, *, entity: str, problem: str) -> None:
        super().__init__(
            f"The mapping of {entity} does not fit the snapshot: {problem}",
            fix=f"Correct entities/{entity}.sql or entities/{entity}.derived.sql, or extract "
            "again, into a new folder, if the source has changed. A statement reads its table's "
            "rows from `chunk`, each with its row_number, and any table as `source.…`; "
            f"`trueup mapping fields {entity}` lists what it may yield.",
            entity=entity,
        )


class TablesUnclaimed(Refusal):
    code = "tables_unclaimed"

    def __init__(self, *, tables: Sequence[str]) -> None:
        super().__init__(
            f"The pack says nothing of these source tables: {', '.join(tables)}.",
            fix="Map each by an [[entity]], or name it as a [[merged_table]] whose rows live on "
            "inside other records, or as an [[excluded_table]] with reason and owner.",
            tables=list(tables),
        )


class TablesMissing(Refusal):
    code = "tables_missing"

    def __init__(self, *, tables: Sequence[str], held: Sequence[str]) -> None:
        super().__init__(
            f"The pack reads tables that the snapshot does not hold: {', '.join(tables)}. "
            f"It holds {', '.join(held)}.",
            fix="Extract again with them, into a new folder, or use the pack made for this "
            "version of the source.",
            tables=list(tables),
            held=list(held),
        )


class ColumnsMissing(Refusal):
    code = "columns_missing"

    def __init__(self, *, columns: Sequence[str]) -> None:
        super().__init__(
            f"pack.toml names columns that the snapshot does not hold: {', '.join(columns)}.",
            fix="Correct the key, status, currency, references or map that names them; "
            "`trueup assess` shows the columns of every table.",
            columns=list(columns),
        )


class UnknownValues(Refusal):
    code = "unknown_values"

    def __init__(self, *, unknown: Mapping[str, Sequence[tuple[str, int]]]) -> None:
        lines = [
            f"{column}: " + ", ".join(f"{value!r} ({count} rows)" for value, count in values)
            for column, values in unknown.items()
        ]
        super().__init__(
            "The source holds values that no map of the pack knows:\n  - " + "\n  - ".join(lines),
            fix="Add each value to its [map] in pack.toml, with the target value it means. "
            "Nothing is guessed: an unknown status could bill somebody.",
            unknown={column: list(values) for column, values in unknown.items()},
        )
