"""The needs and offers of one moment: what pages state, where they are, and the nearest that answer.

Only values in memory: `statement_cache` reads them from the database.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from wiki.directory.directory_results import kilometres_between
from wiki.needs.need_matching import NeedMatcher, TextMatch
from wiki.needs.significant_words import Words, significant_words
from wiki.needs.statement_details import NO_DETAILS, StatementDetails, julian_day
from wiki.needs.thesaurus import Thesaurus


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
    places: tuple[int, ...]
    """The place that it is in, and those that it names as its own, by primary key."""
    place_title: str
    """Of the first of these, as shown; "" for none."""
    point: tuple[float, float] | None
    """Its coordinates, else those of its places."""

    def is_at(self, place: int) -> bool:
        """Whether this is a place, or a page in it or of it."""
        return place == self.pk or place in self.places

    def kilometres_from(self, point: tuple[float, float] | None) -> float | None:
        """Return how far the page is from a point; None where that is not known."""
        return None if point is None or self.point is None else kilometres_between(point, self.point)


@dataclass(frozen=True, slots=True)
class NeedStatement:
    """A need, an offer or a requirement of a page."""

    role: StatementRole
    page: StatingPage
    text: str
    added_at: datetime
    details: StatementDetails = NO_DETAILS

    def reaches(self, other: NeedStatement, kilometres: float | None) -> bool:
        """Whether neither of two statements, that far from each other, is limited to what is nearer."""
        limits = (self.details.radius, other.details.radius)
        return kilometres is None or all(limit is None or kilometres <= limit for limit in limits)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What answers a need, or is answered by an offer, with its distance."""

    statement: NeedStatement
    through: str
    """The word of the thesaurus that brings the two together; "" for their own words."""
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
        statements: Iterable[NeedStatement],
        thesaurus: Thesaurus,
        points: dict[int, tuple[float, float]] | None = None,
        today: date = date.min,
    ) -> None:
        """`points` has the coordinates of pages by primary key, of those too that state nothing.

        What is over `today` is neither a need nor an offer any more: it is in `past`.
        """
        by_role: dict[StatementRole, list[NeedStatement]] = defaultdict(list)
        self.today = julian_day(today)
        past = []
        for statement in statements:
            if statement.details.is_past(self.today) and statement.role is not StatementRole.REQUIREMENT:
                past.append(statement)
            else:
                by_role[statement.role].append(statement)
        self.past = _newest_first(past)
        self.needs = _newest_first(by_role[StatementRole.NEED])
        self.offers = _newest_first(by_role[StatementRole.OFFER])
        self.requirements = by_role[StatementRole.REQUIREMENT]
        self.points = points or {}
        self.thesaurus = thesaurus
        self._needs_by_text = _by_text(self.needs)
        self._offers_by_text = _by_text(self.offers)
        self._has_counterpart: dict[NeedStatement, bool] = {}
        self._matcher = NeedMatcher(self._needs_by_text, self._offers_by_text, thesaurus)

    def offers_for(self, text: str) -> list[tuple[NeedStatement, str]]:
        """Return the offers that answer a need, each with the word of the thesaurus that leads to it or ""."""
        return _expand(self._matcher.offers_for(text), self._offers_by_text)

    def narrowed(self, statements: Iterable[NeedStatement], text: str, place: int | None) -> list[NeedStatement]:
        """Return the statements that all words of a text are about, of a place (primary key) and its pages.

        A word of the thesaurus stands for the narrower ones too.
        """
        words = significant_words(text)
        named = (term for term, size in self.thesaurus.named_in(words).items() if size == len(words))
        terms = frozenset[int]().union(*map(self.thesaurus.answering, named))
        return [
            one
            for one in statements
            if place is None or one.page.is_at(place)
            if not words or _is_about(one, words, terms, self.thesaurus)
        ]

    def counterparts(self, statement: NeedStatement, limit: int) -> tuple[list[Counterpart], int]:
        """Return the nearest offers that answer a need, or needs that an offer answers, and how many there are.

        A page does not answer itself, and nothing answers what is farther away than one of the two goes.
        """
        others = self.all_counterparts(statement)
        return heapq.nsmallest(limit, others, key=lambda one: one.sort_key), len(others)

    def all_counterparts(self, statement: NeedStatement) -> list[Counterpart]:
        """Return all offers that answer a need, or needs that an offer answers, in no order."""
        point = statement.page.point
        found = []
        for other, through in self._others(statement):
            kilometres = other.page.kilometres_from(point)
            if statement.reaches(other, kilometres):
                found.append(Counterpart(other, through, kilometres))
        return found

    def _others(self, statement: NeedStatement) -> Iterator[tuple[NeedStatement, str]]:
        if statement.role is StatementRole.OFFER:
            found = _expand(self._matcher.needs_for(statement.text), self._needs_by_text)
        else:
            found = self.offers_for(statement.text)
        return ((other, through) for other, through in found if other.page.pk != statement.page.pk)

    def has_counterpart(self, statement: NeedStatement) -> bool:
        """Return whether another page answers, or is answered; looked up once for each statement."""
        known = self._has_counterpart.get(statement)
        if known is None:
            known = self._has_counterpart[statement] = any(
                statement.reaches(other, other.page.kilometres_from(statement.page.point))
                for other, _ in self._others(statement)
            )
        return known


def _is_about(statement: NeedStatement, words: Words, terms: frozenset[int], thesaurus: Thesaurus) -> bool:
    """Return whether all words stand in a statement or the titles of its page, or it names one of some terms."""
    of_text = significant_words(statement.text)
    page = statement.page
    shown = [*of_text, *significant_words(page.title), *significant_words(page.place_title)]
    if all(any(not word.isdisjoint(other) for other in shown) for word in words):
        return True
    return bool(terms) and not terms.isdisjoint(thesaurus.named_in(of_text))


def _by_text(statements: list[NeedStatement]) -> dict[str, list[NeedStatement]]:
    found: dict[str, list[NeedStatement]] = defaultdict(list)
    for one in statements:
        found[one.text].append(one)
    return found


def _expand(matches: list[TextMatch], by_text: dict[str, list[NeedStatement]]) -> list[tuple[NeedStatement, str]]:
    return [(statement, match.through) for match in matches for statement in by_text[match.text]]


def _newest_first(statements: list[NeedStatement]) -> list[NeedStatement]:
    return sorted(statements, key=lambda one: (-one.added_at.timestamp(), one.page.full_title, one.text))
