"""Graphics of a fork network: tree as SVG, places on a map. The list on the same screen has the same data."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext

from wiki.ask.formats import maps, svg_charts
from wiki.ask.formats.cells import join_html
from wiki.ask.formats.maps import Pin
from wiki.facts.models import Fact
from wiki.forks.fork_network import ForkNetwork, NetworkMember
from wiki.pages.models import WikiPage

DRAWN_LIMIT = 60
"""Maximum number of pages in the tree."""
ROW, STEP, DEEPEST = 40, 18, 8
"""Height of a row, indentation of a level (in SVG units), and maximum number of indented levels."""
TITLE_LENGTH = 46
SHARE_CLASSES = 5
"""Number of CSS classes for the share of text in common."""


def draw_tree(network: ForkNetwork) -> SafeString:
    """Return the tree as SVG: each page with a line to its upstream; the dot shows the share of text in common."""
    rows = list(_rows(network.root))[:DRAWN_LIMIT]
    indexes = {member.page.pk: index for index, (member, _, _) in enumerate(rows)}
    elements = []
    for index, (member, depth, parent) in enumerate(rows):
        x, y = _x(depth), ROW * index + 16
        if parent is not None:
            start = _x(depth - 1)
            elements.append(
                svg_charts.line_element((start, ROW * indexes[parent.page.pk] + 23, start, y), "family-line")
            )
            elements.append(svg_charts.line_element((start, y, x - 7, y), "family-line"))
        elements.append(_node(member, x, y))
    description = gettext("%(number)d pages, each under the one it was forked from.") % {"number": len(rows)}
    if len(rows) < len(network.members):
        description += " " + gettext("The list below has %(number)d.") % {"number": len(network.members)}
    return svg_charts.svg_element(ROW * len(rows), gettext("Family tree"), description, join_html("", elements))


def _rows(
    member: NetworkMember, depth: int = 0, parent: NetworkMember | None = None
) -> Iterator[tuple[NetworkMember, int, NetworkMember | None]]:
    """Yield (member, depth, parent) in the order of the rows."""
    yield member, depth, parent
    for fork in member.forks:
        yield from _rows(fork, depth + 1, member)


def _x(depth: int) -> float:
    return 10 + STEP * min(depth, DEEPEST)


def _node(member: NetworkMember, x: float, y: float) -> SafeString:
    """Return the SVG of a page: a dot, its title, and below it the date of the fork and the share."""
    share = 100 if member.share is None else member.share
    share_class = min(SHARE_CLASSES - 1, share * SHARE_CLASSES // 100)
    notes = []
    if member.fork is not None:
        notes.append(date_format(localtime(member.fork.made_at), "SHORT_DATE_FORMAT"))
    if member.share is not None:
        notes.append(gettext("%(percent)s %% in common") % {"percent": member.share})
    max_length = TITLE_LENGTH - 2 * min(int((x - 10) / STEP), DEEPEST)
    title = svg_charts.text_element(
        x + 12, y + 4, svg_charts.truncate_label(member.page.full_title, max_length), whole=member.page.full_title
    )
    dot = format_html(
        '<circle class="family-dot family-s{}{}" cx="{}" cy="{}" r="6"></circle>',
        share_class, " family-here" if member.is_current else "", x, y,
    )  # fmt: skip
    note = format_html('<g class="family-note">{}</g>', svg_charts.text_element(x + 12, y + 19, " · ".join(notes)))
    return join_html("", [dot, title, note] if notes else [dot, title])


def draw_map(network: ForkNetwork) -> SafeString | None:
    """Return a map of the places of the pages; None when no place has coordinates. One query."""
    places: dict[int, WikiPage] = {}
    members: dict[int, list[NetworkMember]] = {}
    for member in network.members:
        place = member.page if member.page.is_place else member.page.place
        if place is not None:
            places[place.pk] = place
            members.setdefault(place.pk, []).append(member)
    coordinates: dict[int, tuple[float, float]] = {}
    facts = Fact.objects.filter(
        page__in=list(members), page__title_key__isnull=False, removed_in=None, lat__isnull=False, lon__isnull=False
    )
    for place_id, lat, lon in facts.order_by("pk").values_list("page_id", "lat", "lon"):
        if lat is not None and lon is not None:
            coordinates.setdefault(place_id, (lat, lon))
    pins = [
        Pin(*position, _name(places[place_id]), _pages(members[place_id])) for place_id, position in coordinates.items()
    ]
    return maps.map_html(pins, height=320) if pins else None


def _name(place: WikiPage) -> SafeString:
    return format_html('<a href="{}">{}</a>', place.get_absolute_url(), place.full_title)


def _pages(members: list[NetworkMember]) -> SafeString:
    """Return links to the pages of the network in one place."""
    links = ((member.page.get_absolute_url(), member.page.title) for member in members)
    return format_html_join("", '<div class="ask-details"><a href="{}">{}</a></div>', links)
