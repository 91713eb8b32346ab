"""Database URLs: what is read of them, and that no credential gets out."""

from __future__ import annotations

import pytest

from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem


@pytest.mark.parametrize(
    ("text", "vendor", "name"),
    [
        ("sqlite:////abs/db.sqlite3", "sqlite", "/abs/db.sqlite3"),
        ("sqlite:///rel/db.sqlite3", "sqlite", "rel/db.sqlite3"),
        ("sqlite:///with%20space%3F.db", "sqlite", "with space?.db"),
        ("postgres://localhost/shop", "postgresql", "shop"),
        ("postgresql+psycopg://localhost/shop", "postgresql", "shop"),
        ("mysql://localhost/shop", "mysql", "shop"),
        ("mariadb://localhost/shop", "mysql", "shop"),
        ("oracle://localhost:1521/XEPDB1", "oracle", "XEPDB1"),
    ],
)
def test_engine_and_name(text: str, vendor: str, name: str) -> None:
    url = DatabaseUrl.parse(text)
    assert (url.vendor, url.name) == (vendor, name)


def test_percent_encoded_credentials_and_options() -> None:
    url = DatabaseUrl.parse(
        "postgresql://us%40er:p%3A%2F%40%25w@db.example:5433/shop?sslmode=require&connect_timeout=3"
    )
    assert url.settings() == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "us@er",
        "PASSWORD": "p:/@%w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"connect_timeout": 3, "sslmode": "require"},
    }


def test_unix_socket_and_search_path() -> None:
    url = DatabaseUrl.parse("postgresql:///shop?host=/var/run/postgresql&currentSchema=tenant")
    assert url.host == "/var/run/postgresql"
    assert url.options == (("options", "-c search_path=tenant"),)
    assert DatabaseUrl.parse("postgresql://%2Fvar%2Frun/shop").host == "/var/run"


def test_ipv6_host() -> None:
    url = DatabaseUrl.parse("postgresql://[::1]:5432/shop")
    assert (url.host, url.port) == ("::1", 5432)
    assert DatabaseUrl.parse(url.redacted) == url


def test_credentials_are_never_printed() -> None:
    url = DatabaseUrl.parse("mysql://root:hush@db/shop?sslpassword=quiet&charset=utf8mb4")
    for shown in (str(url), repr(url), url.redacted):
        assert "hush" not in shown
        assert "quiet" not in shown
    assert url.redacted == "mysql://root:***@db/shop?charset=utf8mb4&sslpassword=***"
    assert url.hidden_in("hush, quiet, u") == "***, ***, u"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "/var/db.sqlite3",
        "redis://u:hush@localhost/0",
        "sqlite://db.sqlite3",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://u:hush@localhost",
        "postgresql://u:hush@localhost/",
        "postgresql://u:hu/sh@localhost/x/y",
        "postgresql://u:hush@localhost:port/shop",
        "postgresql://u:hush@[localhost/shop",
        "postgresql://u:hush@localhost/a/b?password=hush",
    ],
)
def test_what_is_no_database_url_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        DatabaseUrl.parse(text)
    assert caught.value.code == "SB601"
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None or "hush" not in repr(caught.value.__cause__)


# --- addresses of DATABASES ---------------------------------------------------------------------------------------------

ALIAS = DatabaseUrl(
    "postgresql",
    "shop",
    "keeper",
    "hush",
    "db1",
    5433,
    (("sslmode", "require"), ("context", object())),
    alias="default",
)


def test_an_alias_is_its_name() -> None:
    assert (str(ALIAS), ALIAS.redacted) == ("default", "default")
    assert "hush" not in repr(ALIAS)


def test_nothing_of_an_alias_is_in_the_words_of_a_driver() -> None:
    words = 'connection to server at "db1", port 5433 failed: role "keeper" may not use shop: hush'
    assert (
        ALIAS.hidden_in(words)
        == 'connection to server at "***", port *** failed: role "***" may not use ***: ***'
    )


def test_near_miss_longer_words_are_kept() -> None:
    assert ALIAS.hidden_in('relation "shop_item", db12, 54330') == 'relation "shop_item", db12, 54330'


def test_an_option_that_no_url_has() -> None:
    with pytest.raises(
        EnvironmentProblem, match="default: its option context cannot be written in a URL"
    ) as raised:
        ALIAS.complete()
    assert raised.value.code == "SB601"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u%40x:p%2Fw@[::1]:5432/na%20me?sslmode=require",
        "mysql://root@127.0.0.1/shop?charset=utf8mb4",
        "postgresql:///shop?connect_timeout=3",
    ],
)
def test_a_complete_url_is_parsed_to_the_same(text: str) -> None:
    url = DatabaseUrl.parse(text)
    assert DatabaseUrl.parse(url.complete()) == url
    assert DatabaseUrl.of(url) is url
    assert DatabaseUrl.of(text) == url
