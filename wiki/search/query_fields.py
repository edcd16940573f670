"""The fields of the query language, and what each means of a page."""

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
"""Names as people write them, folded, and the field that each means."""


class UnknownFieldValue(Exception):
    """A value that means nothing: no such kind, no such day."""


def condition(field: str, value: str) -> Q:
    """Pages for which `field` is `value`. Raises Unknown."""
    return _CONDITIONS[field](value)


def _kind(value: str) -> Q:
    wanted = titles.fold(value)
    for kind in Kind.objects.all():
        if wanted in {titles.fold(n) for n in (kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en)}:
            return Q(kind=kind, namespace=0)
    raise UnknownFieldValue(value)


def _place(value: str) -> Q:
    """The place of that name and what lives in it; or all whose name holds the words."""
    wanted = titles.fold(value)
    named = WikiPage.objects.filter(is_place=True, title_key__isnull=False, title_fold=wanted)
    if not named.exists():
        named = WikiPage.objects.filter(is_place=True, title_key__isnull=False)
        for word in wanted.split()[:10]:
            named = named.filter(title_fold__contains=word)
        if not wanted.split() or not named.exists():
            raise UnknownFieldValue(value)
    return Q(pk__in=named.values("pk")) | Q(place__in=named.values("pk"))


def _author(value: str) -> Q:
    """Pages of which someone of that name wrote a version: user name, or name as shown."""
    who = Q(author_name__iexact=value) | Q(author__username__iexact=value)
    versions = PageVersion.objects.filter(who, page__title_key__isnull=False)
    return Q(pk__in=versions.values("page_id"))


def _category(value: str) -> Q:
    try:
        key = titles.key_of(f"Category:{value}")
    except titles.TitleProblem as problem:
        raise UnknownFieldValue(value) from problem
    return Q(pk__in=PageLink.objects.filter(way=PageLink.Way.CATEGORY, key=key).values("page_id"))


def _licence(value: str) -> Q:
    """Pages under a licence: by its SPDX id, the beginning of one, or its name."""
    wanted = titles.fold(value)
    used = WikiPage.objects.filter(title_key__isnull=False).order_by().values_list("license", flat=True).distinct()
    some = [expression for expression in used if _is_named(expression, wanted)]
    if not wanted or not some:
        raise UnknownFieldValue(value)
    return Q(license__in=some)


def _is_named(expression: str, wanted: str) -> bool:
    names = [*catalogue.ids_in(expression), catalogue.license_name(expression)]
    return any(titles.fold(name).startswith(wanted) for name in names)


def _language(value: str) -> Q:
    wanted = titles.fold(value)
    names = {"fr": ("fr", "francais", "french"), "en": ("en", "anglais", "english")}
    for code, some in names.items():
        if wanted in some:
            return Q(language=code)
    raise UnknownFieldValue(value)


def _moment(value: str) -> datetime:
    """The beginning of a day, month or year."""
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
    "before": lambda value: Q(edited_at__lt=_moment(value)),
    "after": lambda value: Q(edited_at__gte=_moment(value)),
}
