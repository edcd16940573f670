"""The family of a page: what it was forked from, and all that was forked from there, with what they still share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wiki.history.models import Passage
from wiki.pages.models import Fork, WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

LIMIT = 500
"""Pages of a family that are shown."""
DEPTH = 40
"""Forks of forks that are followed."""


@dataclass(slots=True)
class NetworkMember:
    """A page of a family, as far as the reader may see it."""

    page: WikiPage
    fork: Fork | None = None
    """How it was forked; None for the first."""
    is_current: bool = False
    """Whether it is the page that was asked for."""
    share: int | None = None
    """Per cent of its passages that the page asked for has too; None for that page, and for one without passages."""
    forks: list[NetworkMember] = field(default_factory=list)
    """Its forks, oldest first."""


@dataclass(slots=True)
class ForkNetwork:
    """A page with all its relatives."""

    root: NetworkMember
    members: list[NetworkMember]

    @property
    def place_count(self) -> int:
        """How many places its pages live in."""
        return len({member.page.place_id for member in self.members} - {None})


def fork_network(page: WikiPage, user: Reader) -> ForkNetwork:
    """The family of `page`: a few queries for each generation, one for what they share.

    Pages that the reader may not see are passed over: their forks stand with the nearest one above that may be seen.
    """
    bonds = _bonds(_first(page.pk))
    keys = {page.pk, *bonds, *(bond.upstream_id for bond in bonds.values() if bond.upstream_id)}
    rows = WikiPage.objects.readable_by(user).filter(pk__in=keys).select_related("place", "kind")
    members = {row.pk: NetworkMember(row, bonds.get(row.pk), row.pk == page.pk) for row in rows}
    tops = [member for key, member in members.items() if not _join(key, member, members, bonds)]
    for member in members.values():
        member.forks.sort(key=_age)
    _share(page.pk, members)
    first = min(tops, key=_age)
    first.forks += [member for member in tops if member is not first]  # of one that is not to be seen
    return ForkNetwork(first, list(members.values()))


def _age(member: NetworkMember) -> tuple[object, ...]:
    """What orders forks: the first page, then by date."""
    bond = member.fork
    return (bond is not None, bond.made_at.timestamp() if bond else 0, member.page.pk)


def _first(key: int) -> int:
    """The page that all of a family come from, seen or not."""
    seen = {key}
    for _ in range(DEPTH):
        above = Fork.objects.filter(page=key).values_list("upstream_id", flat=True).first()
        if above is None or above in seen:
            break
        seen.add(above)
        key = above
    return key


def _bonds(first: int) -> dict[int, Fork]:
    """The bonds of all forks under a page, by the key of the fork."""
    found: dict[int, Fork] = {}
    level: Collection[int] = [first]
    for _ in range(DEPTH):
        rows = Fork.objects.filter(upstream__in=level).exclude(page=first).order_by("made_at", "pk")
        new = {bond.page_id: bond for bond in rows[: LIMIT - len(found)] if bond.page_id not in found}
        found |= new
        level = list(new)
        if not level or len(found) >= LIMIT:
            break
    return found


def _join(key: int, member: NetworkMember, members: dict[int, NetworkMember], bonds: dict[int, Fork]) -> bool:
    """Put a member with the nearest one above it; False where there is none."""
    bond = bonds.get(key)
    for _ in range(DEPTH):
        if bond is None or bond.upstream_id is None:
            return False
        above = members.get(bond.upstream_id)
        if above is not None and above is not member:
            above.forks.append(member)
            return True
        bond = bonds.get(bond.upstream_id)
    return False


def _share(here: int, members: dict[int, NetworkMember]) -> None:
    """How many of the passages of each member the page `here` has too."""
    passages: dict[int, set[str]] = defaultdict(set)
    rows = Passage.objects.filter(page__in=list(members), removed_in=None)
    for page, identity in rows.values_list("page_id", "identity"):
        passages[page].add(identity)
    for key, member in members.items():
        if key != here and passages[key]:
            member.share = round(100 * len(passages[key] & passages[here]) / len(passages[key]))
