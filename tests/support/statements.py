"""A statement written where it is used: tests own the database they run it on."""

from __future__ import annotations

from trueup.db import Query


def statement(text: str) -> Query:
    return Query("statement", "written in a test", text)
