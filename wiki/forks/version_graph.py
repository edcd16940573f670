"""How the versions of two pages descend from each other: what both have, and what each has alone.

A version has for parents the one before it in its page, and the one that it took in (`merge_parent`): a graph as git's.
The common bases are git's too (`git merge-base --all`): common ancestors from which no other common one descends. Where
there are several (each page took in the other's version at the same time), they are merged into one, as git's
«recursive» strategy does; where that clashes, the words before both stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wiki.pages.models import PageVersion, WikiPage
from wiki.text.merging.document_merge import merge_documents

MERGE_DEPTH = 8
"""So many common bases are merged at most, and so deep."""
PARTIAL_TAG = "part"
"""Tag of a version that took in a part of another one: its words come from there, and the rest is still to come."""
COLUMNS = ("pk", "page_id", "number", "merge_parent_id", "sha256", "is_deletion")


@dataclass(frozen=True, slots=True)
class VersionNode:
    """A version as the graph knows it."""

    pk: int
    page_id: int
    number: int
    merged_id: int | None
    """The key of the version of elsewhere that it took in."""
    sha256: str
    is_deletion: bool


@dataclass(slots=True)
class VersionGraph:
    """The versions of some pages, and of all pages that went into them."""

    nodes: dict[int, VersionNode] = field(default_factory=dict)
    by_number: dict[tuple[int, int], VersionNode] = field(default_factory=dict)
    """By page and number."""

    @classmethod
    def of(cls, *pages: WikiPage) -> VersionGraph:
        """The graph above the versions of `pages`: two queries, and three for each step to pages they are from."""
        found = cls()
        wanted, seen = {page.pk for page in pages}, set[int]()
        while wanted:
            seen |= wanted
            rows = PageVersion.objects.filter(page_id__in=wanted)
            parts = {
                key for key, tags in rows.exclude(merge_parent=None).values_list("pk", "tags") if PARTIAL_TAG in tags
            }
            for key, page, number, merged, sha256, is_deletion in rows.values_list(*COLUMNS):
                node = VersionNode(key, page, number, None if key in parts else merged, sha256, is_deletion)
                found.nodes[node.pk] = found.by_number[node.page_id, node.number] = node
            lacking = {node.merged_id for node in found.nodes.values() if node.merged_id} - found.nodes.keys()
            pages_of = PageVersion.objects.filter(pk__in=lacking).values_list("page_id", flat=True)
            wanted = set(pages_of) - seen if lacking else set()
        return found

    def parents(self, node: VersionNode) -> Iterator[VersionNode]:
        """The versions that a version follows from."""
        if (before := self.by_number.get((node.page_id, node.number - 1))) is not None:
            yield before
        if node.merged_id is not None and (other := self.nodes.get(node.merged_id)) is not None:
            yield other

    def ancestors(self, nodes: Iterable[VersionNode]) -> set[VersionNode]:
        """`nodes` and all that they follow from."""
        found, waiting = set[VersionNode](), list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(self.parents(node))
        return found

    def merge_bases(self, one: Iterable[VersionNode], other: Iterable[VersionNode]) -> list[VersionNode]:
        """The common bases of two (sets of) versions, the latest first; none where they have nothing in common."""
        common = self.ancestors(one) & self.ancestors(other)
        inner = {parent for node in common for parent in self.parents(node)}
        return sorted(common - inner, key=lambda node: -node.pk)

    def merge_base_text(self, bases: Sequence[VersionNode], depth: int = MERGE_DEPTH) -> str:
        """The text from which two sides went apart: that of their common base, or of several merged into one."""
        texts = texts_of(bases[:MERGE_DEPTH])
        if not bases:
            return ""
        text = texts[bases[0].pk]
        for at, node in enumerate(bases[1:MERGE_DEPTH], start=1):
            above = self.merge_bases(bases[:at], [node]) if depth else []
            joined = merge_documents(self.merge_base_text(above, depth - 1) if above else "", text, texts[node.pk])
            text = joined.resolved([clash.base for clash in joined.conflicts])
        return text

    def changed_versions(self, page: int, without: set[VersionNode]) -> list[VersionNode]:
        """The versions of a page that changed its text and are not in `without`, oldest first.

        They begin after the last version that says, word for word, what it took in from `without`: a fork in which
        nothing was changed has none.
        """
        found: list[VersionNode] = []
        before: VersionNode | None = None
        for number in sorted(number for key, number in self.by_number if key == page):
            node = self.by_number[page, number]
            if node.is_deletion:
                continue
            if self.is_unchanged_merge(node, without):
                found = []
            elif node not in without and (before is None or before.sha256 != node.sha256):
                found.append(node)
            before = node
        return found

    def is_unchanged_merge(self, node: VersionNode, of: set[VersionNode]) -> bool:
        """Whether a version says just what it took in, where that is in `of`."""
        taken = self.nodes.get(node.merged_id) if node.merged_id is not None else None
        return taken is not None and taken in of and taken.sha256 == node.sha256


def texts_of(nodes: Iterable[VersionNode]) -> dict[int, str]:
    """The texts of versions, by their keys; one query."""
    rows = PageVersion.objects.filter(pk__in=[node.pk for node in nodes]).select_related("stored")
    return {row.pk: row.text() or "" for row in rows}
