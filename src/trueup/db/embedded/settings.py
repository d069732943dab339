"""How the embedded server is tuned: for billing in bulk on the machine it finds itself on."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB, GIB = 1024, 1024**2, 1024**3

SHARED_BUFFERS_MAX = 4 * GIB  # a load of a million invoices fills three
SHARED_BUFFERS_MIN = 64 * MIB
WORK_MEM_MAX = 128 * MIB  # what sums up a load of a million invoices then stays in memory
WORK_MEM_MIN = 16 * MIB
WAL_SIZE_MAX = 8 * GIB  # a checkpoint in the middle of a load costs a tenth of its speed
WAL_SIZE_MIN = 256 * MIB
SHARED_MEMORY_MIN = 1 * GIB  # a container's default /dev/shm of 64 MiB breaks parallel queries


@dataclass(frozen=True, slots=True)
class Machine:
    """What the settings depend on, in bytes."""

    memory: int
    disk_free: int
    shared_memory_free: int
    has_lz4: bool


def server_settings(machine: Machine, *, socket_folder: str, port: int, is_tcp: bool) -> str:
    """The text of postgresql.conf.  Durability stays as strict as PostgreSQL's default."""
    settings = {
        "listen_addresses": "127.0.0.1" if is_tcp else "",
        "port": str(port),
        "unix_socket_directories": socket_folder,
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": _mib(_clamp(machine.memory // 4, SHARED_BUFFERS_MIN, SHARED_BUFFERS_MAX)),
        "effective_cache_size": _mib(machine.memory // 2),
        "work_mem": _mib(_clamp(machine.memory // 128, WORK_MEM_MIN, WORK_MEM_MAX)),
        "temp_buffers": "32MB",  # what one chunk of a load stages stays in memory
        "maintenance_work_mem": "256MB",
        "dynamic_shared_memory_type": (
            "posix" if machine.shared_memory_free >= SHARED_MEMORY_MIN else "sysv"
        ),
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": _mib(_clamp(machine.disk_free // 4, WAL_SIZE_MIN, WAL_SIZE_MAX)),
        "checkpoint_timeout": "15min",
        "wal_compression": "lz4" if machine.has_lz4 else "off",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "datestyle": "iso, ymd",
        "default_text_search_config": "pg_catalog.simple",
        "log_line_prefix": "%m [%p] ",
        "log_error_verbosity": "terse",  # the rest tells whole rows: names, addresses (D60)
    }
    lines = (
        f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()
    )
    header = "# Written by Trueup at every start. Your own settings: alter system set ..."
    return "\n".join((header, *lines, ""))


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


def _mib(size: int) -> str:
    return f"{size // MIB}MB"
