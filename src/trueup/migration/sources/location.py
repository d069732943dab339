from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit


def location_of(url: str) -> str:
    """`url` without its password and without its query, which may hold one too."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    netloc = f"{name}@{host}" if name else host
    socket = _socket(url)
    if not netloc and not socket:
        return f"{parts.scheme}:{parts.path}" if parts.scheme else parts.path
    return with_query(url, netloc, socket)


def server_of(url: str, port: int) -> str:
    """Where the server of `url` should listen: its socket, or host and port. port: the usual."""
    if socket := _socket(url):
        return unquote(socket.partition("=")[2])
    at = urlsplit(url).netloc.rpartition("@")[2] or "localhost"
    return at if re.search(r":\d+$", at) else f"{at}:{port}"


def with_query(url: str, netloc: str, query: str) -> str:
    """`url` with another server and query.

    An empty server keeps its two slashes, which `urlunsplit` takes away from most schemes.
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{netloc}{parts.path}" + (f"?{query}" if query else "")


def _socket(url: str) -> str:
    """The setting by which `url` names a socket instead of a host, as it is written there."""
    parts = urlsplit(url)
    found = re.search(r"(?:^|&)((?:host|unix_socket)=[^&]+)", parts.query)
    return found[1] if found and not parts.netloc.rpartition("@")[2] else ""
