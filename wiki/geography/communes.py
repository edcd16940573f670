"""The communes of France, found by name, postal code or INSEE code in the table that `make install` made."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from wiki.geography import commune_table
from wiki.geography.commune_table import folded_name, name_keys

QUERY_LIMIT = 100
"""Maximum number of characters of a query that are read."""
RESULT_LIMIT = 50
_DEPARTMENT = re.compile(r"\((\d[\dAB]\d?)\)?\s*$", re.IGNORECASE)
"""The département at the end of a query, as in `Saint-Denis (93)`."""
_POSTAL_CODE = re.compile(r"\b(\d{5})\b")
COORDINATE_ERROR = 1e-5
"""Degrees by which coordinates of one point may differ: a metre."""
_LAST = "\U0010ffff"
"""A character after which no other sorts."""
_COLUMNS = """
    SELECT commune.code, commune.name, commune.department_code, department.name, department.region,
        commune.postal_codes, commune.latitude, commune.longitude, commune.population
    FROM commune JOIN department ON department.code = commune.department_code
"""
_BY_KEY = f"""
    {_COLUMNS} JOIN (
        SELECT code, max(key = :key) AS is_exact, population FROM search_key
        WHERE key >= :key AND key < :end AND code >= :department AND code < :department || :last
            AND (:postal_code = '' OR code IN (SELECT code FROM search_key WHERE key = :postal_code))
        GROUP BY code ORDER BY is_exact DESC, population DESC, code LIMIT :limit
    ) AS found ON found.code = commune.code
    ORDER BY is_exact DESC, found.population DESC, found.code
"""  # noqa: S608

KEYS = 500
"""Keys per query."""
_BY_KEYS = f"{_COLUMNS} WHERE commune.code IN (SELECT code FROM search_key WHERE key IN (%s)) ORDER BY commune.code"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of France, or an arrondissement of Paris, Lyon or Marseille."""

    code: str
    """Its INSEE code, which is not its postal code."""
    name: str
    department_code: str
    department: str
    region: str
    """Empty overseas where there is no region."""
    postal_codes: tuple[str, ...]
    latitude: float | None
    """Of its town hall, or of the middle of its territory; None for a few, most of them in the Pacific."""
    longitude: float | None
    population: int


def find_communes(prefix: str, limit: int) -> list[Commune]:
    """Return the communes whose name or postal code begins with `prefix`: exact names first, then larger communes.

    A postal code beside a name, and a département in brackets, restrict: `42000 St-Etienne`, `Saint-Denis (93)`.
    """
    name, department, postal_code = _split_query(prefix)
    return _by_key(folded_name(name) or postal_code, department, postal_code, limit)


def commune_by_name(name: str, postal_code: str = "") -> Commune | None:
    """Return the commune with this name; None if there is none, or if it is the name of several.

    Arguments are as people write them: `st etienne (42)`.
    """
    bare_name, department, own_postal_code = _split_query(name)
    key = folded_name(bare_name)
    found = _by_key(key, department, postal_code.strip() or own_postal_code, RESULT_LIMIT)
    named = [commune for commune in found if key in name_keys(commune.name)]
    same = [commune for commune in named if folded_name(commune.name) == key] or named
    return same[0] if len(same) == 1 else None


def communes_by_keys(keys: Collection[str]) -> dict[str, list[Commune]]:
    """Return the communes that have each of some folded names (`commune_table.folded_name`) or postal codes."""
    found: dict[str, list[Commune]] = {}
    wanted = sorted(keys)
    for start in range(0, len(wanted), KEYS):
        chunk = wanted[start : start + KEYS]
        for commune in _select(_BY_KEYS % ", ".join("?" * len(chunk)), chunk):
            for key in {*name_keys(commune.name), *commune.postal_codes}.intersection(chunk):
                found.setdefault(key, []).append(commune)
    return found


def commune_at(latitude: float, longitude: float) -> Commune | None:
    """Return the commune that has these coordinates in the table; None if there is none."""
    near = (latitude, COORDINATE_ERROR, longitude, COORDINATE_ERROR)
    found = _select(f"{_COLUMNS} WHERE abs(latitude - ?) < ? AND abs(longitude - ?) < ? LIMIT 1", near)
    return found[0] if found else None


def department_of_code(insee_code: str) -> str:
    """Return the name of the département of an INSEE code, also of a commune that is none any more; "" if unknown."""
    code = insee_code[:3] if insee_code.startswith(("97", "98")) else insee_code[:2]
    with closing(commune_table.connect(commune_table.FILE)) as database:
        row = database.execute("SELECT name FROM department WHERE code = ?", (code,)).fetchone()
    return str(row[0]) if row else ""


def _by_key(key: str, department: str, postal_code: str, limit: int) -> list[Commune]:
    """Return the communes with a key that begins with `key`; none for an empty one."""
    values: dict[str, str | int] = {
        "key": key, "end": key + _LAST, "department": department, "last": _LAST, "postal_code": postal_code,
        "limit": max(0, min(limit, RESULT_LIMIT)),
    }  # fmt: skip
    return _select(_BY_KEY, values) if key else []


def _split_query(text: str) -> tuple[str, str, str]:
    """Return the name, the code of the département, and the postal code of a query; empty where it has none."""
    text, department, postal_code = text[:QUERY_LIMIT], "", ""
    if match := _DEPARTMENT.search(text):
        text, department = text[: match.start()], match[1].upper()
    if match := _POSTAL_CODE.search(text):
        text, postal_code = text[: match.start()] + text[match.end() :], match[1]
    return text, department, postal_code


def _select(query: str, values: Sequence[float | str] | dict[str, str | int]) -> list[Commune]:
    """Return the communes that a query of the table selects."""
    with closing(commune_table.connect(commune_table.FILE)) as database:
        return [_commune(*row) for row in database.execute(query, values)]


def _commune(code: str, name: str, department_code: str, department: str, region: str, *more: Any) -> Commune:
    """Return the commune of a row of `_COLUMNS`."""
    postal_codes, *others = more
    return Commune(code, name, department_code, department, region, tuple(postal_codes.split()), *others)
