from __future__ import annotations

import pytest

from trueup.db.embedded.settings import GIB, MIB, Machine, server_settings

BIG = Machine(memory=64 * GIB, disk_free=500 * GIB, shared_memory_free=8 * GIB, has_lz4=True)
SMALL = Machine(memory=1 * GIB, disk_free=4 * GIB, shared_memory_free=64 * MIB, has_lz4=False)
TINY = Machine(memory=128 * MIB, disk_free=0, shared_memory_free=0, has_lz4=False)


def written(machine: Machine, *, folder: str = "/x", is_tcp: bool = False) -> dict[str, str]:
    text = server_settings(machine, socket_folder=folder, port=5432, is_tcp=is_tcp)
    pairs = (line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    return {name: value.strip("'") for name, value in pairs}


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (BIG, ("4096MB", "128MB", "8192MB", "posix", "lz4")),  # the ceilings
        (SMALL, ("256MB", "16MB", "1024MB", "sysv", "off")),  # a container with a small /dev/shm
        (TINY, ("64MB", "16MB", "256MB", "sysv", "off")),  # the floors
    ],
)
def test_settings_follow_the_machine(machine: Machine, expected: tuple[str, ...]) -> None:
    settings = written(machine)
    names = (
        "shared_buffers",
        "work_mem",
        "max_wal_size",
        "dynamic_shared_memory_type",
        "wal_compression",
    )
    assert tuple(settings[name] for name in names) == expected


def test_the_log_tells_no_row() -> None:
    assert written(BIG)["log_error_verbosity"] == "terse"


@pytest.mark.parametrize("machine", [BIG, SMALL, TINY])
def test_durability_is_never_traded(machine: Machine) -> None:
    settings = written(machine)
    assert (settings["fsync"], settings["synchronous_commit"]) == ("on", "on")


def test_nobody_listens_on_the_network_unless_asked() -> None:
    assert not written(BIG)["listen_addresses"]
    assert written(BIG, is_tcp=True)["listen_addresses"] == "127.0.0.1"


def test_a_quote_in_the_folder_does_not_break_the_file() -> None:
    assert written(BIG, folder="/it's")["unix_socket_directories"] == "/it''s"
