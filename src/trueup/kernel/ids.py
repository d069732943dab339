"""Ids: time-ordered for what we create, deterministic for what we import, prefixed in public.

- `new_id`: UUIDv7 (RFC 9562 §5.7, sub-millisecond fraction in rand_a by method 3 of §6.2).
- `uuid5_id`: UUIDv5, the same today and tomorrow.
- `imported_id`: UUIDv8, the same in every run, in Python and in SQL, in the order in which the
  source numbered its rows: neighbours there are neighbours in our indexes (ADR 0118).
- `derived_id`: the id of something that belongs to exactly one other thing, such as a transfer to
  its entry: the owner's id with 62 bits turned over by the names. A column of a million costs
  milliseconds, where hashing each would cost seconds (ADR-0012).
- `public_id`: `cus_01h455vb4pex5vsknk084sn02q`, a prefix that names the kind and the id in
  Crockford's base 32, as the TypeID specification 0.3 writes it.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
import pyarrow as pa

from trueup.kernel.errors import Refusal, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from trueup.kernel.clock import Clock

SEPARATOR: Final = "\x1f"
"""ASCII unit separator between the parts of a name: `("ab", "c")` is not `("a", "bc")`."""

IMPORTED_NAMESPACE: Final = uuid5(NAMESPACE_URL, "https://trueup.dev/imported")
DERIVED_NAMESPACE: Final = uuid5(NAMESPACE_URL, "https://trueup.dev/derived")

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGIT_OF: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_PREFIX_SHAPE: Final = re.compile(r"[a-z](?:[a-z_]{0,61}[a-z])?")
_ID_BYTES: Final = 16
_ID_LENGTH: Final = 26
_FREE_BITS: Final = 2**62 - 1  # what version and variant leave of the lower half
_LAST_NUMBER: Final = re.compile(r"[0-9]{1,14}\Z")  # as much as 47 bits hold
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class MalformedPublicId(Refusal):
    """A text that is not exactly an id of the expected kind."""

    code = "malformed_public_id"

    def __init__(self, *, text: str, prefix: str) -> None:
        super().__init__(
            f"{text!r} is not an id that starts with {prefix}_.",
            fix=f"Use the id exactly as it was given: {prefix}_ and 26 characters.",
            text=text,
            prefix=prefix,
        )


def new_id(clock: Clock, *, randomness: Callable[[int], bytes] = secrets.token_bytes) -> UUID:
    """A UUIDv7: ids of later microseconds sort after ids of earlier ones.

    randomness: given a count, that many random bytes.
    """
    micros = (clock.now() - _EPOCH) // timedelta(microseconds=1)
    millis, rest = divmod(micros, 1000)
    fraction = rest * 4096 // 1000
    tail = int.from_bytes(randomness(8), "big") >> 2
    return UUID(int=millis << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail)


def uuid5_id(namespace: UUID, *parts: str) -> UUID:
    """The UUIDv5 of `parts` joined by the unit separator, in UTF-8."""
    return uuid5(namespace, SEPARATOR.join(parts))


def imported_id(tenant_id: int, source: str, entity: str, source_key: str) -> UUID:
    """The id of an imported row: the same in every run, on every machine, in Python and in SQL.

    A UUIDv8 (RFC 9562 §5.8): a one, the number that ends the source key in 47 bits, 0 without one,
    and 72 bits of the UUIDv5 of all four.
    """
    name = uuid5_id(IMPORTED_NAMESPACE, str(tenant_id), source, entity, source_key).hex
    found = _LAST_NUMBER.search(source_key)
    number = int(found[0]) if found else 0
    return UUID(f"{1 << 47 | number:012x}8{name[:3]}8{name[17:]}")


def fingerprint(*names: str) -> int:
    """62 bits that stand for `names` in derived ids."""
    return uuid5_id(DERIVED_NAMESPACE, *names).int & _FREE_BITS


def derived_id(owner: UUID, *names: str) -> UUID:
    """The id of the thing called `names` that belongs to `owner`.

    Two owners never share one under the same names; version and time order are the owner's.
    """
    return UUID(int=owner.int ^ fingerprint(*names))


def derived_ids(
    owners: pa.Array | pa.ChunkedArray, fingerprints: int | np.ndarray[Any, np.dtype[np.uint64]]
) -> pa.FixedSizeBinaryArray:
    """`derived_id` of a column of 16-byte owners without nulls.

    fingerprints: one for all, or one a row, as `fingerprint` makes them.
    """
    halves = id_words(owners).copy()
    halves[:, 1] ^= np.asarray(fingerprints, np.uint64)
    return ids_of_words(halves)


def id_words(ids: pa.Array | pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A column of 16-byte ids without nulls as upper and lower halves, one row each."""
    check(ids.null_count == 0, "an id that others are derived from is there", nulls=ids.null_count)
    flat = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    fixed = flat.cast(pa.binary(_ID_BYTES))
    end = fixed.offset + len(fixed)
    words = np.frombuffer(fixed.buffers()[1] or b"", ">u8", count=2 * end).reshape(-1, 2)
    return words[fixed.offset :].astype(np.uint64)


def ids_of_words(words: np.ndarray[Any, np.dtype[np.uint64]]) -> pa.FixedSizeBinaryArray:
    """The column of ids whose halves are `words`: the inverse of `id_words`."""
    data = pa.py_buffer(np.ascontiguousarray(words, ">u8"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(_ID_BYTES), len(words), [None, data])


def public_id(prefix: str, identity: UUID) -> str:
    """`identity` for people and programs outside.  prefix: lower-case letters and inner `_`."""
    check(_PREFIX_SHAPE.fullmatch(prefix), "a prefix is lower-case letters", prefix=prefix)
    value = identity.int
    letters = (_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix}_{''.join(letters)}"


def parse_public_id(prefix: str, text: str) -> UUID:
    """The id behind `text`.  Raises MalformedPublicId unless it is exactly `prefix`'s writing."""
    head, _, letters = text.rpartition("_")
    # 26 letters hold 130 bits, an id 128: a first letter above 7 would not fit.
    is_well_formed = head == prefix and len(letters) == _ID_LENGTH and letters[:1] in "01234567"
    if not is_well_formed or not all(letter in _DIGIT_OF for letter in letters):
        raise MalformedPublicId(text=text, prefix=prefix)
    value = 0
    for letter in letters:
        value = value << 5 | _DIGIT_OF[letter]
    return UUID(int=value)
