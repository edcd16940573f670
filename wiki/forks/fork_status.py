"""How a fork stands to the page that it comes from: what has moved there since, and what was changed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache

from wiki.forks.version_graph import VersionGraph, VersionNode
from wiki.pages.models import Fork, PageVersion, PageVersionQuerySet, WikiPage
from wiki.text.titles import MIRROR_NAMESPACE

if TYPE_CHECKING:
    from wiki.pages.models import Reader

CACHE_SECONDS = 7 * 24 * 3600
"""Seconds for which numbers are kept that nobody asks for."""


@dataclass(frozen=True, slots=True)
class ForkLink:
    """A fork and its original, in so far as the reader may see it."""

    page: WikiPage
    fork: Fork
    upstream: WikiPage | None
    """None where it is deleted, on another site, or not for this reader."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the original lives on another site, and is mirrored here."""
        return self.upstream is not None and self.upstream.namespace == MIRROR_NAMESPACE

    @property
    def was_renamed(self) -> bool:
        """Whether the original has another title now than when it was forked."""
        if self.upstream is None or self.is_elsewhere:
            return False
        return bool(self.upstream.full_title != self.fork.upstream_title)


@dataclass(frozen=True, slots=True)
class ForkCounts(ForkLink):
    """How far the two are apart, in numbers."""

    behind_count: int
    """How many versions of the original are not here."""
    ahead_count: int
    """How many versions the fork is ahead."""


@dataclass(frozen=True, slots=True)
class ForkStatus(ForkLink):
    """All that there is to know of how a fork stands to its original."""

    graph: VersionGraph
    bases: list[VersionNode]
    """The latest versions that both have, or what went into both."""
    behind: list[VersionNode]
    """Versions of the original that are not here, oldest first."""
    ahead: list[VersionNode]
    """Versions in which something was changed here, oldest first; what was taken in is not counted."""
    differs: bool
    """Whether the fork says anything else than what both have."""

    @property
    def behind_count(self) -> int:
        """How many versions of the original are not here."""
        return len(self.behind)

    @property
    def ahead_count(self) -> int:
        """How many versions the fork is ahead: one at least where it differs."""
        return max(len(self.ahead), int(self.differs))

    def versions(self, nodes: list[VersionNode], user: Reader, limit: int = 50) -> PageVersionQuerySet:
        """The last of some versions, newest first, with what a list shows of them."""
        keys = [node.pk for node in nodes[-limit:]]
        rows = PageVersion.objects.readable_by(user).filter(pk__in=keys)
        found: PageVersionQuerySet = rows.select_related("page", "author", "changeset", "merge_parent__page")
        return found.order_by("-number")


def find_fork_status(page: WikiPage, user: Reader) -> ForkStatus | None:
    """How `page` stands to its original; None where it is no fork."""
    bond = Fork.objects.filter(page=page).select_related("auto_pull_user").first()
    return compute_fork_status(page, bond, user) if bond is not None else None


def compute_fork_status(page: WikiPage, bond: Fork, user: Reader) -> ForkStatus:
    """How the fork `page` stands to the original that `bond` names. Three queries, more where others went into it."""
    upstream = _upstream(bond, user)
    if upstream is None:
        return ForkStatus(page, bond, None, VersionGraph(), [], [], [], differs=False)
    lineage = VersionGraph.of(page, upstream)
    mine, theirs = lineage.by_number[page.pk, page.version], lineage.by_number[upstream.pk, upstream.version]
    here, there = lineage.ancestors([mine]), lineage.ancestors([theirs])
    bases = lineage.merge_bases([mine], [theirs])
    ahead = [
        node for node in lineage.changed_versions(page.pk, there) if lineage.nodes.get(node.merged_id or 0) not in there
    ]
    differs = len(bases) != 1 or bases[0].sha256 != mine.sha256
    behind = [] if mine.sha256 == theirs.sha256 else lineage.changed_versions(upstream.pk, here)
    return ForkStatus(page, bond, upstream, lineage, bases, behind, ahead, differs)


def fork_counts(page: WikiPage, bond: Fork, user: Reader) -> ForkCounts:
    """How far the fork `page` and its original are apart. One query; the graph is read once for each pair of versions.

    That numbers of two versions never change lets them be kept: history does not.
    """
    upstream = _upstream(bond, user)
    if upstream is None:
        return ForkCounts(page, bond, None, 0, 0)
    key = f"touch:{page.pk}.{page.version}:{upstream.pk}.{upstream.version}"
    numbers: tuple[int, int] | None = cache.get(key)
    if numbers is None:
        found = compute_fork_status(page, bond, user)
        numbers = found.behind_count, found.ahead_count
        cache.set(key, numbers, CACHE_SECONDS)
    return ForkCounts(page, bond, upstream, *numbers)


def _upstream(bond: Fork, user: Reader) -> WikiPage | None:
    """The original that a bond names, where the reader may see it."""
    readable = WikiPage.objects.readable_by(user).filter(pk=bond.upstream_id)
    found: WikiPage | None = readable.select_related("place", "kind").first()
    return found
