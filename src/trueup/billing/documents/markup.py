"""XML as text, written straight down: an element without content is not written at all."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def leaf(name: str, text: str | None, **attributes: str) -> str:
    """An element around `text`, escaped; nothing at all where there is no text."""
    if text is None or not text.strip():
        return ""
    return f"<{name}{_attributes(attributes)}>{escape(text)}</{name}>"


def branch(name: str, *children: str, **attributes: str) -> str:
    """An element around elements; nothing at all where they are all empty."""
    inside = "".join(children)
    return f"<{name}{_attributes(attributes)}>{inside}</{name}>" if inside else ""


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
