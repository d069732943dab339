"""The conventions a tenant bills by: Trueup's own, a preset's, or its settings over one of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from trueup.billing.dialect.errors import DialectUnknown, DialectUnreadable
from trueup.billing.dialect.model import Dialect
from trueup.billing.dialect.presets import PRESETS, TRUEUP
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.db import Tx

Q = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Dialects:
    """Every dialect a tenant may name; `named(None)` is what it bills by where nothing is said."""

    own: Mapping[str, Dialect]
    default: Dialect = TRUEUP

    def named(self, name: str | None) -> Dialect:
        """Raises DialectUnknown."""
        if name is None:
            return self.default
        found = self.own.get(name) or PRESETS.get(name)
        if found is None:
            raise DialectUnknown(dialect=name, known=sorted({*self.own, *PRESETS}))
        return found


def is_shipped(dialect: Dialect) -> bool:
    """Whether it is one of ours as it is, so that what was billed by it was billed by the same."""
    return dialect is TRUEUP or any(dialect is preset for preset in PRESETS.values())


def dialects(tx: Tx) -> Dialects:
    """The tenant's dialects; one query.  Raises DialectUnreadable."""
    rows = tx.many(Q.dialects)
    own = {row.name: read_dialect(row.name, row.settings) for row in rows}
    default = next((own[row.name] for row in rows if row.is_default), TRUEUP)
    return Dialects(own, default)


def keep_dialect(
    tx: Tx, name: str, settings: Mapping[str, Any], *, is_default: bool = False
) -> Dialect:
    """Keep settings under a name: over those of a preset of that name, or over Trueup's.

    Raises DialectUnreadable.
    """
    dialect = read_dialect(name, settings)
    if is_default:
        tx.execute(Q.clear_default)
    tx.execute(Q.put_dialect, name=name, settings=json.dumps(dict(settings)), is_default=is_default)
    return dialect


def read_dialect(name: str, settings: Mapping[str, Any]) -> Dialect:
    """The dialect that `settings` describe.  Raises DialectUnreadable."""
    base = asdict(PRESETS.get(name, TRUEUP))
    unknown = sorted(set(settings) - set(base))
    if unknown:
        raise DialectUnreadable(dialect=name, why=f"there is no {', '.join(unknown)}")
    merged = base | {"name": name}
    for key, value in settings.items():
        merged[key] = base[key] | value if isinstance(base[key], dict) else value
    try:
        return msgspec.convert(merged, Dialect, strict=True)
    except msgspec.ValidationError as problem:
        raise DialectUnreadable(dialect=name, why=str(problem)) from problem
