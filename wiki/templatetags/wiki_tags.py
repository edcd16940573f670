"""What templates say over and over: icons, addresses, names in the reader's language.

Nothing here decides what a reader may see; views hand over what they have passed through a gate.
"""

from __future__ import annotations

import datetime
import functools
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from wiki.licenses import catalogue
from wiki.pages import models, page_urls
from wiki.pages.problem_messages import message_for
from wiki.text.problems import Problem

register = template.Library()

THEMES = ("light", "dark")


@register.simple_tag
@functools.cache
def icon(name: str, label: str = "") -> SafeString:
    """An icon from `static/wiki/icons.svg`; decoration only, unless a label is given."""
    sprite = staticfiles_storage.url("wiki/icons.svg")
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
            label,
            sprite,
            name,
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.simple_tag
def address(view: str, target: object = None, **query: str | int | None) -> str:
    """The address of a view by its URL name: of a page (or a full title), or of no page.

    Empty parameters are left out. Returns an empty string where no such view exists, so that a
    link to a room that is not built is not drawn; a test keeps the names true.
    """
    try:
        if target is None:
            found = page_urls.view_address(view)
        elif isinstance(target, models.WikiPage):
            found = page_urls.address(view, target.full_title)
        else:
            found = _address_for(view, str(target))
    except NoReverseMatch:
        return ""
    kept = {name: value for name, value in query.items() if value is not None and value != ""}
    return f"{found}?{urlencode(kept)}" if kept else found


def _address_for(view: str, target: str) -> str:
    """A view that takes a title, else one that takes any single word (a name, a licence id)."""
    try:
        return page_urls.address(view, target)
    except NoReverseMatch:
        return reverse(view, args=[target])


@register.simple_tag
def site_name() -> str:
    """What this wiki is called."""
    return settings.SITE_NAME


@register.simple_tag(takes_context=True)
def theme(context: RequestContext) -> str:
    """The theme that the reader chose: "light", "dark", or "" for what the system says."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return chosen if chosen in THEMES else ""


@register.simple_tag
def current_language() -> str:
    """The two-letter language of this screen."""
    return (get_language() or "fr")[:2]


@register.filter
def in_language(thing: Any) -> str:
    """The name of something that has `name_fr` and `name_en`, in the reader's language."""
    return str(getattr(thing, f"name_{current_language()}", "") or thing or "")


@register.filter
def license_words(expression: str) -> str:
    """A licence, or a choice between several, by the short names that people know."""
    return catalogue.license_name(expression)


@register.filter
def plain_address(url: str) -> str:
    """A web address as people read it: without its scheme and closing slash."""
    return url.partition("://")[2].rstrip("/") or url


@register.filter
def short_category(full_title: str) -> str:
    """The name of a category without its namespace."""
    return full_title.partition(":")[2].strip() or full_title


@register.filter
def problem_text(problem: Problem | dict[str, Any]) -> str:
    """What is wrong in a text and how to mend it, in words; a stored problem has them already."""
    return str(problem["text"]) if isinstance(problem, dict) else message_for(problem)


@register.filter
def signed(number: int) -> str:
    """A change of size with its sign: "+12", "−3", "0"."""
    if number > 0:
        return f"+{number}"
    return f"−{-number}" if number < 0 else "0"


@register.filter
def kilobytes(size: int) -> str:
    """A size of a text, in bytes or kilobytes, with its unit."""
    if size < 1000:
        return ngettext("%(size)s byte", "%(size)s bytes", size) % {"size": size}
    return gettext("%(size)s kB") % {"size": round(size / 1000, 1 if size < 10_000 else None)}


@register.simple_tag
def moment(when: datetime.datetime | None, form: str = "long") -> SafeString | str:
    """A point in time as `<time>`: "long" says day and hour, "day" the day, "hour" the hour."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    formats = {"day": "DATE_FORMAT", "hour": "TIME_FORMAT", "short": "SHORT_DATE_FORMAT"}
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        date_format(local, formats.get(form, "DATETIME_FORMAT")),
    )


@register.filter
def has(allowed: Any, action: str) -> bool:
    """Whether an action is in the set of what the reader may do."""
    return action in (allowed or ())
