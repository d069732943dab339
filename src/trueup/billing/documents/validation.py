"""Asks the official rules, in a process that lives for one batch, and fails closed.

No validator, no answer, a crash, silence or nonsense: each is a reason why nobody may call the XML
valid.  Only an answer that says which rules looked at it, and that none of them objects, is a yes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from trueup.billing.documents.model import Format

WORKER: Final = (sys.executable, "-I", "-m", "trueup.billing.documents.validation_worker")
TIMEOUT_SECONDS: Final = 60  # the first document waits for the rules to compile, half a second
DOCUMENTS_MAX: Final = 2_000  # then a new process takes over: Saxon's memory only grows
_LAST_WORDS: Final = 500  # characters kept of what a dying worker says


class Outcome(StrEnum):
    """VALID, or the reason why nobody may say so."""

    VALID = "valid"
    BROKEN_RULES = "broken_rules"
    REFUSED = "refused"
    NO_RULE_APPLIED = "no_rule_applied"
    NO_VALIDATOR = "no_validator"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    UNREADABLE_ANSWER = "unreadable_answer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One objection. rule: its official name, or XSD.  at: a path in the XML."""

    rule: str
    is_fatal: bool
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    detail: str = ""

    @property
    def is_valid(self) -> bool:
        return self.outcome is Outcome.VALID

    @property
    def broken(self) -> tuple[str, ...]:
        """What the rules object to, each once, in their own words."""
        fatal = (finding.text for finding in self.findings if finding.is_fatal)
        return tuple(dict.fromkeys(fatal))


class Validator:
    """Judges XML for as long as it is open. Use it as a context; one call at a time."""

    def __init__(
        self, command: Sequence[str] = WORKER, *, timeout_seconds: int = TIMEOUT_SECONDS
    ) -> None:
        """command: what starts a worker.  timeout_seconds: how long an answer may take."""
        self._command = tuple(command)
        self._timeout_seconds = timeout_seconds
        self._worker: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed with the validator
        self._judged = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker. Safe to repeat."""
        with self._lock:
            self._end()
            self._said.close()

    def validate(self, xml: bytes, syntax: Format) -> Verdict:
        """What the official rules say of `xml`; never raises for what it finds or fails at.

        syntax: UBL or CII.
        """
        with self._lock:
            if self._judged >= DOCUMENTS_MAX:
                self._end()
            try:
                worker = self._worker or self._start()
            except OSError as error:
                return Verdict(Outcome.NO_VALIDATOR, detail=str(error))
            self._judged += 1
            verdict = self._ask(worker, xml, syntax)
            if verdict.outcome not in _ANSWERED:
                self._end()
            return verdict

    def _start(self) -> subprocess.Popen[bytes]:
        self._said.seek(0)
        self._said.truncate()
        self._judged = 0
        pipe = subprocess.PIPE
        self._worker = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=self._said)
        return self._worker

    def _ask(self, worker: subprocess.Popen[bytes], xml: bytes, syntax: Format) -> Verdict:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            worker.kill()  # which ends the wait below

        timer = threading.Timer(self._timeout_seconds, give_up)
        timer.start()
        try:
            line = _exchanged(worker, b"%s %d\n%s" % (syntax.encode(), len(xml), xml))
        except OSError:
            line = b""
        finally:
            timer.cancel()
        if line:
            return _read(line)
        if late.is_set():
            return Verdict(Outcome.TIMED_OUT, detail=f"no answer in {self._timeout_seconds} s")
        return self._death(worker)

    def _death(self, worker: subprocess.Popen[bytes]) -> Verdict:
        worker.kill()
        code = worker.wait()
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip()[-_LAST_WORDS:]
        # A worker that cannot import its parts says so and was never a validator.
        is_absent = "ModuleNotFoundError" in words or "ImportError" in words
        outcome = Outcome.NO_VALIDATOR if is_absent else Outcome.CRASHED
        return Verdict(outcome, detail=f"exit {code}: {words or 'no words'}")

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        for stream in (worker.stdin, worker.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        worker.kill()
        worker.wait()


_ANSWERED: Final = frozenset(
    {Outcome.VALID, Outcome.BROKEN_RULES, Outcome.REFUSED, Outcome.NO_RULE_APPLIED}
)


def _exchanged(worker: subprocess.Popen[bytes], request: bytes) -> bytes:
    """The worker's line in answer to `request`; empty where it has ended."""
    if worker.stdin is None or worker.stdout is None:
        return b""
    worker.stdin.write(request)
    worker.stdin.flush()
    return worker.stdout.readline()


def _read(line: bytes) -> Verdict:
    try:
        answer: Any = json.loads(line)
        if "refused" in answer:
            return Verdict(Outcome.REFUSED, detail=str(answer["refused"]))
        findings = tuple(Finding(**finding) for finding in answer["findings"])
        fired = int(answer["fired"])
    except (ValueError, KeyError, TypeError) as error:
        return Verdict(Outcome.UNREADABLE_ANSWER, detail=f"{type(error).__name__}: {error}")
    if any(finding.is_fatal for finding in findings):
        return Verdict(Outcome.BROKEN_RULES, findings)
    if fired == 0:
        return Verdict(Outcome.NO_RULE_APPLIED, findings, "no rule looked at anything in it")
    return Verdict(Outcome.VALID, findings)
