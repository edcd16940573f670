"""Template tags for what the package `network` shows in the page of a place."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.template.context import RequestContext

from wiki.network import economy_charts, place_overview
from wiki.network.economy_records import SHARE_NAMES, EconomyRecord
from wiki.network.place_overview import PlaceOverview
from wiki.pages.deferred_content import FactBox
from wiki.pages.models import WikiPage

register = template.Library()
register.filter("percent", economy_charts.percent)


@register.simple_tag(takes_context=True)
def overview_of_place(context: RequestContext, page: WikiPage, facts: FactBox) -> PlaceOverview:
    """Return what the page of a place shows above its text. `facts` are the rows of its fact box."""
    return place_overview.find_place_overview(page, facts, context["request"].user)


@register.simple_tag
def other_facts(overview: PlaceOverview) -> FactBox:
    """Return the rows of the fact box that the overview of a place does not show."""
    return overview.other_facts


@register.filter
def shares(record: EconomyRecord) -> Sequence[str]:
    """Return the shares of a record as texts: as stated; "" for those that are not."""
    numbers = zip(SHARE_NAMES, record.numbers, strict=True)
    return [
        record.texts.get(name, "") if number is None else economy_charts.percent(number) for name, number in numbers
    ]
