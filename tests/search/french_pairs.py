"""Pairs of French words and texts, of which searches have to find the text by the word, or must not."""

from __future__ import annotations

from pathlib import Path

PAIRS = Path(__file__).parent / "cases" / "french_pairs.tsv"


def pairs() -> list[tuple[str, str, str, bool]]:
    """Return kind, query and text of each pair, and whether the query has to find the text."""
    rows = [line.split("\t") for line in PAIRS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [(kind, query.removeprefix("!"), text, not query.startswith("!")) for kind, query, text in rows]
