"""Bulk creation of pages and facts directly in their tables: no versions, no rendering.

How texts become facts is tested elsewhere; queries only read these rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from wiki.facts.models import Fact, Property, Subject
from wiki.facts.values import Value
from wiki.history.models import TitlePeriod
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_tree
from wiki.text import titles

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 2_000
TITLE_COLUMNS = (
    "namespace", "full_title", "title_key", "title", "display_title", "title_fold", "is_place", "redirect_key",
)  # fmt: skip


def write_pages(full_titles: Sequence[str], **columns: Any) -> list[WikiPage]:
    """Create pages with these titles; `columns` are the same for all, but a list has one value for each."""
    pages = []
    for place, full in enumerate(full_titles):
        number, title = titles.split_namespace(full)
        own = {name: value[place] if isinstance(value, list) else value for name, value in columns.items()}
        usual = {"title_key": titles.key_of(full), "title_fold": titles.fold(title), "created_at": LONG_AGO}
        pages.append(
            WikiPage(
                title=title, draft_title=title, slug=page_tree.new_slug(), namespace=number, full_title=full,
                license="CC0-1.0", **usual | own,
            )
        )  # fmt: skip
    with transaction.atomic():
        page_tree.insert(pages)
        TitlePeriod.objects.bulk_create([_title_period(page) for page in pages if page.title_key], batch_size=BATCH)
    return pages


def _title_period(page: WikiPage) -> TitlePeriod:
    """Return the title of a page as its title since its creation."""
    columns = {name: getattr(page, name) for name in TITLE_COLUMNS}
    place_key = page.place.title_key if page.place else ""
    return TitlePeriod(page=page, place_key=place_key, added_in=1, added_at=page.created_at, **columns)


def write_subjects(pages: Iterable[WikiPage], fragment: str = "") -> list[Subject]:
    """Create the subjects of the pages."""
    return Subject.objects.bulk_create([Subject(page=page, fragment=fragment) for page in pages], batch_size=BATCH)


def property_row(key: str, **columns: Any) -> Property:
    """Return the row of a property; create it if missing."""
    return Property.objects.get_or_create(key=key, defaults={"title": key, **columns})[0]


def fact_row(subject: Subject, row: Property, value: Value, **columns: Any) -> Fact:
    """Return an unsaved fact with this value."""
    problem = {"code": value.problem.code, "params": value.problem.params} if value.problem else None
    return Fact(
        subject=subject, page_id=subject.page_id, property=row, raw=value.raw, language="fr", datatype=value.datatype,
        canonical_value=value.canonical_value, folded_text=value.folded_text, number=value.number,
        number_end=value.number_end, lat=value.lat, lon=value.lon, lang=value.lang, root_key=value.canonical_value,
        place_key=value.place_key, problem=problem, note=value.note,
        **{"added_in": 1, "added_at": LONG_AGO, **columns},
    )  # fmt: skip
