"""Prefixes that lead to other sites: `[[wikipedia:Lyon]]`. Administrators keep the table, as in MediaWiki."""

from __future__ import annotations

import time
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils.translation import gettext, gettext_lazy

from wiki.pages.models import PageLink, WikiPage
from wiki.pages.task_models import OutdatedPage
from wiki.text import titles

CACHE_SECONDS = 5.0
"""Seconds until a change of the table by another process is seen."""


class InterwikiPrefix(models.Model):
    """A prefix of links, and the address that it stands for."""

    prefix = models.CharField(max_length=40, unique=True)
    """Folded, without the colon."""
    url = models.CharField(max_length=255)
    """Address with `$1` for the title."""
    former_prefix = ""
    """The prefix before it was saved last."""

    class Meta:
        verbose_name = gettext_lazy("interwiki prefix")
        verbose_name_plural = gettext_lazy("interwiki prefixes")

    def __str__(self) -> str:
        return f"{self.prefix}:"

    def clean(self) -> None:
        """Check that no page or namespace has the prefix, and that the address is one. Raises ValidationError."""
        self.prefix = titles.fold(" ".join(self.prefix.replace("_", " ").split()).removesuffix(":").strip())
        errors = {}
        if not self.prefix or ":" in self.prefix or set(self.prefix) & set(titles.FORBIDDEN_CHARACTERS):
            errors["prefix"] = gettext("Write a short name without a colon, like “wikipedia”.")
        elif titles.namespace_number(self.prefix) is not None:
            errors["prefix"] = gettext("“%(prefix)s” is the name of a namespace.") % {"prefix": self.prefix}
        elif title := _page_with_prefix(self.prefix):
            errors["prefix"] = gettext("The title of “%(title)s” begins with this prefix: rename it first.") % {
                "title": title
            }
        if "$1" not in self.url.split("/", 3)[-1] or self.url.count("/") < 3:  # never in the name of the site
            errors["url"] = gettext("Write “$1” where the title stands in the address.")
        try:
            URLValidator(schemes=["http", "https"])(self.url.replace("$1", "x"))
        except ValidationError:
            errors["url"] = gettext("This is no web address. It begins with https://.")
        if errors:
            raise ValidationError(errors)


class _PrefixTable:
    """The table in memory, loaded again some seconds after a change."""

    def __init__(self) -> None:
        self._loaded_at, self._urls = float("-inf"), dict[str, str]()

    def invalidate(self) -> None:
        """Load the table again when it is next used."""
        self._loaded_at = float("-inf")

    def urls(self) -> dict[str, str]:
        """Return the addresses by prefix."""
        if time.monotonic() - self._loaded_at > CACHE_SECONDS:
            self._urls, self._loaded_at = dict(InterwikiPrefix.objects.values_list("prefix", "url")), time.monotonic()
        return self._urls


_table = _PrefixTable()


def interwiki_url(title: str, section: str = "") -> str:
    """Return the address on another site that a title with a known prefix stands for; "" for other titles."""
    _, colon, rest = title.partition(":")
    url = _table.urls().get(_prefix_of(title), "") if colon and rest.strip() else ""
    fragment = f"#{titles.quote_title(section)}" if section else ""
    return url.replace("$1", titles.quote_title(rest.strip())) + fragment if url else ""


def forget_prefixes() -> None:
    """Load the table again when it is next used, since another process may have changed it."""
    _table.invalidate()


def _prefix_of(title: str) -> str:
    """Return the folded prefix of a title; the whole title for one without a colon."""
    return titles.fold(title.partition(":")[0].replace("_", " ").strip())


def _page_with_prefix(prefix: str) -> str:
    """Return the full title of a page or place that a prefix would hide; "" for none."""
    pages = WikiPage.objects.filter(title_key__contains=":", namespace=0).values_list("full_title", flat=True)
    places = WikiPage.objects.filter(is_place=True, title_key__isnull=False).values_list("full_title", flat=True)
    return next((title for title in chain(places, pages) if _prefix_of(title) == prefix), "")


def remember_prefix(instance: InterwikiPrefix, **_: Any) -> None:
    """Note the prefix that a row has before it is saved (signal receiver)."""
    before = InterwikiPrefix.objects.filter(pk=instance.pk).values_list("prefix", flat=True)
    instance.former_prefix = next(iter(before), "")


def derive_linking_pages_again(instance: InterwikiPrefix, **_: Any) -> None:
    """Let the worker derive the pages whose links have the prefix, or had it, again (signal receiver)."""
    _table.invalidate()
    transaction.on_commit(_table.invalidate)
    prefixes = {instance.prefix, instance.former_prefix}
    links = PageLink.objects.filter(key__contains=":", way__in=[PageLink.Way.LINK, PageLink.Way.INTERWIKI]).order_by()
    pages = {page for page, key in links.values_list("page", "key").iterator() if _prefix_of(key) in prefixes}
    OutdatedPage.objects.bulk_create([OutdatedPage(page_id=page) for page in sorted(pages)], batch_size=500)


pre_save.connect(remember_prefix, sender=InterwikiPrefix, dispatch_uid="wiki.interwiki_before")
for _signal in (post_save, post_delete):
    _signal.connect(derive_linking_pages_again, sender=InterwikiPrefix, dispatch_uid="wiki.interwiki")
