"""The graph of versions of several pages, as git's commit graph: ancestors, merge bases, changed versions.

The parents of a version are the previous version of its page, and the version that it merged (`merge_parent`). Merge
bases are defined as in `git merge-base --all`: common ancestors that are no ancestors of other common ancestors.
Several merge bases (after merges in both directions) are merged into one text, as git's «recursive» strategy does;
conflicts of that merge are resolved to their own base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wiki.pages.models import PageVersion, WikiPage
from wiki.text.merging.document_merge import merge_documents

MERGE_DEPTH = 8
"""Maximum number of merge bases that are merged, and maximum depth of the recursion."""
PARTIAL_TAG = "part"
"""Tag of a partial merge: it has a merge parent, but the rest of that version is still to be merged."""
FORKED_TAG, UNCHANGED_TAG = "forked", "unchanged"
"""Tags of a version that made a fork, and of one that took in another version as it is, but for the renamed titles."""
Translation = Callable[[int, str], str]
"""Takes the primary key of a page and a text of it; returns the text in the terms of another page."""
COLUMNS = ("pk", "page_id", "number", "merge_parent_id", "sha256", "is_deletion")


@dataclass(frozen=True, slots=True)
class VersionNode:
    """A version in the graph."""

    pk: int
    page_id: int
    number: int
    merged_id: int | None
    """Primary key of the merged version of another page; None also for a partial merge."""
    sha256: str
    is_deletion: bool
    is_copy: bool
    """Whether the text is that of the merged version, but for titles that the fork renamed."""


@dataclass(slots=True)
class VersionGraph:
    """The versions of some pages, and of all pages merged into them."""

    nodes: dict[int, VersionNode] = field(default_factory=dict)
    by_number: dict[tuple[int, int], VersionNode] = field(default_factory=dict)
    """Nodes by (primary key of the page, version number)."""

    @classmethod
    def of(cls, *pages: WikiPage) -> VersionGraph:
        """Load the graph of `pages`. Takes two queries, and three for each further level of merged pages."""
        graph = cls()
        page_ids, seen = {page.pk for page in pages}, set[int]()
        while page_ids:
            seen |= page_ids
            rows = PageVersion.objects.filter(page_id__in=page_ids)
            tags_of = dict(rows.exclude(merge_parent=None).values_list("pk", "tags"))
            for key, page, number, merged, sha256, is_deletion in rows.values_list(*COLUMNS):
                tags = tags_of.get(key, ())
                merged_id, is_copy = (None, False) if PARTIAL_TAG in tags else (merged, _is_copy(tags))
                node = VersionNode(key, page, number, merged_id, sha256, is_deletion, is_copy)
                graph.nodes[node.pk] = graph.by_number[node.page_id, node.number] = node
            missing = {node.merged_id for node in graph.nodes.values() if node.merged_id} - graph.nodes.keys()
            pages_of = PageVersion.objects.filter(pk__in=missing).values_list("page_id", flat=True)
            page_ids = set(pages_of) - seen if missing else set()
        return graph

    def parents(self, node: VersionNode) -> Iterator[VersionNode]:
        """Yield the parents of a version."""
        if (previous := self.by_number.get((node.page_id, node.number - 1))) is not None:
            yield previous
        if node.merged_id is not None and (merged := self.nodes.get(node.merged_id)) is not None:
            yield merged

    def ancestors(self, nodes: Iterable[VersionNode]) -> set[VersionNode]:
        """Return `nodes` and all their ancestors."""
        found, queue = set[VersionNode](), list(nodes)
        while queue:
            node = queue.pop()
            if node not in found:
                found.add(node)
                queue.extend(self.parents(node))
        return found

    def merge_bases(self, first: Iterable[VersionNode], second: Iterable[VersionNode]) -> list[VersionNode]:
        """Return the merge bases of two sets of versions, latest first; empty without a common ancestor."""
        common = self.ancestors(first) & self.ancestors(second)
        parents_in_common = {parent for node in common for parent in self.parents(node)}
        return sorted(common - parents_in_common, key=lambda node: -node.pk)

    def merge_base_text(self, bases: Sequence[VersionNode], translate: Translation, depth: int = MERGE_DEPTH) -> str:
        """Return the base text of a three-way merge: the text of the merge base, or several merged into one.

        `translate` brings the texts of all pages into the terms of the page that is merged.
        """
        texts = {node.pk: "" for node in bases}
        texts |= {node.pk: translate(node.page_id, text) for node, text in texts_of(bases[:MERGE_DEPTH])}
        if not bases:
            return ""
        text = texts[bases[0].pk]
        for index, node in enumerate(bases[1:MERGE_DEPTH], start=1):
            bases_of_bases = self.merge_bases(bases[:index], [node]) if depth else []
            merged = merge_documents(
                self.merge_base_text(bases_of_bases, translate, depth - 1) if bases_of_bases else "",
                text,
                texts[node.pk],
            )
            text = merged.resolved([conflict.base for conflict in merged.conflicts])
        return text

    def changed_versions(self, page: int, without: set[VersionNode]) -> list[VersionNode]:
        """Return the versions of a page that changed its text and are not in `without`, oldest first.

        Only versions after the last unchanged merge of a version in `without` count: a fork without own changes has
        none.
        """
        found: list[VersionNode] = []
        previous: VersionNode | None = None
        for number in sorted(number for key, number in self.by_number if key == page):
            node = self.by_number[page, number]
            if node.is_deletion:
                continue
            if self.is_unchanged_merge(node, without):
                found = []
            elif node not in without and (previous is None or previous.sha256 != node.sha256):
                found.append(node)
            previous = node
        return found

    def is_unchanged_merge(self, node: VersionNode, of: set[VersionNode]) -> bool:
        """Whether a version merged a version in `of` and has its text, but for renamed titles."""
        merged = self.nodes.get(node.merged_id) if node.merged_id is not None else None
        return merged is not None and merged in of and (node.is_copy or merged.sha256 == node.sha256)

    def is_same_text(self, base: VersionNode, node: VersionNode) -> bool:
        """Whether a version has the text of one of another page that was merged into its page, or the same bytes."""
        copies = (one for one in self.by_number.values() if one.page_id == node.page_id and one.sha256 == node.sha256)
        return base.sha256 == node.sha256 or any(one.is_copy and one.merged_id == base.pk for one in copies)


def _is_copy(tags: Sequence[str]) -> bool:
    return FORKED_TAG in tags or UNCHANGED_TAG in tags


def texts_of(nodes: Iterable[VersionNode]) -> list[tuple[VersionNode, str]]:
    """Return versions with their texts, in order. One query."""
    listed = list(nodes)
    rows = PageVersion.objects.filter(pk__in=[node.pk for node in listed]).select_related("stored")
    texts = {row.pk: row.text() or "" for row in rows}
    return [(node, texts[node.pk]) for node in listed]
