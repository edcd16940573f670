"""The fields of the query language, and the condition on pages that each stands for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from wiki.licenses import catalogue
from wiki.pages.date_input import InvalidDate, parse_period_start
from wiki.pages.models import Kind, PageLink, PageVersion, WikiPage
from wiki.text import titles

TITLE = "title"
FIELD_NAMES = {
    TITLE: ("title", "titre", "intitle"),
    "kind": ("kind", "nature", "type"),
    "place": ("place", "lieu"),
    "author": ("author", "auteur", "autrice", "by", "par"),
    "category": ("category", "categorie", "incategory"),
    "licence": ("licence", "license"),
    "language": ("language", "langue"),
    "before": ("before", "avant"),
    "after": ("after", "apres", "depuis", "since"),
}
FIELDS = {name: field for field, names in FIELD_NAMES.items() for name in names}
"""By each name that users may write, folded, the field."""


class UnknownFieldValue(Exception):
    """A value that the field does not have: an unknown kind, place or licence, or an invalid date."""


def condition(field: str, value: str) -> Q:
    """Return the condition that `field` is `value`. Raises UnknownFieldValue."""
    return _CONDITIONS[field](value)


def _kind(value: str) -> Q:
    folded = titles.fold(value)
    for kind in Kind.objects.all():
        if folded in {titles.fold(n) for n in (kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en)}:
            return Q(kind=kind, namespace=0)
    raise UnknownFieldValue(value)


def _place(value: str) -> Q:
    """Return the place named `value`, or else the places whose names hold all its words; with their pages."""
    folded = titles.fold(value)
    named = WikiPage.objects.filter(is_place=True, title_key__isnull=False, hidden_with=None, title_fold=folded)
    if not named.exists():
        named = WikiPage.objects.filter(is_place=True, title_key__isnull=False, hidden_with=None)
        for word in folded.split()[:10]:
            named = named.filter(title_fold__contains=word)
        if not folded.split() or not named.exists():
            raise UnknownFieldValue(value)
    return Q(pk__in=named.values("pk")) | Q(place__in=named.values("pk"))


def _author(value: str) -> Q:
    """Pages of which an author with this user name or shown name wrote a version."""
    is_author = Q(author_name__iexact=value) | Q(author__username__iexact=value)
    versions = PageVersion.objects.filter(is_author, page__title_key__isnull=False)
    return Q(pk__in=versions.values("page_id"))


def _category(value: str) -> Q:
    try:
        key = titles.key_of(f"Category:{value}")
    except titles.TitleProblem as problem:
        raise UnknownFieldValue(value) from problem
    members = PageLink.objects.filter(way=PageLink.Way.CATEGORY, key=key)
    is_known = members.filter(page__hidden_with=None).exists()
    if not is_known and not WikiPage.objects.filter(title_key=key, hidden_with=None).exists():
        raise UnknownFieldValue(value)
    return Q(pk__in=members.values("page_id"))


def _licence(value: str) -> Q:
    """Pages under a licence, given by an SPDX id or a name, or the beginning of either."""
    folded = titles.fold(value)
    used = (
        WikiPage.objects.filter(title_key__isnull=False, hidden_with=None)
        .order_by()
        .values_list("license", flat=True)
        .distinct()
    )
    expressions = [expression for expression in used if _is_named(expression, folded)]
    if not folded or not expressions:
        raise UnknownFieldValue(value)
    return Q(license__in=expressions)


def _is_named(expression: str, folded: str) -> bool:
    names = [*catalogue.ids_in(expression), catalogue.license_name(expression)]
    return any(titles.fold(name).startswith(folded) for name in names)


def _language(value: str) -> Q:
    folded = titles.fold(value)
    names = {"fr": ("fr", "francais", "french"), "en": ("en", "anglais", "english")}
    for code, spellings in names.items():
        if folded in spellings:
            return Q(language=code)
    raise UnknownFieldValue(value)


def _period_start(value: str) -> datetime:
    """Return the start of a day, month or year. Raises UnknownFieldValue."""
    try:
        return parse_period_start(value)
    except InvalidDate as problem:
        raise UnknownFieldValue(value) from problem


_CONDITIONS: dict[str, Callable[[str], Q]] = {
    "kind": _kind,
    "place": _place,
    "author": _author,
    "category": _category,
    "licence": _licence,
    "language": _language,
    "before": lambda value: Q(edited_at__lt=_period_start(value)),
    "after": lambda value: Q(edited_at__gte=_period_start(value)),
}
