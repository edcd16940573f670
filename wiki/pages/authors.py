"""Who wrote a page: the names in its history, and those of the pages that it was forked from."""

from __future__ import annotations

from wiki.pages.models import Fork, WikiPage


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
