"""Rules of authorship: which version wrote each word of a passage.

1. A passage with the same text as an earlier passage of the page keeps its origin and the authors of its words.
   Passages removed in the same version (moved within the page) come first, then the ones removed last. A copy of a
   passage that is still current has the same origin too, if it has 12 words or more.
2. A passage that replaced others in the same hunk keeps the words that it shares with similar ones, and `grew_from` is
   the one that it shares most with. Words that are still new then may come from a nearly equal passage that the page
   lost in the last versions: so nobody gets credit for a repair, even if it also changes a word.
3. Words that are still new may come from the declared source of the version (`attribute_from_source`). Else a passage
   of 12 words or more may come from another page that lost it in the same changeset (`attribute_from_changeset`).
4. All other words are written by the version that added them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from wiki.pages.models import WikiPage
from wiki.text.diffing.word_matching import match_words
from wiki.text.passages import folded_words

REPAIR_PAIRS = 40
"""Maximum number of pairs of lost and new passages that are compared for one version."""
MIN_WORDS = 12
"""Minimum of words to recognize a passage in another place without a declared source."""

CLOSEST = 2
"""Number of passages of the source that a passage is compared with for its remaining new words."""

RECENT_VERSIONS = 3
"""How many versions back a removal counts as recent."""

Ref = int | WikiPage
"""A page: its primary key, or the page itself while it is unsaved."""
OwnSource = tuple[int]
ForeignSource = tuple[int, Ref, int]
WordSource = OwnSource | ForeignSource
"""Who wrote a word: the version of this page that added it; if it came from another page, also that page and version.
"""
PassageName = tuple[Ref | None, int, int]
"""Page (None: the page itself), version and rank of a passage."""


@dataclass(slots=True, eq=False)
class PassageLifetime:
    """A passage, from the version that added it to the one that removed it."""

    kind: str
    position: str
    text: str
    identity: str
    added_in: int
    rank: int
    removed_in: int | None = None
    row_id: int | None = None
    """Primary key of its row, if it is stored."""
    is_complete: bool = True
    """Whether the details below are set: stored passages are loaded without them at first."""
    words: Sequence[str] = ()
    word_sources: list[WordSource] = field(default_factory=list)
    """Who wrote its words, one source per word."""
    origin: PassageName = (None, 0, 0)
    grew_from: PassageName | None = None

    @property
    def name(self) -> PassageName:
        """Its name within its page."""
        return None, self.added_in, self.rank


Hunk = tuple[list[PassageLifetime], list[PassageLifetime]]
"""Passages that a version removed at one position, and passages that it added there."""


def attribute_within_page(
    hunks: Sequence[Hunk],
    past: dict[str, list[PassageLifetime]],
    current: Sequence[PassageLifetime],
    recent: Sequence[PassageLifetime],
) -> None:
    """Apply rules 1, 2 and 4 to the passages that a version added.

    `past` has the removed passages of the page by identity, `current` all passages of the version,
    and `recent` the passages that were removed lately.
    """
    removed: dict[str, list[PassageLifetime]] = defaultdict(list)
    for passage in (passage for removed_here, _ in hunks for passage in removed_here):
        removed[passage.identity].append(passage)
    added = set(added_passages(hunks))
    copies = {passage.identity: passage for passage in current if passage not in added}
    used: set[PassageLifetime] = set()
    rest: set[PassageLifetime] = set()
    for passage in added_passages(hunks):
        passage.words = folded_words(passage.text)
        passage.word_sources, passage.origin = [(passage.added_in,)] * len(passage.words), passage.name
        predecessor = _find_predecessor(passage, removed, past, copies, used)
        if predecessor is None:
            rest.add(passage)
        else:
            passage.word_sources, passage.origin = list(predecessor.word_sources), predecessor.origin
            used.add(predecessor)
    for removed_here, added_here in hunks:
        _attribute_similar(
            [passage for passage in removed_here if passage not in used],
            [passage for passage in added_here if passage in rest],
        )
    lost = _latest_first(passage for passage in recent if passage not in used)
    pairs = (
        (old, new) for new in added_passages(hunks) if new in rest for old in lost if _have_similar_length(old, new)
    )
    for old, new in islice(pairs, REPAIR_PAIRS):
        if (new.added_in,) in new.word_sources:
            _attribute_similar([old], [new], closely=True)


def _latest_first(passages: Iterable[PassageLifetime]) -> list[PassageLifetime]:
    """Return removed passages, the ones removed last first, else in the order of the text."""
    return sorted(passages, key=lambda passage: (-(passage.removed_in or 0), passage.position))


def _have_similar_length(one: PassageLifetime, other: PassageLifetime) -> bool:
    """Return whether the lengths differ by a quarter at most."""
    return 4 * min(len(one.words), len(other.words)) >= 3 * max(len(one.words), len(other.words))


def added_passages(hunks: Sequence[Hunk]) -> list[PassageLifetime]:
    """Return all passages that a version added, in order."""
    return [passage for _, new in hunks for passage in new]


def _find_predecessor(
    passage: PassageLifetime,
    removed: dict[str, list[PassageLifetime]],
    past: dict[str, list[PassageLifetime]],
    copies: dict[str, PassageLifetime],
    used: set[PassageLifetime],
) -> PassageLifetime | None:
    """Return the passage of the same page with the same text, by rule 1."""
    removed_before = _latest_first(past.get(passage.identity, ()))
    candidates: list[PassageLifetime] = [*removed.get(passage.identity, ()), *removed_before]
    if candidates:
        return next((one for one in candidates if one not in used), candidates[0])
    return copies.get(passage.identity) if len(passage.words) >= MIN_WORDS else None


def _attribute_similar(
    old: Sequence[PassageLifetime], new: Sequence[PassageLifetime], *, closely: bool = False
) -> None:
    """Apply rule 2: words that are still new take their sources from similar old passages.

    `closely` requires passages to be nearly equal.
    """
    if not old or not new:
        return
    all_origins = match_words([passage.words for passage in old], [passage.words for passage in new], closely=closely)
    for passage, origins in zip(new, all_origins, strict=True):
        new_source = (passage.added_in,)
        still_new = (
            [at for at, source in enumerate(passage.word_sources) if source == new_source] if origins.runs else []
        )
        for run in origins.runs:
            old_sources, offset = old[run.old_index].word_sources, run.old_start - run.start
            first, end = bisect_left(still_new, run.start), bisect_left(still_new, run.start + run.size)
            for at in still_new[first:end]:
                passage.word_sources[at] = old_sources[at + offset]
        if origins.main_source is not None and passage.grew_from is None:
            passage.grew_from = old[origins.main_source].name


def attribute_from_source(hunks: Sequence[Hunk], source: Sequence[PassageLifetime], page: Ref) -> None:
    """Apply the first part of rule 3: attribute new words to the declared source, the passages `source` of `page`."""
    by_identity: dict[str, list[PassageLifetime]] = defaultdict(list)
    for passage in source:
        by_identity[passage.identity].append(passage)
    rest: list[PassageLifetime] = []
    used: set[PassageLifetime] = set()
    for passage in added_passages(hunks):
        if not _is_new(passage):
            continue
        original = next((one for one in by_identity[passage.identity] if one not in used), None)
        if original is not None:
            _take_origin(passage, original, page)
            used.add(original)
        else:
            rest.append(passage)
    others = [passage for passage in source if passage not in used]
    all_origins = (
        match_words([passage.words for passage in others], [passage.words for passage in rest])
        if rest and others
        else []
    )
    for passage, origins in zip(rest, all_origins, strict=True):
        for run in origins.runs:
            sources = others[run.old_index].word_sources[run.old_start : run.old_start + run.size]
            _set_sources(passage, run.start, sources, page)
        if origins.main_source is not None and passage.grew_from is None:
            passage.grew_from = _foreign_name(others[origins.main_source].name, page)
    _attribute_remaining([passage for passage in rest if (passage.added_in,) in passage.word_sources], others, page)


def _attribute_remaining(passages: Sequence[PassageLifetime], source: Sequence[PassageLifetime], page: Ref) -> None:
    """Attribute words that are still new, compared without the attributed words around them.

    This finds the words of a second passage that was merged into one. Each passage is compared with the two passages of
    the source that have most of these words, and at least half of them.
    """
    holding: dict[str, list[PassageLifetime]] = defaultdict(list)
    for candidate in source if passages else ():
        for word in set(candidate.words):
            holding[word].append(candidate)
    for passage in passages:
        new = [at for at, source_of_word in enumerate(passage.word_sources) if source_of_word == (passage.added_in,)]
        words = [passage.words[at] for at in new]
        # In the order of the text: of candidates with equal counts the first counts, whatever Python's hash seed is.
        shared = Counter(candidate for word in dict.fromkeys(words) for candidate in holding.get(word, ()))
        closest = [
            candidate for candidate, count in shared.most_common(CLOSEST) if count > 1 and 2 * count >= len(set(words))
        ]
        for run in match_words([candidate.words for candidate in closest], [words])[0].runs if closest else ():
            for offset in range(run.size):
                _set_sources(
                    passage,
                    new[run.start + offset],
                    closest[run.old_index].word_sources[run.old_start + offset :][:1],
                    page,
                )


def may_have_moved(passage: PassageLifetime) -> bool:
    """Return whether a passage is long enough to be recognized in other pages, and is entirely new."""
    return (
        len(passage.words) >= MIN_WORDS
        and passage.grew_from is None
        and _is_new(passage)
        and passage.origin == passage.name
    )


def attribute_from_changeset(
    passages: Iterable[PassageLifetime], removed: Sequence[PassageLifetime], page: Ref
) -> None:
    """Apply the second part of rule 3: attribute passages that another page lost in the same changeset."""
    by_identity = {passage.identity: passage for passage in reversed(removed)}
    for passage in passages:
        original = by_identity.get(passage.identity)
        if original is not None and may_have_moved(passage):
            _take_origin(passage, original, page)


def _is_new(passage: PassageLifetime) -> bool:
    """Return whether any word of a passage, or a passage without words, is new."""
    return passage.origin == passage.name and ((passage.added_in,) in passage.word_sources or not passage.word_sources)


def _take_origin(passage: PassageLifetime, original: PassageLifetime, page: Ref) -> None:
    """Set the origin of a passage to a passage of another page.

    Words that were in this page before keep their sources.
    """
    passage.origin = _foreign_name(original.origin, page)
    _set_sources(passage, 0, original.word_sources, page)


def _set_sources(passage: PassageLifetime, start: int, sources: Sequence[WordSource], page: Ref) -> None:
    """Set the sources of new words, from `start` on, to their sources in another page."""
    for at, source in enumerate(sources, start=start):
        if passage.word_sources[at] == (passage.added_in,):
            passage.word_sources[at] = (
                (passage.added_in, page, source[0]) if len(source) == 1 else (passage.added_in, source[1], source[2])
            )


def _foreign_name(name: PassageName, page: Ref) -> PassageName:
    """Return the name of a passage of `page` as other pages refer to it."""
    return (page, *name[1:]) if name[0] is None else name


def page_key(ref: Ref) -> int:
    """Return the primary key of a page, which is saved by now."""
    return ref if isinstance(ref, int) else ref.pk


def compress_sources(sources: Sequence[WordSource]) -> list[list[int]]:
    """Return sources as they are stored: equal neighbours as one run with a count."""
    runs: list[list[int]] = []
    for source, same in groupby(sources):
        count = len(list(same))
        stored = [source[0]] if len(source) == 1 else [source[0], page_key(source[1]), source[2]]
        if runs and runs[-1][1:] == stored:
            runs[-1][0] += count
        else:
            runs.append([count, *stored])
    return runs


def expand_runs(runs: Iterable[Sequence[int]]) -> list[WordSource]:
    """Return stored runs as sources, one per word."""
    sources: list[WordSource] = []
    for count, *source in runs:
        sources += [(source[0],) if len(source) == 1 else (source[0], source[1], source[2])] * count
    return sources


def format_passage_name(name: PassageName, page: int) -> str:
    """Return a name as it is stored."""
    return f"{page if name[0] is None else page_key(name[0])}.{name[1]}.{name[2]}"


def parse_passage_name(name: str, page: int) -> PassageName:
    """Return a stored name as passages of `page` refer to it."""
    passage_page, added_in, rank = map(int, name.split("."))
    return (None if passage_page == page else passage_page, added_in, rank)
