"""Renames in an imported history are known by likeness, as in git."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wiki.exchange.importers import history_jsonl
from wiki.exchange.importers.history_jsonl import HistoryEntry, find_renames

TEXT = "".join(f"Ligne {number}.\n" for number in range(10))


def entry(path: str, text: str | None, minute: int = 1, author: str = "Ada") -> HistoryEntry:
    """Return one entry of a history."""
    return HistoryEntry(1, path, datetime(2020, 1, 1, 12, minute, tzinfo=UTC), author, "", text)


def renames(*entries: HistoryEntry) -> dict[str, str]:
    """Return the renames after a file `a.md` was written."""
    return find_renames([entry("a.md", TEXT, 0), *entries])


@pytest.mark.parametrize(("kept", "is_rename"), [(10, True), (6, True), (5, True), (4, False), (0, False)])
def test_half_of_the_text_must_be_the_same(kept: int, is_rename: bool) -> None:
    lines = TEXT.splitlines(keepends=True)
    text = "".join(lines[:kept] + [f"Autre {number}.\n" for number in range(10 - kept)])
    assert renames(entry("a.md", None), entry("b.md", text)) == ({"b.md": "a.md"} if is_rename else {})


def test_the_most_alike_pairs_count() -> None:
    half = TEXT[: len(TEXT) // 2]
    found = find_renames([
        entry("a.md", TEXT, 0), entry("b.md", half, 0), entry("a.md", None), entry("b.md", None),
        entry("c.md", half + "Fin.\n"), entry("d.md", TEXT),
    ])  # fmt: skip
    assert found == {"d.md": "a.md", "c.md": "b.md"}


def test_it_is_one_author_at_one_time() -> None:
    assert renames(entry("a.md", None), entry("b.md", TEXT, 2)) == {}
    assert renames(entry("a.md", None), entry("b.md", TEXT, author="Bob")) == {}
    assert renames(entry("a.md", None), entry("a.md", TEXT)) == {}


def test_many_files_are_compared_by_equality_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_jsonl, "PAIRS_LIMIT", 0)
    assert renames(entry("a.md", None), entry("b.md", TEXT)) == {"b.md": "a.md"}
    assert renames(entry("a.md", None), entry("b.md", TEXT + "Fin.\n")) == {}
