"""Database URLs as people write them in DATABASE_URL, and what Django needs of them.

A credential is never part of a text that this module gives out: not of `str()`, not of `repr()`, not of an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import dj_database_url

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

_NUMBERS = frozenset({"timeout", "connect_timeout", "read_timeout", "write_timeout", "tcp_user_timeout"})
_SECRET = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=//).*@", re.DOTALL)
_HINT = "Use sqlite:////absolute/path, sqlite:///relative/path, postgresql://USER:PASSWORD@HOST:PORT/NAME, mysql://… or mariadb://…"

Option = str | int


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """One database's address. `vendor` is Django's name for the engine; `options` go to the driver as they are.

    `alias` and `backend`: the alias of DATABASES that it is from, by which it is named, and its ENGINE; "" for a URL. An alias may have
    options that no URL has.
    """

    vendor: str
    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    options: tuple[tuple[str, object], ...] = field(default=(), repr=False, hash=False)
    alias: str = ""
    backend: str = ""

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Raises EnvironmentProblem (SB601) where the text is no database URL; its message holds no credentials."""
        text = text.strip()
        scheme, separator, address = text.partition("://")
        vendor = SCHEMES.get(scheme.partition("+")[0].lower())
        if vendor is None or not separator:
            _refuse(text, f"{scheme + '://' if separator else 'this'} is not a known kind of database")
        if vendor == "sqlite" and not address.startswith("/"):
            _refuse(text, "sqlite:// takes three slashes and a relative path, or four and an absolute one")
        try:
            read = dj_database_url.parse(f"{vendor}://{address}")
            options = _options(urlsplit(text).query)
        except ValueError:
            _refuse(text, "the host or the port cannot be read (percent-encode special characters)")
        name = read["NAME"]
        if vendor == "sqlite":
            if name == ":memory:":
                _refuse(text, "it contains no file name")
            return cls(vendor, name, options=tuple(sorted(options.items())))
        if not name:
            _refuse(text, "it contains no database name: …/NAME is missing")
        if "/" in urlsplit(text).path[1:]:
            _refuse(text, "it has more than one name")
        host = str(options.pop("host", "")) or read["HOST"]
        port = int(read["PORT"]) if read["PORT"] else None
        return cls(vendor, name, read["USER"], read["PASSWORD"], host, port, tuple(sorted(options.items())))

    @classmethod
    def of(cls, address: DatabaseUrl | str) -> DatabaseUrl:
        """An address, parsed where it is a text. Raises EnvironmentProblem as `parse` does."""
        return address if isinstance(address, DatabaseUrl) else cls.parse(address)

    @property
    def redacted(self) -> str:
        """The alias; of a URL, the URL with `***` for the password and for options that sound like one. Can be printed, and given again."""
        if self.alias:
            return self.alias
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

    def hidden_in(self, words: str) -> str:
        """A driver's own words with `***` for each secret; for an alias, nothing of its connection is shown."""
        secrets = {self.password, *(str(value) for key, value in self.options if _SECRET.search(key))}
        for secret in sorted(secrets - {""}, key=lambda each: (-len(each), each)):
            words = words.replace(secret, "***")
        if self.alias:
            names = {self.user, self.host, self.name, str(self.port or "")} - {""}
            for name in sorted(names, key=lambda each: (-len(each), each)):
                words = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", "***", words)
        return words

    def complete(self) -> str:
        """The URL with its password, for a process of ours and never for a text. Raises EnvironmentProblem (SB601) where an alias has an
        option that no URL can have."""
        for key, value in self.options:
            if not isinstance(value, Option):
                _refuse(
                    self.redacted, f"its option {key} cannot be written in a URL: give one with --database"
                )
        query = f"?{urlencode(self.options)}" if self.options else ""
        user = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        port = f":{self.port}" if self.port else ""
        return f"{self.vendor}://{user}{'@' if user else ''}{host}{port}/{quote(self.name, safe='')}{query}"

    def settings(self) -> dict[str, object]:
        """An entry of Django's DATABASES."""
        return {
            "ENGINE": self.backend or dj_database_url.parse(f"{self.vendor}://")["ENGINE"],
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": str(self.port or ""),
            "OPTIONS": dict(self.options),
        }


def _options(query: str) -> dict[str, Option]:
    """Texts as they are written: dj-database-url makes 123 of `sslpassword=0123`, and True of `true`."""
    found: dict[str, Option] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "currentSchema":  # JDBC's and dj-database-url's word
            key, value = "options", f"-c search_path={value}"
        found[key] = int(value) if key in _NUMBERS and value.isdigit() else value
    return found


def _refuse(text: str, reason: str) -> NoReturn:
    shown = _CREDENTIALS.sub("***@", text)
    shown = shown.partition("?")[0]
    raise EnvironmentProblem("SB601", f"not a database URL: {shown}: {reason}", hint=_HINT) from None
