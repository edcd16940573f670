"""Measures the matching of needs with offers in memory; `make bench` calls it.

5,000 needs and 5,000 offers of 2,500 places, in random words of which some are far more frequent than others, and a
thesaurus of 300 words.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

import random
import time
from collections.abc import Callable
from typing import TypeVar

from wiki.needs.assembling import assemble
from wiki.needs.significant_words import significant_words
from wiki.needs.stated_needs import NeedStatement, StatedNeeds, StatementRole, StatingPage
from wiki.needs.thesaurus import Thesaurus, ThesaurusEntry

STATEMENTS, PLACES, WORDS, TERMS = 5_000, 2_500, 1_500, 300
SYLLABLES = ("ba", "che", "dou", "fli", "gra", "jo", "lu", "mi", "no", "pré", "ri", "sou", "ta", "vè", "zan")
T = TypeVar("T")
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def main() -> None:
    """Print the milliseconds of processor time of the index, of all matches, of one screen, and of one practice."""
    numbers = random.Random(1)
    words = ["".join(numbers.choices(SYLLABLES, k=numbers.randint(2, 4))) for _ in range(WORDS)]
    weights = [1 / (rank + 10) for rank in range(WORDS)]

    def phrase(least: int, most: int) -> str:
        return " ".join(numbers.choices(words, weights, k=numbers.randint(least, most)))

    thesaurus = Thesaurus(ThesaurusEntry(phrase(1, 2), (phrase(1, 2),), (phrase(1, 2),)) for _ in range(TERMS))
    pages = [
        StatingPage(pk, f"Lieu {pk}", f"Lieu {pk}", "place", (), "",
                    (numbers.uniform(42, 51), numbers.uniform(-4, 8)))
        for pk in range(PLACES)
    ]  # fmt: skip
    statements = [
        NeedStatement(role, numbers.choice(pages), phrase(1, 5), NOW)
        for role in (StatementRole.NEED, StatementRole.OFFER)
        for _ in range(STATEMENTS)
    ]
    required = StatingPage(PLACES, "Pratique", "Pratique", "practice", (), "", None)
    statements += [NeedStatement(StatementRole.REQUIREMENT, required, phrase(1, 4), NOW) for _ in range(10)]

    significant_words.cache_clear()
    stated = _measured("index", lambda: StatedNeeds(statements, thesaurus))
    _measured("index, of known texts", lambda: StatedNeeds(statements, thesaurus))
    pairs = _measured("offers for 5,000 needs", lambda: sum(len(stated.offers_for(one.text)) for one in stated.needs))
    print(f"{pairs:>8} pairs")
    _measured("nearest offers for 5,000 needs", lambda: [stated.counterparts(one, 23) for one in stated.needs])
    _measured("nearest needs for 5,000 offers", lambda: [stated.counterparts(one, 23) for one in stated.offers])
    _measured("one screen of 24", lambda: [stated.counterparts(one, 23) for one in stated.needs[:24]])
    _measured("only needs with an offer", lambda: [stated.has_counterpart(one) for one in stated.needs])
    _measured("narrowed by words", lambda: stated.narrowed(stated.needs, phrase(1, 1), None))
    _measured("one practice", lambda: assemble(stated, PLACES, 0, pages[0].point, 50.0))


def _measured(name: str, function: Callable[[], T]) -> T:
    start = time.process_time()
    result = function()
    print(f"{name:<32} {(time.process_time() - start) * 1000:9.1f} ms")
    return result


if __name__ == "__main__":
    main()
