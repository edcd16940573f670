"""Views of history: versions of a page, comparisons, authors, recent changes, contributions."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from wiki.accounts import slow_work
from wiki.history import authorship, keyset_pagination, page_access, version_comparison, version_list
from wiki.history.forms import ChangesFilter, HistoryFilter
from wiki.history.history_urls import changes_address, contributions_address, feed_address
from wiki.history.noindex import noindex
from wiki.history.recent_changes import RecentChange, by_day, list_changes, versions_in_place
from wiki.pages import permissions
from wiki.pages.models import PageVersion, PageVersionQuerySet
from wiki.pages.page_urls import address

PASSAGES_PER_PAGE = 200
"""Passages on one page of the authors view."""
LONG_COMPARISON = 200_000
"""Total bytes of two texts from which a comparison counts against the rate limit."""


@require_safe
@noindex
def history(request: HttpRequest, title: str) -> HttpResponseBase:
    """List the versions of a page; any two of them can be compared."""
    page = page_access.get_page_or_404(title, request.user)
    form = HistoryFilter(request.GET)
    rows = PageVersion.objects.readable_by(request.user).filter(page=page)
    versions = version_list.list_versions(page, form.narrow(rows), *keyset_pagination.cursors_from(request.GET))
    allowed_actions = permissions.allowed_actions(request.user, page)
    context = {
        "page": page,
        "versions": versions,
        "form": form,
        "allowed_actions": allowed_actions,
        "may_undo": "edit" in allowed_actions and not page.is_deleted,
        "compared_row": min(1, len(versions.rows) - 1),
        "feed": feed_address("feed_page", page.full_title),
        "compare_address": address("compare", page.full_title),
        "span": rows.aggregate(first=Min("claimed_at"), last=Max("claimed_at")),
    }
    return render(request, "wiki/history/history.html", context)


@require_safe
@noindex
def authors(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show who wrote the current text: each passage with its authors, and their shares."""
    page = page_access.get_page_or_404(title, request.user)
    result = authorship.authorship_of(page)
    pages = Paginator(result.passages, PASSAGES_PER_PAGE).get_page(request.GET.get("p"))
    context = {
        "page": page,
        "shares": result.shares,
        "pages": pages,
        "attributed": result.attribute(pages),
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    return render(request, "wiki/history/authors.html", context)


@require_safe
@noindex
def compare(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show what changed between two versions of a page, side by side or in line."""
    page = page_access.get_page_or_404(title, request.user)
    new = page_access.number_from(request.GET.get("to"), page.version)
    old = page_access.number_from(request.GET.get("from"), max(new - 1, 0))
    old, new = min(old, new), max(old, new)
    before, after = page_access.get_version_pair(page, request.user, old, new)
    if after.size + (before.size if before else 0) > LONG_COMPARISON:
        slow_work.begin(request, "comparison")
    context = {
        "page": page,
        "comparison": version_comparison.Comparison.of(before, after),
        "skipped": version_comparison.count_skipped(page, old, new),
        "side": request.GET.get("view") != "inline",
        "allowed_actions": permissions.allowed_actions(request.user, page),
        "previous": (old - 1, old) if old else None,
        "next": (new, new + 1) if new < page.version else None,
    }
    return render(request, "wiki/history/compare.html", context)


@require_safe
@noindex
def changes(request: HttpRequest) -> HttpResponseBase:
    """List the recent changes of the whole wiki."""
    if place := request.GET.get("place"):
        return redirect(changes_address(place))
    form = ChangesFilter(request.GET)
    context = {"scope": "wiki", "feed": feed_address("feed_changes")}
    return _changes(request, form, PageVersion.objects.readable_by(request.user), context)


@require_safe
@noindex
def place_changes(request: HttpRequest, place: str) -> HttpResponse:
    """List the recent changes in a place: of its own page, and of pages while they were in it."""
    page = page_access.get_place_or_404(place, request.user)
    versions = versions_in_place(PageVersion.objects.readable_by(request.user), page)
    feed = feed_address("feed_place", page.full_title)
    context = {
        "scope": "place",
        "page": page,
        "feed": feed,
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    return _changes(request, ChangesFilter(request.GET), versions, context)


@require_safe
@noindex
def contributions(request: HttpRequest, username: str = "") -> HttpResponse:
    """List the versions of an account, or of an author without account given by `?name=`."""
    name = request.GET.get("name", "")
    person, versions = page_access.get_contributor(request.user, username, name)
    context = {
        "scope": "person",
        "person": person,
        "name": person.label if person else name,
        "feed": feed_address("feed_contributions", username, name=name),
        "address": contributions_address(username, name),
    }
    return _changes(request, ChangesFilter(request.GET), versions, context, fold=person is not None)


def _changes(
    request: HttpRequest,
    form: ChangesFilter,
    versions: PageVersionQuerySet,
    context: dict[str, Any],
    *,
    fold: bool = True,
) -> HttpResponse:
    """Render the changes in `versions` that match `form`."""
    fold = fold and form.changeset_id is None
    before, after = keyset_pagination.cursors_from(request.GET)
    found: keyset_pagination.CursorPage[RecentChange] = list_changes(
        form.narrow(versions), before, after, form.since, fold=fold
    )
    context |= {"form": form, "changes": found, "days": by_day(found.rows), "changeset": form.get_changeset(versions)}
    return render(request, "wiki/history/changes.html", context)
