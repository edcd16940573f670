"""Views for reading: home page, pages, old versions, files, categories. Current texts are not parsed here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.accounts import slow_work
from wiki.licenses import catalogue
from wiki.pages import (
    content_negotiation,
    date_input,
    mirror_models,
    page_lookup,
    permissions,
    similar_titles,
    site_settings,
)
from wiki.pages.interwiki import interwiki_url
from wiki.pages.media_models import File, Picture, file_key
from wiki.pages.media_permissions import may_change
from wiki.pages.media_version_models import list_versions
from wiki.pages.models import (
    Fork,
    Kind,
    PageLink,
    PageVersion,
    PageVersionQuerySet,
    RenderedPage,
    WikiPage,
)
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.read_permissions import is_readable, may_read_deleted
from wiki.pages.rendering import page_cache, page_output, page_renderer
from wiki.pages.rendering.file_boxes import content_html, type_and_size
from wiki.pages.rendering.page_output import PageOutput
from wiki.pages.views import page_lists
from wiki.pages.writing import rebuild_derived
from wiki.text import titles
from wiki.text.titles import CATEGORY, FILE

CARDS_PER_KIND = 6
TITLES_TRIED = 20
"""Versions with a title that are looked at, to find which page had it on a day."""


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """Show the home page."""
    readable = WikiPage.objects.readable_by(request.user)
    articles = readable.articles().select_related("kind", "place")

    def latest(kind: str) -> list[WikiPage]:
        found = articles.filter(kind__key=kind).order_by("-edited_at", "-pk")
        pages: list[WikiPage] = []
        for some in (found.filter(fork=None).exclude(picture_name=""), found.filter(fork=None), found):
            if len(pages) < CARDS_PER_KIND:  # originals before forks, those with a picture first
                pages += some.exclude(pk__in=[page.pk for page in pages])[: CARDS_PER_KIND - len(pages)]
        return page_lists.add_thumbnails(pages)

    counts = dict(readable.articles().order_by().values_list("kind__key").annotate(Count("pk")))
    kinds = list(Kind.objects.all())
    for kind in kinds:
        kind.count = counts.get(kind.key, 0)  # type: ignore[attr-defined]  # for the template
    context = {
        "welcome": site_settings.get_welcome(),
        "kinds": kinds,
        "places": latest("place"),
        "practices": latest("practice"),
        "projects": latest("project")[:3],
        "changes": latest_versions(request),
    }
    response = render(request, "wiki/pages/home.html", context)
    return page_cache.add_cache_headers(response, "", page_cache.etag_from_middleware(request))


def latest_versions(request: HttpRequest, place: WikiPage | None = None) -> list[PageVersion]:
    """Return the latest versions that the reader may see, without those of changesets (except the demo's)."""
    versions = PageVersion.objects.readable_by(request.user).filter(Q(changeset=None) | Q(changeset__act="demo"))
    if place is not None:
        versions = versions.filter(Q(place=place) | Q(page=place))
    found = versions.select_related("page", "author", "merge_parent__page").order_by("-claimed_at", "-id")
    return list(found[:8])


@require_safe
def page(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show a page by its full title, follow redirects, or respond 404 with suggestions."""
    key = _key_of(title)
    if "version" in request.GET:
        return old_version(request, key)
    if "at" in request.GET:
        return as_of(request, titles.clean_title(title))
    language = (get_language() or "fr")[:2]
    etag = page_cache.etag_from_middleware(request)
    stored = _find_rendered(request, key, language)
    found = stored.page if stored else _readable_page(request, key)
    if found is None:
        return missing_page(request, title, key)
    found.has_forks_or_proposals = getattr(stored, "has_forks_or_proposals", True)
    found.open_threads = getattr(stored, "open_threads", None)
    if stored is None or stored.version != found.version:
        stored = rebuild_derived.rebuild_page(found, language)
    if title != found.full_title.replace(" ", "_") and request.path != found.get_absolute_url():
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return redirect(found.get_absolute_url() + query, permanent=True)
    if found.redirect_key and request.GET.get("redirect") != "no":
        target = page_lookup.redirect_target(found, request.user)
        if target is not None and target.pk != found.pk:
            return redirect(f"{target.get_absolute_url()}?from={found.url_title}{_redirect_fragment(found, stored)}")
    if ending := content_negotiation.accepted_ending(request):
        return content_negotiation.redirect_to_data(found, ending)
    output = page_output.current_output(stored, found, request.user)
    response = _render_page(request, found, stored, output)
    return page_cache.add_cache_headers(response, found.license, etag if output.is_cacheable else "")


def _find_rendered(request: HttpRequest, key: str, language: str) -> RenderedPage | None:
    """Return the rendering of the page with a title key, if the reader may read it. One query.

    It is annotated with what the page shows of forks, proposals and threads.
    """
    threads = WikiPage.objects.filter(pk=OuterRef("page"), threads__isnull=False, threads__resolved_at=None)
    counts = threads.order_by().values("pk").annotate(count=Count("threads")).values("count")
    rendered = (
        RenderedPage.objects.filter(is_readable(request.user, "page__"), page__title_key=key, ui_language=language)
        .annotate(
            has_forks_or_proposals=Exists(Fork.objects.filter(Q(page=OuterRef("page")) | Q(upstream=OuterRef("page"))))
            | Exists(WikiPage.objects.filter(pk=OuterRef("page"), proposals__state="waiting")),
            open_threads=Coalesce(Subquery(counts), 0),
        )
        .select_related("page__kind", "page__place")
    )
    return next(iter(rendered), None)  # one: `first` would sort it


def _key_of(title: str) -> str:
    """Return the key of a title. Raises Http404 for one that is impossible."""
    try:
        return titles.key_of(title)
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem


def _redirect_fragment(found: WikiPage, stored: RenderedPage) -> str:
    """Return `#` and the anchor of the section that a redirect leads to; "" for none. `stored` is its rendering."""
    fragments = (link["fragment"] for link in stored.placeholders.values() if link.get("key") == found.redirect_key)
    fragment = next(fragments, "")
    return f"#{fragment}" if fragment else ""


def _readable_page(request: HttpRequest, key: str) -> WikiPage | None:
    """Return the page with a title key, with kind and place, if the reader may read it."""
    pages = WikiPage.objects.readable_by(request.user).filter(title_key=key)
    return cast("WikiPage | None", pages.select_related("kind", "place").first())


def _render_page(request: HttpRequest, found: WikiPage, stored: RenderedPage, output: PageOutput) -> HttpResponse:
    """Render a page, with the additional context of a place, category or file."""
    template = "wiki/pages/page.html"
    context = page_context(request, found, stored, output)
    if found.namespace == CATEGORY:
        context |= category_context(request, found.full_title)
        template = "wiki/pages/category.html"
    elif found.namespace == FILE:
        context |= file_context(request, found.full_title) or {}
        template = "wiki/pages/file.html" if "file" in context else template
    elif found.is_place:
        context |= place_context(request, found)
    return render(request, template, context)


def page_context(request: HttpRequest, found: WikiPage, stored: RenderedPage, output: PageOutput) -> dict[str, Any]:
    """Return the context of the template `page.html`."""
    return {
        "page": found,
        "html": output.html,
        "has_text": bool(stored.html.strip()),  # also where all its queries have empty results
        "facts": output.fact_box,
        "toc": [] if '<ul class="toc-inline">' in stored.html else stored.toc,  # they stand in the text then
        "categories": stored.categories,
        "problems": stored.problems,
        **license_context(found.license),
        "allowed_actions": permissions.allowed_actions(request.user, found),
        "canonical": mirror_models.canonical_url(found),
        "oembed_address": content_negotiation.oembed_address(found.get_absolute_url()),
        "data_addresses": content_negotiation.data_addresses(found),
        "json_ld": output.json_ld,
        "picture_url": output.picture_url,
        "redirected_from": request.GET.get("from", "").replace("_", " ")[:255],
        "is_redirect": bool(found.redirect_key),
        "redirect_title": found.redirect_key,
        "redirect_address": address("page", found.redirect_key) + _redirect_fragment(found, stored)
        if found.redirect_key
        else "",
    }


def license_context(expression: str) -> dict[str, Any]:
    """Return the template context of a licence expression: `license`, or `licenses` if readers may choose."""
    licenses = catalogue.licenses_in(expression)
    return {"license": licenses[0], "licenses": None} if len(licenses) == 1 else {"license": None, "licenses": licenses}


def place_context(request: HttpRequest, place: WikiPage) -> dict[str, Any]:
    """Return the additional context of a place: recent changes and stewards."""
    return {"changes": latest_versions(request, place), "stewards": list(place.stewardships.select_related("user"))}


def category_context(request: HttpRequest, full_title: str) -> dict[str, Any]:
    """Return the additional context of a category: its pages and subcategories, by sort key or title."""
    readable = WikiPage.objects.readable_by(request.user)
    links = PageLink.objects.filter(way=PageLink.Way.CATEGORY, key=titles.key_of(full_title))
    members = readable.filter(pk__in=links.values("page_id")).select_related("kind", "place")
    sort_key = Subquery(links.filter(page=OuterRef("pk")).exclude(sort_key="").values("sort_key")[:1])
    members = members.order_by(Coalesce(sort_key, "title_fold"), "title_fold", "pk")
    pages = Paginator(members.exclude(namespace=CATEGORY), 100)
    return {
        "members": pages.get_page(request.GET.get("p")),
        "subcategories": list(members.filter(namespace=CATEGORY).values_list("full_title", flat=True)[:500]),
    }


def file_context(request: HttpRequest, full_title: str) -> dict[str, Any] | None:
    """Return the additional context of a picture or file; None if there is none with this name."""
    name = file_key(titles.split_namespace(full_title)[1])
    found: Picture | File | None = Picture.objects.filter(name=name).first() or File.objects.filter(name=name).first()
    if found is None:
        return None
    uses = PageLink.objects.filter(way=PageLink.Way.FILE, key=f"File:{name}").values("page_id")
    readable = WikiPage.objects.readable_by(request.user)
    context: dict[str, Any] = {
        "file": found,
        "original_url": found.content_url,
        "license": catalogue.licenses_in(found.license)[0],
        "used_by": readable.filter(pk__in=uses).order_by("title_fold")[:100],
        "is_picture": isinstance(found, Picture),
    }
    context["may_change"] = may_change(request.user, found)
    context["versions"] = list_versions(found)
    if isinstance(found, Picture):
        context["url"], context["width"], context["height"] = found.sized_copy(1200)
    else:
        context["content"] = content_html(found, found.description or found.name)
        context["type_and_size"] = type_and_size(found)
    return context


def missing_page(request: HttpRequest, title: str, key: str) -> HttpResponse:
    """Respond to a title without a page: a file or category without text, a deleted page, or a page to be written."""
    full_title = titles.clean_title(title)
    if url := interwiki_url(full_title):
        return redirect(url)
    namespace, _ = titles.split_namespace(full_title)
    if namespace == FILE and (context := file_context(request, full_title)):
        return render(request, "wiki/pages/file.html", context)
    if namespace == CATEGORY:
        context = category_context(request, full_title)
        if context["members"] or context["subcategories"]:
            page = WikiPage(title=full_title, full_title=full_title, namespace=CATEGORY)
            context |= {"page": page, "allowed_actions": permissions.allowed_actions(request.user), "html": ""}
            return render(request, "wiki/pages/category.html", context)
    deleted = page_lookup.find_deleted(full_title, request.user)
    if deleted is not None:
        last = deleted.versions.select_related("author").order_by("-number").first()
        context = {
            "page": deleted,
            "version": last,
            "allowed_actions": permissions.allowed_actions(request.user, deleted),
            "may_read": may_read_deleted(request.user),
        }
        return render(request, "wiki/pages/deleted.html", context, status=404)
    context = {
        "full_title": full_title,
        "similar_pages": similar_titles.find_similar_titles(full_title, request.user),
        "linking_pages": page_lists.pages_linking_to(key, request.user)[:10],
        "allowed_actions": permissions.allowed_actions(request.user),
    }
    return render(request, "wiki/pages/missing.html", context, status=404)


def old_version(request: HttpRequest, key: str) -> HttpResponse:
    """Show the version with the number `?version=`, rendered by the current rules; also of a page deleted since."""
    found = page_lookup.find_in_history(key, request.user)
    if found is None:
        raise Http404(gettext("There is no such version."))
    number = request.GET.get("version", "")
    if not number.isdecimal() or len(number) > 9:
        raise Http404(gettext("There is no such version."))
    version = _versions(request, found).filter(number=int(number)).first()
    if version is None:
        raise Http404(gettext("There is no such version."))
    return _render_old_version(request, found, version)


def as_of(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show the version that was current at the end of the day `?at=`, with the facts and query results of that day."""
    key, day = titles.key_of(title), request.GET.get("at", "").strip()[:40]
    if not day:
        return redirect(_get_page(request, key).get_absolute_url())
    try:
        until = date_input.parse_period_end(day)
    except date_input.InvalidDate:
        message = gettext("“%(text)s” is no date, like 2019, 2019-03 or 2019-03-05.") % {"text": day}
        return render(request, "wiki/pages/problem.html", {"message": message}, status=404)
    current = _readable_page(request, key)
    version = _version_titled(request, title, until)
    if version is None and current is not None:
        version = _version_of_day(request, current, until)
    if version is None and current is None:
        raise Http404(gettext("There is no such version."))
    if version is None:
        message = gettext("This page was not written yet on that day.")
        return render(request, "wiki/pages/problem.html", {"message": message}, status=404)
    return _render_old_version(
        request, version.page, version, timezone.localdate(until - timedelta(microseconds=1)).isoformat()
    )


def _version_of_day(request: HttpRequest, found: WikiPage, until: datetime) -> PageVersion | None:
    """Return the version of a page before a moment; None if it was not written yet.

    Claimed times may decrease from version to version: the last version before the first one after the day counts.
    """
    versions = _versions(request, found)
    later = versions.filter(claimed_at__gte=until).aggregate(first=Min("number"))["first"]
    return versions.filter(number__lt=later or found.version + 1).order_by("-number").first()


def _version_titled(request: HttpRequest, title: str, until: datetime) -> PageVersion | None:
    """Return the version of the page that had this title at a moment; it may be renamed or deleted since."""
    readable = PageVersion.objects.readable_by(request.user).filter(title=title, claimed_at__lt=until)
    for named in readable.select_related("page__kind", "page__place").order_by("-claimed_at", "-pk")[:TITLES_TRIED]:
        version = _version_of_day(request, named.page, until)
        if version is not None and version.title == title and not version.is_deletion:
            return version
    return None


def _get_page(request: HttpRequest, key: str) -> WikiPage:
    """Get the readable page with a title key. Raises Http404."""
    readable = WikiPage.objects.readable_by(request.user).select_related("kind", "place")
    found: WikiPage | None = readable.filter(title_key=key).first()
    if found is None:
        raise Http404(gettext("There is no such version."))
    return found


def _versions(request: HttpRequest, found: WikiPage) -> PageVersionQuerySet:
    versions: PageVersionQuerySet = PageVersion.objects.readable_by(request.user).filter(page=found)
    return versions.select_related("stored", "author", "page__kind", "page__place")


def _render_old_version(request: HttpRequest, found: WikiPage, version: PageVersion, day: str = "") -> HttpResponse:
    """Render an old version; `day` (ISO 8601) if it is shown as of a day. Raises RateLimitExceeded."""
    slow_work.begin(request, "preview")
    language = (get_language() or "fr")[:2]
    text = version.text()
    stored = page_renderer.render_preview(text or "", PageFields.of(found), language)
    context = page_context(
        request, found, stored, page_output.uncached_output(stored, PageFields.of(found), request.user, day)
    ) | {
        "version": version,
        "is_old": True,
        "as_of": day,
        "day": day or timezone.localdate(version.claimed_at).isoformat(),
        "older": version.number - 1,
        "newer": version.number + 1 if version.number < found.version else None,
        **license_context(version.license),
        "notice": gettext("In this version the page was deleted.") if text is None else "",
    }
    response = render(request, "wiki/pages/page.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
