"""Views of texts that are not saved, for scripts of the editor: the preview, and what the calls of a text answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from wiki.accounts import slow_work
from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_output, page_renderer
from wiki.text import titles
from wiki.text.conversion.mediawiki_markup import looks_like_mediawiki
from wiki.text.normalization import clean_text


def preview_context(request: HttpRequest, page: WikiPage | None, full_title: str, text: str) -> dict[str, Any]:
    """Return the template context of the preview of a text. Raises RateLimitExceeded."""
    slow_work.begin(request, "preview")
    stored, fields = _render(page, full_title, text)
    output = page_output.uncached_output(stored, fields, request.user)
    return {
        "preview": output.html,
        "preview_problems": stored.problems,
        "preview_facts": output.fact_box,
        "is_mediawiki": looks_like_mediawiki(text),
    }


def _render(page: WikiPage | None, full_title: str, text: str) -> tuple[RenderedPage, PageFields]:
    """Return the rendering of a text that is not saved, and the fields of its page."""
    language = (get_language() or "fr")[:2]
    fields = PageFields.of(page) if page else new_fields(full_title, language)
    return page_renderer.render_preview(clean_text(text), fields, language), fields


def new_fields(full_title: str, language: str) -> PageFields:
    """Return the fields of a new page; without a title if `full_title` is invalid."""
    try:
        return page_lookup.fields_for_title(full_title, license=catalogue.DEFAULT, language=language)
    except titles.TitleProblem:
        return PageFields(0, None, "", False, catalogue.DEFAULT, language)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Render only the preview, for the script of the editor."""
    title = request.POST.get("title", "")
    page = page_lookup.find(title, request.user) if title else None
    context = preview_context(request, page, title, request.POST.get("text", ""))
    return render(request, "wiki/pages/_preview.html", context)


@require_POST
def call_answers(request: HttpRequest) -> JsonResponse:
    """Return what the calls of a text answer, as HTML by their sources, for the script of the visual editor."""
    title = request.POST.get("title", "")
    slow_work.begin(request, "calls")
    page = page_lookup.find(title, request.user) if title else None
    stored, fields = _render(page, title, request.POST.get("text", ""))
    return JsonResponse({"answers": page_output.call_answers(stored, fields, request.user)})
