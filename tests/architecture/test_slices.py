"""Slices: a store is private to its slice, every slice explains itself, every error has a code."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import grimp
import pytest
from tests.support.tidy import SOURCE

import trueup
from trueup.kernel.errors import Defect, TrueupError

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE_SHAPE = re.compile(r"[a-z][a-z0-9_]*")
README_OWNERS = sorted(
    path.parent.relative_to(SOURCE).as_posix()
    for path in SOURCE.rglob("__init__.py")
    if path.parent.parent.name in {"billing", "migration"}
    or path.parent.name in {"kernel", "db", "ledger"}
)


def test_a_store_is_private_to_its_slice() -> None:
    graph = grimp.build_graph("trueup", cache_dir=None)
    strangers = [
        f"{stranger} imports {store}"
        for store in graph.modules
        if store.split(".")[-1] == "store"
        for stranger in graph.find_modules_that_directly_import(store)
        if not stranger.startswith(store.rpartition(".")[0])
    ]
    assert strangers == [], "call the slice's service instead"


@pytest.mark.parametrize("folder", README_OWNERS)
def test_a_slice_explains_itself(folder: str) -> None:
    readme = SOURCE / folder / "README.md"
    assert readme.is_file(), (
        "what it is, owns and does not own; its words, invariants, failure and retry"
    )
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 200


def errors() -> Iterator[type[TrueupError]]:
    for module in pkgutil.walk_packages(trueup.__path__, "trueup."):
        importlib.import_module(module.name)
    waiting = [TrueupError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("trueup."):
            yield kind


def test_every_error_has_a_code_of_its_own() -> None:
    seen: dict[str, type[TrueupError]] = {}
    for kind in set(errors()):
        assert CODE_SHAPE.fullmatch(kind.code), kind
        if issubclass(kind, Defect) and kind is not Defect:
            continue
        first = seen.setdefault(kind.code, kind)
        assert first is kind, f"{first} and {kind} share the code {kind.code}"
