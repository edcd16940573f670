"""Template tags for the facets of directories beside answers and results of searches."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import get_language

from wiki.ask.forms import QueryFormData
from wiki.directory import result_facets
from wiki.pages.models import Kind

register = template.Library()
TEMPLATE = "wiki/directory/_result_facets.html"


@register.inclusion_tag(TEMPLATE)
def answer_facets(kind: Kind, form_data: QueryFormData) -> dict[str, Any]:
    """Show facets of the pages of a kind in an answer; their values narrow the question."""

    def address_of(question: str) -> str:
        return f"{reverse('ask')}?{form_data.url_query(q=question, offset='')}"

    return {"facets": result_facets.facets_of_answer(kind.key, form_data.q, _language(), address_of)}


@register.inclusion_tag(TEMPLATE)
def search_facets(kind: str, hits: list[Any], words: str) -> dict[str, Any]:
    """Show facets of the pages of a kind that a search found; their values lead to the directory."""
    pages = {hit.pk for hit in hits}
    return {"facets": result_facets.facets_of_hits(kind, pages, words, _language()), "in_directory": True}


def _language() -> str:
    return (get_language() or "fr")[:2]
