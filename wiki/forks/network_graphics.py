"""The family of a page as pictures: its tree as SVG, its places on a map. The list beside them tells the same."""

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
"""Pages of a family that the tree shows."""
ROW, STEP, DEEPEST = 40, 18, 8
"""Units from one page to the next, and from a page to its forks; beyond the deepest all stand under each other."""
TITLE_LENGTH = 46
SHARE_CLASSES = 5
"""Classes by how much a page still shares."""


def draw_tree(family: ForkNetwork) -> SafeString:
    """Each page of a family with a line to the one it was forked from, as strongly drawn as they still share."""
    rows = list(_rows(family.root))[:DRAWN_LIMIT]
    places = {member.page.pk: index for index, (member, _, _) in enumerate(rows)}
    pieces = []
    for index, (member, depth, above) in enumerate(rows):
        x, y = _x(depth), ROW * index + 16
        if above is not None:
            start = _x(depth - 1)
            pieces.append(svg_charts.line_element((start, ROW * places[above.page.pk] + 23, start, y), "family-line"))
            pieces.append(svg_charts.line_element((start, y, x - 7, y), "family-line"))
        pieces.append(_node(member, x, y))
    about = gettext("%(number)d pages, each under the one it was forked from.") % {"number": len(rows)}
    if len(rows) < len(family.members):
        about += " " + gettext("The list below has %(number)d.") % {"number": len(family.members)}
    return svg_charts.svg_element(ROW * len(rows), gettext("Family tree"), about, join_html("", pieces))


def _rows(
    member: NetworkMember, depth: int = 0, above: NetworkMember | None = None
) -> Iterator[tuple[NetworkMember, int, NetworkMember | None]]:
    """The pages as they stand under each other, with how deep, and the one above."""
    yield member, depth, above
    for copy in member.forks:
        yield from _rows(copy, depth + 1, member)


def _x(depth: int) -> float:
    return 10 + STEP * min(depth, DEEPEST)


def _node(member: NetworkMember, x: float, y: float) -> SafeString:
    """A page: a dot, its title, and below it when it was forked and what it shares."""
    share = 100 if member.share is None else member.share
    strength = min(SHARE_CLASSES - 1, share * SHARE_CLASSES // 100)
    notes = []
    if member.fork is not None:
        notes.append(date_format(localtime(member.fork.made_at), "SHORT_DATE_FORMAT"))
    if member.share is not None:
        notes.append(gettext("%(percent)s %% in common") % {"percent": member.share})
    signs = TITLE_LENGTH - 2 * min(int((x - 10) / STEP), DEEPEST)
    title = svg_charts.text_element(
        x + 12, y + 4, svg_charts.truncate_label(member.page.full_title, signs), whole=member.page.full_title
    )
    dot = format_html(
        '<circle class="family-dot family-s{}{}" cx="{}" cy="{}" r="6"></circle>',
        strength, " family-here" if member.is_current else "", x, y,
    )  # fmt: skip
    note = format_html('<g class="family-note">{}</g>', svg_charts.text_element(x + 12, y + 19, " · ".join(notes)))
    return join_html("", [dot, title, note] if notes else [dot, title])


def draw_map(family: ForkNetwork) -> SafeString | None:
    """The places that its pages live in, where they have coordinates; None where none has. One query."""
    places: dict[int, WikiPage] = {}
    members: dict[int, list[NetworkMember]] = {}
    for member in family.members:
        home = member.page if member.page.is_place else member.page.place
        if home is not None:
            places[home.pk] = home
            members.setdefault(home.pk, []).append(member)
    found: dict[int, tuple[float, float]] = {}
    facts = Fact.objects.filter(
        page__in=list(members), page__title_key__isnull=False, removed_in=None, lat__isnull=False, lon__isnull=False
    )
    for place, lat, lon in facts.order_by("pk").values_list("page_id", "lat", "lon"):
        if lat is not None and lon is not None:
            found.setdefault(place, (lat, lon))
    pins = [Pin(*where, _name(places[place]), _pages(members[place])) for place, where in found.items()]
    return maps.map_html(pins, height=320) if pins else None


def _name(place: WikiPage) -> SafeString:
    return format_html('<a href="{}">{}</a>', place.get_absolute_url(), place.full_title)


def _pages(members: list[NetworkMember]) -> SafeString:
    """The pages of the family that live in one place."""
    links = ((member.page.get_absolute_url(), member.page.title) for member in members)
    return format_html_join("", '<div class="ask-details"><a href="{}">{}</a></div>', links)
