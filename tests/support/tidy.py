"""Rules of the house that no other tool knows, each with lines that keep and that break it.

`python -m tests.support.tidy` prints the outliers in size: each is worth a second look.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "trueup"

Finding = tuple[int, str]

SQL_OPENING = re.compile(
    r"\s*(select|insert into|update \w|delete from|merge into|with \w+ as|create (temp|table|view|schema|index|role|function)"
    r"|alter (table|role)|drop (table|view|schema)|copy|truncate)\b",
    re.IGNORECASE,
)
SQL_TINY = 100  # characters: a dynamic piece around an identifier, not a statement with a thought
SQL_UPPER = re.compile(
    r"\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|JOIN|GROUP BY|ORDER BY|AND|CREATE)\b"
)
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
MONEY_ROOMS = ("kernel", "ledger", "billing")
WALL_CLOCKS = {"now", "utcnow", "today", "time"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over one parsed file; `good` and `bad` are lines that keep and that break it."""

    name: str
    reason: str
    find: Callable[[ast.Module, str], Iterator[Finding]]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    rooms: tuple[str, ...] = ("",)  # prefixes of paths below src/trueup
    except_in: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        return path.startswith(self.rooms) and not path.startswith(self.except_in or ("\0",))


def sql_strings(tree: ast.Module, _text: str) -> Iterator[Finding]:
    docstrings = {id(doc) for doc in _docstrings(tree)}
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if id(node) in docstrings or id(node) in inside:
            continue
        words = _words(node)
        if words and SQL_OPENING.match(words) and (len(words) > SQL_TINY or "\n" in words.strip()):
            yield node.lineno, words.strip().splitlines()[0][:60]


def _words(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values
        )
    return None


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Strings that stand alone as statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def commits(tree: ast.Module, _text: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"commit", "rollback"}
        ):
            yield node.lineno, f".{node.func.attr}()"


def floats(tree: ast.Module, _text: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, repr(node.value)
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float"
        if isinstance(node, ast.Attribute) and node.attr in {"float16", "float32", "float64"}:
            yield node.lineno, node.attr


def broad_handlers(tree: ast.Module, _text: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _reraises(node):
            yield node.lineno, "except Exception"


def _is_broad(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        name is None or (isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"})
        for name in names
    )


def _reraises(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None


def clock_reads(tree: ast.Module, _text: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        base = node.func.value
        owner = (
            base.id
            if isinstance(base, ast.Name)
            else base.attr
            if isinstance(base, ast.Attribute)
            else ""
        )
        if node.func.attr in WALL_CLOCKS and owner in {"datetime", "date", "time", "dt"}:
            yield node.lineno, f"{owner}.{node.func.attr}()"


def unnumbered_todos(_tree: ast.Module, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(r"#.*\b(TODO|FIXME|XXX)\b", line) and not re.search(
            r"\b(TODO|FIXME)\b \(#\d+\)", line
        ):
            yield number, line.strip()[:60]


def vague_classes(tree: ast.Module, _text: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith(
            ("Manager", "Helper", "Util", "Utils")
        ):
            yield node.lineno, node.name


def missing_future(tree: ast.Module, _text: str) -> Iterator[Finding]:
    has_code = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
    futures = (
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    )
    if has_code and next(futures, None) is None:
        yield 1, "no `from __future__ import annotations`"


LONG_SQL = "select a.customer_id, sum(a.amount_micros) from billing.invoice a where a.status = 'open' group by a.customer_id"

RULES = (
    Rule(
        "sql_in_its_own_file",
        "SQL with a thought of its own lives in a .sql file, where it is named and explained (STYLE G)",
        sql_strings,
        good=('x = "select 1"', 'x = f"drop view {name}"', 'x = "Selected customers pay later"', f'"""{LONG_SQL}"""'),
        bad=(f'x = "{LONG_SQL}"', 'x = f"""select {a}\n from b"""', 'x = "with due as (select 1)\\nselect 2"'),
    ),
    Rule(
        "no_commit_below_the_edge",
        "one transaction per use case, ended by whoever opened it (STYLE G)",
        commits,
        good=("with db.transaction(tenant_id=1) as tx: pass",),
        bad=("connection.commit()", "self.connection.rollback()"),
        # They write other people's databases, which no transaction of ours covers.
        except_in=("db/", "migration/sources/", "migration/sample/"),
    ),
    Rule(
        "no_float_near_money",
        "a float is never an amount, a rate or a quantity (STYLE K4)",
        floats,
        good=("x = 1", "x = Decimal('0.1')", "x = pa.decimal128(38, 6)"),
        bad=("x = 0.1", "def f(x: float) -> None: ...", "float(x)", "pa.float64()"),
        rooms=MONEY_ROOMS,
        except_in=("kernel/clock.py",),  # seconds of a monotonic clock
    ),
    Rule(
        "no_blanket_except",
        "an error is caught by its name; only the edge catches what it does not know (STYLE H)",
        broad_handlers,
        good=("try: pass\nexcept KeyError: pass", "try: pass\nexcept BaseException:\n    undo()\n    raise"),
        bad=("try: pass\nexcept Exception: pass", "try: pass\nexcept: pass", "try: pass\nexcept (KeyError, Exception): pass"),
        except_in=("app/", "cli/"),
    ),
    Rule(
        "one_clock",
        "time is an argument; one place reads the clock (STYLE K7)",
        clock_reads,
        good=("clock.now()", "time.monotonic()", "x.today()"),
        bad=("datetime.now(UTC)", "dt.datetime.now()", "date.today()", "time.time()"),
        except_in=("kernel/clock.py",),
    ),
    Rule(
        "todo_has_a_number",
        "an unnumbered TODO is forgotten (STYLE E)",
        unnumbered_todos,
        good=("# TODO (#12): split", "x = 'TODO'"),
        bad=("# TODO: split", "x = 1  # FIXME later"),
    ),
    Rule(
        "no_vague_class",
        "a name says what it does (HOUSE)",
        vague_classes,
        good=("class Ledger: ...",),
        bad=("class InvoiceManager: ...", "class DateHelper: ..."),
    ),
    Rule(
        "future_annotations",
        "annotations cost nothing at run time",
        missing_future,
        good=("from __future__ import annotations\ndef f() -> None: ...", "X = 1"),
        bad=("def f() -> None: ...",),
    ),
)  # fmt: skip


def sources() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def breaches(rule: Rule) -> list[str]:
    """Where `rule` is broken: path, line and words."""
    found = []
    for path in sources():
        relative = path.relative_to(SOURCE).as_posix()
        if not rule.covers(relative):
            continue
        text = path.read_text(encoding="utf-8")
        found += [f"{relative}:{line}: {words}" for line, words in rule.find(ast.parse(text), text)]
    return found


LOOK_TWICE = {"function": 50, "file": 400, "query": 60, "parameters": 6}


def outliers() -> list[str]:
    """What is larger than STYLE D aims at, largest first."""
    sizes: list[tuple[int, str]] = []
    for path in sources():
        relative = path.relative_to(SOURCE).as_posix()
        text = path.read_text(encoding="utf-8")
        sizes.append(
            (
                len(text.splitlines()) - LOOK_TWICE["file"],
                f"{relative}: {len(text.splitlines())} lines",
            )
        )
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                sizes.append(
                    (lines - LOOK_TWICE["function"], f"{relative}: {node.name} has {lines} lines")
                )
                count = (
                    len(node.args.args)
                    + len(node.args.kwonlyargs)
                    - (bool(node.args.args) and node.args.args[0].arg in {"self", "cls"})
                )
                sizes.append(
                    (
                        count - LOOK_TWICE["parameters"],
                        f"{relative}: {node.name} takes {count} parameters",
                    )
                )
    for path, name, lines in query_sizes():
        sizes.append((lines - LOOK_TWICE["query"], f"{path}: {name} has {lines} lines"))
    return [words for excess, words in sorted(sizes, reverse=True) if excess > 0]


def query_files() -> list[Path]:
    return sorted(SOURCE.rglob("queries.sql"))


def query_sizes() -> Iterator[tuple[str, str, int]]:
    for path in query_files():
        _, *parts = re.split(
            r"^-- name: *(\S+) *$", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            yield path.relative_to(SOURCE).as_posix(), name, len(body.strip().splitlines())


def code_of(sql: str) -> str:
    """`sql` without comments and quoted text."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", sql))


def sql_breaches(sql: str) -> Iterator[str]:
    """Upper-case keywords, and stars outside a common table expression."""
    code = code_of(sql)
    for found in SQL_UPPER.finditer(code):
        yield f"keyword in upper case: {found[0]}"
    for found in re.finditer(r"select\s+(\w+\.)?\*", code):
        before = code[: found.start()]
        if before.count("(") == before.count(")"):
            yield f"a star outside a common table expression: {found[0]}"


if __name__ == "__main__":
    for line in outliers():
        print("look twice:", line)  # noqa: T201  a report
