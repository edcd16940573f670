"""Wagtail's tree, changed only here, under one lock, with computed paths.

Pages hang from the site's root (the commons) or from their place. treebeard keeps `path`,
`depth` and `numchild`; inserting many nodes at once needs the paths computed here, since
Django refuses `bulk_create` for a model with a parent table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, router
from django.db.models import F
from treebeard.mp_tree import MP_MoveHandler
from wagtail.models import Locale, Page, Site

from wiki.pages.models import WikiPage


def home_page() -> Page:
    """The page that everything hangs from: the root page of the default site."""
    return Page.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id)


def lock_tree() -> Page:
    """Take the one lock of the tree until the transaction ends; returns the home page, fresh.

    SQLite's immediate transactions make it needless there; PostgreSQL needs the row lock.
    """
    site = Site.objects.get(is_default_site=True)
    return Page.objects.select_for_update().get(pk=site.root_page_id)


def insert(pages: Sequence[WikiPage]) -> None:
    """Insert new pages under their place, or in the commons. Inside a transaction only.

    A place that is itself in `pages` must come before its inhabitants.
    """
    root = lock_tree()
    groups: dict[int | None, list[WikiPage]] = {}
    for page in pages:
        groups.setdefault(page.place.pk if page.place and page.place.pk else None, []).append(page)
    fresh = [page for page in pages if page.place and not page.place.pk]
    if fresh:
        waiting = {id(page) for page in fresh}
        insert([page for page in pages if id(page) not in waiting])
        for page in fresh:
            page.place = page.place  # whose key is known by now
        insert(fresh)
        return
    locale = Locale.get_default()
    for place_id, children in groups.items():
        parent = root if place_id is None else Page.objects.get(pk=place_id)
        _insert_under(parent, children, locale)


def _insert_under(parent: Page, children: Sequence[WikiPage], locale: Locale) -> None:
    """Give `children` the next free paths under `parent` and write both of their rows."""
    last = Page.objects.filter(path__startswith=parent.path, depth=parent.depth + 1).aggregate(models.Max("path"))[
        "path__max"
    ]
    step = Page._str2int(last[len(parent.path) :]) if last else 0
    content_type = ContentType.objects.get_for_model(WikiPage)
    for offset, child in enumerate(children, start=1):
        child.path = Page._get_path(parent.path, parent.depth + 1, step + offset)
        child.depth = parent.depth + 1
        child.locale = locale
        child.content_type = content_type
        child.url_path = f"{parent.url_path}{child.slug}/"
        child.draft_title = child.title
        child.last_published_at = child.first_published_at = child.edited_at
    shared = [field.attname for field in Page._meta.concrete_fields if not field.primary_key]
    bases = [Page(**{name: getattr(child, name) for name in shared}) for child in children]
    for child, base in zip(children, Page.objects.bulk_create(bases, batch_size=500), strict=True):
        child.pk = child.id = base.pk
        child.page_ptr_id = base.pk
        child._state.adding = False
        child._state.db = base._state.db
    own = WikiPage._meta.local_concrete_fields
    using = router.db_for_write(WikiPage)
    rows: Any = models.QuerySet(WikiPage, using=using)
    rows._batched_insert(list(children), own, batch_size=500)
    Page.objects.using(using).filter(pk=parent.pk).update(numchild=F("numchild") + len(children))


def move(page: WikiPage, place: WikiPage | None) -> None:
    """Hang `page` (and what lives in it) under `place` or the commons. Inside a transaction.

    Not Wagtail's `page.move()`: that saves the whole row and writes back stale columns.
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
