"""Translation of texts between a fork and its upstream: what the fork renamed is not a change of either.

A fork into another place renames: titles of the pages that were forked together, and values of chosen facts that name
the place. These pairs are kept in the history (the versions of the fork's changeset) and in `Fork.rewritten_facts`.
Whatever is compared, pulled or proposed is first written in the terms of one of the pages, so that a fork that changed
nothing proposes nothing, and what the upstream adds comes with the fork's titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from wiki.forks.link_rewriting import CopiedText, LinkRewriter
from wiki.pages.models import Changeset, Fork, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.text import titles
from wiki.text.title_rewriting import find_title_references

FORK_DEPTH = 20
"""Forks of forks that are followed at most."""


@dataclass(frozen=True)
class ForkRenames:
    """What one fork renamed, and the translation of texts between it and its upstream."""

    fork: WikiPage
    upstream: WikiPage

    def to_fork(self, text: str) -> str:
        """Return a text of the upstream as the fork would write it."""
        return self._translate(text, self.upstream, self.fork, dict(self._pairs()))

    def to_upstream(self, text: str) -> str:
        """Return a text of the fork as the upstream would write it."""
        return self._translate(text, self.fork, self.upstream, dict(self._reverse_pairs()))

    def _translate(self, text: str, old: WikiPage, new: WikiPage, titles: dict[str, str]) -> str:
        copy = CopiedText(text, PageFields.of(old), PageFields.of(new), self._properties)
        return LinkRewriter([copy], titles, self._properties).texts()[0]

    @cached_property
    def _first_version(self) -> PageVersion | None:
        """The version that made the fork; None if it was not made on this site."""
        versions = self.fork.versions.filter(merge_parent__page=self.upstream, changeset__act=Changeset.Act.FORK)
        found: PageVersion | None = versions.select_related("stored", "merge_parent__stored").order_by("number").first()
        return found

    @cached_property
    def _rows(self) -> list[tuple[str, str, str, str]]:
        """Titles of the pages forked together: of the upstream then and now, and of the fork then and now."""
        if self._first_version is None:
            return [(self.upstream.full_title, self.upstream.full_title, self.fork.full_title, self.fork.full_title)]
        versions = PageVersion.objects.filter(changeset=self._first_version.changeset_id, merge_parent__isnull=False)
        return list(
            versions.values_list("merge_parent__title", "merge_parent__page__full_title", "title", "page__full_title")
        )

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Yield title keys of the upstream pages and full titles of their forks."""
        for upstream_then, upstream_now, _, fork_now in self._rows:
            yield titles.key_or_empty(upstream_then), fork_now
            yield titles.key_or_empty(upstream_now), fork_now

    def _reverse_pairs(self) -> Iterator[tuple[str, str]]:
        """Yield title keys of the forks and full titles of their upstream pages."""
        for _, upstream_now, fork_then, fork_now in self._rows:
            yield titles.key_or_empty(fork_then), upstream_now
            yield titles.key_or_empty(fork_now), upstream_now

    @cached_property
    def _properties(self) -> frozenset[str]:
        """Names of the properties whose values name the fork's place where they named that of the upstream."""
        if self._first_version is None:
            return frozenset()
        pages = PageVersion.objects.filter(changeset=self._first_version.changeset_id).values("page")
        stored = list(Fork.objects.filter(page__in=pages).values_list("rewritten_facts", flat=True))
        if None in stored:  # made before they were stored
            return self._properties_in_texts(self._first_version)
        return frozenset(name for names in stored for name in names or ())

    def _properties_in_texts(self, first: PageVersion) -> frozenset[str]:
        """Return the names of the properties that named the old place before the fork, and the new one after it."""
        parent = first.merge_parent
        if parent is None:
            return frozenset()
        before = _properties_naming(parent.text() or "", PageFields.of(self.upstream).place_title)
        return before & _properties_naming(first.text() or "", PageFields.of(self.fork).place_title)


def _properties_naming(text: str, title: str) -> frozenset[str]:
    key = titles.key_or_empty(title)
    references = (reference for reference in find_title_references(text) if reference.property)
    return frozenset(reference.property for reference in references if titles.key_or_empty(reference.title) == key)


class TextTranslator:
    """Writes the texts of related pages in the terms of `page`, which is merged or compared with `other`."""

    def __init__(self, page: WikiPage, other: WikiPage) -> None:
        self.page, self.other = page, other
        self._steps: dict[tuple[int, int], list[tuple[ForkRenames, bool]]] = {}

    def translate(self, page_pk: int, text: str) -> str:
        """Return a text of the page with primary key `page_pk` in the terms of `page`.

        A text of `page` itself goes to the terms of `other` and back: what cannot be translated back exactly is then
        the same on both sides of a comparison.
        """
        if page_pk == self.page.pk:
            return self._walk(self.other.pk, self.page.pk, self._walk(self.page.pk, self.other.pk, text))
        return self._walk(page_pk, self.page.pk, text)

    def _walk(self, source: int, target: int, text: str) -> str:
        if (source, target) not in self._steps:
            self._steps[source, target] = list(_steps_between(source, target))
        for renames, is_down in self._steps[source, target]:
            text = renames.to_fork(text) if is_down else renames.to_upstream(text)
        return text


def _steps_between(source: int, target: int) -> Iterator[tuple[ForkRenames, bool]]:
    """Yield the forks on the way from one page to another over their common ancestor, and whether to go to the fork.

    Yield none where the pages are not related.
    """
    up, down = _ancestry(source), _ancestry(target)
    common = next((pk for pk in up if pk in down), None)
    if common is None:
        return
    upward, downward = up[: up.index(common) + 1], down[: down.index(common) + 1]
    pages = {page.pk: page for page in WikiPage.objects.filter(pk__in={*upward, *downward}).select_related("place")}
    for fork, upstream in pairwise(upward):
        yield ForkRenames(pages[fork], pages[upstream]), False
    for fork, upstream in reversed(list(pairwise(downward))):
        yield ForkRenames(pages[fork], pages[upstream]), True


def _ancestry(pk: int) -> list[int]:
    """Return the primary keys of a page, of its upstream, of the upstream of that, and so on."""
    found = [pk]
    while len(found) <= FORK_DEPTH:
        upstream = Fork.objects.filter(page=found[-1]).values_list("upstream", flat=True).first()
        if upstream is None or upstream in found:
            break
        found.append(upstream)
    return found
