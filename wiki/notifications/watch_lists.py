"""What an account watches, as it is listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.http import urlencode

from wiki.history.history_urls import contributions_address
from wiki.notifications import watch_kinds
from wiki.notifications.models import Watch
from wiki.notifications.watch_kinds import WATCH_KINDS
from wiki.pages.models import Kind, WikiPage
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class ListedWatch:
    """A watch with the title and the path of its target."""

    watch: Watch
    label: StrPromise | str
    title: str
    path: str
    problem: str = ""
    """Why a question is not asked any more."""


def list_watches(watches: Iterable[Watch]) -> list[ListedWatch]:
    """Return watches as they are listed. Two queries beside that of the watches."""
    rows = [one for one in watches if one.target_kind in WATCH_KINDS]
    kinds = {kind.key: kind for kind in Kind.objects.filter(key__in=_targets(rows, watch_kinds.KIND))}
    keys = _targets(rows, watch_kinds.CATEGORY)
    categories = dict(
        WikiPage.objects.filter(title_key__in=keys, hidden_with=None).values_list("title_key", "full_title")
    )
    return [_listed(one, kinds, categories) for one in rows]


def _targets(rows: Iterable[Watch], kind: str) -> set[str]:
    return {one.target for one in rows if one.target_kind == kind}


def _listed(watch: Watch, kinds: dict[str, Kind], categories: dict[str, str]) -> ListedWatch:
    label = WATCH_KINDS[watch.target_kind].label
    if watch.page is not None:
        return ListedWatch(watch, label, watch.page.shown_title, watch.page.get_absolute_url())
    if watch.person is not None:
        return ListedWatch(watch, label, watch.person.label, contributions_address(watch.person.get_username()))
    if watch.target_kind == watch_kinds.QUESTION:
        question = watch.question
        path = f"{reverse('ask')}?{urlencode({'q': question.text})}"
        return ListedWatch(watch, label, " ".join(question.text.split()), path, question.problem)
    if watch.target_kind == watch_kinds.KIND:
        kind = kinds.get(watch.target)
        return ListedWatch(
            watch, label, kind.plural if kind else watch.target, reverse("directory", args=[watch.target])
        )
    title = categories.get(watch.target, watch.target)
    return ListedWatch(watch, label, title, address("page", title))
