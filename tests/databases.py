"""Test databases, on SQLite and on PostgreSQL: migrated once, stored as a template, and copied quickly.

Wagtail's migrations take some twenty seconds. The name of the template contains a digest of everything that determines
its content, so that it can be reused between runs and is never outdated.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from tests.machine import postgres_programs

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"


def on_postgres() -> bool:
    """Return whether this run is on PostgreSQL."""
    return bool(os.environ.get("MOVILAB_DATABASE"))


@cache
def digest() -> str:
    """Return a digest of the migrations, the revisions of derived data, the versions of libraries and of Python."""
    found = hashlib.sha256(sys.version.encode())
    for file in [ROOT / "requirements.txt", *sorted((ROOT / "wiki/migrations").glob("*.py"))]:
        found.update(file.read_bytes())
    for file in sorted((ROOT / "wiki").rglob("*.py")):
        found.update(repr(re.findall(r"^    revision = \d+", file.read_text(encoding="utf-8"), re.MULTILINE)).encode())
    return found.hexdigest()[:16]


def copy_template(name: str) -> None:
    """Replace the database `name` (a path on SQLite) by a copy of the template."""
    template = _template(name)
    if not is_file(name):
        drop(name)
        _administer("CREATE DATABASE {} TEMPLATE {}", name, template)
    else:
        drop(name)
        shutil.copyfile(template, name)


def is_file(name: str) -> bool:
    """Return whether `name` is the path of an SQLite file, and not the name of a PostgreSQL database."""
    return os.sep in name


def drop(name: str) -> None:
    """Drop the database `name`, even if there are open connections."""
    if not is_file(name):
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)


def address(name: str) -> str:
    """Return the value of MOVILAB_DATABASE for the database `name`; empty on SQLite."""
    if is_file(name):
        return ""
    settings_dict: dict[str, Any] = settings.DATABASES["default"]
    return f"postgres://{settings_dict['USER']}@/{name}?host={quote(settings_dict['HOST'], safe='')}"


def restore(name: str) -> None:
    """Restore the database of this process as migrated."""
    connections.close_all()
    copy_template(name)


def _template(name: str) -> str:
    """Return the name of the template, which one process creates if it is missing, while the others wait."""
    CACHE.mkdir(exist_ok=True)
    with _locked(CACHE / "template.lock"):
        return _sqlite_template() if is_file(name) else _postgres_template()


def _sqlite_template() -> str:
    template = CACHE / f"template-{digest()}.sqlite3"
    if not template.exists():
        for old in CACHE.glob("template-*.sqlite3"):
            old.unlink()
        building = CACHE / "building"
        shutil.rmtree(building, ignore_errors=True)
        _migrate(building, "")
        with _quiet_sqlite(building / "wiki.sqlite3") as path:
            path.rename(template)
        shutil.rmtree(building)
    return str(template)


@contextmanager
def _quiet_sqlite(path: Path) -> Iterator[Path]:
    """Merge the write-ahead log into the database file, so that there is a single file."""
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
        _fill(unfinished)
        _administer("ALTER DATABASE {} RENAME TO {}", unfinished, name)
    return name


def _fill(name: str) -> None:
    """Load what an earlier run dumped; without it, migrate the PostgreSQL database `name`, and dump it."""
    programs = postgres_programs()
    version = programs.parent.name if programs else ""
    dump, target = CACHE / f"template-{digest()}-{version}.sql", f"{_maintenance()} dbname={name}"
    if programs and dump.exists():
        # A dump that is loaded is the same database, except for how PostgreSQL writes the conditions of two indexes.
        command = [programs / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={dump}", target]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return
    _migrate(CACHE / "building", address(name))
    shutil.rmtree(CACHE / "building")
    if programs:
        for old in CACHE.glob("template-*.sql"):
            old.unlink()
        building = CACHE / "building.sql"
        subprocess.run([programs / "pg_dump", "--no-owner", f"--file={building}", target], check=True)
        building.rename(dump)


def _migrate(data: Path, database: str) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    variables |= {"MOVILAB_DATA": str(data)} | ({"MOVILAB_DATABASE": database} if database else {})
    command = [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
    subprocess.run(command, env=variables, check=True)


def _maintenance() -> str:
    settings_dict: dict[str, Any] = settings.DATABASES["default"]
    return f"host={settings_dict['HOST']} user={settings_dict['USER']} dbname=postgres"


def _administer(statement: str, *names: str) -> None:
    with psycopg.connect(_maintenance(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
