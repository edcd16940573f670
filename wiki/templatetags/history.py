"""Template tags that show versions; lists show fifty of them, so these are plain Python and no included templates."""

from __future__ import annotations

import functools
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

from wiki.history import recent_changes
from wiki.pages.models import Changeset, PageVersion
from wiki.templatetags.wiki_tags import address, moment, signed

register = template.Library()


@register.simple_tag(takes_context=True)
def change(
    context: dict[str, Any], version: PageVersion, in_changeset: object = False, dated: bool = False
) -> SafeString:
    """Return a version as a row of a list of changes of many pages.

    `in_changeset` if its changeset is named above it, `dated` if its day is not.
    """
    page = version.page
    return format_html(
        '<li>{} <a class="rows-title" href="{}"><bdi>{}</bdi></a> <span class="rows-note">'
        '(<a href="{}" rel="nofollow">{}</a> · <a href="{}" rel="nofollow">{}</a>)</span> {} {}</li>',
        moment(version.claimed_at, "long" if dated else "hour"), page.get_absolute_url(), version.title,
        address("compare", page, to=version.number), gettext("difference"),
        address("history", page), gettext("history"),
        author(version), version_tags(context, version, in_changeset),
    )  # fmt: skip


@register.simple_tag
def author(version: PageVersion) -> SafeString:
    """Return the name of the author of a version, with a link to their contributions."""
    username = "" if version.author is None or version.is_imported else version.author.get_username()
    link = _author_link(username, version.author_name)
    if not version.is_imported:
        return link
    title = gettext("Author and date as %(host)s gives them") % {"host": version.origin_host}
    badge = format_html('<span class="badge" title="{}">{}</span>', title, gettext("imported, not verified"))
    return format_html("{} {}", link, badge)


@functools.lru_cache(maxsize=1_000)
def _author_link(username: str, name: str) -> SafeString:
    """Return the link to the contributions of an account, or of a name without one; the same few are in all lists."""
    url = address("contributions", username) if username else address("contributions_by_name", name=name)
    return format_html('<a href="{}" rel="nofollow"><bdi>{}</bdi></a>', url, name)


@register.simple_tag(takes_context=True)
def version_tags(context: dict[str, Any], version: PageVersion, in_changeset: object = False) -> SafeString:
    """Return tags, comment and size of a version; `in_changeset` if its changeset is named already."""
    parts = [] if not version.minor else [_minor()]
    if version.is_deletion:
        label = pgettext("mark of a version", "deleted")
        parts.append(format_html('<span class="badge badge-bad">{}</span>', label))
    parts += [
        format_html('<span class="badge">{}</span>', label) for label in recent_changes.visible_tag_labels(version)
    ]
    if version.merge_parent is not None:
        parts.append(_merge_parent(version.merge_parent, context.get("user")))
    if version.changeset is not None and not in_changeset:
        parts.append(_changeset_link(version.changeset.pk, version.changeset.act, get_language() or ""))
    if version.comment:
        parts.append(format_html('<span class="comment"><bdi>{}</bdi></span>', version.comment))
    parts.append(_size_change(version))
    return format_html_join(" ", "{}", ((part,) for part in parts))


@functools.lru_cache(maxsize=1_000)
def _changeset_link(pk: int, act: str, language: str) -> SafeString:
    """Return the link to a changeset; `language` separates cache entries."""
    text = gettext("batch: %(act)s") % {"act": Changeset.Act(act).label}
    url = address("changes", batch=pk)
    return format_html('<a class="badge" href="{}" rel="nofollow">{}</a>', url, text)


def _minor() -> SafeString:
    title, letter = gettext("Minor edit"), pgettext("minor edit", "m")
    return format_html('<abbr class="badge" title="{}">{}</abbr>', title, letter)


def _merge_parent(parent: PageVersion, user: Any) -> SafeString:
    """Return the link to the version of another page that was merged; nothing if the reader may not read it."""
    if parent.page.public_key is None and not getattr(user, "is_superuser", False):
        return SafeString("")
    text = gettext("from %(title)s, version %(number)s") % {"title": parent.title, "number": parent.number}
    return format_html('<a class="badge" href="{}">{}</a>', parent.get_absolute_url(), text)


def _size_change(version: PageVersion) -> SafeString:
    """Return by how much a version is longer or shorter than the one before."""
    change = version.size_change
    sign = "plus" if change > 0 else "minus" if change < 0 else "zero"
    return format_html('<span class="rows-end {}" title="{}">{}</span>', sign, _kilobytes(version.size), signed(change))


def _kilobytes(size: int) -> str:
    """Return a size in bytes or kilobytes, with its unit."""
    if size < 1000:
        return ngettext("%(size)s byte", "%(size)s bytes", size) % {"size": size}
    return gettext("%(size)s kB") % {"size": round(size / 1000, 1 if size < 10_000 else None)}
