"""Loads subjects and pages for results, in slices of some hundred keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Q, QuerySet

from wiki.ask.execution.results import PageRef
from wiki.facts.models import Subject
from wiki.facts.values import Value
from wiki.pages.page_urls import address
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.ask.execution.fact_scope import FactScope

T = TypeVar("T")
SLICE_SIZE = 500
"""Keys in one database query at most."""
PAGE_COLUMNS = (
    "title_key", "full_title", "display_title", "title", "namespace", "picture_name", "excerpt", "edited_at",
)  # fmt: skip
"""Columns of a page that results need."""
TITLE_COLUMNS = ("title_key", "full_title", "display_title", "title", "namespace")
"""Those that a page had at the moment of the query; what its text shows (picture, excerpt) is of today."""


def iter_slices(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield slices of at most SLICE_SIZE items."""
    for begin in range(0, len(items), SLICE_SIZE):
        yield items[begin : begin + SLICE_SIZE]


@dataclass(frozen=True, slots=True)
class SubjectWithPage:
    """A subject with the columns of its page that results need."""

    pk: int
    page_pk: int
    fragment: str
    title_key: str
    full_title: str
    sort_title: str
    """The folded text by which it is sorted."""
    shown_title: str
    namespace: int
    picture_name: str
    excerpt: str
    edited_at: datetime
    url_query: str = ""
    """Ends its URL, where the result is of another moment than now: `?at=2024-05-01`."""

    @property
    def key(self) -> str:
        """The canonical value by which facts name the subject."""
        return f"{self.title_key}#{self.fragment}" if self.fragment else self.title_key

    def to_value(self) -> Value:
        """Return the subject as the value of a page property."""
        anchor = f"#{self.fragment}" if self.fragment else ""
        title = titles.split_namespace(self.full_title)[1]
        return Value("_wpg", self.full_title + anchor, self.key, titles.fold(title + anchor))

    def to_page_ref(self) -> PageRef:
        """Return the subject as shown in results."""
        return _page_ref(self.key, self.fragment, self.page_pk, self._page_columns())

    def _page_columns(self) -> dict[str, Any]:
        return {
            "full_title": self.full_title, "shown_title": self.shown_title, "namespace": self.namespace,
            "picture_name": self.picture_name, "excerpt": self.excerpt, "edited_at": self.edited_at,
            "sort_title": self.sort_title, "url_query": self.url_query,
        }  # fmt: skip


def _page_ref(key: str, fragment: str, page_pk: int, page: dict[str, Any]) -> PageRef:
    anchor = f"#{fragment}" if fragment else ""
    return PageRef(
        key, page["full_title"] + anchor, page["shown_title"] + anchor, page["namespace"], fragment, page_pk > 0,
        f"{address('page', page['full_title'])}{page['url_query']}"
        + (f"#{titles.quote_title(fragment)}" if fragment else ""),
        page_pk, page["picture_name"], page["excerpt"], page["edited_at"], page.get("sort_title", ""),
    )  # fmt: skip


def load_subjects(scope: FactScope, subjects: QuerySet[Subject]) -> list[SubjectWithPage]:
    """Load the subjects of a queryset in its order, with one database query."""
    is_now, url_query = scope.as_of is None, scope.url_query
    columns = [
        f"page__{name}" if is_now or name not in TITLE_COLUMNS else scope.page_column(name) for name in PAGE_COLUMNS
    ]
    if "sort_title" not in subjects.query.annotations:
        subjects = subjects.annotate(sort_title=scope.sort_title())
    rows = subjects.values_list("pk", "page", "fragment", "sort_title", *columns)
    return [
        SubjectWithPage(
            pk, page, fragment, key, full, sort_title, display_title or title, space, picture, excerpt, edited,
            url_query,
        )
        for pk, page, fragment, sort_title, key, full, display_title, title, space, picture, excerpt, edited in rows
    ]  # fmt: skip


def load_subjects_by_pk(scope: FactScope, pks: Iterable[int]) -> dict[int, SubjectWithPage]:
    """Load subjects by primary key, where their pages are readable."""
    sorted_pks = sorted({pk for pk in pks if pk})
    found = (load_subjects(scope, scope.subjects().filter(pk__in=chunk)) for chunk in iter_slices(sorted_pks))
    return {item.pk: item for chunk in found for item in chunk}


def find_subjects_by_value(scope: FactScope, values: Iterable[str]) -> dict[str, SubjectWithPage]:
    """Load subjects by the canonical values that name them; a redirect names its target."""
    page_keys = sorted({value.partition("#")[0] for value in values})
    redirects: dict[str, str] = {}
    for chunk in iter_slices(page_keys):
        pages = scope.readable_pages().filter(title_key__in=chunk, redirect_key__gt="")
        redirects |= dict(pages.values_list("title_key", "redirect_key"))
    targets = {value: _resolve_redirect(value, redirects) for value in values}
    scope.names.subobjects.update(value for value in targets.values() if "#" in value)
    keys = sorted({value.partition("#")[0] for value in targets.values()})
    fragments = sorted({value.partition("#")[2] for value in targets.values()})
    by_key: dict[str, SubjectWithPage] = {}
    for some_keys in iter_slices(keys):
        for some_fragments in iter_slices(fragments):
            matches = scope.page_is(title_key__in=some_keys) & Q(fragment__in=some_fragments)
            by_key |= {item.key: item for item in load_subjects(scope, scope.subjects().filter(matches))}
    return {value: by_key[target] for value, target in targets.items() if target in by_key}


def _resolve_redirect(value: str, redirects: dict[str, str]) -> str:
    title_key, separator, fragment = value.partition("#")
    return redirects.get(title_key, title_key) + separator + fragment


def find_page_refs(scope: FactScope, values: Iterable[str]) -> dict[str, PageRef]:
    """Load pages by the canonical values that name them; missing and unreadable ones are left out."""
    title_keys = sorted({value.partition("#")[0] for value in values})
    pages: dict[str, tuple[int, dict[str, Any]]] = {}
    is_now, url_query = scope.as_of is None, scope.url_query
    columns = [name if is_now or name in TITLE_COLUMNS else f"page__{name}" for name in PAGE_COLUMNS]
    for chunk in iter_slices(title_keys):
        for pk, *columns_of_page in (
            scope.readable_pages().filter(title_key__in=chunk).values_list(scope.page_key, *columns)
        ):
            row = dict(zip(PAGE_COLUMNS, columns_of_page, strict=True)) | {"url_query": url_query}
            row["shown_title"] = row["display_title"] or row["title"]
            pages[row["title_key"]] = (pk, row)
    found = {}
    for value in values:
        title_key, _, fragment = value.partition("#")
        if title_key in pages:
            found[value] = _page_ref(value, fragment, *pages[title_key])
    return found
