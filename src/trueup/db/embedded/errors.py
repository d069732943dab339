"""What can go wrong with a server of our own."""

from __future__ import annotations

from trueup.kernel.errors import Fault


class FolderUnusable(Fault):
    """The data folder cannot hold a server: not ours, not a folder, not reachable, full."""

    code = "data_folder_unusable"


class BinariesMissing(Fault):
    """The programs of PostgreSQL are not where they should be, or cannot be run."""

    code = "postgres_binaries_missing"


class ServerFailed(Fault):
    """A program of PostgreSQL failed; the sentence ends with the last lines of its log."""

    code = "embedded_server_failed"


class ServerBusy(Fault):
    """Another process is starting or stopping the server, or it is still recovering."""

    code = "embedded_server_busy"
    can_retry = True
