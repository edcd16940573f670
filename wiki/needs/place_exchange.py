"""What one place needs and offers with who answers, and what is offered and needed near it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wiki.needs.stated_needs import Counterpart, NeedStatement, StatedNeeds, StatementRole
from wiki.text.titles import fold

SHOWN, MORE = 3, 20
"""Counterparts of a statement that are shown at once, and after a click."""


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """A need or an offer in a list, with who answers it."""

    statement: NeedStatement
    shown: list[Counterpart]
    more: list[Counterpart]
    others: int
    """How many are not listed, being farther away."""


@dataclass(frozen=True, slots=True)
class NearbyStatement:
    """An offer or a need of others near a place."""

    statement: NeedStatement
    kilometres: float
    answers: list[str] = field(default_factory=list)
    """The needs of the place that it answers, or the offers of the place that answer it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An offer near a place that answers one of its needs."""

    need: NeedStatement
    offer: NeedStatement
    kilometres: float

    @property
    def digest(self) -> str:
        """What stays the same as long as both say the same, whatever else is written on their pages."""
        parts = (fold(self.need.text), str(self.offer.page.pk), fold(self.offer.text))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def entry_of(stated: StatedNeeds, statement: NeedStatement) -> StatementEntry:
    """Return a need or an offer with the nearest that answer it."""
    found, count = stated.counterparts(statement, SHOWN + MORE)
    return StatementEntry(statement, found[:SHOWN], found[SHOWN:], count - len(found))


def of_place(statements: Sequence[NeedStatement], place: int) -> list[NeedStatement]:
    """Return the statements of a place (primary key), and of the pages in it and of it."""
    return [one for one in statements if one.page.is_at(place)]


def find_answers(stated: StatedNeeds, place: int, within: float) -> list[Answer]:
    """Return the offers within a distance in kilometres that answer needs of a place, by need, the nearest first.

    There are none for a place without coordinates.
    """
    found = []
    for need in of_place(stated.needs, place):
        near = [(kilometres, one.statement) for one, kilometres in _near(stated, need, place, within)]
        found += [Answer(need, offer, km) for km, offer in sorted(near, key=lambda one: (one[0], one[1].page.pk))]
    return found


def find_nearby(stated: StatedNeeds, place: int, within: float) -> list[NearbyStatement]:
    """Return what others within a distance in kilometres offer, and what they need of the place, newest first."""
    point = stated.points.get(place)
    answered: dict[NeedStatement, list[str]] = defaultdict(list)
    for answer in find_answers(stated, place, within):
        answered[answer.offer].append(answer.need.text)
    found: dict[NeedStatement, NearbyStatement] = {}
    for offer in stated.offers:
        kilometres = offer.page.kilometres_from(point)
        if kilometres is not None and kilometres <= _limit(within, offer) and not offer.page.is_at(place):
            found[offer] = NearbyStatement(offer, kilometres, list(dict.fromkeys(answered.get(offer, ()))))
    for own in of_place(stated.offers, place):
        for one, kilometres in _near(stated, own, place, within):
            known = found.setdefault(one.statement, NearbyStatement(one.statement, kilometres))
            if own.text not in known.answers:
                known.answers.append(own.text)
    return sorted(found.values(), key=lambda one: (-one.statement.added_at.timestamp(), one.kilometres))


def _near(stated: StatedNeeds, own: NeedStatement, place: int, within: float) -> Iterator[tuple[Counterpart, float]]:
    """Yield what answers a statement of a place, of others within a distance of the place."""
    point = stated.points.get(place)
    for one in stated.all_counterparts(own):
        kilometres = one.statement.page.kilometres_from(point)
        is_near = kilometres is not None and kilometres <= min(_limit(within, own), _limit(within, one.statement))
        if kilometres is not None and is_near and not one.statement.page.is_at(place):
            yield one, kilometres


def _limit(within: float, statement: NeedStatement) -> float:
    """Return the kilometres within which a statement is near: those asked for, or fewer if it does not go so far."""
    radius = statement.details.radius
    return within if radius is None else min(within, radius)


def is_offer(statement: NeedStatement) -> bool:
    """Return whether a statement is an offer."""
    return statement.role is StatementRole.OFFER
