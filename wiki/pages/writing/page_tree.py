"""Changes of Wagtail's page tree, made only here, under one lock, with computed paths.

The parent of a page is its place, or else the home page (root level). treebeard stores `path`, `depth` and `numchild`.
To insert many nodes at once, their paths are computed here, since Django refuses `bulk_create` for a model with a
parent table.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, router
from django.db.models import F
from treebeard.mp_tree import MP_MoveHandler
from wagtail.models import Locale, Page, Site

from wiki.pages.models import WikiPage


def new_slug() -> str:
    """Return a random slug. Wagtail requires one; it is never shown and never changes."""
    return uuid.uuid4().hex


def home_page() -> Page:
    """Return the parent of all wiki pages at root level: the root page of the default site."""
    return Page.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id)


def lock_tree() -> Page:
    """Lock the tree until the transaction ends, and return the home page, loaded again.

    The lock is the row of the home page on PostgreSQL; on SQLite, the immediate transaction is enough.
    """
    site = Site.objects.get(is_default_site=True)
    return Page.objects.select_for_update().get(pk=site.root_page_id)


def insert(pages: Sequence[WikiPage]) -> None:
    """Insert new pages under their place, or at root level. Must run inside a transaction.

    A place that is itself in `pages` must come before its pages.
    """
    root = lock_tree()
    groups: dict[int | None, list[WikiPage]] = {}
    for page in pages:
        groups.setdefault(page.place.pk if page.place and page.place.pk else None, []).append(page)
    in_new_places = [page for page in pages if page.place and not page.place.pk]
    if in_new_places:
        later = {id(page) for page in in_new_places}
        insert([page for page in pages if id(page) not in later])
        for page in in_new_places:
            page.place = page.place  # sets `place_id`, now that the place has a primary key
        insert(in_new_places)
        return
    locale = Locale.get_default()
    for place_id, children in groups.items():
        parent = root if place_id is None else Page.objects.get(pk=place_id)
        _insert_under(parent, children, locale)


def _insert_under(parent: Page, children: Sequence[WikiPage], locale: Locale) -> None:
    """Insert `children` after the last child of `parent`: their rows in Wagtail's table and in the wiki's."""
    last = Page.objects.filter(path__startswith=parent.path, depth=parent.depth + 1).aggregate(models.Max("path"))[
        "path__max"
    ]
    last_step = Page._str2int(last[len(parent.path) :]) if last else 0
    content_type = ContentType.objects.get_for_model(WikiPage)
    for offset, child in enumerate(children, start=1):
        child.path = Page._get_path(parent.path, parent.depth + 1, last_step + offset)
        child.depth = parent.depth + 1
        child.locale = locale
        child.content_type = content_type
        child.url_path = f"{parent.url_path}{child.slug}/"
        child.draft_title = child.title
        child.last_published_at = child.first_published_at = child.edited_at
    base_fields = [field.attname for field in Page._meta.concrete_fields if not field.primary_key]
    bases = [Page(**{name: getattr(child, name) for name in base_fields}) for child in children]
    for child, base in zip(children, Page.objects.bulk_create(bases, batch_size=500), strict=True):
        child.pk = child.id = base.pk
        child.page_ptr_id = base.pk
        child._state.adding = False
        child._state.db = base._state.db
    wiki_fields = WikiPage._meta.local_concrete_fields
    using = router.db_for_write(WikiPage)
    rows: Any = models.QuerySet(WikiPage, using=using)
    rows._batched_insert(list(children), wiki_fields, batch_size=500)
    Page.objects.using(using).filter(pk=parent.pk).update(numchild=F("numchild") + len(children))


def move(page: WikiPage, place: WikiPage | None) -> None:
    """Move `page` with its descendants under `place`, or to the root level. Must run inside a transaction.

    Wagtail's `page.move()` is not used: it saves the whole row, and so overwrites columns with stale values.
    """
    root = lock_tree()
    target = root if place is None else Page.objects.get(pk=place.pk)
    node = Page.objects.get(pk=page.pk)
    if node.path.startswith(target.path) and node.depth == target.depth + 1:
        return
    MP_MoveHandler(node, target, "last-child").process()
    moved, parent = Page.objects.get(pk=page.pk), Page.objects.get(pk=target.pk)
    url_path = f"{parent.url_path}{moved.slug}/"
    Page.objects.filter(pk=page.pk).update(url_path=url_path)
    moved._update_descendant_url_paths(node.url_path, url_path)
