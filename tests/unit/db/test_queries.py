from __future__ import annotations

import pytest

from trueup.db.queries import parse_queries
from trueup.kernel.errors import Defect

TWO = """
-- name: first_one
-- Says one. One row.
select 1 as n;

-- name: second_one
-- Says what it is given,
-- in two lines of comment.
select %(n)s::int as n -- with a remark
 where true;
"""


def test_a_file_of_queries_is_read_by_name_with_its_comments() -> None:
    queries = parse_queries(TWO, origin="a.sql")
    assert queries.first_one.sql == "select 1 as n"
    assert queries.second_one.comment == "Says what it is given, in two lines of comment."
    assert queries.second_one.sql.endswith("where true")
    assert [query.name for query in queries] == ["first_one", "second_one"]


def test_an_unknown_query_is_an_attribute_error_that_names_the_file() -> None:
    with pytest.raises(AttributeError, match=r"a\.sql.*third_one"):
        _ = parse_queries(TWO, origin="a.sql").third_one


@pytest.mark.parametrize(
    "text",
    [
        "select 1",  # no name
        "-- name: a\nselect 1",  # no comment
        "-- name: a\n-- Comment only.",
        "-- name: A\n-- Odd name.\nselect 1",
        "-- name: a\n-- One.\nselect 1;\n-- name: a\n-- Twice.\nselect 2;",
    ],
)
def test_a_query_without_name_comment_or_statement_is_a_defect(text: str) -> None:
    with pytest.raises(Defect):
        parse_queries(text, origin="a.sql")
