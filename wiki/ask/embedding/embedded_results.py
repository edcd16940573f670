"""Fills what a text leaves open: results of `{{#ask:}}`, `{{#show:}}`, `{{#concept:}}`, typed values, the fact box.

Together the calls of one text may take SECONDS, and there may be CALLS_LIMIT of them; what is beyond says so in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask import query_parser
from wiki.ask.embedding import invalidation
from wiki.ask.embedding.fact_box import PageFacts
from wiki.ask.embedding.invalidation import DependencyKey
from wiki.ask.embedding.page_transclusion import Transcluder
from wiki.ask.embedding.query_links import query_form_fields, query_url
from wiki.ask.execution import runner
from wiki.ask.execution.results import QueryResult
from wiki.ask.execution.timeouts import TIMEOUT_SECONDS, clock
from wiki.ask.formats import base, registry
from wiki.ask.formats.cells import join_html
from wiki.ask.language.query_ast import INLINE_LIMIT, InConcept, Query
from wiki.ask.language.query_errors import AskProblem, message_for
from wiki.ask.models import CacheDependency
from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.deferred_content import DeferredResults, DeferredSlots
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.rendering import page_output, page_renderer
from wiki.text import titles
from wiki.text.frontmatter import frontmatter_reader
from wiki.text.markup.parser_functions import INCLUDE, ParserFunctionHandler
from wiki.text.statements import parse_concept
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

CALLS_LIMIT = 20
CONCEPT = 108
DEFERRED_CALLS: Mapping[str, ParserFunctionHandler | None] = {
    "#ask": None,
    "#show": None,
    "#concept": None,
    INCLUDE: None,
}
"""For `wiki.text.markup.parser_functions.PARSER_FUNCTIONS`: filled when the page is read."""
CARD_FORMATS = ("gallery",)
"""Formats that show the beginning and the picture of pages."""
DATED_FORMATS = ("calendar",)
"""Formats that say which day it is today."""
TIMEOUT_CODES = ("ask_too_slow", "ask_page_slow")
"""Problems that may be gone though nothing changed: another time, the machine has less to do."""
RETRY_AFTER = timedelta(minutes=30)
"""After that time, what took too long is tried again."""
INLINE_FORMATS = ("list", "plainlist", "count", "sum", "average", "min", "max", "median")
"""Formats that stand within a line of text."""
Sort = CacheDependency.Sort


class EmbeddedResults:
    """The answers for one text and one reader, with what they need."""

    def __init__(self, what: DeferredSlots, user: Reader) -> None:
        self.slots, self.user = what, user
        self.dependencies: set[DependencyKey] = set()
        self.deferred_results = DeferredResults()
        self._calls, self._spent = 0, 0.0
        self._begun: float | None = None
        """When the call that is being answered was begun; calls within it take of the same time."""
        self._includer = Transcluder(self)

    def fill(self) -> DeferredResults:
        """All answers, in the language of the interface that `what` names."""
        with translation.override(self.slots.ui_language):
            self._fill_facts()
            for number, placeholder in self.slots.placeholders.items():
                if "call" in placeholder:
                    self.deferred_results.results[number] = self.render_call(str(placeholder["call"]), placeholder)
        return self.deferred_results

    # --- Facts
    def _fill_facts(self) -> None:
        """The box, and the values that stand in the text."""
        annotations = {
            number: placeholder for number, placeholder in self.slots.placeholders.items() if "property" in placeholder
        }
        if not (self.slots.has_fact_box or annotations):
            return
        facts = PageFacts.load(self.slots, self.user)
        self.add_dependencies(Sort.PROPERTY, facts.declarations)
        self.add_dependencies(Sort.PAGE, facts.title_keys)
        self.add_dependencies(Sort.SEEN, map(str, facts.page_pks))
        self.dependencies.update((int(Sort.FACT), key, word) for key, word in facts.unique_values)
        for number, placeholder in annotations.items():
            self.deferred_results.results[number] = facts.annotation_html(
                placeholder["property"], placeholder["value"], placeholder["label"]
            )
        if self.slots.has_fact_box:
            self.deferred_results.fact_box = facts.box_rows()

    def add_dependencies(self, sort: int, keys: Iterable[str]) -> None:
        """Have the answers be made again when what these keys name changes."""
        self.dependencies.update((int(sort), key, "") for key in keys)

    def _true_until(self, moment: datetime) -> None:
        self.deferred_results.expires_at = min(moment, self.deferred_results.expires_at or moment)

    # --- Calls
    def render_call(self, name: str, placeholder: Mapping[str, Any]) -> SafeString:
        """One call answered, or what is wrong with it."""
        outer = self._begun is None
        self._begun = self._begun or clock()
        try:
            if self._left <= 0:
                raise AskProblem("ask_page_slow", {"seconds": f"{TIMEOUT_SECONDS:g}"})
            if name == INCLUDE:
                return self._includer.transclude(placeholder)
            self._calls += 1
            if self._calls > CALLS_LIMIT:
                raise AskProblem("ask_calls", {"limit": CALLS_LIMIT})
            return self._answer(name, placeholder["arguments"])
        except AskProblem as problem:
            if problem.code in TIMEOUT_CODES:
                self._true_until(timezone.now() + RETRY_AFTER)
            return problem_html([message_for(problem)], str(placeholder["source"]))
        finally:
            if outer:
                self._spent += clock() - self._begun
                self._begun = None

    @property
    def _left(self) -> float:
        """Seconds that are left for the calls of this text."""
        return TIMEOUT_SECONDS - self._spent - (clock() - self._begun if self._begun is not None else 0)

    def _answer(self, name: str, arguments: Sequence[Sequence[str]]) -> SafeString:
        if name == "#concept":
            return self._concept(arguments)
        if name == "#show":
            arguments = _of_page(arguments)
        question = self._placed(query_parser.parse_arguments(arguments, self.slots.language))
        question.as_of = question.as_of or self.slots.as_of
        if question.limit > INLINE_LIMIT:
            raise AskProblem("ask_limit", {"limit": INLINE_LIMIT})
        result = self._run(question)
        shown = self.format_context(question, query_form_fields(arguments))
        if name == "#show" and not question.parameters.get("format", "").strip():
            return registry.render_first_row(result, shown)
        answer = registry.render_html(result, shown)
        return format_html('<div class="ask-answer">{}</div>', answer) if _is_block(question) else answer

    def _placed(self, question: Query) -> Query:
        question.page, question.place_title = self.slots.full_title, self.slots.place_title
        return question

    def _run(self, question: Query) -> QueryResult:
        """The result, with what it depends on noted. Raises AskProblem."""
        result = runner.run(question, self.user, self.slots.ui_language, max(self._left, 0.05))
        self.dependencies |= invalidation.dependency_keys(result.dependencies)
        if result.problems:
            raise AskProblem(result.problems[0].code, result.problems[0].params)
        form = registry.format_of(question).name
        if form in DATED_FORMATS:
            self._true_until(_midnight())
        if form in CARD_FORMATS:
            self.add_dependencies(Sort.CARD, (str(row.subject.page_pk) for row in result.rows))
        return result

    def _concept(self, arguments: Sequence[Sequence[str]]) -> SafeString:
        """What a concept means, and the first pages that it holds."""
        number, name = titles.split_namespace(self.slots.full_title)
        if number != CONCEPT:
            raise AskProblem("ask_concept_elsewhere")
        source, described = parse_concept(arguments)
        query_parser.parse(source, self.slots.language)
        question = self._placed(Query(InConcept(name), source=f"[[Concept:{name}]]", language=self.slots.language))
        question.parameters["format"] = "category"
        result = self._run(question)
        inner = registry.render_html(
            result, self.format_context(question, {"q": question.source, "po": "", "format": "category"})
        )
        return join_html("", [
            format_html("<p>{}</p>", described) if described else base.EMPTY_HTML,
            format_html("<p><code>{}</code></p>", source),
            inner or format_html('<p class="empty">{}</p>', gettext("No page belongs to this concept yet.")),
        ])  # fmt: skip

    # --- How answers are shown
    def format_context(self, question: Query, asked: Mapping[str, str]) -> base.FormatContext:
        """How formats show an answer here; `asked` are the fields of its address (see `addresses`)."""
        further = query_url(asked, {"offset": str(question.offset + question.limit)})
        return base.FormatContext(
            self.slots.ui_language, lambda more: query_url(asked, more), further, template_source=self._template,
            render_markdown=self._laid_out, page_html=self._page_html, pictures=self._pictures,
        )  # fmt: skip

    def _template(self, name: str) -> str | None:
        """The source of a template, which the answer needs from now on."""
        try:
            key = titles.key_of(f"Template:{name}")
            page = page_lookup.find(f"Template:{name}", self.user)
        except TitleProblem:
            return None
        self.add_dependencies(Sort.PAGE, [key])
        self.add_dependencies(Sort.TEXT, [key])
        return frontmatter_reader.parse_front_matter(page.source.text or "").body if page else None

    def _laid_out(self, text: str) -> SafeString:
        """Text of the wiki as it would stand in a page; calls within it stay as they are written."""
        fields = PageFields(0, None, "", False, catalogue.DEFAULT, self.slots.language)
        return self.render_stored(page_renderer.render_preview(text, fields, self.slots.ui_language))

    def render_stored(self, stored: RenderedPage, answers: dict[str, str] | None = None) -> SafeString:
        """The HTML of a rendering with these answers, made again when a page that it links to comes or goes."""
        links = [placeholder for placeholder in stored.placeholders.values() if "key" in placeholder]
        self.add_dependencies(
            Sort.PAGE, {placeholder[name] for placeholder in links for name in ("key", "near")} - {""}
        )
        return page_output.build_output(stored, DeferredResults(answers or {})).html

    def _page_html(self, pk: int) -> SafeString:
        """The text of a page of the result; its own calls are answered where it stands itself."""
        pages = WikiPage.objects.readable_by(self.user).filter(pk=pk)
        rows = RenderedPage.objects.filter(page__in=pages, ui_language=self.slots.ui_language)
        stored = rows.select_related("page").first()
        if stored is None:
            return base.EMPTY_HTML
        self.add_dependencies(Sort.TEXT, [titles.key_of(stored.page.full_title)])
        words = gettext("(answered on the page itself)")
        link = format_html('<a href="{}">{}</a>', address("page", stored.page.full_title), words)
        return self.render_stored(
            stored, {number: link for number, placeholder in stored.placeholders.items() if "call" in placeholder}
        )

    def _pictures(self, names: Iterable[str]) -> Mapping[str, base.Thumbnail]:
        asked = [name for name in names if name]
        self.add_dependencies(Sort.PAGE, (f"File:{name}"[:255] for name in asked))
        return base.thumbnails(asked)


def _midnight() -> datetime:
    """When this day ends."""
    return timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=1), time.min))


def problem_html(sentences: Sequence[str], source: str) -> SafeString:
    """What is wrong with a call, in place, with its source."""
    return format_html('<span class="problem" role="note">{} <code>{}</code></span>', " ".join(sentences), source)


def _of_page(arguments: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The arguments of `{{#show:Page|?P}}` as those of a question."""
    if not arguments or "[[" in arguments[0][1] or "<q>" in arguments[0][1]:
        return list(arguments)
    page = arguments[0][1].strip().lstrip(":")
    return [["", f"[[:{page}]]"], *arguments[1:]]


def _is_block(question: Query) -> bool:
    """Whether the answer stands apart, not within a line of text."""
    return registry.format_of(question).name not in (
        "list",
        "plainlist",
        "count",
        "sum",
        "average",
        "min",
        "max",
        "median",
    )
