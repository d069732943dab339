"""Reads a page as a browser would, strictly: every element closed in order, nothing called out."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "circle"}
INLINE = {"span", "small", "strong", "code", "abbr", "a", "b", "em"}
CALLS_OUT = {"script", "link", "img", "iframe", "object", "embed", "form", "base"}


class Page(HTMLParser):
    """text: all text, joined.

    problems: what is not well-formed, would need the network, or runs together when it is copied.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self._texts: list[str] = []
        self._between: list[str] = []  # tags since the last text
        self.feed(html)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]
        self.problems += [f"id {name} twice" for name in self.ids if self.ids.count(name) > 1]
        self.text = " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._between.append(tag)
        named = dict(attrs)
        self.ids += [str(named["id"])] if named.get("id") else []
        if tag in CALLS_OUT:
            self.problems.append(f"<{tag}> has no place here")
        for name, value in attrs:
            if name.startswith("on") or (
                name in {"src", "href"} and not str(value).startswith("#")
            ):
                self.problems.append(f"{name}={value}")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        self._between.append(tag)
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self._open[-1:] or 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        before = self._texts[-1] if self._texts else ""
        is_joined = set(self._between) <= INLINE and self._between
        if is_joined and before[-1:].isalnum() and data[:1].isalnum():
            self.problems.append(f"{before[-20:]!r} and {data[:20]!r} run together")
        self._texts.append(data)
        self._between = []
