"""What a page needs, and who has it: a place itself, its neighbours, or nobody near."""

from __future__ import annotations

from dataclasses import dataclass, field

from wiki.needs.stated_needs import Counterpart, NeedStatement, StatedNeeds

SHOWN = 5
"""Neighbours that are shown for each requirement."""


@dataclass(slots=True)
class AssembledRequirement:
    """One thing that is needed, and who has it."""

    statement: NeedStatement
    here: list[Counterpart] = field(default_factory=list)
    """What the place and the pages in it offer."""
    near: list[Counterpart] = field(default_factory=list)
    """What others within reach offer, the nearest first."""
    near_count: int = 0
    farther: Counterpart | None = None
    """The nearest one out of reach, or without coordinates."""


def assemble(
    stated: StatedNeeds, page: int, place: int | None, point: tuple[float, float] | None, within: float
) -> list[AssembledRequirement]:
    """Return what a page (primary key) requires or needs, in its order, and who offers it.

    `place` is the place that wants it, at `point`; `within` is its reach in kilometres. Without a point nobody is near.
    """
    required = [one for one in (*stated.requirements, *stated.needs) if one.page.pk == page]
    return [_assembled(stated, one, place, point, within) for one in required]


def _assembled(
    stated: StatedNeeds,
    required: NeedStatement,
    place: int | None,
    point: tuple[float, float] | None,
    within: float,
) -> AssembledRequirement:
    found = AssembledRequirement(required)
    others = []
    for offer, through in stated.offers_for(required.text):
        if place is not None and offer.page.is_at(place):
            found.here.append(Counterpart(offer, through, None))
        elif offer.page.pk != required.page.pk:
            kilometres = offer.page.kilometres_from(point)
            if required.reaches(offer, kilometres):
                others.append(Counterpart(offer, through, kilometres))
    others.sort(key=lambda one: one.sort_key)
    near = [one for one in others if one.kilometres is not None and one.kilometres <= within]
    found.near, found.near_count = near[:SHOWN], len(near)
    found.farther = next(iter(others[len(near) :]), None)
    return found
