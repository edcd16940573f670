"""The table of communes: a SQLite file that `make install` writes (`movilab/commune_sources.py`), only read later.

A commune is found by keys: its folded name, the name without its article (`mans` for Le Mans), and its postal codes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from wiki.text.titles import fold

FILE = Path(__file__).with_name("communes.sqlite3")
SCHEMA = """
CREATE TABLE source (digest TEXT NOT NULL);
CREATE TABLE department (code TEXT PRIMARY KEY, name TEXT NOT NULL, region TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE commune (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, department_code TEXT NOT NULL, postal_codes TEXT NOT NULL,
    latitude REAL, longitude REAL, population INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE search_key (
    key TEXT NOT NULL, population INTEGER NOT NULL, code TEXT NOT NULL, PRIMARY KEY (key, population, code)
) WITHOUT ROWID;
"""
_ARTICLES = ("le ", "la ", "les ", "l ")
_NOT_OF_NAMES = re.compile(r"[^0-9a-z]+")
_SAINT = re.compile(r"\bst(?=e?s? )")


@dataclass(frozen=True, slots=True)
class Department:
    """A département, or an overseas collectivity, with the name of its region (empty for a collectivity)."""

    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class CommuneRow:
    """A commune as the table stores it, without what follows from its département."""

    code: str
    name: str
    department_code: str
    postal_codes: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    population: int


def folded_name(text: str) -> str:
    """Return the key of the name of a commune, or of its beginning: no accents, blanks for other signs, St as Saint.

    `st` at the end of a text stays, since it may become Strasbourg.
    """
    return _SAINT.sub("saint", _NOT_OF_NAMES.sub(" ", fold(text))).strip()


def write_table(file: Path, digest: str, departments: Iterable[Department], communes: Iterable[CommuneRow]) -> None:
    """Write the table to `file`, which must not exist; `digest` says which sources it is made of."""
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(SCHEMA)
        database.execute("INSERT INTO source VALUES (?)", (digest,))
        rows = ((department.code, department.name, department.region) for department in departments)
        database.executemany("INSERT INTO department VALUES (?, ?, ?)", rows)
        for row in communes:
            postal_codes = " ".join(row.postal_codes)
            values = (row.code, row.name, row.department_code, postal_codes, row.latitude, row.longitude)
            database.execute("INSERT INTO commune VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, row.population))
            keys = ((key, row.population, row.code) for key in {*name_keys(row.name), *row.postal_codes})
            database.executemany("INSERT INTO search_key VALUES (?, ?, ?)", keys)


def read_digest(file: Path) -> str:
    """Return the digest of the sources of a table; empty if there is none, or a file that is none."""
    try:
        with closing(connect(file)) as database:
            return str(database.execute("SELECT digest FROM source").fetchone()[0])
    except sqlite3.Error:
        return ""


def connect(file: Path) -> sqlite3.Connection:
    """Return a connection that reads a table. Raises sqlite3.OperationalError if there is none."""
    return sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)


def name_keys(name: str) -> set[str]:
    """Return the keys of a name: as it is, and without its article."""
    key = folded_name(name)
    return {key} | {key.removeprefix(article) for article in _ARTICLES}
