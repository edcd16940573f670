"""Counts which French pairs (`tests/search/cases/french_pairs.tsv`) are found; `make bench` calls it.

Beside this wiki's words stand Snowball's French stemmer alone, and PostgreSQL's configuration `french` where
MOVILAB_DATABASE names a server.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import psycopg
import Stemmer

from tests.search.french_pairs import pairs
from wiki.text.tokenizer import iter_words, stems


def by_this_wiki(query: str, text: str) -> bool:
    """Return whether each word of the query, or the compound that it is part of, is found as this wiki reads words."""
    found = {stem for word in iter_words(text) for stem in stems(word.lowercase, "fr")}
    known = [(word, bool(found & stems(word.lowercase, "fr"))) for word in iter_words(query)]
    compounds = [word for word, is_found in known if word.is_compound and is_found]
    return all(
        is_found or word.is_compound or any(one.start <= word.start and word.end <= one.end for one in compounds)
        for word, is_found in known
    )


def by_snowball(query: str, text: str) -> bool:
    """Return whether each word of the query has the stem of a word of the text."""
    stemmer = Stemmer.Stemmer("french")
    found = set(stemmer.stemWords(re.findall(r"\w+", text.lower())))
    return all(stem in found for stem in stemmer.stemWords(re.findall(r"\w+", query.lower())))


def report(name: str, finds: Callable[[str, str], bool]) -> None:
    """Print how many pairs are found that have to be, and that must not be, in all and by kind."""
    right: dict[str, list[bool]] = {}
    for kind, query, text, has_to in pairs():
        right.setdefault(kind if has_to else f"{kind} (not to be found)", []).append(finds(query, text) == has_to)
    every = [one for some in right.values() for one in some]
    print(f"{name:<24} {sum(every)} of {len(every)} right")
    for kind, some in right.items():
        print(f"    {kind:<36} {sum(some)} of {len(some)}", flush=True)


def main() -> None:
    """Compare the engines."""
    report("this wiki", by_this_wiki)
    report("Snowball", by_snowball)
    address = os.environ.get("MOVILAB_DATABASE", "")
    if address.startswith("postgres"):
        with psycopg.connect(address) as connection:
            sql = "SELECT to_tsvector('french', %s) @@ plainto_tsquery('french', %s)"
            report("PostgreSQL, french", lambda query, text: bool(connection.execute(sql, (text, query)).fetchone()[0]))  # type: ignore[index]


if __name__ == "__main__":
    main()
