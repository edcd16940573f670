"""Renders the deferred content of a text: `{{#ask:}}`, `{{#show:}}`, `{{#concept:}}`, typed values, the fact box.

The calls of one text may take TIMEOUT_SECONDS together, and there may be CALLS_LIMIT of them; a call beyond
either limit shows a problem in its place.
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
from wiki.ask.embedding import invalidation, structured_data
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
from wiki.pages.deferred_content import CREDITS, SHARED_PICTURE, STRUCTURED_DATA, DeferredResults, DeferredSlots
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.rendering import page_output, page_renderer
from wiki.text import titles
from wiki.text.frontmatter import frontmatter_reader
from wiki.text.markup.parser_functions import INCLUDE, ParserFunctionHandler, substitute_page_name_variables
from wiki.text.statements import parse_concept
from wiki.text.titles import CONCEPT, TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

CALLS_LIMIT = 20
DEFERRED_CALLS: Mapping[str, ParserFunctionHandler | None] = dict.fromkeys(("#ask", "#show", "#concept", INCLUDE))
"""Parser functions that are rendered when the page is read, for `wiki.text.markup.parser_functions`."""
TIMEOUT_CODES = ("ask_too_slow", "ask_page_slow")
"""Codes of problems that may disappear without any change, when the server has less load."""
RETRY_AFTER = timedelta(minutes=30)
"""Time after which a query that took too long is tried again."""
DependencyType = CacheDependency.DependencyType


class EmbeddedResults:
    """Renders the deferred content of one text for one user, and collects its dependencies."""

    def __init__(self, slots: DeferredSlots, user: Reader) -> None:
        self.slots, self.user = slots, user
        self.dependencies: set[DependencyKey] = set()
        self.deferred_results = DeferredResults()
        self._call_count, self._seconds_spent = 0, 0.0
        self._started: float | None = None
        """When the outermost current call began; nested calls use the same time budget."""
        self._end_of_day = _midnight()
        """The end of the day on which the queries are read: a day may end while they run."""
        self._transcluder = Transcluder(self)

    def fill(self) -> DeferredResults:
        """Render all deferred content, in the interface language of the slots."""
        with translation.override(self.slots.ui_language):
            self._render_facts()
            for number, placeholder in self.slots.placeholders.items():
                if "call" in placeholder:
                    self.deferred_results.results[number] = self.render_call(str(placeholder["call"]), placeholder)
            if credits_html := self._transcluder.credits_html():
                self.deferred_results.results[CREDITS] = credits_html
        return self.deferred_results

    # --- Facts
    def _render_facts(self) -> None:
        """Render the fact box and the annotated values in the text."""
        annotations = {
            number: placeholder for number, placeholder in self.slots.placeholders.items() if "property" in placeholder
        }
        if not (self.slots.has_fact_box or annotations or self.slots.page is not None):
            return
        facts = PageFacts.load(self.slots, self.user)
        self.add_dependencies(DependencyType.PROPERTY, facts.declarations)
        self.add_dependencies(DependencyType.PAGE, facts.title_keys)
        self.add_dependencies(DependencyType.SEEN, map(str, facts.page_pks))
        for sort in (DependencyType.PAGE, DependencyType.TEXT):
            self.add_dependencies(sort, filter(None, [facts.layout.title_key]))
        self.dependencies.update((int(DependencyType.FACT), key, value) for key, value in facts.unique_values)
        self._describe_page(facts)
        for number, placeholder in annotations.items():
            self.deferred_results.results[number] = facts.annotation_html(
                placeholder["property"], placeholder["value"], placeholder["label"]
            )
        if self.slots.has_fact_box:
            self.deferred_results.fact_box = facts.box_rows()
            for line in facts.expiring_lines.values():
                if line.expires_at is not None:
                    self._expire_at(line.expires_at)

    def _describe_page(self, facts: PageFacts) -> None:
        """Add the structured data of the page itself."""
        if self.slots.page is None:
            return
        found = structured_data.describe(facts)
        self.add_dependencies(DependencyType.PAGE, found.title_keys)
        self.add_dependencies(DependencyType.SEEN, map(str, found.page_pks))
        if found.script:
            self.deferred_results.results[STRUCTURED_DATA] = found.script
        if found.picture_url:
            self.deferred_results.results[SHARED_PICTURE] = found.picture_url

    def add_dependencies(self, sort: int, keys: Iterable[str]) -> None:
        """Add dependencies of one sort, by their keys."""
        self.dependencies.update((int(sort), key, "") for key in keys)

    def _expire_at(self, moment: datetime) -> None:
        self.deferred_results.expires_at = min(moment, self.deferred_results.expires_at or moment)

    # --- Calls
    def render_call(self, name: str, placeholder: Mapping[str, Any]) -> SafeString:
        """Return the HTML of one call, or of the problem with it."""
        is_outermost = self._started is None
        self._started = self._started or clock()
        try:
            if self._seconds_left <= 0:
                raise AskProblem("ask_page_slow", {"seconds": f"{TIMEOUT_SECONDS:g}"})
            if name == INCLUDE:
                return self._transcluder.transclude(placeholder)
            self._call_count += 1
            if self._call_count > CALLS_LIMIT:
                raise AskProblem("ask_calls", {"limit": CALLS_LIMIT})
            return self._render_query(name, placeholder["arguments"])
        except AskProblem as problem:
            if problem.code in TIMEOUT_CODES:
                self._expire_at(timezone.now() + RETRY_AFTER)
            return problem_html([message_for(problem)], str(placeholder["source"]))
        finally:
            if is_outermost:
                self._seconds_spent += clock() - self._started
                self._started = None

    @property
    def _seconds_left(self) -> float:
        """Return the seconds left for the calls of this text."""
        return TIMEOUT_SECONDS - self._seconds_spent - (clock() - self._started if self._started is not None else 0)

    def _render_query(self, name: str, arguments: Sequence[Sequence[str]]) -> SafeString:
        if name == "#concept":
            return self._render_concept(arguments)
        if name == "#show":
            arguments = _show_arguments(arguments)
        query = self._set_page(query_parser.parse_arguments(arguments, self.slots.language))
        query.as_of = query.as_of or self.slots.as_of
        if query.limit > INLINE_LIMIT:
            raise AskProblem("ask_limit", {"limit": INLINE_LIMIT})
        result = self._run(query)
        format_context = self.format_context(query, query_form_fields(arguments))
        if name == "#show" and not query.parameters.get("format", "").strip():
            return registry.render_first_row(result, format_context)
        html = registry.render_html(result, format_context)
        return html if registry.format_of(query).is_inline else format_html('<div class="ask-answer">{}</div>', html)

    def _set_page(self, query: Query) -> Query:
        query.page, query.place_title = self.slots.full_title, self.slots.place_title
        return query

    def _run(self, query: Query) -> QueryResult:
        """Run a query and add its dependencies. Raises AskProblem."""
        result = runner.run(query, self.user, self.slots.ui_language, max(self._seconds_left, 0.05))
        self.dependencies |= invalidation.dependency_keys(result.dependencies)
        result_format = registry.format_of(query)
        if query.names_today or result_format.shows_today:
            self._expire_at(self._end_of_day)
        if result.problems:
            raise AskProblem(result.problems[0].code, result.problems[0].params)
        if result_format.shows_cards:
            self.add_dependencies(DependencyType.CARD, (str(row.subject.page_pk) for row in result.rows))
        return result

    def _render_concept(self, arguments: Sequence[Sequence[str]]) -> SafeString:
        """Render `{{#concept:}}`: the description of the concept and the first pages that belong to it."""
        number, name = titles.split_namespace(self.slots.full_title)
        if number != CONCEPT:
            raise AskProblem("ask_concept_elsewhere")
        source, description = parse_concept(arguments)
        query_parser.parse(source, self.slots.language)
        query = self._set_page(Query(InConcept(name), source=f"[[Concept:{name}]]", language=self.slots.language))
        query.parameters["format"] = "category"
        result = self._run(query)
        url_fields = {"q": query.source, "po": "", "format": "category"}
        pages_html = registry.render_html(result, self.format_context(query, url_fields))
        return join_html("", [
            format_html("<p>{}</p>", description) if description else base.EMPTY_HTML,
            format_html("<p><code>{}</code></p>", source),
            pages_html or format_html('<p class="empty">{}</p>', gettext("No page belongs to this concept yet.")),
        ])  # fmt: skip

    # --- How results are rendered
    def format_context(self, query: Query, url_fields: Mapping[str, str]) -> base.FormatContext:
        """Return how formats render a result here; `url_fields` are those of the query's URL (see `query_links`)."""
        more_url = query_url(url_fields, {"offset": str(query.offset + query.limit)})
        return base.FormatContext(
            self.slots.ui_language, lambda changes: query_url(url_fields, changes), more_url,
            template_source=self._template_source, render_markdown=self._render_markdown, page_html=self._page_html,
            pictures=self._thumbnails,
        )  # fmt: skip

    def _template_source(self, name: str) -> str | None:
        """Return the source of a template, with the title of the page that shows it; None where there is none to read.

        The results depend on the template.
        """
        try:
            key = titles.key_of(f"Template:{name}")
            page = page_lookup.find(f"Template:{name}", self.user)
        except TitleProblem:
            return None
        self.add_dependencies(DependencyType.PAGE, [key])
        self.add_dependencies(DependencyType.TEXT, [key])
        if page is None:
            return None
        body = frontmatter_reader.parse_front_matter(page.source.text or "").body
        return substitute_page_name_variables(body, self.slots.full_title)

    def _render_markdown(self, text: str) -> SafeString:
        """Render wiki text as in a page; calls in it show their source."""
        fields = PageFields(0, None, "", False, catalogue.DEFAULT, self.slots.language)
        return self.render_stored(page_renderer.render_preview(text, fields, self.slots.ui_language))

    def render_stored(self, stored: RenderedPage, results: dict[str, str] | None = None) -> SafeString:
        """Return the HTML of a rendering with the given content; it depends on the pages that the text links to."""
        links = [placeholder for placeholder in stored.placeholders.values() if "key" in placeholder]
        self.add_dependencies(
            DependencyType.PAGE, {placeholder[name] for placeholder in links for name in ("key", "near")} - {""}
        )
        return page_output.build_output(stored, DeferredResults(results or {})).html

    def _page_html(self, pk: int) -> SafeString:
        """Return the HTML of a page in the result; its own calls become links to that page."""
        pages = WikiPage.objects.readable_by(self.user).filter(pk=pk)
        rows = RenderedPage.objects.filter(page__in=pages, ui_language=self.slots.ui_language)
        stored = rows.select_related("page").first()
        if stored is None:
            return base.EMPTY_HTML
        self.add_dependencies(DependencyType.TEXT, [titles.key_of(stored.page.full_title)])
        label = gettext("(answered on the page itself)")
        link = format_html('<a href="{}">{}</a>', address("page", stored.page.full_title), label)
        calls = (number for number, placeholder in stored.placeholders.items() if "call" in placeholder)
        return self.render_stored(stored, dict.fromkeys(calls, link))

    def _thumbnails(self, names: Iterable[str]) -> Mapping[str, base.Thumbnail]:
        given = [name for name in names if name]
        self.add_dependencies(DependencyType.PAGE, (f"File:{name}"[:255] for name in given))
        return base.thumbnails(given)


def _midnight() -> datetime:
    """Return the end of the current day."""
    return timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=1), time.min))


def problem_html(sentences: Sequence[str], source: str) -> SafeString:
    """Return the HTML of the problems with a call, with its source."""
    return format_html('<span class="problem" role="note">{} <code>{}</code></span>', " ".join(sentences), source)


def _show_arguments(arguments: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Turn the arguments of `{{#show:Page|?P}}` into those of a query."""
    if not arguments or "[[" in arguments[0][1] or "<q>" in arguments[0][1]:
        return list(arguments)
    page = arguments[0][1].strip().lstrip(":")
    return [["", f"[[:{page}]]"], *arguments[1:]]
