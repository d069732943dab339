"""The mutation score of the pure modules: what share of small changes to them do unit tests notice.

`python -m tests.support.mutation [PART ...]` makes mutmut's mutants of the files that `[tool.mutmut]`
names, has tests judge those whose path contains a PART (all without one), prints the score of each
room or slice and of all, and fails where one is below `FLOOR` percent.

mutmut starts pytest anew for each mutant; here pytest collects once, watches one clean run to
learn which tests enter which function, and forks a child for each mutant that runs those tests
alone, the nearest first. What nobody notices within `ALLOWED_SECONDS` of tests counts as survived.
Verdicts are kept beside the mutants, so a run that was stopped goes on where it was, and
`mutmut show NAME` and `mutmut browse` read them. A survivor is tried again once a file of its
tests has changed; a kill stands until its function changes (`make clean` forgets). All that is
allowed is counted in work, so a run may be stopped for an hour and go on.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import hashlib
import multiprocessing
import os
import resource
import select
import shutil
import signal
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings
from mutmut.__main__ import (
    copy_also_copy_files,
    copy_src_dir,
    create_mutants,
    setup_source_paths,
    walk_mutatable_files,
)
from mutmut.configuration import config
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name as function_of
from tests.support.scores import (
    KILLED,
    NO_TESTS,
    NOTICED,
    SURVIVED,
    TIMED_OUT,
    chosen,
    in_sample,
    line_of,
    report,
    tell,
    verdicts_of,
)
from tests.support.verdicts import FOLDER, Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED_SECONDS = 1.0  # of tests for one mutant: what they miss, later ones notice 1 in 200 times
SLACK_SECONDS = 10  # of CPU above thrice its tests': a mutant hangs; a set-up may be theirs alone
IDLE_SECONDS = 20  # without any work: what waits so long waits for ever
MEMORY_BYTES = 8 << 30  # of data: a judge of e-invoices reserves more addresses than that
UNCHANGED = ""


@dataclass(slots=True)
class Learnt:
    """What one clean run told: the tests that enter a function, and how long each took."""

    tests: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=dict)
    items: dict[str, pytest.Item] = field(default_factory=dict)
    is_fit: dict[str, bool] = field(default_factory=dict)  # whether it passes in a child, if asked


LEARNT = Learnt()  # forked workers read it: items cannot be handed over


class Judge:
    """A plugin whose test loop is the clean run, then all mutants."""

    def __init__(self, parts: list[str], jobs: int, every: int) -> None:
        self.parts = parts
        self.every = every
        self.jobs = jobs
        self.clean = True
        self.by_fixture: dict[str, set[str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        settings.register_profile(
            "mutation",
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],  # a failure is enough, however large
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutation")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """A fixture that many tests share is entered by the first and judged by all."""
        before = set(state()._stats)
        try:
            return (yield)
        finally:
            self.by_fixture.setdefault(fixture_key(fixturedef), set()).update(
                state()._stats - before
            )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self.clean = False
            return True
        self.clean = learn(session.items, self.by_fixture)
        if self.clean:
            forget_caches()
            judge(self.parts, self.jobs, self.every)
        return True


def fixture_key(fixture: pytest.FixtureDef[object]) -> str:
    return f"{fixture.baseid}::{fixture.argname}"


def learn(items: list[pytest.Item], by_fixture: dict[str, set[str]]) -> bool:
    """Run every test once unchanged; False when one fails."""
    set_mutant_under_test("stats")
    hits = state()._stats
    for index, item in enumerate(items):
        hits.clear()
        started = time.process_time()
        if not passes(item, items[index + 1] if index + 1 < len(items) else None):
            tell(f"fails without any change: {item.nodeid}")
            return False
        LEARNT.seconds[item.nodeid] = time.process_time() - started
        LEARNT.items[item.nodeid] = item
        for fixtures in item._fixtureinfo.name2fixturedefs.values():
            for fixture in fixtures:
                hits |= by_fixture.get(fixture_key(fixture), set())
        for name in hits:
            LEARNT.tests[name].append(item.nodeid)
    set_mutant_under_test("")
    return True


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=following)
    return not any(report.failed for report in reports)


def forget_caches() -> None:
    """What a clean run left in a cache would hide a change from the tests."""
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper):
            thing.cache_clear()
    gc.collect()
    gc.freeze()  # children share the pages


def judge(parts: list[str], jobs: int, every: int) -> None:
    digests = digest_of_tests()
    paths = [path for path in walk_mutatable_files() if chosen(path, parts)]
    work = sorted(paths, key=lambda path: -path.stat().st_size)
    # An executor, for it fails when one of its processes is gone: a Pool would wait for ever.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as workers:
        judged = {workers.submit(judge_file, path, digests, every): path for path in work}
        for each in as_completed(judged):
            each.result()
            tell(line_of(judged[each].as_posix(), verdicts_of(judged[each], every)))


def judge_file(path: Path, digests: dict[str, str], every: int) -> None:
    """Give every mutant of one file a verdict."""
    verdicts = Verdicts.of(path)
    data = verdicts.data
    first: dict[str, list[str]] = defaultdict(list)  # what noticed a sibling goes first
    pending = [
        (mutant, function_of(mutant))
        for mutant, verdict in data.exit_code_by_key.items()
        if in_sample(mutant, every) and verdict not in NOTICED
        if verdict is None or verdicts.seen.get(mutant) != digests.get(function_of(mutant), "")
    ]
    for mutant, name in pending:
        started = time.monotonic()
        data.exit_code_by_key[mutant], killer = fair_verdict_on(mutant, name, first[name])
        data.durations_by_key[mutant] = time.monotonic() - started
        if killer and killer not in first[name]:
            first[name].insert(0, killer)
        verdicts.seen[mutant] = digests.get(name, "")
        verdicts.save()


@functools.cache
def in_turn(name: str) -> list[str]:
    """The tests that enter a function: those of its own slice first, quick ones before slow.

    Of a table each test gives a row in turn, for rows of one test see much the same.
    """
    home = set(name.split(".")[1:-1])
    given: Counter[str] = Counter()

    def key(test: str) -> tuple[int, int]:
        table = test.partition("[")[0]
        given[table] += 1
        return -len(home & set(Path(test.partition("::")[0]).parts)), given[table]

    quick_first = sorted(LEARNT.tests.get(name, []), key=LEARNT.seconds.__getitem__)
    return sorted(quick_first, key=key)


def nearest(name: str) -> list[str]:
    """As many of them as one mutant is allowed, at least one; none that no child can run."""
    chosen_tests, spent = [], 0.0
    for test in in_turn(name):
        if not LEARNT.is_fit.get(test, True):
            continue
        spent += LEARNT.seconds[test]
        if chosen_tests and spent > ALLOWED_SECONDS:
            break
        chosen_tests.append(test)
    return chosen_tests


def fair_verdict_on(mutant: str, name: str, first: list[str]) -> tuple[int, str]:
    """What tests say of one mutant that pass in a child where nothing was changed.

    A native library with threads of its own, such as typst, hangs in a child for ever.
    """
    while True:
        tests = first + [test for test in nearest(name) if test not in first]
        verdict, killer = verdict_on(mutant, tests)
        asked = {TIMED_OUT: tests, KILLED: [killer]}.get(verdict, [])
        for test in asked:
            if test not in LEARNT.is_fit:
                LEARNT.is_fit[test] = verdict_on(UNCHANGED, [test]) == (SURVIVED, "")
                if not LEARNT.is_fit[test]:
                    tell(f"fails in a child without any change, and is not asked: {test}")
        if all(LEARNT.is_fit[test] for test in asked):
            return verdict, killer


def verdict_on(mutant: str, tests: list[str]) -> tuple[int, str]:
    """What a child saw of one mutant, and the test that noticed it if one did."""
    if not tests:
        return NO_TESTS, ""
    allowed = int(3 * sum(LEARNT.seconds[test] for test in tests)) + SLACK_SECONDS
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run_as_child(mutant, tests, allowed, writing)
    os.close(writing)
    answer = answer_of(child, reading)
    os.close(reading)
    os.waitpid(child, 0)
    if answer.startswith("survived"):
        return SURVIVED, ""
    if answer.startswith("killed "):
        return KILLED, answer.removeprefix("killed ")
    return TIMED_OUT, ""


def answer_of(child: int, reading: int) -> str:
    """What a child says; nothing of one that ends without a word, or is ended as it only waits.

    Seconds are counted one by one: while the run is stopped, none of them passes.
    """
    spent, idle = 0, 0
    while idle < IDLE_SECONDS:
        if select.select([reading], [], [], 1)[0]:
            return os.read(reading, select.PIPE_BUF).decode()
        before, spent = spent, cpu_of(child)
        idle = idle + 1 if spent == before else 0
    os.kill(child, signal.SIGKILL)
    return ""


def cpu_of(process: int) -> int:
    """Ticks that the kernel has counted for it and all of its threads."""
    stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(stat[11]) + int(stat[12])


def run_as_child(mutant: str, tests: list[str], allowed: int, answer: int) -> None:
    """Run the tests on a mutant, say what came of it, and end without a word."""
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    said = "survived"
    try:
        set_mutant_under_test(mutant)
        items = [LEARNT.items[test] for test in tests]
        for index, item in enumerate(items):
            if not passes(item, items[index + 1] if index + 1 < len(items) else None):
                said = f"killed {item.nodeid}"
                break
    except BaseException:  # noqa: BLE001 - whatever a change lets out of the runner was noticed
        said = f"killed {tests[0]}"
    with contextlib.suppress(OSError):
        os.write(answer, said.encode())
    os._exit(0)


def digest_of_tests() -> dict[str, str]:
    """For each function the tests that enter it and their files as they are now."""
    contents = {
        path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path("tests").rglob("*.py")
    }
    shared = sorted(v for path, v in contents.items() if not Path(path).name.startswith("test_"))
    base = hashlib.sha256("".join(shared).encode()).hexdigest()
    digests = {}
    for name, tests in LEARNT.tests.items():
        files = {contents.get(test.partition("::")[0], "") for test in tests}
        parts = [base, *sorted(files), *sorted(tests)]
        digests[name] = hashlib.sha256("".join(parts).encode()).hexdigest()
    return digests


def make_mutants(jobs: int) -> None:
    set_mutant_under_test("mutant_generation")
    FOLDER.mkdir(exist_ok=True)
    with Path(os.devnull).open("w") as quiet, contextlib.redirect_stdout(quiet):
        copy_src_dir()  # what is not there yet; of the modules, what changed is made anew below
        for path in Path("src").rglob("*"):
            if path.is_file() and path.suffix not in {".py", ".pyc"}:
                shutil.copy2(path, FOLDER / path)
        copy_also_copy_files()
        create_mutants(jobs)
    setup_source_paths()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="+", default=[], help="folders; those of pyproject.toml")
    parser.add_argument("--every", type=int, default=1, help="try a fixed sample: one in so many")
    parser.add_argument("--report", action="store_true", help="only print what is known")
    arguments = parser.parse_args()
    config()  # reads pyproject.toml before the folder changes
    if not arguments.report:
        make_mutants(arguments.jobs)
        judge_all = Judge(arguments.parts, arguments.jobs, arguments.every)
        quiet = ["-q", "--capture=sys", "--tb=native", "--assert=plain", "--no-header"]
        place = ["--rootdir=mutants", "--config-file=mutants/pyproject.toml", "-p", "no:randomly"]
        folders = arguments.tests or config().pytest_add_cli_args_test_selection
        tests = [str(FOLDER / folder) for folder in folders]
        pytest.main([*quiet, *place, *tests], plugins=[judge_all])
        if not judge_all.clean:
            return 1
    return 0 if report(arguments.parts, arguments.every) else 1


if __name__ == "__main__":
    sys.exit(main())
