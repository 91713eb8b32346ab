"""Database URLs as people write them in DATABASE_URL, and what Django needs of them.

A credential is never part of a text that this module gives out: not of `str()`, not of `repr()`, not of an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from stitchback.errors import EnvironmentProblem

SCHEMES = {
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "psql": "postgresql",
    "pgsql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
}
"""Scheme -> Django's `connection.vendor`. What stands behind a "+" (SQLAlchemy's driver) is left out."""

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "oracle": "django.db.backends.oracle",
}

_NUMBERS = frozenset({"timeout", "connect_timeout", "read_timeout", "write_timeout", "tcp_user_timeout"})
_SECRET = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=//).*@", re.DOTALL)
_HINT = "say sqlite:////absolute/path, sqlite:///relative/path, postgresql://USER:PASSWORD@HOST:PORT/NAME, mysql://… or mariadb://…"

Option = str | int


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """One database's address. `vendor` is Django's name for the engine; `options` go to the driver as they are."""

    vendor: str
    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    options: tuple[tuple[str, Option], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Raises EnvironmentProblem (SB601) where the text is no database URL; its message holds no credentials."""
        text = text.strip()
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            _refuse(text, "the host or the port cannot be read (percent-encode special characters)")
        vendor = SCHEMES.get(parts.scheme.partition("+")[0].lower())
        if vendor is None or "://" not in text:
            _refuse(
                text, f"{parts.scheme + '://' if parts.scheme else 'this'} is no database that is known here"
            )
        return _sqlite(text, parts) if vendor == "sqlite" else _server(text, vendor, parts, port)

    @property
    def redacted(self) -> str:
        """The URL with `***` for the password and for options that sound like one. Can be printed, and parsed again."""
        if self.vendor == "sqlite":
            address = f"sqlite:///{quote(self.name)}"
        else:
            user = quote(self.user, safe="") + (":***" if self.password else "")
            host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
            port = f":{self.port}" if self.port else ""
            address = f"{self.vendor}://{user}{'@' if user else ''}{host}{port}/{quote(self.name, safe='')}"
        return address + self._redacted_options()

    def _redacted_options(self) -> str:
        if not self.options:
            return ""
        pairs = (
            f"{key}={'***' if _SECRET.search(key) else quote(str(value))}" for key, value in self.options
        )
        return "?" + "&".join(pairs)

    def __str__(self) -> str:
        return self.redacted

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be printed, longest first: to be taken out of a driver's own words."""
        hidden = {self.password, *(str(value) for key, value in self.options if _SECRET.search(key))}
        return tuple(
            sorted((secret for secret in hidden if secret), key=lambda secret: (-len(secret), secret))
        )

    def settings(self) -> dict[str, object]:
        """An entry of Django's DATABASES."""
        return {
            "ENGINE": ENGINES[self.vendor],
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": str(self.port or ""),
            "OPTIONS": dict(self.options),
        }


def _sqlite(text: str, parts: SplitResult) -> DatabaseUrl:
    if parts.netloc:
        _refuse(text, "sqlite:// takes three slashes and a relative path, or four and an absolute one")
    name = unquote(parts.path[1:])
    if not name or name == ":memory:":
        _refuse(text, "it names no file")
    return DatabaseUrl("sqlite", name, options=_options(parts.query))


def _server(text: str, vendor: str, parts: SplitResult, port: int | None) -> DatabaseUrl:
    name = unquote(parts.path[1:])
    if not name or "/" in parts.path[1:]:
        _refuse(text, "it names no database: …/NAME is missing" if not name else "it has more than one name")
    options = dict(_options(parts.query))
    host = str(options.pop("host", "")) or unquote(parts.hostname or "")
    return DatabaseUrl(
        vendor,
        name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=host,
        port=port,
        options=tuple(sorted(options.items())),
    )


def _options(query: str) -> tuple[tuple[str, Option], ...]:
    found: dict[str, Option] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "currentSchema":  # JDBC's and dj-database-url's word
            key, value = "options", f"-c search_path={value}"
        found[key] = int(value) if key in _NUMBERS and value.isdigit() else value
    return tuple(sorted(found.items()))


def _refuse(text: str, reason: str) -> NoReturn:
    shown = _CREDENTIALS.sub("***@", text)
    shown = shown.partition("?")[0]
    raise EnvironmentProblem("SB601", f"not a database URL: {shown}: {reason}", hint=_HINT) from None
