from __future__ import annotations

import pytest

from trueup.migration.sources.errors import (
    AmbiguousNames,
    NoTables,
    SchemaDrift,
    TablesNotInSource,
)
from trueup.migration.sources.model import (
    Column,
    SourceColumn,
    SourceTable,
    TableEntry,
    TableFilter,
)
from trueup.migration.sources.rules import chosen, drift, refuse_ambiguous, refuse_drift

ALL = TableFilter()


def before(name: str, *columns: str, key: tuple[str, ...] = ("id",)) -> TableEntry:
    """A table of a manifest. columns: `name type` or `name type null`."""
    parsed = tuple(
        Column(c.split()[0], c.split()[1], "VARCHAR", c.endswith(" null")) for c in columns
    )
    return TableEntry(name, parsed, key, 0, 0, "", ())


def after(name: str, *columns: str, key: tuple[str, ...] = ("id",)) -> SourceTable:
    parsed = tuple(SourceColumn(c.split()[0], c.split()[1], c.endswith(" null")) for c in columns)
    return SourceTable(name, parsed, key)


@pytest.mark.parametrize(
    ("was", "now", "changes"),
    [
        ([before("a", "id int")], [after("a", "id int")], ()),
        ([before("a", "id int")], [], ("table a was removed",)),
        ([], [after("a", "id int")], ("table a was added",)),
        ([before("a", "id int", "v text")], [after("a", "id int")], ("column a.v was removed",)),
        ([before("a", "id int")], [after("a", "id int", "v text")], ("column a.v was added",)),
        (
            [before("a", "id int")],
            [after("a", "id bigint")],
            ("column a.id changed from int to bigint",),
        ),
        ([before("a", "id int")], [after("a", "id int null")], ("column a.id may now be null",)),
        (
            [before("a", "id int null")],
            [after("a", "id int")],
            ("column a.id may no longer be null",),
        ),
        (
            [before("a", "id int")],
            [after("a", "id int", key=())],
            ("the primary key of a changed from id to none",),
        ),
        (
            [before("a", "x int"), before("b", "id int")],
            [after("a", "y int"), after("c", "id int")],
            (
                "table b was removed",
                "table c was added",
                "column a.x was removed",
                "column a.y was added",
            ),
        ),
        # The order of columns is no difference: nothing reads them by place.
        ([before("a", "x int", "y int")], [after("a", "y int", "x int")], ()),
    ],
)
def test_every_difference_of_schema_is_a_sentence(was, now, changes):
    assert drift(was, now, ALL) == changes


def test_tables_that_are_left_out_do_not_drift():
    wanted = TableFilter(exclude=("log_*",))
    assert drift([before("log_old", "id int")], [after("log_new", "id int")], wanted) == ()


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        ([after("Invoice", "id int"), after("invoice", "id int")], "Invoice, invoice"),
        ([after("a", "Id int", "ID int")], "columns of a .*Id, ID"),
    ],
)
def test_names_that_differ_in_letter_case_only_are_refused(tables, named):
    with pytest.raises(AmbiguousNames, match=named):
        refuse_ambiguous(tables)


def test_a_schema_that_drifted_is_refused_with_every_difference():
    with pytest.raises(SchemaDrift) as refused:
        refuse_drift([before("a", "id int")], [after("b", "id int")], ALL)
    assert refused.value.fields["changes"] == ("table a was removed", "table b was added")
    refuse_drift([before("a", "id int")], [after("a", "id int")], ALL)


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [
        (("*",), (), ["a", "b_log", "c"]),
        (("*",), ("*_log",), ["a", "c"]),
        (("c", "a"), (), ["a", "c"]),
        (("a", "b*"), ("b*",), ["a"]),
    ],
)
def test_tables_are_taken_by_name_and_in_order(include, exclude, names):
    tables = [after(name, "id int") for name in ("c", "a", "b_log")]
    taken = chosen(tables, TableFilter(include=include, exclude=exclude))
    assert [table.name for table in taken] == names


def test_a_misspelt_table_does_not_go_missing_in_silence():
    tables = [after("c", "id int"), after("a", "id int")]
    with pytest.raises(TablesNotInSource) as refused:
        chosen(tables, TableFilter(include=("a", "invoces", "x*")))
    assert refused.value.fields["wanted"] == ("invoces", "x*")
    assert refused.value.fields["known"] == ("a", "c")


@pytest.mark.parametrize("tables", [[], [after("a", "id int")]], ids=["none", "all left out"])
def test_an_extract_of_nothing_is_refused(tables):
    with pytest.raises(NoTables) as refused:
        chosen(tables, TableFilter(exclude=("*",)))
    assert refused.value.fields["known"] == tuple(table.name for table in tables)
