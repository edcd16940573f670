"""Status of a fork against its upstream: versions behind and ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache

from wiki.forks.fork_translation import TextTranslator
from wiki.forks.version_graph import VersionGraph, VersionNode, texts_of
from wiki.pages.models import Fork, PageVersion, PageVersionQuerySet, WikiPage
from wiki.text.titles import MIRROR_NAMESPACE

if TYPE_CHECKING:
    from wiki.pages.models import Reader

CACHE_SECONDS = 7 * 24 * 3600
"""Seconds after which cached counts expire."""


@dataclass(frozen=True, slots=True)
class ForkLink:
    """A fork and its upstream, if the reader may see it."""

    page: WikiPage
    fork: Fork
    upstream: WikiPage | None
    """None when it is deleted, on another site without a mirror, or not readable."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the upstream is a mirror of a page of another site."""
        return self.upstream is not None and self.upstream.namespace == MIRROR_NAMESPACE

    @property
    def was_renamed(self) -> bool:
        """Whether the upstream has another title now than when it was forked."""
        if self.upstream is None or self.is_elsewhere:
            return False
        return bool(self.upstream.full_title != self.fork.upstream_title)


@dataclass(frozen=True, slots=True)
class ForkCounts(ForkLink):
    """Numbers of versions that a fork is behind and ahead of its upstream."""

    behind_count: int
    """Versions of the upstream not merged into the fork."""
    ahead_count: int
    """Versions with own changes of the fork."""


@dataclass(frozen=True, slots=True)
class ForkStatus(ForkLink):
    """Full status of a fork: version graph, merge bases, versions behind and ahead."""

    graph: VersionGraph
    bases: list[VersionNode]
    """The merge bases of the current versions, latest first."""
    behind: list[VersionNode]
    """Versions of the upstream not merged into the fork, oldest first."""
    ahead: list[VersionNode]
    """Versions with own changes of the fork, oldest first; pulls are left out."""
    differs: bool
    """Whether the text of the fork differs from that of the merge base."""

    @property
    def behind_count(self) -> int:
        """Number of upstream versions not merged into the fork."""
        return len(self.behind)

    @property
    def ahead_count(self) -> int:
        """Number of versions with own changes; at least 1 when the text differs."""
        return max(len(self.ahead), int(self.differs))

    def versions(self, nodes: list[VersionNode], user: Reader, limit: int = 50) -> PageVersionQuerySet:
        """Return the last `limit` versions of `nodes` that `user` may read, newest first."""
        keys = [node.pk for node in nodes[-limit:]]
        rows = PageVersion.objects.readable_by(user).filter(pk__in=keys)
        versions: PageVersionQuerySet = rows.select_related("page", "author", "changeset", "merge_parent__page")
        return versions.order_by("-number")


def find_fork_status(page: WikiPage, user: Reader) -> ForkStatus | None:
    """Return the status of the fork `page`; None when it is no fork."""
    fork = Fork.objects.filter(page=page).select_related("auto_pull_user").first()
    return compute_fork_status(page, fork, user) if fork is not None else None


def compute_fork_status(page: WikiPage, fork: Fork, user: Reader) -> ForkStatus:
    """Compute the status of `page`, whose upstream link is `fork`. Three queries, more after merges of other pages."""
    upstream = _readable_upstream(fork, user)
    if upstream is None:
        return ForkStatus(page, fork, None, VersionGraph(), [], [], [], differs=False)
    graph = VersionGraph.of(page, upstream)
    mine, theirs = graph.by_number[page.pk, page.version], graph.by_number[upstream.pk, upstream.version]
    mine_and_ancestors, theirs_and_ancestors = graph.ancestors([mine]), graph.ancestors([theirs])
    bases = graph.merge_bases([mine], [theirs])
    ahead = [
        node
        for node in graph.changed_versions(page.pk, theirs_and_ancestors)
        if graph.nodes.get(node.merged_id or 0) not in theirs_and_ancestors
    ]
    differs = len(bases) != 1 or not graph.is_same_text(bases[0], mine)
    behind = [] if mine.sha256 == theirs.sha256 else graph.changed_versions(upstream.pk, mine_and_ancestors)
    if behind and _says_the_same(page, upstream, mine, theirs):
        behind = []
    return ForkStatus(page, fork, upstream, graph, bases, behind, ahead, differs)


def _says_the_same(page: WikiPage, upstream: WikiPage, mine: VersionNode, theirs: VersionNode) -> bool:
    """Whether both texts are the same but for the titles that the fork renamed."""
    (_, my_text), (_, their_text) = texts_of([mine, theirs])
    return TextTranslator(page, upstream).translate(upstream.pk, their_text) == my_text


def fork_counts(page: WikiPage, fork: Fork, user: Reader) -> ForkCounts:
    """Return how far the fork `page` is behind and ahead of its upstream. One query when the counts are cached.

    Counts are cached by the two versions; they cannot become invalid, since history does not change.
    """
    upstream = _readable_upstream(fork, user)
    if upstream is None:
        return ForkCounts(page, fork, None, 0, 0)
    key = f"touch:{page.pk}.{page.version}:{upstream.pk}.{upstream.version}"
    counts: tuple[int, int] | None = cache.get(key)
    if counts is None:
        status = compute_fork_status(page, fork, user)
        counts = status.behind_count, status.ahead_count
        cache.set(key, counts, CACHE_SECONDS)
    return ForkCounts(page, fork, upstream, *counts)


def _readable_upstream(fork: Fork, user: Reader) -> WikiPage | None:
    """Return the upstream of a fork if `user` may read it, else None."""
    readable = WikiPage.objects.readable_by(user).filter(pk=fork.upstream_id)
    upstream: WikiPage | None = readable.select_related("place", "kind").first()
    return upstream
