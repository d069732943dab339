from __future__ import annotations

import pickle

import pytest

from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError, check


class NoSuchThing(Refusal):
    code = "no_such_thing"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"There is no {name}.", fix="Name another.", name=name)


def test_a_refusal_carries_its_code_sentence_fix_and_fields():
    refusal = NoSuchThing(name="unicorn")
    assert (refusal.code, str(refusal), refusal.sentence, refusal.fix, refusal.fields) == (
        "no_such_thing", "There is no unicorn.", "There is no unicorn.", "Name another.", {"name": "unicorn"},
    )  # fmt: skip


def test_the_families_share_one_root_and_have_codes():
    assert [e.code for e in (TrueupError, Refusal, Fault, Defect)] == [
        "error",
        "refused",
        "fault",
        "defect",
    ]
    assert all(issubclass(e, TrueupError) for e in (Refusal, Fault, Defect))


@pytest.mark.parametrize(("given", "can_retry"), [(None, False), (False, False), (True, True)])
def test_a_fault_says_whether_a_retry_can_help(given, can_retry):
    fault = Fault("The disk is full.", can_retry=given, fix="Free space.", path="x")
    assert (fault.can_retry, fault.fix, fault.fields, str(fault)) == (
        can_retry,
        "Free space.",
        {"path": "x"},
        "The disk is full.",
    )


def test_a_kind_of_fault_can_fix_its_answer():
    class ServerGone(Fault):
        can_retry = True

    assert ServerGone("Gone.").can_retry
    assert not ServerGone("Gone.", can_retry=False).can_retry


def test_a_defect_shows_its_evidence():
    assert (
        str(Defect("the sum is wrong", found=1, wanted=2)) == "the sum is wrong (found=1, wanted=2)"
    )
    assert str(Defect("the sum is wrong")) == "the sum is wrong"


def test_check_raises_a_defect_with_the_fields_only_when_it_must():
    check(1, "one is true")
    with pytest.raises(Defect) as caught:
        check([], "empty is false", is_=[])
    assert caught.value.fields == {"is_": []}


@pytest.mark.parametrize("error", [NoSuchThing(name="unicorn"), Fault("Gone.", fix="Fetch it.", can_retry=True), Defect("Never.", rows=3)])  # fmt: skip
def test_an_error_travels_between_processes_as_it_is(error):
    """A worker's refusal once broke on its way: its class builds the sentence from other words."""
    came = pickle.loads(pickle.dumps(error))  # noqa: S301  of our own
    assert type(came) is type(error)
    assert (came.sentence, came.fix, came.fields, str(came)) == (error.sentence, error.fix, error.fields, str(error))  # fmt: skip
