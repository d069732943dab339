"""A sports club's books in three CSV files, and the pack that reads them: small, so tests are quick."""

from __future__ import annotations

from pathlib import Path

PACK = Path(__file__).parent / "club_pack"
MEMBERS = 20
BILLS = 60


def write_books(folder: Path) -> Path:
    """Members, their bills, and a taking for every settled bill."""
    folder.mkdir(parents=True)
    for name, lines in {"members": _members(), "bills": _bills(), "takings": _takings()}.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _members() -> list[str]:
    rows = [
        f"{n},Zoë Nº {n},m{n}@example.org,EUR,member,2023-01-{1 + n % 28:02} 10:00:00"
        for n in range(1, MEMBERS + 1)
    ]
    return ["id,name,email,currency,state,joined", *rows]


def _bills() -> list[str]:
    rows = [
        f"{n},{1 + n % MEMBERS},B-{n:04},{_state(n)},EUR,{1000 + n},2024-02-{1 + n % 28:02} 09:30:00"
        for n in range(1, BILLS + 1)
    ]
    return ["id,member_id,number,state,currency,cents,sent", *rows]


def _takings() -> list[str]:
    rows = [
        f"{n},{1 + n % MEMBERS},{n},ok,EUR,{1000 + n},2024-03-{1 + n % 28:02} 20:15:00"
        for n in range(1, BILLS + 1)
        if _state(n) == "settled"
    ]
    return ["id,member_id,bill_id,state,currency,cents,taken", *rows]


def _state(bill: int) -> str:
    return "sent" if bill % 3 == 0 else "settled"
