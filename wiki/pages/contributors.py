"""Who wrote a page: the names in its history, and those of the pages that it was forked from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from wiki.pages.models import Fork, PageVersion, WikiPage

ROWS = 500


ACCEPTED = "accepted"
"""Tag of the versions that took in a proposal: those who wrote its source are authors too."""


def authors_of(page: WikiPage, until: int | None = None) -> list[str]:
    """Names of the authors of `page` up to version `until`, first contribution first.

    The authors of what it was forked from come before its own, those of what it took in by a proposal after.
    Three queries, and as many for each page whose proposals it took in.
    """
    return list(dict.fromkeys(name for name in _names(page.pk, until, set()) if name))


def _names(page: int, until: int | None, seen: set[int]) -> list[str]:
    """The names, in order, some more than once."""
    seen.add(page)
    bond = Fork.objects.filter(page=page).first()
    versions = PageVersion.objects.filter(page=page).order_by("number")
    if until is not None:
        versions = versions.filter(number__lte=until)
    names = [*(bond.upstream_authors if bond else ()), *versions.values_list("author_name", flat=True)]
    parents = versions.exclude(merge_parent=None).values_list("tags", "merge_parent__page_id", "merge_parent__number")
    for tags, source, number in parents:
        if ACCEPTED in tags and source not in seen:
            names += _names(source, number, seen)
    return names


def authors_by_page(pages: Sequence[WikiPage]) -> dict[int, list[str]]:
    """What `authors_of` says of each of many pages, by their keys. Two queries per 500 pages."""
    names: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(pages), ROWS):
        some = [page.pk for page in pages[start : start + ROWS]]
        for page, before in Fork.objects.filter(page__in=some).values_list("page_id", "upstream_authors"):
            names[page] += before
        rows = PageVersion.objects.filter(page__in=some).order_by("page_id", "number")
        for page, name in rows.values_list("page_id", "author_name"):
            names[page].append(name)
        for page, tags in rows.exclude(merge_parent=None).values_list("page_id", "tags"):
            if ACCEPTED in tags:
                names[page] = _names(page, None, set())
    return {page.pk: list(dict.fromkeys(name for name in names[page.pk] if name)) for page in pages}
