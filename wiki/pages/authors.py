"""Who wrote a page: the names in its history, and those of the pages that it was forked from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from wiki.pages.models import Fork, PageVersion, WikiPage

ROWS = 500


def authors_of(page: WikiPage, until: int | None = None) -> list[str]:
    """Names of the authors of `page` up to version `until`, first contribution first.

    The authors of what it was forked from come before its own. Two queries.
    """
    fork = Fork.objects.filter(page=page).first()
    names: list[str] = list(fork.upstream_authors) if fork else []
    versions = page.versions.order_by("number")
    if until is not None:
        versions = versions.filter(number__lte=until)
    names += versions.values_list("author_name", flat=True)
    return list(dict.fromkeys(name for name in names if name))


def authors_of_all(pages: Sequence[WikiPage]) -> dict[int, list[str]]:
    """What `authors_of` says of each of many pages, by their keys. Two queries per 500 pages."""
    names: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(pages), ROWS):
        some = [page.pk for page in pages[start : start + ROWS]]
        for page, before in Fork.objects.filter(page__in=some).values_list("page_id", "upstream_authors"):
            names[page] += before
        rows = PageVersion.objects.filter(page__in=some).order_by("page_id", "number")
        for page, name in rows.values_list("page_id", "author_name"):
            names[page].append(name)
    return {page.pk: list(dict.fromkeys(name for name in names[page.pk] if name)) for page in pages}
