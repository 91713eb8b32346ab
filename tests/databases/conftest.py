"""One empty database a test, on every engine that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from databases.servers import SERVERS, Mysql, Postgresql, Server

from stitchback.adapters.urls import DatabaseUrl


@pytest.fixture(params=SERVERS, ids=lambda server: server.vendor)
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.param
    if found.variable and not os.environ.get(found.variable):
        pytest.skip(f"{found.variable} is not set")
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """An empty database of one engine, for what that engine has alone."""

    server: Server
    url: DatabaseUrl


def _place(server: Server, folder: Path) -> Iterator[Place]:
    if not os.environ.get(server.variable):
        pytest.skip(f"{server.variable} is not set")
    url = server.create(folder)
    yield Place(server, url)
    server.drop(url)


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[Place]:
    yield from _place(Postgresql(), tmp_path)


@pytest.fixture
def mysql(tmp_path: Path) -> Iterator[Place]:
    yield from _place(Mysql(), tmp_path)


@pytest.fixture
def url(server: Server, tmp_path: Path) -> Iterator[DatabaseUrl]:
    made = server.create(tmp_path)
    yield made
    server.drop(made)
