"""Rules of the house: each is kept by our source, and its own examples show that it would notice."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest
from tests.support.tidy import (
    ROOT,
    RULES,
    SOURCE,
    VAGUE_NAMES,
    Rule,
    breaches,
    query_files,
    sql_breaches,
)

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def named(rule: Rule) -> str:
    return rule.name


def examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, line, id=f"{rule.name}-{number}")
        for rule in RULES
        for number, line in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_our_source_keeps(rule: Rule) -> None:
    assert breaches(rule) == [], rule.reason


@pytest.mark.parametrize(("rule", "line"), examples("bad"))
def test_a_bad_line_is_noticed(rule: Rule, line: str) -> None:
    assert list(rule.find(ast.parse(line), line)), f"{rule.name} overlooks it"


@pytest.mark.parametrize(("rule", "line"), examples("good"))
def test_a_good_line_passes(rule: Rule, line: str) -> None:
    assert not list(rule.find(ast.parse(line), line)), f"{rule.name} is too strict"


def test_no_module_has_a_vague_name() -> None:
    found = [path for path in SOURCE.rglob("*") if set(path.stem.split("_")) & VAGUE_NAMES]
    assert found == []


@pytest.mark.parametrize(
    "path", query_files(), ids=lambda path: path.relative_to(SOURCE).as_posix()
)
def test_queries_are_written_in_house_style(path: object) -> None:
    assert list(sql_breaches(path.read_text(encoding="utf-8"))) == []  # type: ignore[attr-defined]  # a Path


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("select a from b -- SELECT in a comment", 0),
        ("select a from b where c = 'SELECT'", 0),
        ("with d as (select * from b) select a from d", 0),
        ("SELECT a FROM b", 2),
        ("select * from b", 1),
        ("with d as (select 1) select d.* from d", 1),
    ],
)
def test_the_sql_rule_notices_what_it_should(sql: str, count: int) -> None:
    assert len(list(sql_breaches(sql))) == count


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_everything_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    requirements = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(requirements) > 10
    assert [
        r.splitlines()[0] for r in requirements if "==" not in r or "--hash=sha256:" not in r
    ] == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    found = subprocess.run(
        ["git", "grep", "-nIE", r"(^|[^.a-z])/(work|root)/[a-z]", "--", ".", ":!tests/architecture/test_tidy.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.stdout == ""
