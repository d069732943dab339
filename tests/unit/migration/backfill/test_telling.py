"""Entities that are loaded side by side are told of one after another."""

from __future__ import annotations

from trueup.migration.backfill.telling import InTurn


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, task: str, total: int | None, *, unit: str = "rows") -> None:
        self.said.append(f"begin {task} of {total} {unit}")

    def advance(self, count: int = 1) -> None:
        self.said.append(f"{count}")

    def end(self) -> None:
        self.said.append("end")


def test_what_comes_before_its_turn_is_told_in_its_turn() -> None:
    heard = Heard()
    told = InTurn(heard, {"invoice": 7, "payment": None, "usage": 5})
    told.advance("usage", 2)
    told.advance("invoice", 4)
    told.advance("usage", 3)
    told.end("usage")
    told.advance("invoice", 3)
    told.end("invoice")
    told.end("payment")
    assert heard.said == [
        *("begin invoice of 7 rows", "4", "3", "end"),
        *("begin payment of None rows", "end"),
        *("begin usage of 5 rows", "2", "3", "end"),
    ]
