"""What each fork of a page changed, near and far, in one line: passages, facts, and the latest comment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F

from wiki.facts.models import Fact
from wiki.history.models import Passage
from wiki.pages.models import Fork, PageVersion, WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import Reader

SHOWN = 12
"""Forks whose changes are counted; the page of the fork network has all of them."""
FORKS_LIMIT, DEPTH = 500, 40
TEXT_LIMIT = 200_000
"""Size of a page in bytes from which changes are not counted: its passages would be too many."""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A fork of a page, or a fork of a fork, with what differs in it today."""

    fork: Fork
    changed_passages: int = 0
    """Passages that the original does not have."""
    left_out_passages: int = 0
    """Passages of the original that it has neither as they were nor in another form."""
    changed_facts: int = 0
    """Properties whose values differ."""
    comment: str = ""
    """The comment of its latest version, if it was edited since it was forked."""
    is_counted: bool = True

    @property
    def is_unchanged(self) -> bool:
        """Whether it says the same as the original."""
        return self.is_counted and not (self.changed_passages or self.left_out_passages or self.changed_facts)


@dataclass(frozen=True, slots=True)
class Adaptations:
    """The forks of a page, newest first."""

    shown: Sequence[Adaptation]
    count: int


def find_adaptations(page: WikiPage, forks: Sequence[Fork], user: Reader) -> Adaptations:
    """Return the forks of a page that `user` may read, those of forks too; `forks` are the direct ones.

    A query for each level of forks of forks, and three.
    """
    all_forks = sorted([*forks, *_forks_of_forks(page, forks, user)], key=lambda fork: (fork.made_at, fork.pk))[::-1]
    shown = all_forks[:SHOWN]
    counted = [fork for fork in shown if fork.page.size <= TEXT_LIMIT and page.size <= TEXT_LIMIT]
    pks = [page.pk, *(fork.page_id for fork in counted)] if counted else []
    passages, facts = _passages(pks), _facts(pks)
    comments = _comments(shown)
    counted_pks = set(pks)
    return Adaptations(
        [
            _adaptation(fork, page.pk, passages, facts, comments.get(fork.page_id, ""))
            if fork.page_id in counted_pks
            else Adaptation(fork, comment=comments.get(fork.page_id, ""), is_counted=False)
            for fork in shown
        ],
        len(all_forks),
    )


def _forks_of_forks(page: WikiPage, forks: Sequence[Fork], user: Reader) -> list[Fork]:
    """Return the readable forks of forks, level by level, at most FORKS_LIMIT."""
    found: dict[int, Fork] = {}
    seen = {page.pk, *(fork.page_id for fork in forks)}
    level = [fork.page_id for fork in forks]
    readable = WikiPage.objects.readable_by(user).order_by()
    for _ in range(DEPTH):
        rows = Fork.objects.filter(upstream__in=level[:FORKS_LIMIT], page__in=readable).exclude(page__in=seen)
        new = list(rows.select_related("page").order_by("pk")[:FORKS_LIMIT])
        found |= {fork.page_id: fork for fork in new}
        level = [fork.page_id for fork in new]
        seen |= set(level)
        if not level or len(found) >= FORKS_LIMIT:
            break
    return list(found.values())


def _passages(pks: Sequence[int]) -> dict[int, set[Hashable]]:
    """Return the identities of the current passages of pages. One query."""
    rows = Passage.objects.filter(page__in=pks, removed_in=None).values_list("page_id", "identity")
    return _by_page((page, identity) for page, identity in rows)


def _facts(pks: Sequence[int]) -> dict[int, set[Hashable]]:
    """Return the stated facts of pages, as pairs of property and value. One query."""
    rows = Fact.objects.filter(page__in=pks, removed_in=None, part_of=None, subject__fragment="")
    stated = rows.exclude(property__key__startswith="_").values_list("page_id", "property_id", "raw")
    return _by_page((page, (property_row, raw)) for page, property_row, raw in stated)


def _by_page(rows: Iterable[tuple[int, Hashable]]) -> dict[int, set[Hashable]]:
    found: dict[int, set[Hashable]] = defaultdict(set)
    for page, item in rows:
        found[page].add(item)
    return found


def _comments(forks: Sequence[Fork]) -> dict[int, str]:
    """Return the comments of the latest versions of forks that were edited since, by page. One query."""
    edited = [fork.page_id for fork in forks if fork.page.version > 1]
    versions = PageVersion.objects.filter(page__in=edited, number=F("page__version"))
    return dict(versions.values_list("page_id", "comment"))


def _adaptation(fork: Fork, original: int, passages: Any, facts: Any, comment: str) -> Adaptation:
    """Compare a fork with the original."""
    own, other = passages[fork.page_id], passages[original]
    changed, missing = len(own - other), len(other - own)
    differing = {property_row for property_row, _ in facts[fork.page_id] ^ facts[original]}
    return Adaptation(fork, changed, max(missing - changed, 0), len(differing), comment)
