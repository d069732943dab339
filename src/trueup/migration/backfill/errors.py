from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Fault, Refusal

if TYPE_CHECKING:
    from pathlib import Path


class LoadDiffers(Refusal):
    code = "load_differs"

    def __init__(self, *, source: str, what: str) -> None:
        super().__init__(
            f"This tenant already holds a load of {source!r} from another {what}.",
            fix="Load into another tenant (--tenant), or remove the first one with "
            "`trueup unload`, which is possible while the source bills every customer.",
            source=source,
            what=what,
        )


class LoadedUnderAnotherName(Refusal):
    code = "loaded_under_another_name"

    def __init__(self, *, source: str, other: str) -> None:
        super().__init__(
            f"This snapshot is in these books already, as {other!r}; as {source!r} every record "
            "would be there twice.",
            fix=f"Go on with --name {other}, load into another tenant, or unload {other!r} first.",
            source=source,
            other=other,
        )


class LoadRunning(Fault):
    code = "load_running"
    can_retry = True

    def __init__(self, *, source: str) -> None:
        super().__init__(
            f"Another process is loading {source!r} into this tenant.",
            fix="Wait until it has finished; this command can then simply be run again.",
            source=source,
        )


class BooksCollide(Refusal):
    code = "books_collide"

    def __init__(self, *, source: str, entity: str, constraint: str) -> None:
        super().__init__(
            f"Records of {entity} in {source!r} share a value that must be unique ({constraint}) "
            "with records that these books hold from elsewhere.",
            fix="Remove this load with `trueup unload` and load it into a tenant of its own "
            "(--tenant), or make the values differ in the mapping.",
            source=source,
            entity=entity,
            constraint=constraint,
        )


class ScratchUnusable(Fault):
    code = "scratch_unusable"
    can_retry = True

    def __init__(self, *, scratch: Path, reason: str) -> None:
        super().__init__(
            f"The load cannot work in {scratch}: {reason}",
            fix="Make room there, or name a work folder on another disk; then load again.",
            scratch=str(scratch),
            reason=reason,
        )


class MappingTooLarge(Fault):
    code = "mapping_too_large"
    can_retry = True

    def __init__(self, *, limit_mb: int, reason: str) -> None:
        super().__init__(
            f"Mapping one chunk takes more memory than the {limit_mb} MB it may: {reason}",
            fix="Let the pack's statement join less to each row, whole tables above all; what is "
            "loaded stays, and the same load goes on from there.",
            limit_mb=limit_mb,
            reason=reason,
        )


class NothingLoaded(Refusal):
    code = "nothing_loaded"

    def __init__(self, *, source: str) -> None:
        super().__init__(
            f"This tenant holds no load of {source!r}.",
            fix="Run `trueup load` first, or name the tenant and source that were loaded.",
            source=source,
        )


class AuthorityMoved(Refusal):
    code = "authority_moved"

    def __init__(self, *, customers: int) -> None:
        super().__init__(
            f"{customers} imported customers are already billed by the target.",
            fix="Give their authority back to the source first; a load is removed only as a whole.",
            customers=customers,
        )
