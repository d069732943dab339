"""Several writers load entities side by side, and none before what it refers to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from trueup.migration.backfill.schedule import Act, Schedule, Step, Work
from trueup.migration.mapping.canonical import CANONICAL

WRITERS = 3


def works(chunks: int) -> list[Work]:
    """Every canonical entity, each with as many chunks, in the order of the contract."""
    return [
        Work(
            entity=each.name,
            chunks=tuple(range(chunks)),
            needs=each.refers_to - {each.name},
            is_survey_ready=not each.refers_to_itself,
        )
        for each in CANONICAL.values()
    ]


def run_by_writers(given: list[Work]) -> list[tuple[str, Step]]:
    """What is begun and done, in the order in which several writers do it."""
    schedule = Schedule(given)
    events: list[tuple[str, Step]] = []

    def work() -> None:
        while (step := schedule.take()) is not None:
            events.append(("begun", step))
            events.append(("done", step))
            schedule.done(step)

    with ThreadPoolExecutor(WRITERS) as pool:
        for writer in [pool.submit(work) for _ in range(WRITERS)]:
            writer.result()
    return events


@pytest.mark.parametrize("chunks", range(8))
def test_no_chunk_begins_before_all_that_it_refers_to_is_finished(chunks: int) -> None:
    finished: set[str] = set()
    surveyed: set[str] = set()
    for what, step in run_by_writers(works(chunks)):
        if what == "begun" and step.act is Act.CHUNK:
            assert CANONICAL[step.entity].refers_to - {step.entity} <= finished
            assert step.entity in surveyed
        if what == "done" and step.act is Act.SURVEY:
            surveyed.add(step.entity)
        if what == "done" and step.act is Act.FINISH:
            finished.add(step.entity)
    assert finished == set(CANONICAL)


@pytest.mark.parametrize("chunks", range(8))
def test_every_step_is_given_out_once_and_an_entity_ends_after_its_chunks(chunks: int) -> None:
    events = run_by_writers(works(chunks))
    begun = [step for what, step in events if what == "begun"]
    assert len(begun) == len(set(begun)) == len(CANONICAL) * (chunks + 2)
    for entity in CANONICAL:
        first, last = Step(Act.SURVEY, entity), Step(Act.FINISH, entity)
        of_entity = [event for event in events if event[1].entity == entity]
        assert of_entity[:2] == [("begun", first), ("done", first)]
        assert of_entity[-2:] == [("begun", last), ("done", last)]


def test_what_nothing_refers_to_is_loaded_while_another_entity_ends() -> None:
    alone = Work("usage", (0,), frozenset(), is_survey_ready=True)
    schedule = Schedule(
        [Work("invoice", (0,), frozenset(), is_survey_ready=True),
         Work("payment", (0,), frozenset({"invoice"}), is_survey_ready=True), alone]
    )  # fmt: skip
    surveys = [schedule.take() for _ in range(3)]
    for step in surveys:
        assert step is not None
        schedule.done(step)
    assert schedule.take() == Step(Act.CHUNK, "invoice", 0)
    assert schedule.take() == Step(Act.CHUNK, "usage", 0)


def test_a_stopped_schedule_lets_waiting_writers_go() -> None:
    schedule = Schedule([Work("invoice", (0,), frozenset(), is_survey_ready=True)])
    assert schedule.take() == Step(Act.SURVEY, "invoice")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(schedule.take)
        schedule.stop()
        assert waiting.result() is None
