"""Our own server: starts anywhere, outlives its owner, never stumbles over what a dead one left."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from trueup.db import EmbeddedServer
from trueup.db.embedded import home as homes
from trueup.db.embedded.account import ACCOUNTS, Account, server_account
from trueup.db.embedded.binaries import open_binaries, wheel_folder
from trueup.db.embedded.errors import BinariesMissing, FolderUnusable, ServerBusy, ServerFailed
from trueup.db.embedded.postmaster import find_postmaster
from trueup.kernel.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root does differently")
DEADLINE_SECONDS = 120

# A process of its own that starts the server, says so, and then waits to be killed.
OWNER = """
import sys, time
from pathlib import Path
from trueup.db import EmbeddedServer
print(EmbeddedServer.ensure(Path(sys.argv[1])).postmaster.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server, stopped and removed at the end."""
    parent = Path(tempfile.mkdtemp(prefix="trueup-server-"))
    parent.chmod(0o755)
    path = parent / "home"
    yield path
    if path.exists() and (path / "lock").exists():
        EmbeddedServer.ensure(path).stop()
    if path.is_symlink():
        shutil.rmtree(path.resolve())
    shutil.rmtree(parent, ignore_errors=True)  # an orphaned initdb may still write


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_dead(pid: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while is_alive(pid):
        assert time.monotonic() < deadline, "the process would not die"
        time.sleep(0.02)


def test_a_server_is_made_kept_durable_and_stopped(folder: Path) -> None:
    server = EmbeddedServer.ensure(folder)
    assert ask(server.url, "show server_encoding") == "UTF8"
    assert ask(server.url, "show timezone") == "UTC"
    assert ask(
        server.url,
        "select array['Z', 'a', 'ä'] = array(select unnest(array['ä', 'a', 'Z']) order by 1)",
    )
    assert ask(server.url, "show fsync") == "on"
    assert ask(server.url, "show synchronous_commit") == "on"
    assert folder.stat().st_mode & 0o777 == 0o700
    server.stop()
    wait_until_dead(server.postmaster.pid)
    server.stop()  # a second time is no harm


def test_a_second_process_attaches_and_data_survives_a_stop(folder: Path) -> None:
    first = EmbeddedServer.ensure(folder)
    with psycopg.connect(first.url) as connection:
        connection.execute("create table kept (n integer)")
    second = EmbeddedServer.ensure(folder)
    assert second.postmaster == first.postmaster
    second.stop()
    third = EmbeddedServer.ensure(folder)
    assert third.postmaster.pid != first.postmaster.pid
    assert ask(third.url, "select count(*) from kept") == 0


def test_the_server_outlives_an_owner_that_is_killed(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
    server = EmbeddedServer.ensure(folder)
    assert server.postmaster.pid == pid
    assert ask(server.url, "select 1") == 1


def test_a_server_that_was_killed_is_started_again(folder: Path) -> None:
    """Its pid file and its socket are still there."""
    server = EmbeddedServer.ensure(folder)
    with psycopg.connect(server.url) as connection:
        connection.execute("create table kept as select 7 as n")
    os.kill(server.postmaster.pid, signal.SIGKILL)
    wait_until_dead(server.postmaster.pid)
    assert (server.home.cluster / "postmaster.pid").exists()
    again = EmbeddedServer.ensure(folder)
    assert again.postmaster.pid != server.postmaster.pid
    assert ask(again.url, "select n from kept") == 7


def test_a_killed_server_whose_pid_went_to_an_innocent_process_is_started_again(
    folder: Path,
) -> None:
    """As after the restart of a container, where numbers are small and soon used again."""
    server = EmbeddedServer.ensure(folder)
    os.kill(server.postmaster.pid, signal.SIGKILL)
    wait_until_dead(server.postmaster.pid)
    file = server.home.cluster / "postmaster.pid"
    account = server.home.account
    innocent = subprocess.Popen(["sleep", "600"], cwd="/", **account.process_arguments)
    try:
        lines = file.read_text().splitlines()
        file.write_text("\n".join((str(innocent.pid), *lines[1:], "")))
        assert find_postmaster(server.home.cluster) is None
        again = EmbeddedServer.ensure(folder)
        assert ask(again.url, "select 1") == 1
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


@pytest.mark.parametrize("text", ["", "\n", "rubbish\n", "0\n", "-7\n"])
def test_a_broken_pid_file_is_no_server(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    assert find_postmaster(tmp_path) is None


def test_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        owners = list(pool.map(started_owner, [folder] * 3))
    try:
        assert len({pid for _, pid in owners}) == 1
    finally:
        for owner, _ in owners:
            owner.kill()
            owner.wait()
            assert owner.stdout is not None
            owner.stdout.close()


def started_owner(folder: Path) -> tuple[subprocess.Popen[str], int]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def test_an_owner_killed_while_it_makes_the_cluster_leaves_nothing_half_made(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True
    ) as owner:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not any(folder.glob("cluster*")):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        owner.kill()
    server = EmbeddedServer.ensure(folder)
    assert ask(server.url, "select 1") == 1


def test_a_lock_held_too_long_is_a_fault_that_can_be_retried(folder: Path) -> None:
    home = homes.open_home(folder)
    with homes.locked(home, seconds=1), pytest.raises(ServerBusy) as fault:
        EmbeddedServer.ensure(folder, seconds=0.2)
    assert fault.value.can_retry
    (folder / "lock").unlink()


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    long = folder.with_name("x" * 120)
    server = EmbeddedServer.ensure(long)
    try:
        assert len(server.postmaster.socket_folder) < 80
        assert Path(server.postmaster.socket_folder).stat().st_mode & 0o777 == 0o700
        assert EmbeddedServer.ensure(long).postmaster == server.postmaster
        assert ask(server.url, "select 1") == 1
    finally:
        server.stop()
        shutil.rmtree(server.postmaster.socket_folder)


def test_a_port_is_opened_on_request_and_asks_for_the_password(folder: Path) -> None:
    port = 20_000 + os.getpid() % 20_000
    server = EmbeddedServer.ensure(folder, tcp_port=port)
    assert server.tcp_url is not None
    assert ask(server.tcp_url, "select 1") == 1
    assert server.home.password.stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://trueup@127.0.0.1:{port}/trueup")


def test_without_a_port_there_is_no_address_on_the_network(folder: Path) -> None:
    server = EmbeddedServer.ensure(folder)
    assert server.tcp_url is None
    assert ask(server.url, "show listen_addresses") == ""


def test_a_folder_that_holds_other_things_is_refused_and_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    owner = folder.stat().st_uid
    with pytest.raises(FolderUnusable, match="other things"):
        EmbeddedServer.ensure(folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    assert folder.stat().st_uid == owner


def test_a_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(FolderUnusable, match="Not a directory"):
        EmbeddedServer.ensure(folder)


def test_a_folder_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(FolderUnusable):
        EmbeddedServer.ensure(Path("/proc/trueup"))


def test_a_server_that_will_not_start_shows_the_end_of_its_log(folder: Path) -> None:
    EmbeddedServer.ensure(folder).stop()
    auto = folder / "cluster" / "postgresql.auto.conf"
    auto.write_text("no_such_setting = 1\n")
    with pytest.raises(ServerFailed, match="no_such_setting"):
        EmbeddedServer.ensure(folder)
    auto.write_text("")


def test_a_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BinariesMissing, match="holds no postgres"):
        open_binaries(tmp_path, server_account(tmp_path))


@needs_root
def test_root_hands_the_server_over_and_changes_no_parent(folder: Path) -> None:
    before = folder.parent.stat()
    server = EmbeddedServer.ensure(folder)
    uid = Path(f"/proc/{server.postmaster.pid}").stat().st_uid
    assert pwd.getpwuid(uid).pw_name in ACCOUNTS
    after = folder.parent.stat()
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)


@needs_root
def test_root_in_a_private_folder_gets_a_link_to_a_reachable_one(folder: Path) -> None:
    folder.parent.chmod(0o700)
    server = EmbeddedServer.ensure(folder)
    assert folder.is_symlink()
    assert folder.resolve().parent == homes.SHARED_HOME
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert ask(server.url, "select 1") == 1
    assert EmbeddedServer.ensure(folder).postmaster == server.postmaster


@needs_root
def test_programs_in_a_private_folder_are_copied_once_and_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the libraries that the wheel keeps beside its package."""
    package = wheel_folder().parent.parent
    private, shared = folder.parent / "private", folder.parent / "shared"
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, private / part.name, symlinks=True)
    subprocess.run(["chmod", "-R", "go=", str(private)], check=True)  # as under umask 077
    monkeypatch.setattr("trueup.db.embedded.binaries.SHARED_HOME", shared)
    programs = private / package.name / "pginstall" / "bin"
    server = EmbeddedServer.ensure(folder, binaries=programs)
    assert server.binaries.folder.is_relative_to(shared)
    assert ask(server.url, "select 1") == 1
    assert open_binaries(programs, server.home.account) == server.binaries
    assert len(list(shared.iterdir())) == 1
    server.stop()


def said_by_user(account: Account, folder: Path) -> str:
    """What starting a server in `folder` answers to a process of `account`.

    Forked, not executed: the interpreter itself may lie behind root's closed doors.
    """
    programs = open_binaries(None, account).folder
    ear, mouth = os.pipe()
    if os.fork() == 0:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        try:
            words = ask(EmbeddedServer.ensure(folder, binaries=programs).url, "select 'it runs'")
        except Fault as fault:
            words = str(fault)
        os.write(mouth, words.encode())
        os._exit(0)
    os.close(mouth)
    os.wait()
    with os.fdopen(ear, encoding="utf-8") as spoken:
        return spoken.read()


@needs_root
def test_an_ordinary_user_starts_a_server_of_their_own(folder: Path, postgres_url: str) -> None:
    ask(postgres_url, "select 1")  # so that the child needs to import nothing any more
    account = server_account(folder)
    folder.parent.chmod(0o777)
    assert said_by_user(account, folder) == "it runs"
    assert folder.stat().st_uid == account.uid


@needs_root
def test_an_ordinary_user_finds_the_folder_of_another_closed(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    assert "belongs to another user" in said_by_user(server_account(folder), folder)


def test_every_fault_of_the_server_says_what_to_do(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(Fault) as fault:
        EmbeddedServer.ensure(folder)
    assert fault.value.fix
