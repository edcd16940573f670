"""The Ask page: a question, its answer in any format, and its address, embed code and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.accounts import limits
from wiki.ask import parser, problems, running
from wiki.ask.formats import registry
from wiki.ask.formats.base import Shown
from wiki.ask.problems import AskProblem
from wiki.ask.tree import Question
from wiki.licenses import catalogue
from wiki.pages import finding, rendering, showing
from wiki.pages.derivers import Fields
from wiki.pages.late import Filled
from wiki.pages.models import RenderedPage, WikiPage
from wiki.text import frontmatter
from wiki.text.titles import TitleProblem

PARAMETERS_LIMIT = 40
"""Parameters of one address; further ones are passed over."""
OWN = ("q", "po", "more")
"""Fields of the form that are no parameters of the question: conditions, printouts, and further parameters as lines."""


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """The form and, where there is a question, its answer. What is wrong is said above the form, which keeps all."""
    asked = _asked(request)
    context: dict[str, Any] = {
        "asked": asked,
        "formats": registry.FORMATS.values(),
        "chosen": registry.format_named(asked.get("format", "")) or registry.FORMATS["table"],
    }
    status = 200
    if asked["q"].strip():
        try:
            context |= _answered(request, asked)
        except AskProblem as problem:
            context["problems"], status = [problems.in_words(problem)], 422
        else:
            status = 422 if context["problems"] else 200
    return render(request, "wiki/ask/ask.html", context, status=status)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the address asks: `q`, `po`, and parameters by name; lines `name=value` of `more` are parameters too."""
    given = {name: value.replace("\x00", "") for name, value in list(request.GET.dict().items())[:PARAMETERS_LIMIT]}
    asked = {"q": given.pop("q", ""), "po": given.pop("po", "")}
    for line in given.pop("more", "").splitlines()[:PARAMETERS_LIMIT]:
        name, equals, value = line.partition("=")
        if equals and name.strip() not in OWN:
            given.setdefault(name.strip(), value.strip())
    return asked | {name: value for name, value in given.items() if value and name not in OWN}


def source_of(asked: Mapping[str, str]) -> str:
    """The question as it is written in a page, without its name and braces."""
    printouts = [line.strip() for line in asked["po"].splitlines() if line.strip()]
    parts = [asked["q"].strip(), *(one if one.startswith("?") else f"?{one}" for one in printouts)]
    return "\n|".join([*parts, *(f"{name}={value}" for name, value in asked.items() if name not in OWN)])


def _answered(request: HttpRequest, asked: dict[str, str]) -> dict[str, Any]:
    """The answer and what goes with it. Raises AskProblem, TooFast."""
    limits.spend_preview(request)
    language = (get_language() or "fr")[:2]
    question = parser.parse(source_of(asked), language)
    result = running.run(question, request.user, language)
    shown = shown_for(request, asked, question)
    return {
        "problems": [problems.in_words(problem) for problem in result.problems],
        "result": result,
        "answer": registry.html(result, shown) if not result.problems else "",
        "files": [(form, shown.download_url(form.name)) for form in registry.FORMATS.values() if form.file],
        "at": result.at,
    }


@require_safe
def ask_file(request: HttpRequest) -> HttpResponseBase:
    """The answer as a file, in the format that `format` names. 404 for a format that is none."""
    asked = _asked(request)
    form = registry.format_named(asked.get("format", ""))
    if form is None or form.file is None:
        raise Http404(gettext("There is no such format."))
    limits.spend_preview(request)
    language = (get_language() or "fr")[:2]
    question = parser.parse(source_of(asked), language)
    result = running.run(question, request.user, language)
    if result.problems:
        raise AskProblem(result.problems[0].code, result.problems[0].params)
    file = registry.file(result, shown_for(request, asked, question))
    if file is None:
        raise Http404(gettext("There is no such format."))
    whole = isinstance(file.content, bytes)
    kind: Any = HttpResponse if whole else StreamingHttpResponse
    answer: HttpResponseBase = kind(file.content, content_type=file.content_type)
    answer["Content-Disposition"] = content_disposition_header(True, file.filename) or ""
    answer["X-Robots-Tag"] = "noindex"
    return answer


def shown_for(request: HttpRequest, asked: Mapping[str, str], question: Question) -> Shown:
    """How formats show an answer to this reader."""

    def address(more: Mapping[str, str]) -> str:
        form = registry.format_named(more.get("format", ""))
        view = "ask_file" if form is not None and form.file is not None and "format" in more else "ask"
        return f"{reverse(view)}?{urlencode({**asked, **more})}"

    def template(name: str) -> str | None:
        try:
            page = finding.find(f"Template:{name}", request.user)
        except TitleProblem:
            return None
        return frontmatter.split(page.source.text or "").body if page else None

    language = (get_language() or "fr")[:2]
    further = address({"offset": str(question.offset + question.limit)})
    return Shown(
        language, address, further, template=template, markdown=lambda text: laid_out(text, language),
        page_html=lambda pk: _page_html(request, pk, language),
    )  # fmt: skip


def laid_out(text: str, language: str) -> SafeString:
    """Text of the wiki as it would stand in a page; parsed in bounded time."""
    shown = rendering.preview(text, Fields(0, None, "", False, catalogue.DEFAULT, language), language)
    return showing.finished(shown, Filled()).html


def _page_html(request: HttpRequest, pk: int, language: str) -> SafeString:
    """The stored text of a page that the reader may read."""
    pages = WikiPage.objects.readable_by(request.user).filter(pk=pk)
    stored: RenderedPage | None = RenderedPage.objects.filter(page__in=pages, ui_language=language).first()
    if stored is None:
        return SafeString("")
    return showing.finished(stored, Filled()).html
