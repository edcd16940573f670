"""The pages that a request of `action=query` is about: those named by `titles`, `pageids` or `revids`, or found.

Source of the rules: MediaWiki's API documentation (API:Query, «Specifying pages»).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wiki.api.api_request import ApiRequest, parse_integer
from wiki.api.module_parameters import cannot_use_with
from wiki.pages.models import PageVersion, WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

REDIRECT_DEPTH = 4
"""Most redirects that are followed from a page, as for readers (`page_lookup.redirect_target`)."""
SOURCES = ("titles", "pageids", "revids")


@dataclass(slots=True)
class PageSet:
    """Pages that the user may read, and titles without such a page."""

    pages: list[WikiPage] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """Titles without a page, by key."""
    invalid: list[dict[str, Any]] = field(default_factory=list)
    """Rows of titles and numbers that name nothing."""
    revision_ids: list[int] | None = None
    """The numbers in `revids`, where they were asked for."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What was done with the names: `normalized`, `redirects`, `badrevids`."""
    ranks: dict[int, int] = field(default_factory=dict)
    """Ranks of pages in the results of a search, from 1 on, by primary key."""

    @property
    def keys(self) -> list[str]:
        """Title keys of all pages, missing ones too."""
        return [page.title_key for page in self.pages if page.title_key] + list(self.missing)

    @property
    def is_empty(self) -> bool:
        """Whether the set names nothing at all."""
        return not (self.pages or self.missing or self.invalid)


def source_of(request: ApiRequest) -> str:
    """Return the parameter that names pages, "" without one. Raises ApiError for more than one."""
    sources = [name for name in SOURCES if request.get(name)]
    if len(sources) > 1:
        raise cannot_use_with(sources[1], sources[0], "multisource")
    return sources[0] if sources else ""


def load(request: ApiRequest) -> PageSet:
    """Return the pages that the request names. Raises ApiError."""
    source = source_of(request)
    if source == "titles":
        return _from_titles(request)
    numbers = [parse_integer(source, raw) for raw in request.get_multi(source)] if source else []
    return _from_revisions(request, numbers) if source == "revids" else _from_ids(request, numbers)


def from_keys(user: Reader, keys: Iterable[str]) -> PageSet:
    """Return the pages with these title keys. One query."""
    titles_by_key = {key: key for key in keys}
    pages = list(WikiPage.objects.readable_by(user).filter(title_key__in=list(titles_by_key)).order_by("pk"))
    for page in pages:
        del titles_by_key[page.title_key]
    return PageSet(pages, titles_by_key)


def _from_titles(request: ApiRequest) -> PageSet:
    sent: dict[str, str] = {}
    invalid = []
    for title in request.get_multi("titles"):
        try:
            sent[title] = titles.key_of(title)
        except titles.TitleProblem as problem:
            invalid.append({"title": title[:300], "invalidreason": str(problem), "invalid": request.true})
    found = from_keys(request.user, sent.values())
    found.invalid = invalid
    full_titles = {page.title_key: page.full_title for page in found.pages}
    for title, key in sent.items():
        if key in found.missing:
            found.missing[key] = full_titles.setdefault(key, titles.clean_title(title))
        if full_titles[key] != title:
            found.notes.setdefault("normalized", []).append({"from": title, "to": full_titles[key]})
    return found


def _from_ids(request: ApiRequest, numbers: list[int]) -> PageSet:
    pages = list(WikiPage.objects.readable_by(request.user).filter(pk__in=numbers).order_by("pk")) if numbers else []
    missing = sorted(set(numbers) - {page.pk for page in pages})
    return PageSet(pages, invalid=[{"pageid": number, "missing": request.true} for number in missing])


def _from_revisions(request: ApiRequest, numbers: list[int]) -> PageSet:
    readable = WikiPage.objects.readable_by(request.user)
    versions = PageVersion.objects.readable_by(request.user).filter(pk__in=numbers, page__in=readable.order_by())
    pages_by_revision = dict(versions.values_list("pk", "page_id"))
    pages = list(readable.filter(pk__in=set(pages_by_revision.values())).order_by("pk"))
    found = PageSet(pages, revision_ids=sorted(pages_by_revision))
    if bad := [number for number in dict.fromkeys(numbers) if number not in pages_by_revision]:
        rows = {str(number): {"revid": number, "missing": request.true} for number in bad}
        found.notes["badrevids"] = rows
    return found


def follow_redirects(request: ApiRequest, found: PageSet) -> PageSet:
    """Return the set with redirects replaced by the pages that they lead to. One query for each step of a chain."""
    redirects: list[dict[str, str]] = []
    pages = {page.title_key: page for page in found.pages}
    missing = dict(found.missing)
    seen = set(pages)
    for _ in range(REDIRECT_DEPTH):
        pending = [page for page in pages.values() if page.redirect_key]
        if not pending:
            break
        targets = from_keys(request.user, {page.redirect_key for page in pending})
        target_titles = targets.missing | {page.title_key: page.full_title for page in targets.pages}
        for page in pending:
            redirects.append({"from": page.full_title, "to": target_titles[page.redirect_key]})
            del pages[page.title_key]
        # A page that was seen is here still, or a redirect that has been followed: the chain is a loop.
        pages |= {page.title_key: page for page in targets.pages if page.title_key not in seen}
        missing |= targets.missing
        seen |= set(pages)
    notes = found.notes | ({"redirects": redirects} if redirects else {})
    return PageSet(list(pages.values()), missing, found.invalid, found.revision_ids, notes, found.ranks)


def rows_of(request: ApiRequest, found: PageSet, values: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the pages, each with its `values` by title key."""
    rows = list(found.invalid)
    for key, title in found.missing.items():
        row = {"ns": titles.split_namespace(key)[0], "title": title, "missing": request.true}
        rows.append(row | values.get(key, {}))
    for page in found.pages:
        row = {"pageid": page.pk, "ns": page.namespace, "title": page.full_title}
        if page.pk in found.ranks:
            row["index"] = found.ranks[page.pk]
        rows.append(row | values.get(page.title_key or "", {}))
    return rows
