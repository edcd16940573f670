"""The facets of a kind's directory beside other lists of its pages: answers of the Ask page, results of a search.

A value narrows the list where it stands (the question gets one more condition), or in the directory (for a search).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from wiki.ask.language.query_errors import AskProblem
from wiki.directory import table_cache
from wiki.directory.answering_pages import find_answering_pages
from wiki.directory.directory_query import ASK_LIMIT, DirectoryQuery
from wiki.directory.directory_results import evaluate
from wiki.directory.facet_fields import PLACE, FacetField
from wiki.directory.facet_options import list_facets

VALUES_SHOWN = 8
FACETS_SHOWN = 6
_NOT_IN_CONDITIONS = re.compile(r"[\[\]{}|<>\n]|\A\s*[!~≤≥+:]|\A\s*(?:like|nlike|in|not|phrase):", re.IGNORECASE)
"""What the query language reads in a value as something else."""
_ALTERNATIVES = re.compile(r"\bOR\b")


@dataclass(frozen=True, slots=True)
class NarrowingValue:
    """A value that some of the pages have, and the address of the list of these."""

    label: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class NarrowingFacet:
    """A facet with the values that narrow a list."""

    label: str
    values: list[NarrowingValue]


def facets_of_answer(kind: str, question: str, language: str, address_of: Callable[[str], str]) -> list[NarrowingFacet]:
    """Return facets of the public pages of a kind that meet the conditions `question`; none if that takes too long.

    `address_of` returns the address of the answer to other conditions.
    """
    try:
        pages = find_answering_pages(question, language)
    except AskProblem:
        return []

    def link(facet: FacetField, value: str) -> str:
        narrowed = narrow(question, facet, value)
        return address_of(narrowed) if narrowed else ""

    return _facets(kind, pages, language, link)


def facets_of_hits(kind: str, pages: Collection[int], words: str, language: str) -> list[NarrowingFacet]:
    """Return facets of pages of a kind that a search for `words` found; their values lead to the directory."""

    def link(facet: FacetField, value: str) -> str:
        return f"{reverse('directory', args=[kind])}?{urlencode({'q': words, facet.name: value})}"

    return _facets(kind, pages, language, link)


def narrow(question: str, facet: FacetField, value: str) -> str:
    """Return a question with the condition that a property has a value; "" if the language cannot say it."""
    if facet.name == PLACE or not question.strip() or _NOT_IN_CONDITIONS.search(value):
        return ""
    condition = f"[[{facet.field.property}::{value}]]" if facet.field is not None else f"[[Category:{value}]]"
    has_alternatives = _ALTERNATIVES.search(question) is not None
    if condition in question and not has_alternatives:
        return ""
    whole = f"<q>{question.strip()}</q>" if has_alternatives else question.strip()
    narrowed = f"{whole} {condition}"
    return narrowed if len(narrowed) <= ASK_LIMIT else ""


def _facets(
    kind: str, pages: Collection[int], language: str, link: Callable[[FacetField, str], str]
) -> list[NarrowingFacet]:
    """Return the facets of some pages of a kind whose values narrow them, the most frequent values first."""
    table = table_cache.table_of(kind)
    query = DirectoryQuery()
    results = evaluate(table, query, timezone.localtime().replace(tzinfo=None), only=pages)
    fields = {facet.name: facet for facet in table.fields.facets}
    found = []
    for facet in list_facets(results, query, language):
        values = [
            NarrowingValue(option.label, option.count, target)
            for option in facet.options[:VALUES_SHOWN]
            if option.count < len(results.found) and (target := link(fields[facet.name], option.value))
        ]
        if values:
            found.append(NarrowingFacet(facet.label, values))
    return found[:FACETS_SHOWN]
