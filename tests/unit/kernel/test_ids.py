from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, RFC_4122, UUID, uuid5

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kernel.clock import SystemClock
from trueup.kernel.errors import Defect
from trueup.kernel.ids import (
    MalformedPublicId,
    derived_id,
    derived_ids,
    fingerprint,
    id_words,
    ids_of_words,
    imported_id,
    new_id,
    parse_public_id,
    public_id,
    uuid5_id,
)


class StoppedClock:
    def __init__(self, now):
        self.instant = now

    def now(self):
        return self.instant

    def monotonic(self):
        return 0.0


instants = st.integers(0, 4_000_000_000_000_000).map(
    lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)


def test_a_new_id_is_the_instant_and_then_the_given_randomness():
    clock = StoppedClock(datetime(2026, 1, 1, 0, 0, 0, 123_500, tzinfo=UTC))
    identity = new_id(clock, randomness=lambda count: b"\xff" * count)
    # 1 767 225 600 123 ms since 1970 are 0x019b76daa87b; half a millisecond is 0x800 of 0x1000.
    assert identity == UUID("019b76da-a87b-7800-bfff-ffffffffffff")
    assert (identity.version, identity.variant) == (7, RFC_4122)


@given(
    instants,
    st.integers(2, 10**9),
    st.binary(min_size=8, max_size=8),
    st.binary(min_size=8, max_size=8),
)
def test_a_later_microsecond_sorts_later(instant, later, one, other):
    first = new_id(StoppedClock(instant), randomness=lambda _: one)
    second = new_id(
        StoppedClock(instant + timedelta(microseconds=later)), randomness=lambda _: other
    )
    assert first < second
    assert first.version == second.version == 7


def test_two_new_ids_differ():
    assert len({new_id(SystemClock()) for _ in range(100)}) == 100


def test_an_imported_id_is_the_published_definition():
    namespace = uuid5(NAMESPACE_URL, "https://trueup.dev/imported")
    name = uuid5(namespace, "7\x1flegacy\x1finvoice\x1f4711")
    found = imported_id(7, "legacy", "invoice", "4711")
    assert name == UUID("60bcd953-ab9c-5705-b93b-674fefab711b")
    assert found == UUID("80000000-1267-860b-893b-674fefab711b")
    assert (found.version, found.variant) == (8, RFC_4122)


@pytest.mark.parametrize(("source_key", "number"), [
    ("", 0),
    ("inv_abc", 0),
    ("0", 0),
    ("4711", 4711),
    ("INV-2024-00042", 42),
    ("1 ", 0),
    ("1\n", 0),
    ("a1b22", 22),
    ("\u0663", 0),  # a digit elsewhere, but not one that every engine reads
    ("99999999999999", 99_999_999_999_999),
    ("1234567890123456789", 67_890_123_456_789),
])  # fmt: skip
def test_an_imported_id_begins_with_the_number_that_ends_its_source_key(source_key, number):
    """So that rows that are neighbours in the source are neighbours in our indexes."""
    assert imported_id(7, "legacy", "invoice", source_key).int >> 80 == 2**47 + number


@pytest.mark.parametrize(
    "other",
    [
        (8, "legacy", "invoice", "1"),
        (7, "other", "invoice", "1"),
        (7, "legacy", "payment", "1"),
        (7, "legacy", "invoice", "1 "),
    ],
)
def test_each_part_of_the_name_makes_another_id(other):
    assert imported_id(*other) != imported_id(7, "legacy", "invoice", "1")


def test_parts_do_not_run_into_each_other():
    assert uuid5_id(NAMESPACE_URL, "ab", "c") != uuid5_id(NAMESPACE_URL, "a", "bc")


@pytest.mark.parametrize(("identity", "text"), [  # the valid examples of the TypeID specification
    ("00000000-0000-0000-0000-000000000000", "prefix_00000000000000000000000000"),
    ("00000000-0000-0000-0000-000000000001", "prefix_00000000000000000000000001"),
    ("00000000-0000-0000-0000-000000000010", "prefix_0000000000000000000000000g"),
    ("00000000-0000-0000-0000-000000000020", "prefix_00000000000000000000000010"),
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", "prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz"),
    ("0110c853-1d09-52d8-d73e-1194e95b5f19", "prefix_0123456789abcdefghjkmnpqrs"),
    ("01890a5d-ac96-774b-bcce-b302099a8057", "prefix_01h455vb4pex5vsknk084sn02q"),
])  # fmt: skip
def test_a_public_id_is_written_as_the_specification_says(identity, text):
    assert public_id("prefix", UUID(identity)) == text
    assert parse_public_id("prefix", text) == UUID(identity)


@pytest.mark.parametrize("text", [
    "", "cus", "cus_", "00000000000000000000000001", "inv_00000000000000000000000001", "cus_0000000000000000000000001",
    "cus_000000000000000000000000001", "cus_8zzzzzzzzzzzzzzzzzzzzzzzzz", "cus_0000000000000000000000000l", "cus_0000000000000000000000000U",
    "CUS_00000000000000000000000001", "cus__0000000000000000000000001", "cus_00000000000000000000000001 ",
])  # fmt: skip
def test_what_is_not_exactly_our_writing_is_refused(text):
    with pytest.raises(MalformedPublicId) as caught:
        parse_public_id("cus", text)
    assert caught.value.fields == {"text": text, "prefix": "cus"}


@pytest.mark.parametrize("prefix", ["", "Cus", "_cus", "cus_", "c1", "a" * 64])
def test_a_prefix_is_lower_case_letters(prefix):
    with pytest.raises(Defect):
        public_id(prefix, UUID(int=0))


@given(st.uuids(), st.sampled_from(["cus", "credit_note", "a", "a" * 63]))
def test_a_public_id_comes_back(identity, prefix):
    assert parse_public_id(prefix, public_id(prefix, identity)) == identity


@given(
    st.lists(st.uuids(), max_size=20),
    st.integers(0, 5),
    st.sampled_from([pa.binary(16), pa.binary()]),
)
def test_a_column_of_derived_ids_is_each_derived_id(owners, offset, kind):
    """A slice, because Arrow hands out views whose buffer starts earlier."""
    column = pa.array([owner.bytes for owner in owners], kind).slice(offset)
    derived = derived_ids(column, fingerprint("receivable", "EUR"))
    assert derived.to_pylist() == [
        derived_id(owner, "receivable", "EUR").bytes for owner in owners[offset:]
    ]


def test_each_row_may_derive_under_its_own_names():
    owner = UUID(int=7)
    names = [("a", "EUR"), ("a", "JPY"), ("b", "EUR")]
    column = pa.chunked_array([[owner.bytes], [owner.bytes] * 2], pa.binary())
    derived = derived_ids(column, np.array([fingerprint(*n) for n in names], np.uint64))
    assert derived.to_pylist() == [derived_id(owner, *n).bytes for n in names]
    assert len(set(derived.to_pylist())) == 3


@given(st.uuids(version=4), st.uuids(version=4))
def test_derived_ids_keep_version_and_never_meet(one, other):
    derived = derived_id(one, "x")
    assert (derived.version, derived.variant, derived.int >> 64) == (4, RFC_4122, one.int >> 64)
    assert (derived == derived_id(other, "x")) is (one == other)
    assert derived != one


def test_an_id_that_is_missing_derives_nothing():
    with pytest.raises(Defect):
        derived_ids(pa.array([None], pa.binary(16)), 1)


@given(st.lists(st.uuids(), max_size=5))
def test_the_halves_of_ids_come_back(owners):
    column = pa.array([owner.bytes for owner in owners], pa.binary(16))
    assert ids_of_words(id_words(column)).equals(column)
