"""A page of stitchback as a browser reads it, without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

LOADING = ("src", "href", "srcset", "action", "data", "poster", "formaction", "background")


@dataclass
class ReadPage(HTMLParser):
    """`texts`: of the script and style elements, by their place. `loads`: attributes that may load or lead somewhere. `handlers`: inline ones."""

    html: str
    tags: list[str] = field(default_factory=list)
    loads: list[tuple[str, str, str]] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)
    texts: list[tuple[str, dict[str, str | None], str]] = field(default_factory=list)
    metas: list[dict[str, str | None]] = field(default_factory=list)
    _inside: tuple[str, dict[str, str | None]] | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [(tag, name, value or "") for name, value in attrs if name in LOADING]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "meta":
            self.metas.append(dict(attrs))
        if tag in ("script", "style"):
            self._inside = tag, dict(attrs)

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.texts.append((*self._inside, data))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = None

    def text_of(self, tag: str, **attributes: str) -> list[str]:
        return [
            text for each, attrs, text in self.texts if each == tag and attributes.items() <= attrs.items()
        ]

    @property
    def data(self) -> dict[str, Any]:
        (text,) = self.text_of("script", id="data")
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def policy(self) -> str:
        (found,) = (
            meta["content"] for meta in self.metas if meta.get("http-equiv") == "Content-Security-Policy"
        )
        return found or ""

    def check(self) -> None:
        """Loads nothing, and the policy allows exactly its own scripts and style."""
        assert all(value.startswith("#") for _, _, value in self.loads), self.loads
        assert not self.handlers
        assert not {"img", "link", "iframe", "object", "embed", "base", "form"}.intersection(self.tags)
        (style,) = self.text_of("style")
        assert not re.search(r"url\(|@import", style)
        scripts = [text for tag, attrs, text in self.texts if tag == "script" and "type" not in attrs]
        assert "default-src 'none'" in self.policy
        assert "unsafe" not in self.policy
        assert set(re.findall(r"'sha256-[^']+'", self.policy)) == set(map(digest, (style, *scripts)))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
