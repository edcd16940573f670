"""Authors of a page: the names in its history, and the authors of the pages that it was forked or merged from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from wiki.pages.models import Fork, PageVersion, WikiPage

ROWS = 500
ACCEPTED = "accepted"
"""Tag of versions that merged a proposal: the authors of its source page count as authors too."""


def authors_of(page: WikiPage, until: int | None = None, upstream_authors: Sequence[str] | None = None) -> list[str]:
    """Return the names of the authors of `page` up to version `until`, in order of their first contribution.

    The authors of the upstream of a fork come first, the authors of accepted proposals last.
    Two queries (one if `upstream_authors`, those that its fork states, are given), and two more for each page whose
    proposals were accepted.
    """
    return list(dict.fromkeys(name for name in _names(page.pk, until, set(), upstream_authors) if name))


def _names(page: int, until: int | None, seen: set[int], upstream_authors: Sequence[str] | None = None) -> list[str]:
    """Collect the names in order, with repetitions; `seen` are the pages collected already."""
    seen.add(page)
    if upstream_authors is None:
        fork = Fork.objects.filter(page=page).first()
        upstream_authors = fork.upstream_authors if fork else ()
    versions = PageVersion.objects.filter(page=page).order_by("number")
    if until is not None:
        versions = versions.filter(number__lte=until)
    rows = list(versions.values_list("author_name", "tags", "merge_parent__page_id", "merge_parent__number"))
    names = [*upstream_authors, *(row[0] for row in rows)]
    for _, tags, source, number in rows:
        if source is not None and ACCEPTED in tags and source not in seen:
            names += _names(source, number, seen)
    return names


def authors_by_page(pages: Sequence[WikiPage]) -> dict[int, list[str]]:
    """Return the result of `authors_of` for many pages, by primary key.

    Three queries per 500 pages, and those of `authors_of` for each page with accepted proposals.
    """
    names: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(pages), ROWS):
        pks = [page.pk for page in pages[start : start + ROWS]]
        for page, upstream_authors in Fork.objects.filter(page__in=pks).values_list("page_id", "upstream_authors"):
            names[page] += upstream_authors
        rows = PageVersion.objects.filter(page__in=pks).order_by("page_id", "number")
        for page, name in rows.values_list("page_id", "author_name"):
            names[page].append(name)
        for page, tags in rows.exclude(merge_parent=None).values_list("page_id", "tags"):
            if ACCEPTED in tags:
                names[page] = _names(page, None, set())
    return {page.pk: list(dict.fromkeys(name for name in names[page.pk] if name)) for page in pages}
