"""The registry of what can be watched: which versions concern a watch of each kind.

A higher package registers another kind in `wiki/apps.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wiki.pages.models import PageLink, PageVersion

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Targets = Mapping[str, Sequence[PageVersion]]
"""The versions that concern the watchers of a target."""
PAGE, PLACE, CATEGORY, KIND, PERSON, QUESTION = "page", "place", "category", "kind", "person", "question"


@dataclass(frozen=True, slots=True)
class WatchKind:
    """Something that can be watched."""

    name: str
    label: StrPromise
    targets: Callable[[Sequence[PageVersion]], Targets]
    """Sorts a slice of versions by the targets whose watchers they concern; a bounded number of queries."""
    notification: str = "change"
    """The kind of the notifications."""
    is_about_target: bool = False
    """Whether a notification is listed below the page of the watch, and not below that of the version."""


WATCH_KINDS: dict[str, WatchKind] = {}


def register(kind: WatchKind) -> None:
    """Add a kind, once per name."""
    WATCH_KINDS.setdefault(kind.name, kind)


def _by_page(versions: Sequence[PageVersion]) -> Targets:
    return _sorted(versions, lambda version: [version.page_id])


def _by_place(versions: Sequence[PageVersion]) -> Targets:
    """Sort by place: the one that the page was in, or that it is itself."""
    return _sorted(versions, lambda version: [version.page_id if version.is_place else None, version.place_id])


def _by_kind(versions: Sequence[PageVersion]) -> Targets:
    return _sorted(versions, lambda version: [version.page.kind.key if version.page.kind is not None else None])


def _by_person(versions: Sequence[PageVersion]) -> Targets:
    return _sorted(versions, lambda version: [version.author_id])


def _by_category(versions: Sequence[PageVersion]) -> Targets:
    """Sort by the categories that the pages are in now. One query."""
    keys: dict[int, list[str]] = defaultdict(list)
    pages = {version.page_id for version in versions}
    links = PageLink.objects.filter(way=PageLink.Way.CATEGORY, page__in=pages).order_by()
    for page, key in links.values_list("page_id", "key"):
        keys[page].append(key)
    return _sorted(versions, lambda version: keys[version.page_id])


def _sorted(
    versions: Sequence[PageVersion], targets_of: Callable[[PageVersion], Sequence[str | int | None]]
) -> Targets:
    found: dict[str, list[PageVersion]] = defaultdict(list)
    for version in versions:
        for target in {str(target) for target in targets_of(version) if target is not None}:
            found[target].append(version)
    return found


register(WatchKind(PAGE, _("page"), _by_page))
register(WatchKind(PLACE, _("place and its pages"), _by_place))
register(WatchKind(CATEGORY, _("category"), _by_category))
register(WatchKind(KIND, _("kind of page"), _by_kind))
register(WatchKind(PERSON, _("what a person writes"), _by_person))
register(WatchKind(QUESTION, _("question"), lambda versions: {}))  # `question_watches` compares its answers
