"""The fork network of a page: its root upstream and all forks of it, with the share of text in common."""

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
"""Maximum number of forks in a network."""
DEPTH = 40
"""Maximum depth of forks of forks."""


@dataclass(slots=True)
class NetworkMember:
    """A page of a fork network that the reader may see."""

    page: WikiPage
    fork: Fork | None = None
    """Its link to the upstream; None for the root."""
    is_current: bool = False
    """Whether it is the page whose network is shown."""
    share: int | None = None
    """Percentage of its passages that the current page has too; None for that page, and without passages."""
    forks: list[NetworkMember] = field(default_factory=list)
    """Forks of the page, oldest first."""


@dataclass(slots=True)
class ForkNetwork:
    """All pages of a fork network."""

    root: NetworkMember
    members: list[NetworkMember]

    @property
    def place_count(self) -> int:
        """Number of places that the pages belong to."""
        return len({member.page.place_id for member in self.members} - {None})


def fork_network(page: WikiPage, user: Reader) -> ForkNetwork:
    """Return the fork network of `page`. Takes a query per level of forks, and one for the shares.

    Pages that `user` may not read are left out: their forks are attached to the nearest readable ancestor.
    """
    forks = _load_forks(_find_root(page.pk))
    keys = {page.pk, *forks, *(fork.upstream_id for fork in forks.values() if fork.upstream_id)}
    rows = WikiPage.objects.readable_by(user).filter(pk__in=keys).select_related("place", "kind")
    members = {row.pk: NetworkMember(row, forks.get(row.pk), row.pk == page.pk) for row in rows}
    roots = [member for key, member in members.items() if not _attach_to_ancestor(key, member, members, forks)]
    for member in members.values():
        member.forks.sort(key=_sort_key)
    _compute_shares(page.pk, members)
    root = min(roots, key=_sort_key)
    root.forks += [member for member in roots if member is not root]  # forks whose ancestors are all unreadable
    return ForkNetwork(root, list(members.values()))


def _sort_key(member: NetworkMember) -> tuple[object, ...]:
    """Return the sort key of members: pages that are no fork first, then by date of the fork."""
    fork = member.fork
    return (fork is not None, fork.made_at.timestamp() if fork else 0, member.page.pk)


def _find_root(key: int) -> int:
    """Return the primary key of the root of the network, readable or not."""
    seen = {key}
    for _ in range(DEPTH):
        upstream = Fork.objects.filter(page=key).values_list("upstream_id", flat=True).first()
        if upstream is None or upstream in seen:
            break
        seen.add(upstream)
        key = upstream
    return key


def _load_forks(root: int) -> dict[int, Fork]:
    """Return all forks below the page `root`, at most LIMIT, by primary key of their page."""
    forks: dict[int, Fork] = {}
    level: Collection[int] = [root]
    for _ in range(DEPTH):
        rows = Fork.objects.filter(upstream__in=level).exclude(page=root).order_by("made_at", "pk")
        new = {fork.page_id: fork for fork in rows[: LIMIT - len(forks)] if fork.page_id not in forks}
        forks |= new
        level = list(new)
        if not level or len(forks) >= LIMIT:
            break
    return forks


def _attach_to_ancestor(
    key: int, member: NetworkMember, members: dict[int, NetworkMember], forks: dict[int, Fork]
) -> bool:
    """Add a member to the forks of its nearest readable ancestor; return False when there is none."""
    fork = forks.get(key)
    for _ in range(DEPTH):
        if fork is None or fork.upstream_id is None:
            return False
        ancestor = members.get(fork.upstream_id)
        if ancestor is not None and ancestor is not member:
            ancestor.forks.append(member)
            return True
        fork = forks.get(fork.upstream_id)
    return False


def _compute_shares(current: int, members: dict[int, NetworkMember]) -> None:
    """Set the share of each member: percentage of its current passages that the page `current` has too. One query."""
    passages: dict[int, set[str]] = defaultdict(set)
    rows = Passage.objects.filter(page__in=list(members), removed_in=None)
    for page, identity in rows.values_list("page_id", "identity"):
        passages[page].add(identity)
    for key, member in members.items():
        if key != current and passages[key]:
            member.share = round(100 * len(passages[key] & passages[current]) / len(passages[key]))
