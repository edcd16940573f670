"""General template tags and filters: icons, URLs, names in the current language, numbers and dates.

They check no permissions: views pass only data that the user may read.
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
from django.utils.translation import get_language

from wiki.licenses import catalogue
from wiki.pages import models, page_urls
from wiki.pages.problem_messages import message_for
from wiki.text.problems import Problem

register = template.Library()

THEMES = ("light", "dark")


@register.simple_tag
@functools.cache
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of `static/wiki/icons.svg`; hidden from screen readers unless a label is given."""
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
    """Return the URL of a view by its URL name, for a page, a full title or another argument (`target`), or for none.

    Empty query parameters are left out. Returns an empty string if the view does not exist; a test checks all names
    in templates.
    """
    try:
        if target is None:
            url = page_urls.view_address(view)
        elif isinstance(target, models.WikiPage):
            url = page_urls.address(view, target.full_title)
        else:
            url = _address_for(view, str(target))
    except NoReverseMatch:
        return ""
    parameters = {name: value for name, value in query.items() if value is not None and value != ""}
    return f"{url}?{urlencode(parameters)}" if parameters else url


def _address_for(view: str, target: str) -> str:
    """Return the URL of a view that takes a title, or of one that takes another single argument (user, licence id)."""
    try:
        return page_urls.address(view, target)
    except NoReverseMatch:
        return reverse(view, args=[target])


@register.simple_tag
def site_name() -> str:
    """Return the name of the wiki."""
    return settings.SITE_NAME


@register.simple_tag(takes_context=True)
def theme(context: RequestContext) -> str:
    """Return the theme in the cookie: "light", "dark", or "" for that of the system."""
    request = context.get("request")
    theme_cookie = request.COOKIES.get("theme", "") if request is not None else ""
    return theme_cookie if theme_cookie in THEMES else ""


@register.simple_tag
def current_language() -> str:
    """Return the two-letter code of the current language."""
    return (get_language() or "fr")[:2]


@register.filter
def in_language(obj: Any) -> str:
    """Return the name of an object with `name_fr` and `name_en` in the current language."""
    return str(getattr(obj, f"name_{current_language()}", "") or obj or "")


@register.filter
def license_words(expression: str) -> str:
    """Return the short name of a licence expression."""
    return catalogue.license_name(expression)


@register.filter
def short_category(full_title: str) -> str:
    """Return the name of a category without its namespace."""
    return full_title.partition(":")[2].strip() or full_title


@register.filter
def problem_text(problem: Problem | dict[str, Any]) -> str:
    """Return the message of a problem in a text; a stored problem contains its message."""
    return str(problem["text"]) if isinstance(problem, dict) else message_for(problem)


@register.filter
def signed(number: int) -> str:
    """Return a change of size with its sign: "+12", "−3", "0"."""
    if number > 0:
        return f"+{number}"
    return f"−{-number}" if number < 0 else "0"


@register.simple_tag
def moment(when: datetime.datetime | None, format_name: str = "long") -> SafeString | str:
    """Return a time as `<time>`, with date and time ("long"), the date ("day", "short") or the time ("hour")."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    return _moment(local, local.isoformat(timespec="seconds"), format_name, get_language() or "")


@functools.lru_cache(maxsize=5_000)
def _moment(local: datetime.datetime, iso: str, format_name: str, language: str) -> SafeString:
    """Return a local time, in ISO format `iso`, as `<time>`; lists show the same ones again and again.

    `language` separates cache entries, as `iso` does: equal times may have different time zones.
    """
    formats = {"day": "DATE_FORMAT", "hour": "TIME_FORMAT", "short": "SHORT_DATE_FORMAT"}
    full = date_format(local, "DATETIME_FORMAT")
    text = date_format(local, formats[format_name]) if format_name in formats else full
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, full, text)


@register.filter
def has(allowed: Any, action: str) -> bool:
    """Return whether an action is in the set `allowed`."""
    return action in (allowed or ())
