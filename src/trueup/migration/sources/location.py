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
    if not netloc and not query:  # a file: `urlunsplit` would write a host that is not there
        return f"{parts.scheme}:{parts.path}" if parts.scheme else parts.path
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))
