"""Who wrote a page: its current words by author, and each passage with its authors.

A word belongs to the author of the version that added it, in this page or in a page that it was forked or moved from.
Words from an upstream that is not in this wiki belong to all authors of that upstream together.
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
"""Tags of the first version of a fork, and of the versions that pull from its upstream."""
_WORD = re.compile(r"\w+")
VersionKey = tuple[int, int]
"""Primary key of a page, and the number of one of its versions."""


@dataclass(slots=True)
class AuthorShare:
    """How many words of a page an author wrote."""

    name: str
    version: PageVersion | None
    """One of the author's versions, to show who they are; None for the authors of an upstream on another site."""
    words: int = 0
    page_words: int = 0
    rank: int = 0
    """From 0, most words first."""

    @property
    def colour(self) -> int:
        """Number of the colour of the author's words, 0 to 7; authors after the seventh share the last."""
        return min(self.rank, 7)

    @property
    def percent(self) -> float:
        """Percentage of the page's words."""
        return 100 * self.words / self.page_words if self.page_words else 0.0


@dataclass(slots=True)
class AttributedSpan:
    """Part of a passage's text with its author; without author it is the whole passage, or characters between words."""

    text: str
    share: AuthorShare | None = None
    version: PageVersion | None = None


@dataclass(slots=True)
class AttributedPassage:
    """A passage with its authors, most words first, and the versions that it comes from."""

    passage: Passage
    authors: list[AuthorShare]
    main_version: PageVersion | None
    """The version that added most of its words."""
    added_version: PageVersion | None
    """The version that added the passage, if it is not `main_version`."""
    spans: list[AttributedSpan] = field(default_factory=list)


@dataclass(slots=True)
class Authorship:
    """The current passages of a page, and the shares of their authors."""

    passages: Sequence[Passage]
    shares: list[AuthorShare]
    versions: dict[VersionKey, PageVersion]
    owners: dict[VersionKey, AuthorShare]
    """The share that the words added by a version count for."""

    def attribute(self, passages: Iterable[Passage]) -> list[AttributedPassage]:
        """Return some of the passages with their authors. Costs no query."""
        return [self._attribute(passage) for passage in passages]

    def _attribute(self, passage: Passage) -> AttributedPassage:
        word_counts: dict[VersionKey, int] = defaultdict(int)
        shares: dict[int, int] = defaultdict(int)
        for count, key in word_runs(passage):
            word_counts[key] += count
            shares[self.owners[key].rank] += count
        main_key = max(word_counts, key=lambda key: word_counts[key], default=(passage.page_id, passage.added_in))
        added_key = (passage.page_id, passage.added_in)
        attributed = AttributedPassage(
            passage,
            [self.shares[rank] for rank in sorted(shares, key=lambda rank: (-shares[rank], rank))],
            self.versions.get(main_key),
            self.versions.get(added_key) if added_key != main_key else None,
        )
        attributed.spans = self._spans(passage, len(attributed.authors) > 1)
        return attributed

    def _spans(self, passage: Passage, has_several: bool) -> list[AttributedSpan]:
        """Return the text, split where the words of another author begin."""
        found = list(_WORD.finditer(passage.text)) if has_several else []
        keys = [key for count, key in word_runs(passage) for _ in range(count)]
        if not found or len(found) != len(keys) or len(folded_words(passage.text)) != len(found):
            return [AttributedSpan(passage.text)]
        spans, end = [], 0
        for key, group in groupby(zip(found, keys, strict=True), key=lambda pair: pair[1]):
            matches = [match for match, _ in group]
            if matches[0].start() > end:
                spans.append(AttributedSpan(passage.text[end : matches[0].start()]))
            end = matches[-1].end()
            spans.append(AttributedSpan(passage.text[matches[0].start() : end], self.owners[key], self.versions[key]))
        return [*spans, AttributedSpan(passage.text[end:])] if end < len(passage.text) else spans


def word_runs(passage: Passage) -> Iterator[tuple[int, VersionKey]]:
    """Yield counts of consecutive words with the page and version that added them first."""
    for count, number, *foreign in passage.runs:
        yield count, (foreign[0], foreign[1]) if foreign else (passage.page_id, number)


def current_passages(page: WikiPage) -> QuerySet[Passage]:
    """Return the passages of the current text, in order."""
    return Passage.objects.filter(page=page, removed_in=None).order_by("position")


def _last_passages(page: WikiPage) -> QuerySet[Passage]:
    """Return the passages of the current text; of a deleted page those of its last text, which ended with it."""
    return Passage.objects.filter(page=page, removed_in=page.version if page.is_deleted else None).order_by("position")


def authorship_of(page: WikiPage) -> Authorship:
    """Return who wrote the current text of `page`.

    Costs three queries, whatever its length, and parses no text.
    """
    passages = list(current_passages(page))
    word_counts: dict[VersionKey, int] = defaultdict(int)
    for passage in passages:
        for count, key in word_runs(passage):
            word_counts[key] += count
    added_keys = {(passage.page_id, passage.added_in) for passage in passages}
    versions = _versions(word_counts.keys() | added_keys)
    fork = Fork.objects.filter(page=page).first()
    shares: dict[object, AuthorShare] = {}
    owners: dict[VersionKey, AuthorShare] = {}
    total = sum(word_counts.values())
    for key in sorted(word_counts, key=lambda key: (key[0] != page.pk, key)):
        version = versions[key]
        name, author_key = version.author_name, (version.author_id, version.author_name, version.origin_host)
        from_upstream = fork is not None and key[0] == page.pk and _is_from_remote_upstream(version)
        if from_upstream and fork is not None:
            name, author_key = ", ".join(fork.upstream_authors) or fork.upstream_title, (None, "", fork.upstream_url)
        share = shares.setdefault(author_key, AuthorShare(name, None if from_upstream else version, page_words=total))
        share.words += word_counts[key]
        owners[key] = share
    ranked = sorted(shares.values(), key=lambda share: (-share.words, share.name))
    for rank, share in enumerate(ranked):
        share.rank = rank
    return Authorship(passages, ranked, versions, owners)


def _is_from_remote_upstream(version: PageVersion) -> bool:
    """Return whether a version took its words from an upstream that is not in this wiki."""
    return FORKED in version.tags or (PULLED in version.tags and version.merge_parent_id is None)


def _versions(keys: Iterable[VersionKey]) -> dict[VersionKey, PageVersion]:
    """Return versions by page and number; one query."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for page, number in keys:
        by_page[page].append(number)
    if not by_page:
        return {}
    condition = Q()
    for page, numbers in by_page.items():
        condition |= Q(page_id=page, number__in=numbers)
    rows = PageVersion.objects.filter(condition).select_related("author", "page")
    return {(row.page_id, row.number): row for row in rows}


def sort_by_share(page: WikiPage, names: Sequence[str]) -> list[str]:
    """Sort `names` of authors of the page's versions by their words in its text (a deleted page: its last), most first.

    Names with equal counts stay in order. Only the page's own history counts, so that every wiki with that history
    gives the same order. Words that came with a fork or a pull count for nobody here: their upstream is credited
    separately.
    """
    word_counts: dict[int, int] = defaultdict(int)
    for runs in _last_passages(page).values_list("runs", flat=True):
        for count, number, *_ in runs:
            word_counts[number] += count
    rows = PageVersion.objects.filter(page=page, number__in=list(word_counts))
    author_words: dict[str, int] = defaultdict(int)
    for number, name, tags in rows.values_list("number", "author_name", "tags"):
        author_words[name] += word_counts[number] if not {FORKED, PULLED} & set(tags) else 0
    return sorted(names, key=lambda name: -author_words[name])
