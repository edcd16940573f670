"""Who wrote a page: its living words by author, and each passage with those whose words are in it.

A word is the author's whose version brought it, wherever that was: in this page, or in one that it was forked or
moved from. Words that came with a fork of a page which is not here are those of its upstream's authors together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Q, QuerySet

from wiki.history.models import Passage
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.text.passages import folded_words

FORKED, PULLED = "forked", "pulled"
"""Tags of the version with which a fork begins, and of those that take its original in."""
_WORD = re.compile(r"\w+")
VersionKey = tuple[int, int]
"""A page's key and the number of one of its versions."""


@dataclass(slots=True)
class AuthorShare:
    """What one author has in a page."""

    name: str
    version: PageVersion | None
    """One of theirs, which tells who they are; None for the authors of a fork's upstream on another site."""
    words: int = 0
    page_words: int = 0
    rank: int = 0
    """Counts from 0, most words first."""

    @property
    def colour(self) -> int:
        """One of eight, in which the words are shown; those after the seventh author share the last."""
        return min(self.rank, 7)

    @property
    def percent(self) -> float:
        """Of the page's words."""
        return 100 * self.words / self.page_words if self.page_words else 0.0


@dataclass(slots=True)
class AttributedSpan:
    """Some words of a passage as they stand in the text, and whose they are (None: signs alone)."""

    text: str
    share: AuthorShare | None = None
    version: PageVersion | None = None


@dataclass(slots=True)
class AttributedPassage:
    """A passage with those who wrote it, most words first, and the version that gave it its present form."""

    passage: Passage
    authors: list[AuthorShare]
    main_version: PageVersion | None
    """The version that brought most of its words."""
    added_version: PageVersion | None
    """The version in which it was added_in, where that is another one."""
    spans: list[AttributedSpan] = field(default_factory=list)


@dataclass(slots=True)
class Authorship:
    """The living passages of a page, and the shares of their authors."""

    passages: Sequence[Passage]
    shares: list[AuthorShare]
    versions: dict[VersionKey, PageVersion]
    owners: dict[VersionKey, AuthorShare]
    """Whose the words are that a version brought."""

    def attribute(self, some: Iterable[Passage]) -> list[AttributedPassage]:
        """Some of the passages with their authors; no query."""
        return [self._told(passage) for passage in some]

    def _told(self, passage: Passage) -> AttributedPassage:
        words: dict[VersionKey, int] = defaultdict(int)
        shares: dict[int, int] = defaultdict(int)
        for count, where in word_runs(passage):
            words[where] += count
            shares[self.owners[where].rank] += count
        most = max(words, key=lambda where: words[where], default=(passage.page_id, passage.added_in))
        added_in = (passage.page_id, passage.added_in)
        told = AttributedPassage(
            passage,
            [self.shares[place] for place in sorted(shares, key=lambda place: (-shares[place], place))],
            self.versions.get(most),
            self.versions.get(added_in) if added_in != most else None,
        )
        told.spans = self._pieces(passage, len(told.authors) > 1)
        return told

    def _pieces(self, passage: Passage, several: bool) -> list[AttributedSpan]:
        """The text, divided where one author's words end and another's begin."""
        found = list(_WORD.finditer(passage.text)) if several else []
        whose = [where for count, where in word_runs(passage) for _ in range(count)]
        if not found or len(found) != len(whose) or len(folded_words(passage.text)) != len(found):
            return [AttributedSpan(passage.text)]
        pieces, at = [], 0
        for where, group in groupby(zip(found, whose, strict=True), key=lambda pair: pair[1]):
            matches = [match for match, _ in group]
            if matches[0].start() > at:
                pieces.append(AttributedSpan(passage.text[at : matches[0].start()]))
            at = matches[-1].end()
            pieces.append(
                AttributedSpan(passage.text[matches[0].start() : at], self.owners[where], self.versions[where])
            )
        return [*pieces, AttributedSpan(passage.text[at:])] if at < len(passage.text) else pieces


def word_runs(passage: Passage) -> Iterator[tuple[int, VersionKey]]:
    """Counts of words with the page and version that they were first written in."""
    for count, number, *elsewhere in passage.runs:
        yield count, (elsewhere[0], elsewhere[1]) if elsewhere else (passage.page_id, number)


def current_passages(page: WikiPage) -> QuerySet[Passage]:
    """The passages of the current text, in order."""
    return Passage.objects.filter(page=page, removed_in=None).order_by("position")


def authorship_of(page: WikiPage) -> Authorship:
    """Who wrote what stands in `page` now. Three queries, whatever its length; the text is not parsed."""
    passages = list(current_passages(page))
    counted: dict[VersionKey, int] = defaultdict(int)
    for passage in passages:
        for count, where in word_runs(passage):
            counted[where] += count
    added_in = {(passage.page_id, passage.added_in) for passage in passages}
    versions = _versions(counted.keys() | added_in)
    fork = Fork.objects.filter(page=page).first()
    shares: dict[object, AuthorShare] = {}
    owners: dict[VersionKey, AuthorShare] = {}
    total = sum(counted.values())
    for where in sorted(counted, key=lambda where: (where[0] != page.pk, where)):
        version = versions[where]
        name, key = version.author_name, (version.author_id, version.author_name, version.origin_host)
        from_upstream = fork is not None and where[0] == page.pk and _is_from_elsewhere(version)
        if from_upstream and fork is not None:
            name, key = ", ".join(fork.upstream_authors) or fork.upstream_title, (None, "", fork.upstream_url)
        share = shares.setdefault(key, AuthorShare(name, None if from_upstream else version, page_words=total))
        share.words += counted[where]
        owners[where] = share
    ranked = sorted(shares.values(), key=lambda share: (-share.words, share.name))
    for place, share in enumerate(ranked):
        share.rank = place
    return Authorship(passages, ranked, versions, owners)


def _is_from_elsewhere(version: PageVersion) -> bool:
    """Whether the words that a version brought are its source's, which is not here to say whose."""
    return FORKED in version.tags or (PULLED in version.tags and version.merge_parent_id is None)


def _versions(wanted: Iterable[VersionKey]) -> dict[VersionKey, PageVersion]:
    """Versions by page and number; one query."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for page, number in wanted:
        by_page[page].append(number)
    if not by_page:
        return {}
    condition = Q()
    for page, numbers in by_page.items():
        condition |= Q(page_id=page, number__in=numbers)
    rows = PageVersion.objects.filter(condition).select_related("author", "page")
    return {(row.page_id, row.number): row for row in rows}


def authors_by_share(page: WikiPage) -> list[AuthorShare]:
    """The authors of the words that stand in `page` now, most words first: ready for a credit."""
    return authorship_of(page).shares


def sort_by_share(page: WikiPage, names: Sequence[str]) -> list[str]:
    """`names` of authors of the page's versions: those with most words in it first, then the others as they were.

    Only what the page's own history says counts, so that every wiki which holds that history gives the same order:
    by whom a word came into this page, and nothing for what came with a fork or a pull: its upstream is credited apart.
    """
    counted: dict[int, int] = defaultdict(int)
    for runs in current_passages(page).values_list("runs", flat=True):
        for count, number, *_ in runs:
            counted[number] += count
    rows = PageVersion.objects.filter(page=page, number__in=list(counted))
    words: dict[str, int] = defaultdict(int)
    for number, name, tags in rows.values_list("number", "author_name", "tags"):
        words[name] += counted[number] if not {FORKED, PULLED} & set(tags) else 0
    return sorted(names, key=lambda name: -words[name])
