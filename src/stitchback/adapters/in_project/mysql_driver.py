"""PyMySQL in mysqlclient's place, as PyMySQL itself offers it, where that one is not there or cannot be loaded."""

from __future__ import annotations

import importlib

COUNTS_AS = (2, 2, 7, "final", 0)
"""The version of mysqlclient that PyMySQL is given out as: Django asks for a newest one only (`django.db.backends.mysql.base`), and which it
asks for differs from Django to Django."""


def use_pymysql() -> bool:
    """Whether a driver for MySQL can be imported now."""
    try:
        importlib.import_module("MySQLdb")
        return True
    except ImportError:
        pass
    try:
        pymysql = importlib.import_module("pymysql")
    except ImportError:
        return False
    setattr(pymysql, "version_info", COUNTS_AS)  # noqa: B010 - its own is of another type
    pymysql.install_as_MySQLdb()
    return True
