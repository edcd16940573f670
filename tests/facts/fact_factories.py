"""Loads the tables of cases in `cases/`, and makes contexts from their heads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wiki.facts.values import Context, Declaration, Unit

CASES = Path(__file__).parent / "cases"
LANGUAGES = ("fr", "en")


def declared(head: dict[str, Any]) -> Declaration:
    """Return the declaration that the head of a table describes."""
    return Declaration(
        "Property",
        "Property",
        head["datatype"],
        allowed=tuple(head.get("allowed", ())),
        pattern=head.get("pattern", ""),
        units=tuple(Unit(float(factor), tuple(names)) for factor, *names in head.get("units", ())),
        fields=tuple(Declaration(name, name, datatype) for name, datatype in head.get("fields", ())),
        formatter=head.get("formatter", ""),
    )


def tables() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every table with its name."""
    for path in sorted(CASES.glob("*.toml")):
        yield path.stem, tomllib.loads(path.read_text(encoding="utf-8"))


def context(head: dict[str, Any], language: str) -> Context:
    """Return the context of a table in a language."""
    return Context(language, declared(head), head.get("page", ""), head.get("home", ""))


def cases(kind: str) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Yield (table, language, head, case) for each case of a kind (`read`, `find`).

    A case without a language is yielded in each language.
    """
    for name, head in tables():
        for case in head.get(kind, ()):
            for language in [case["lang"]] if "lang" in case else LANGUAGES:
                yield name, language, head, case
