"""Carrying a page away, and bringing one in, in the browser."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import TitleTaken, WikiError
from wiki.exchange import attribution_texts
from wiki.exchange.archive import importer
from wiki.exchange.archive.exported_page import ExportedPage
from wiki.exchange.archive.exporter import Export
from wiki.exchange.archive.format_spec import LIMITS, MB, STREAM_LIMIT
from wiki.exchange.forms import ImportForm
from wiki.licenses import catalogue
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import Picture, pictures_of
from wiki.pages.page_urls import address
from wiki.pages.views import manage, page_lists

AUTHORS_SHOWN = 100
SELECTION_LIMIT = 20_000
"""Characters of a selection whose credit is asked for."""
DOWNLOAD_LIMIT = (60, 600)
"""How many archives one network may fetch in how many seconds."""


@require_safe
def export(request: HttpRequest, title: str) -> HttpResponseBase:
    """What the archive of a page holds, and the link to it."""
    page = manage.get_page(request, title, permissions.Action.EXPORT)
    subject = ExportedPage.of(page)
    pictures = pictures_of(page)
    credits = subject.credits(pictures)
    made = attribution_texts.from_credits_json(page, credits, (get_language() or "fr")[:2])
    context: dict[str, Any] = {
        "page": page,
        "may": permissions.allowed_actions(request.user, page),
        "download": address("export_download", page.full_title),
        "licenses": catalogue.licenses_in(subject.last.license),
        "authors": credits["authors"][:AUTHORS_SHOWN],
        "more_authors": max(0, len(credits["authors"]) - AUTHORS_SHOWN),
        "pictures": pictures,
        "versions": subject.last.number,
        "size": _expected_size(subject, pictures),
        "credits": made,
        "sources": [line.html for line in made.sources],
        "too_large": (subject.totals["bytes"] or 0) > LIMITS.texts_bytes,
        "limit": LIMITS.texts_bytes // MB,
    }
    answer = render(request, "wiki/exchange/export.html", context)
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _expected_size(subject: ExportedPage, pictures: list[Picture]) -> int:
    """About how many bytes the archive will have: pictures as they are, texts compressed."""
    texts = min(subject.totals["bytes"] or 0, STREAM_LIMIT) // 4 + subject.last.size
    return 30_000 + texts + 150 * subject.last.number + sum(picture.file_size or 0 for picture in pictures)


@require_safe
def export_download(request: HttpRequest, title: str) -> HttpResponseBase:
    """The archive itself, sent while it is made."""
    page = manage.get_page(request, title, permissions.Action.EXPORT)
    rate_limits.count_against_limit(f"export:{rate_limits.address_hash(request)}", *DOWNLOAD_LIMIT)
    made = Export(page)
    if request.method == "HEAD":
        answer: HttpResponseBase = StreamingHttpResponse([], content_type="application/zip")
    else:
        answer = StreamingHttpResponse(iter(made), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    answer["X-Robots-Tag"] = "noindex"
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


@require_safe
def credits(request: HttpRequest, title: str) -> HttpResponseBase:
    """Whom to name, ready to copy: for a page, for a place with its pages, for `?words=` of a page.

    `?format=json`, `text`, `markdown` or `html` for programs.
    """
    page = manage.get_page(request, title, permissions.Action.EXPORT)
    language = (get_language() or "fr")[:2]
    words = request.GET.get("words", "")[:SELECTION_LIMIT]
    if words.strip():
        rate_limits.limit_previews(request)
        made = attribution_texts.of_selection(page, words, language)
    elif page.is_place and "page" not in request.GET:
        rate_limits.limit_previews(request)
        made = attribution_texts.of_place(page, request.user, language)
    else:
        made = attribution_texts.of_page(page, language)
    form = {"md": "markdown", "txt": "text"}.get(wanted := request.GET.get("format", ""), wanted)
    if form == "json":
        return JsonResponse({"text": made.text, "markdown": made.markdown, "html": made.html})
    if form in ("text", "markdown", "html"):
        kind = "plain" if form == "text" else form
        return HttpResponse(getattr(made, form), content_type=f"text/{kind}; charset=utf-8")
    context = {"page": page, "credits": made, "words": words, "may": permissions.allowed_actions(request.user, page)}
    answer = render(request, "wiki/exchange/credits.html", context)
    answer["X-Robots-Tag"] = "noindex"
    return answer


def import_archive(request: HttpRequest) -> HttpResponseBase:
    """Take in an archive."""
    user = request.user
    if not user.is_authenticated or not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(user, permissions.Action.IMPORT)
    initial = {"place": request.GET.get("place", ""), "title": request.GET.get("title", "")}
    form = ImportForm(request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = importer.import_archive(data["file"], user, importer.ImportTarget(data["title"], data["place"]))
        except TitleTaken as error:
            form.add_error("title", message_for(error))
            form.add_error("file", gettext("Choose the file once more."))
            status = error.status
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            _tell(request, done)
            return redirect(done.page.get_absolute_url())
    context = {"form": form, "places": page_lists.place_titles(user)}
    return render(request, "wiki/exchange/import.html", context, status=status)


def _tell(request: HttpRequest, done: importer.ImportResult) -> None:
    """Say what came in, and what came in otherwise than the archive had it."""
    said = ngettext(
        "The page is here, with %(number)d version.", "The page is here, with %(number)d versions.", done.versions
    ) % {"number": done.versions}
    if done.pictures:
        said += " " + ngettext("%(number)d picture came along.", "%(number)d pictures came along.", done.pictures) % {
            "number": done.pictures
        }
    messages.success(request, said)
    for old, new in done.renamed.items():
        messages.info(
            request,
            gettext("Another picture here is called “%(old)s”: the archive's is now “%(new)s”.")
            % {"old": old, "new": new},
        )
    for name in done.cleaned:
        messages.info(request, gettext("“%(name)s” held hidden data, which was taken out.") % {"name": name})
