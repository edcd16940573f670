"""Needs and offers in the memory of this process, read again when something was written since.

Each request asks for the state of the wiki (one query). What is read is what everybody may read.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone

from wiki.ask.embedding.result_cache import read_site_state
from wiki.facts.models import Fact
from wiki.facts.property_declarations import property_keys_by_row
from wiki.forms.form_lookup import property_key
from wiki.needs.stated_needs import NeedStatement, StatedNeeds, StatementRole, StatingPage
from wiki.needs.statement_details import DETAILS, NO_DETAILS, StatementDetails, read_details
from wiki.needs.thesaurus import Thesaurus, ThesaurusEntry
from wiki.pages.array_lookup import column_in
from wiki.pages.models import WikiPage, WikiPageQuerySet
from wiki.text import titles

if TYPE_CHECKING:
    from django.db.models import QuerySet

PRACTICE_KIND, SERVICE_KIND = "practice", "service"
NEEDS = frozenset(map(property_key, ("Besoins", "Besoin", "Needs")))
OFFERS = frozenset(map(property_key, ("Offres", "Offre", "Services", "Offers", "Sait faire", "Compétences", "Skills")))
EQUIPMENT = frozenset(map(property_key, ("Outils", "Machines", "Équipements", "Équipement", "Tools", "Equipment")))
"""What a practice requires, and any other page offers."""
REQUIREMENTS = frozenset(map(property_key, ("Personnes nécessaires", "Required people")))
BROADER = frozenset(map(property_key, ("Plus large", "Broader")))
OTHER_NAMES = frozenset(map(property_key, ("Aussi appelé", "Aussi appelée", "Also called")))
LOCATIONS = frozenset(map(property_key, ("Lieu", "Lieux", "Porté par", "Place", "Places")))
"""Pages that a page names as its places."""
STATED = NEEDS | OFFERS | EQUIPMENT | REQUIREMENTS
_KEYS = LOCATIONS | STATED | BROADER | OTHER_NAMES
TEXT_LIMIT = 300
"""Characters of a statement that are looked at and shown."""
_LINK = re.compile(r"\[\[:?(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_PAGE_COLUMNS = (
    "pk", "title", "display_title", "full_title", "namespace", "kind__key", "place_id", "place__title",
    "place__display_title", "created_at",
)  # fmt: skip


_Pages: TypeAlias = dict[int, dict[str, Any]]
_Written: TypeAlias = tuple[int, str, str, datetime]
"""Page, key of the property, text, and when it was stated."""
_Details: TypeAlias = dict[tuple[int, str, str], list[tuple[StatementDetails, datetime]]]
"""By page, key of the property and text: the details, and when each of them was stated."""


class _Rows(NamedTuple):
    """What is read of the database."""

    pages: _Pages
    written: list[_Written]
    points: dict[int, tuple[float, float]]
    places: dict[int, list[tuple[int, str]]]
    """By page, the places that it names."""
    details: _Details
    services: dict[int, StatementDetails]
    """By page of the kind Service, which is an offer as a whole: what its own facts say of it."""


@dataclass(slots=True)
class _Cached:
    """What was read last."""

    state: tuple[int, int, str] | None = None
    """The greatest version, the epoch of caches, and the open writes when it was read."""
    rows: _Rows | None = None
    """What `_read` returned."""
    stated: StatedNeeds | None = None
    day: date | None = None
    """The day on which `stated` was made: what is over changes with it."""


_lock = threading.Lock()
_cached = _Cached()


def clear() -> None:
    """Forget what was read."""
    with _lock:
        _cached.state = _cached.rows = _cached.stated = _cached.day = None


def current_needs() -> StatedNeeds:
    """Return all needs and offers as the database is now. One query where nothing was written since the last call."""
    with _lock:
        state, today = read_site_state(), timezone.localdate()
        if _cached.stated is None or _cached.state != state or _cached.day != today:
            rows = _read()
            if _cached.stated is None or _cached.rows != rows or _cached.day != today:  # most writes change no need
                thesaurus = _thesaurus(rows.pages, rows.written)
                _cached.stated = StatedNeeds(_statements(rows), thesaurus, rows.points, today)
                _cached.rows, _cached.day = rows, today
            _cached.state = state
        return _cached.stated


def _read() -> _Rows:
    """Return pages, what they state, the coordinates of pages, and the places that they name. Seven queries."""
    all_properties = property_keys_by_row(_KEYS | DETAILS)
    properties = {row: key for row, key in all_properties.items() if key in _KEYS}
    readable = WikiPage.objects.readable_by(AnonymousUser()).filter(redirect_key="")
    every = Fact.objects.filter(removed_in=None, part_of=None).order_by("page_id", "position")
    current = every.filter(subject__fragment="")
    facts = current.filter(column_in("property_id", properties), page__in=readable.order_by().values("pk"))
    stated = list(facts.values_list("page_id", "property_id", "raw", "added_at"))
    located = current.filter(lat__isnull=False, lon__isnull=False, page__in=readable.order_by().values("pk"))
    points: dict[int, tuple[float, float]] = {}
    for page, lat, lon in located.values_list("page_id", "lat", "lon"):
        points.setdefault(page, (lat or 0.0, lon or 0.0))
    wanted = column_in("pk", (page for page, *_ in stated)) | Q(kind__key=SERVICE_KIND, namespace=0)
    pages = {row["pk"]: row for row in readable.filter(wanted).order_by("pk").values(*_PAGE_COLUMNS)}
    written = [(page, properties[of_property], _plain(raw), at) for page, of_property, raw, at in stated]
    written = list({row[:3]: row for row in written if row[0] in pages and row[2]}.values())
    parts = every.filter(column_in("property_id", all_properties), page__in=readable.order_by().values("pk"))
    details = _details(parts.exclude(subject__fragment=""), all_properties)
    of_services = parts.filter(subject__fragment="", page__kind__key=SERVICE_KIND)
    services = _service_details(of_services, all_properties)
    return _Rows(pages, written, points, _named_places(written, readable), details, services)


def _details(facts: QuerySet[Fact], properties: dict[int, str]) -> _Details:
    """Return the details of statements: of each subobject that has the text and its details."""
    stated: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    moments: dict[int, tuple[datetime, str]] = {}
    columns = ("subject_id", "page_id", "property_id", "raw", "added_at", "language")
    for subject, page, of_property, raw, at, language in facts.values_list(*columns):
        key = properties[of_property]
        if key in DETAILS:
            texts[subject].setdefault(key, raw)
        elif key in STATED:
            stated[subject].append((page, key, _plain(raw)))
        moments[subject] = (max(at, moments.get(subject, (at, ""))[0]), language)
    found: _Details = defaultdict(list)
    for subject, statements in stated.items():
        for statement in statements if texts[subject] else ():
            at, language = moments[subject]
            found[statement].append((read_details(texts[subject], language), at))
    return dict(found)


def _service_details(facts: QuerySet[Fact], properties: dict[int, str]) -> dict[int, StatementDetails]:
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    languages: dict[int, str] = {}
    for page, of_property, raw, language in facts.values_list("page_id", "property_id", "raw", "language"):
        if properties[of_property] in DETAILS:
            texts[page].setdefault(properties[of_property], raw)
            languages[page] = language
    return {page: read_details(found, languages[page]) for page, found in texts.items()}


def _named_places(written: list[_Written], readable: WikiPageQuerySet) -> dict[int, list[tuple[int, str]]]:
    """Return by page the primary keys and shown titles of the places that it names."""
    named = [(page, titles.key_or_empty(text)) for page, key, text, _ in written if key in LOCATIONS]
    places = readable.filter(column_in("title_key", (key for _, key in named)), is_place=True).order_by()
    by_key = {
        key: (pk, shown or title)
        for pk, key, title, shown in places.values_list("pk", "title_key", "title", "display_title")
    }
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for page, key in named:
        if key in by_key:
            found[page].append(by_key[key])
    return dict(found)


def _plain(raw: str) -> str:
    """Return a value without the brackets of links, on one line."""
    return " ".join(_LINK.sub(r"\1", raw).split())[:TEXT_LIMIT]


def _statements(rows: _Rows) -> Iterator[NeedStatement]:
    """Yield what pages of the main namespace state, each text once in each role."""
    made: dict[int, StatingPage] = {}
    seen: set[tuple[int, StatementRole, str]] = set()
    for pk, row in rows.pages.items():
        if row["namespace"] == 0:
            made[pk] = _stating_page(row, rows.points, rows.places.get(pk, []))
            if made[pk].kind == SERVICE_KIND:
                details = rows.services.get(pk, NO_DETAILS)
                yield NeedStatement(StatementRole.OFFER, made[pk], made[pk].title, row["created_at"], details)
    for page, key, text, at in rows.written:
        role = role_of(key, made[page].kind) if page in made else None
        if role is not None and (page, role, text) not in seen:
            seen.add((page, role, text))
            for details, stated_at in rows.details.get((page, key, text), [(NO_DETAILS, at)]):
                yield NeedStatement(role, made[page], text, stated_at, details)


def _stating_page(
    row: dict[str, Any], points: dict[int, tuple[float, float]], named: list[tuple[int, str]]
) -> StatingPage:
    places = list(named)
    if row["place_id"]:
        places.insert(0, (row["place_id"], row["place__display_title"] or row["place__title"]))
    point = next((points[pk] for pk in (row["pk"], *(pk for pk, _ in places)) if pk in points), None)
    return StatingPage(
        row["pk"],
        row["display_title"] or row["title"],
        row["full_title"],
        row["kind__key"] or "",
        tuple(dict.fromkeys(pk for pk, _ in places)),
        places[0][1] if places else "",
        point,
    )


def role_of(key: str, kind: str) -> StatementRole | None:
    """Return what a value of a property is on a page of a kind; None for one that only describes the page."""
    if key in NEEDS:
        return StatementRole.NEED
    if key in REQUIREMENTS or (key in EQUIPMENT and kind == PRACTICE_KIND):
        return StatementRole.REQUIREMENT
    return StatementRole.OFFER if key in OFFERS or key in EQUIPMENT else None


def _thesaurus(pages: _Pages, written: list[_Written]) -> Thesaurus:
    """Return what pages of any namespace state of their titles."""
    found: dict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for page, key, text, _ in written:
        if key in BROADER:
            found[page][0].append(text)
        elif key in OTHER_NAMES:
            found[page][1].append(text)
    return Thesaurus(
        ThesaurusEntry(pages[page]["display_title"] or pages[page]["title"], tuple(broader), tuple(others))
        for page, (broader, others) in sorted(found.items())
    )
