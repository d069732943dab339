"""The three families of everything that is raised: refusal, fault, defect."""

from __future__ import annotations

from typing import Any, ClassVar


class TrueupError(Exception):
    """What every error of ours carries: a stable code, a sentence, a fix, and its fields as data.

    code: stable, lower snake-case.  fix: what a person can do; empty when nothing helps.
    """

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str, *, fix: str = "", **fields: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fix = fix
        self.fields: dict[str, Any] = fields

    def __reduce__(self) -> tuple[Any, ...]:
        """Between processes it travels as it is: its class builds sentences from other words."""
        return _again, (type(self), self.args, self.__dict__)


class Refusal(TrueupError):  # noqa: N818  a refusal is an answer, not an error
    """The domain says no. Expected; one subclass per code."""

    code = "refused"

    def __init__(self, sentence: str, *, fix: str, **fields: Any) -> None:
        super().__init__(sentence, fix=fix, **fields)


class Fault(TrueupError):  # noqa: N818  the family's name is the field's word
    """The outside failed. `can_retry` says whether trying again can help."""

    code = "fault"
    can_retry: bool = False

    def __init__(
        self, sentence: str, *, can_retry: bool | None = None, fix: str = "", **fields: Any
    ) -> None:
        super().__init__(sentence, fix=fix, **fields)
        if can_retry is not None:
            self.can_retry = can_retry


class Defect(TrueupError):  # noqa: N818  the family's name is the field's word
    """An invariant broke: stop, keep the evidence. `fields` are the evidence."""

    code = "defect"

    def __str__(self) -> str:
        if not self.fields:
            return self.sentence
        evidence = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.sentence} ({evidence})"


def check(condition: object, sentence: str, **fields: Any) -> None:
    """Raise `Defect` unless `condition` holds; unlike `assert` it survives `python -O`."""
    if not condition:
        raise Defect(sentence, **fields)


def _again(kind: type[TrueupError], said: tuple[Any, ...], known: dict[str, Any]) -> TrueupError:
    error = kind.__new__(kind, *said)
    error.__dict__.update(known)
    return error
