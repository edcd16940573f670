"""Subjects and pages for results, read by the hundreds."""

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
"""How many keys one query names at most."""
PAGE_COLUMNS = (
    "title_key",
    "full_title",
    "display_title",
    "title",
    "namespace",
    "picture_name",
    "excerpt",
    "edited_at",
)
"""What results show of a page."""


def iter_slices(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices of at most PIECE items."""
    for begin in range(0, len(items), SLICE_SIZE):
        yield items[begin : begin + SLICE_SIZE]


@dataclass(frozen=True, slots=True)
class SubjectWithPage:
    """A subject with what is shown of its page."""

    pk: int
    page_pk: int
    fragment: str
    title_key: str
    full_title: str
    title_fold: str
    shown_title: str
    namespace: int
    picture_name: str
    excerpt: str
    edited_at: datetime

    @property
    def key(self) -> str:
        """As facts name it."""
        return f"{self.title_key}#{self.fragment}" if self.fragment else self.title_key

    def to_value(self) -> Value:
        """The subject as the value of a page property."""
        mark = f"#{self.fragment}" if self.fragment else ""
        bare = titles.split_namespace(self.full_title)[1]
        return Value("_wpg", self.full_title + mark, self.key, titles.fold(bare + mark))

    def to_page_ref(self) -> PageRef:
        """As results show it."""
        return _found(self.key, self.fragment, self.page_pk, self._page())

    def _page(self) -> dict[str, Any]:
        return {
            "full_title": self.full_title, "shown_title": self.shown_title, "namespace": self.namespace,
            "picture_name": self.picture_name, "excerpt": self.excerpt, "edited_at": self.edited_at,
        }  # fmt: skip


def _found(key: str, fragment: str, page_pk: int, page: dict[str, Any]) -> PageRef:
    mark = f"#{fragment}" if fragment else ""
    return PageRef(
        key, page["full_title"] + mark, page["shown_title"] + mark, page["namespace"], fragment, True,
        address("page", page["full_title"]) + (f"#{titles.quote_title(fragment)}" if fragment else ""),
        page_pk, page["picture_name"], page["excerpt"], page["edited_at"],
    )  # fmt: skip


def load_subjects(subjects: QuerySet[Subject]) -> list[SubjectWithPage]:
    """The subjects of a queryset, in its order: one query."""
    columns = [f"page__{name}" for name in PAGE_COLUMNS]
    rows = subjects.values_list("pk", "page", "fragment", "page__title_fold", *columns)
    return [
        SubjectWithPage(pk, page, fragment, key, full, fold, shown or title, space, picture, excerpt, edited)
        for pk, page, fragment, fold, key, full, shown, title, space, picture, excerpt, edited in rows
    ]


def load_subjects_by_pk(ground: FactScope, pks: Iterable[int]) -> dict[int, SubjectWithPage]:
    """Subjects by their numbers, of pages that may be read."""
    wanted = sorted({pk for pk in pks if pk})
    found = (load_subjects(ground.subjects().filter(pk__in=some)) for some in iter_slices(wanted))
    return {item.pk: item for some in found for item in some}


def find_subjects_by_value(ground: FactScope, words: Iterable[str]) -> dict[str, SubjectWithPage]:
    """Subjects by the words that name them; a redirect names its target."""
    heads = sorted({word.partition("#")[0] for word in words})
    redirects: dict[str, str] = {}
    for some in iter_slices(heads):
        pages = ground.readable_pages().filter(title_key__in=some, redirect_key__gt="")
        redirects |= dict(pages.values_list("title_key", "redirect_key"))
    wanted = {word: _led(word, redirects) for word in words}
    ground.names.subobjects.update(word for word in wanted.values() if "#" in word)
    keys = sorted({word.partition("#")[0] for word in wanted.values()})
    fragments = {word.partition("#")[2] for word in wanted.values()}
    named: dict[str, SubjectWithPage] = {}
    for some in iter_slices(keys):
        which = Q(page__title_key__in=some, fragment__in=sorted(fragments)[:SLICE_SIZE])
        named |= {item.key: item for item in load_subjects(ground.subjects().filter(which))}
    return {word: named[end] for word, end in wanted.items() if end in named}


def _led(word: str, redirects: dict[str, str]) -> str:
    head, mark, fragment = word.partition("#")
    return redirects.get(head, head) + mark + fragment


def find_page_refs(ground: FactScope, words: Iterable[str]) -> dict[str, PageRef]:
    """Pages by the words that name them; those that do not exist or may not be read are left out."""
    heads = sorted({word.partition("#")[0] for word in words})
    pages: dict[str, tuple[int, dict[str, Any]]] = {}
    for some in iter_slices(heads):
        for row in ground.readable_pages().filter(title_key__in=some).values("pk", *PAGE_COLUMNS):
            row["shown_title"] = row["display_title"] or row["title"]
            pages[row["title_key"]] = (row["pk"], row)
    found = {}
    for word in words:
        head, _, fragment = word.partition("#")
        if head in pages:
            found[word] = _found(word, fragment, *pages[head])
    return found
