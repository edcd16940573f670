"""The needs and offers of one moment: what pages state, where they are, and the nearest that answer.

Only values in memory: `statement_cache` reads them from the database.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wiki.directory.directory_results import kilometres_between
from wiki.needs.need_matching import NeedMatcher, TextMatch
from wiki.needs.significant_words import Words, significant_words
from wiki.needs.vocabulary import Vocabulary


class StatementRole(StrEnum):
    """What a statement is."""

    NEED = "need"
    """Somebody looks for it."""
    OFFER = "offer"
    REQUIREMENT = "requirement"
    """Whoever follows a practice has to have it."""


@dataclass(frozen=True, slots=True)
class StatingPage:
    """A page that states needs or offers. Read for everybody."""

    pk: int
    title: str
    """As shown."""
    full_title: str
    kind: str
    """Key of its kind; "" for none."""
    place: int | None
    """The place that it is in, by primary key."""
    place_title: str
    point: tuple[float, float] | None
    """Its coordinates, else those of its place."""

    def is_at(self, place: int) -> bool:
        """Whether this is a place, or a page in it."""
        return place in (self.pk, self.place)

    def kilometres_from(self, point: tuple[float, float] | None) -> float | None:
        """Return how far the page is from a point; None where that is not known."""
        return None if point is None or self.point is None else kilometres_between(point, self.point)


@dataclass(frozen=True, slots=True)
class NeedStatement:
    """A need, an offer or a requirement of a page."""

    page: StatingPage
    text: str
    property_key: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What answers a need, or is answered by an offer, with its distance."""

    statement: NeedStatement
    through: str
    """The word of the vocabulary that brings the two together; "" for their own words."""
    kilometres: float | None

    @property
    def sort_key(self) -> tuple[float, bool, str, str]:
        """The nearest first, those without a distance last; of one place, those by their own words first."""
        distance = float("inf") if self.kilometres is None else self.kilometres
        return distance, bool(self.through), self.statement.page.full_title, self.statement.text


class StatedNeeds:
    """All needs, offers and requirements."""

    def __init__(
        self,
        statements: Iterable[tuple[StatementRole, NeedStatement]],
        vocabulary: Vocabulary,
        points: dict[int, tuple[float, float]] | None = None,
    ) -> None:
        """`points` has the coordinates of pages by primary key, of those too that state nothing."""
        by_role: dict[StatementRole, list[NeedStatement]] = defaultdict(list)
        for role, statement in statements:
            by_role[role].append(statement)
        newest_first = {
            role: sorted(found, key=lambda one: (-one.added_at.timestamp(), one.page.full_title, one.text))
            for role, found in by_role.items()
        }
        self.needs = newest_first.get(StatementRole.NEED, [])
        self.offers = newest_first.get(StatementRole.OFFER, [])
        self.requirements = by_role[StatementRole.REQUIREMENT]
        self.points = points or {}
        self.vocabulary = vocabulary
        self._needs_by_text = _by_text(self.needs)
        self._offers_by_text = _by_text(self.offers)
        self._matcher = NeedMatcher(self._needs_by_text, self._offers_by_text, vocabulary)

    def offers_for(self, text: str) -> list[tuple[NeedStatement, str]]:
        """Return the offers that answer a need, each with the word of the vocabulary that leads to it or ""."""
        return _expand(self._matcher.offers_for(text), self._offers_by_text)

    def narrowed(self, statements: Iterable[NeedStatement], text: str, place: int | None) -> list[NeedStatement]:
        """Return the statements that all words of a text are about, and of a place (primary key) and the pages in it.

        A word of the vocabulary stands for the narrower ones too.
        """
        words = significant_words(text)
        named = (concept for concept, size in self.vocabulary.named_in(words).items() if size == len(words))
        concepts = frozenset[int]().union(*map(self.vocabulary.answering, named))
        return [
            one
            for one in statements
            if place is None or one.page.is_at(place)
            if not words or _is_about(one, words, concepts, self.vocabulary)
        ]

    def who_offers(self, need: NeedStatement, limit: int) -> tuple[list[Counterpart], int]:
        """Return the nearest offers that answer a need, and how many there are. A page does not answer itself."""
        return _nearest(need.page, self.offers_for(need.text), limit)

    def who_needs(self, offer: NeedStatement, limit: int) -> tuple[list[Counterpart], int]:
        """Return the nearest needs that an offer answers, and how many there are."""
        return _nearest(offer.page, _expand(self._matcher.needs_for(offer.text), self._needs_by_text), limit)


def _is_about(statement: NeedStatement, words: Words, concepts: frozenset[int], vocabulary: Vocabulary) -> bool:
    """Return whether all words stand in a statement or the titles of its page, or it names one of some concepts."""
    page = statement.page
    shown = significant_words(f"{statement.text} {page.title} {page.place_title}")
    if all(any(not word.isdisjoint(other) for other in shown) for word in words):
        return True
    return bool(concepts) and not concepts.isdisjoint(vocabulary.named_in(significant_words(statement.text)))


def _by_text(statements: list[NeedStatement]) -> dict[str, list[NeedStatement]]:
    found: dict[str, list[NeedStatement]] = defaultdict(list)
    for one in statements:
        found[one.text].append(one)
    return found


def _expand(matches: list[TextMatch], by_text: dict[str, list[NeedStatement]]) -> list[tuple[NeedStatement, str]]:
    return [(statement, match.through) for match in matches for statement in by_text[match.text]]


def _nearest(page: StatingPage, found: list[tuple[NeedStatement, str]], limit: int) -> tuple[list[Counterpart], int]:
    others = [
        Counterpart(statement, through, statement.page.kilometres_from(page.point))
        for statement, through in found
        if statement.page.pk != page.pk
    ]
    return heapq.nsmallest(limit, others, key=lambda one: one.sort_key), len(others)
