"""Gives pages and properties of an earlier release the keys of this one, in which spellings meet (`unify_spelling`).

Of two pages whose titles have become one, the one with signs of typography is renamed, or the later of two such pages.
Other keys follow as all pages are derived again.
"""

from __future__ import annotations

import logging
from functools import reduce
from itertools import count
from operator import or_
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from wiki.errors import Refused
from wiki.facts.models import Fact, Property
from wiki.facts.special_properties import key_of_property
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer, rederivation
from wiki.pages.writing.page_writer import Author
from wiki.text import titles

logger = logging.getLogger(__name__)


def unify_after_upgrade(**_: Any) -> None:
    """Unify the keys after the tables were migrated (signal receiver), if an earlier release made the links and facts.

    Every start migrates; once the worker has derived all pages again, there is nothing to look for.
    """
    if rederivation.outdated_kinds():
        unify_stored_keys()


def unify_stored_keys() -> None:
    """Give pages and properties their keys."""
    pages = WikiPage.objects.filter(_has_other_spelling("title_key")).order_by("-is_place", "pk")
    for pk in list(pages.values_list("pk", flat=True)):
        try:
            _unify_title_key(WikiPage.objects.get(pk=pk))  # as it is now: its place may have been renamed before it
        except Refused as error:
            logger.error("The page %s keeps its old key: %s", pk, error)
    for row in Property.objects.filter(_has_other_spelling("key")).order_by("pk"):
        _unify_property_key(row)


def _has_other_spelling(column: str) -> Q:
    """Return the condition that a column has a sign that keys have no more."""
    return reduce(or_, (Q(**{f"{column}__contains": sign}) for sign in titles.OTHER_SPELLINGS))


def _unify_title_key(page: WikiPage) -> None:
    """Give a page its key; if another page has that already, rename it."""
    key = titles.key_of(page.full_title)
    if key == page.title_key:
        return
    other = WikiPage.objects.filter(title_key=key).exclude(pk=page.pk).first()
    if other is not None and other.redirect_key and titles.key_of(other.redirect_key) == key:
        page_writer.delete(other, Author(None, settings.SITE_NAME), f"≈ {page.full_title}")  # a redirect to the page
        other = None
    if other is None:
        WikiPage.objects.filter(pk=page.pk).update(title_key=key)
        return
    title = next(
        title
        for title in (f"{page.full_title} ({number})" for number in count(2))
        if not WikiPage.objects.filter(title_key=titles.key_of(title)).exists()
    )
    logger.warning(
        "“%s” is called “%s” from now on: its title is another spelling of “%s”",
        page.full_title,
        title,
        other.full_title,
    )
    page_moves.move(page, title, Author(None, settings.SITE_NAME), f"≈ {other.full_title}", leave_redirect=False)


def _unify_property_key(row: Property) -> None:
    """Give a property its key; if another one has it already, that one gets its facts."""
    new_key = key_of_property(row.key)
    other = Property.objects.filter(key=new_key).exclude(pk=row.pk).first()
    if other is None:
        Property.objects.filter(pk=row.pk).update(key=new_key)
        return
    with transaction.atomic():
        Fact.objects.filter(property=row).update(property=other)
        Property.objects.filter(redirects_to=row).update(redirects_to=other)
        row.delete()
