"""A reconciliation as a JSON document that can be hashed, kept and signed."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trueup.migration.reconciliation.model import Reconciliation


def to_json(found: Reconciliation) -> str:
    """The same answer gives the same bytes: keys sorted, no spaces, amounts as whole micros.

    `hash` is the SHA-256 of the document without it.
    """
    document = {**_document(found), "ties_out": found.ties_out}
    return _canonical({**document, "hash": sha256(_canonical(document).encode()).hexdigest()})


def result_hash(found: Reconciliation) -> str:
    """The document's `hash`: what a report and a signature name."""
    return str(json.loads(to_json(found))["hash"])


def _document(found: Reconciliation) -> dict[str, Any]:
    document = asdict(found)
    for effect, kept in zip(document["totals"], found.totals, strict=True):
        effect["is_biased"] = kept.effect.is_biased
    return document


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
