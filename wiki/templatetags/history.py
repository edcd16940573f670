"""Template tags that show versions; lists show fifty of them, so these are plain Python and no included templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext

from wiki.history import recent_changes
from wiki.pages.models import PageVersion
from wiki.templatetags.wiki_tags import address, signed

register = template.Library()


@register.simple_tag
def author(version: PageVersion) -> SafeString:
    """Return the name of the author of a version, with a link to their contributions."""
    if version.author is not None and not version.is_imported:
        url = address("contributions", version.author.get_username())
    else:
        url = address("contributions_by_name", name=version.author_name)
    link = format_html('<a href="{}" rel="nofollow"><bdi>{}</bdi></a>', url, version.author_name)
    if not version.is_imported:
        return link
    title = gettext("Author and date as %(host)s gives them") % {"host": version.origin_host}
    badge = format_html('<span class="badge" title="{}">{}</span>', title, gettext("imported, not verified"))
    return format_html("{} {}", link, badge)


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
        text = gettext("batch: %(act)s") % {"act": version.changeset.get_act_display()}
        url = address("changes", batch=version.changeset_id)
        parts.append(format_html('<a class="badge" href="{}" rel="nofollow">{}</a>', url, text))
    if version.comment:
        parts.append(format_html('<span class="comment"><bdi>{}</bdi></span>', version.comment))
    parts.append(_size_change(version))
    return format_html_join(" ", "{}", ((part,) for part in parts))


def _minor() -> SafeString:
    title, letter = gettext("Minor edit"), pgettext("minor edit", "m")
    return format_html('<abbr class="badge" title="{}">{}</abbr>', title, letter)


def _merge_parent(parent: PageVersion, user: Any) -> SafeString:
    """Return the link to the version of another page that was merged; nothing if the reader may not read it."""
    if parent.page.title_key is None and not getattr(user, "is_superuser", False):
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
