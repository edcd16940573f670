"""Test databases, on SQLite and on PostgreSQL: migrated once, kept as a template, copied in a moment.

Running Wagtail's migrations takes some twenty seconds. The template's name holds a digest of all that decides its
content, so that a template can be kept between runs and is never stale.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"


def on_postgres() -> bool:
    """Whether this run is the one on PostgreSQL."""
    return bool(os.environ.get("MOVILAB_DATABASE"))


def digest() -> str:
    """Sixteen characters that change with the migrations, the versions of libraries and Python's own version."""
    found = hashlib.sha256(sys.version.encode())
    for file in [ROOT / "requirements.txt", *sorted((ROOT / "wiki/migrations").glob("*.py"))]:
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def copy_template(name: str) -> None:
    """Make the database `name` (a path on SQLite) a fresh copy of the migrated one."""
    template = _template(name)
    if not is_file(name):
        drop(name)
        _administer("CREATE DATABASE {} TEMPLATE {}", name, template)
    else:
        drop(name)
        shutil.copyfile(template, name)


def is_file(name: str) -> bool:
    """Whether a database is a file, on SQLite, and not one of the PostgreSQL server."""
    return os.sep in name


def drop(name: str) -> None:
    """Remove the database `name`, whoever is still connected."""
    if not is_file(name):
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)


def address(name: str) -> str:
    """What MOVILAB_DATABASE must say for another process to open the database `name`; empty on SQLite."""
    if is_file(name):
        return ""
    given: dict[str, Any] = settings.DATABASES["default"]
    return f"postgres://{given['USER']}@/{name}?host={quote(given['HOST'], safe='')}"


def restore(name: str) -> None:
    """Put the database that this process works on back to what migrations made."""
    connections.close_all()
    copy_template(name)


def _template(name: str) -> str:
    """The name of the template of `name`, after making it if there is none: one process makes it, the others wait."""
    CACHE.mkdir(exist_ok=True)
    with _locked(CACHE / "template.lock"):
        return _sqlite_template() if is_file(name) else _postgres_template()


def _sqlite_template() -> str:
    kept = CACHE / f"template-{digest()}.sqlite3"
    if not kept.exists():
        for old in CACHE.glob("template-*.sqlite3"):
            old.unlink()
        building = CACHE / "building"
        shutil.rmtree(building, ignore_errors=True)
        _migrate(building, "")
        with _quiet_sqlite(building / "wiki.sqlite3") as path:
            path.rename(kept)
        shutil.rmtree(building)
    return str(kept)


@contextmanager
def _quiet_sqlite(path: Path) -> Iterator[Path]:
    """The database file with its write-ahead log folded in, so that one file is all there is."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    yield path


def _postgres_template() -> str:
    name = f"movilab_template_{digest()}"
    with psycopg.connect(_maintenance(), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if not found:
        unfinished = f"{name}_unfinished"
        drop(unfinished)
        _administer("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", unfinished)
        _migrate(CACHE / "building", address(unfinished))
        shutil.rmtree(CACHE / "building")
        _administer("ALTER DATABASE {} RENAME TO {}", unfinished, name)
    return name


def _migrate(data: Path, database: str) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    variables |= {"MOVILAB_DATA": str(data)} | ({"MOVILAB_DATABASE": database} if database else {})
    command = [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
    subprocess.run(command, env=variables, check=True)


def _maintenance() -> str:
    given: dict[str, Any] = settings.DATABASES["default"]
    return f"host={given['HOST']} user={given['USER']} dbname=postgres"


def _administer(statement: str, *names: str) -> None:
    with psycopg.connect(_maintenance(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
