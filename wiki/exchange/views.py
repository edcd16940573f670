"""Views for exporting a page, importing an archive, and showing attribution texts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits, slow_work
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
from wiki.pages.media_models import Picture
from wiki.pages.page_urls import address
from wiki.pages.views import manage, page_lists

AUTHORS_SHOWN = 100
SELECTION_LIMIT = 20_000
"""Maximum length of the selected text in a request for its credits, in characters."""
DOWNLOAD_LIMIT = (60, 600)
"""Rate limit of downloads: (archives, seconds) for each network address."""


@require_safe
def export(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show the content of the archive of a page, with the download link."""
    page = manage.get_page(request, title, permissions.Action.EXPORT, with_deleted=True)
    exported = ExportedPage.of(page)
    pictures = exported.pictures
    credits = exported.credits(pictures)
    attribution = attribution_texts.from_credits_json(page, credits, (get_language() or "fr")[:2])
    context: dict[str, Any] = {
        "page": page,
        "allowed_actions": permissions.allowed_actions(request.user, page),
        "download": address("export_download", page.full_title),
        "licenses": catalogue.licenses_in(exported.last.license),
        "authors": credits["authors"][:AUTHORS_SHOWN],
        "more_authors": max(0, len(credits["authors"]) - AUTHORS_SHOWN),
        "pictures": pictures,
        "versions": exported.last.number,
        "size": _expected_size(exported, pictures),
        "credits": attribution,
        "sources": [line.html for line in attribution.sources],
        "too_large": (exported.totals["bytes"] or 0) > LIMITS.texts_bytes,
        "limit": LIMITS.texts_bytes // MB,
    }
    response = render(request, "wiki/exchange/export.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _expected_size(exported: ExportedPage, pictures: list[Picture]) -> int:
    """Estimate the size of the archive in bytes: pictures unchanged, texts compressed."""
    text_bytes = min(exported.totals["bytes"] or 0, STREAM_LIMIT) // 4 + exported.last.size
    return 30_000 + text_bytes + 150 * exported.last.number + sum(picture.file_size or 0 for picture in pictures)


@require_safe
def export_download(request: HttpRequest, title: str) -> HttpResponseBase:
    """Write the archive to a file that nobody else sees, and return it: slow readers hold no slot of slow work."""
    page = manage.get_page(request, title, permissions.Action.EXPORT, with_deleted=True)
    rate_limits.count_against_limit(f"export:{rate_limits.address_hash(request)}", *DOWNLOAD_LIMIT)
    slow_work.begin(request, "export")
    archive = Export(page)
    response: HttpResponseBase = HttpResponse() if request.method == "HEAD" else FileResponse(_written(archive))
    response["Content-Type"] = "application/zip"
    response["Content-Disposition"] = f'attachment; filename="{archive.file_name}"'
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response


def _written(archive: Export) -> IO[bytes]:
    """Return a file with the archive; it has no name, and is gone when it is closed, or its process ends."""
    Path(settings.STAGING_ROOT).mkdir(parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(dir=settings.STAGING_ROOT)  # noqa: SIM115  closed with the response
    try:
        file.writelines(archive)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


@require_safe
def credits(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show the credits of a page, of a place with its pages, or (`?words=`) of a text selected in a page.

    `?format=json`, `text`, `markdown` or `html` returns the credits alone, for programs.
    """
    page = manage.get_page(request, title, permissions.Action.EXPORT)
    language = (get_language() or "fr")[:2]
    words = request.GET.get("words", "")[:SELECTION_LIMIT]
    if words.strip():
        slow_work.begin(request, "credits")
        attribution = attribution_texts.of_selection(page, words, language)
    elif page.is_place and "page" not in request.GET:
        slow_work.begin(request, "credits")
        attribution = attribution_texts.of_place(page, request.user, language)
    else:
        attribution = attribution_texts.of_page(page, language)
    output_format = {"md": "markdown", "txt": "text"}.get(requested := request.GET.get("format", ""), requested)
    if output_format == "json":
        return JsonResponse({"text": attribution.text, "markdown": attribution.markdown, "html": attribution.html})
    if output_format in ("text", "markdown", "html"):
        subtype = "plain" if output_format == "text" else output_format
        return HttpResponse(getattr(attribution, output_format), content_type=f"text/{subtype}; charset=utf-8")
    context = {
        "page": page,
        "credits": attribution,
        "words": words,
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    response = render(request, "wiki/exchange/credits.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def import_archive(request: HttpRequest) -> HttpResponseBase:
    """Import an archive: the form, and on POST the import."""
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
            slow_work.begin(request, "import")
            result = importer.import_archive(data["file"], user, importer.ImportTarget(data["title"], data["place"]))
        except TitleTaken as error:
            form.add_error("title", message_for(error))
            form.add_error("file", gettext("Choose the file once more."))
            status = error.status
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            _report_result(request, result)
            return redirect(result.page.get_absolute_url())
    context = {"form": form, "places": page_lists.place_titles(user)}
    return render(request, "wiki/exchange/import.html", context, status=status)


def _report_result(request: HttpRequest, result: importer.ImportResult) -> None:
    """Add messages about what was imported, and about pictures that were renamed or cleaned."""
    text = ngettext(
        "The page is here, with %(number)d version.", "The page is here, with %(number)d versions.", result.versions
    ) % {"number": result.versions}
    if result.pictures:
        text += " " + ngettext("%(number)d picture came along.", "%(number)d pictures came along.", result.pictures) % {
            "number": result.pictures
        }
    messages.success(request, text)
    for old, new in result.renamed.items():
        messages.info(
            request,
            gettext("Another picture here is called “%(old)s”: the archive's is now “%(new)s”.")
            % {"old": old, "new": new},
        )
    for name in result.cleaned:
        messages.info(request, gettext("“%(name)s” held hidden data, which was taken out.") % {"name": name})
