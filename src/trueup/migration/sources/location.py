from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit


def location_of(url: str) -> str:
    """`url` without its password and without its query, which may hold one too."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    netloc = f"{name}@{host}" if name else host
    socket = re.search(r"(?:^|&)host=([^&]+)", parts.query)
    query = f"host={socket[1]}" if socket and not host else ""
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))
