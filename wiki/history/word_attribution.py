"""Whose words a passage carries: the rules.

1. Words and signs that were in the page before come back under their own name: a new life of the same origin. Those
   that ended in this very version (moved within the page) come first, then those that ended last. A copy of what is
   still alive is the same origin too, if it has 12 words or more.
2. A passage that replaced others in the same hunk keeps the words it has from those that it is alike to, and grew
   from the one it has most from. What is still new then may come from what the page lost in the last versions, where a
   passage is nearly the same: a repair that also changes a word takes nobody's credit.
3. What is then still new may come from the declared source (`take_over`), and else, 12 words and more, from another
   page where it ended in the same act (`move`).
4. The rest is by the version that brought it.
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
"""Pairs of lost and new passages that one version has compared."""
MIN_WORDS = 12
"""Words from which on a passage is known again where nothing was declared."""

CLOSEST = 2
"""Passages of a source with which one is compared for the last of its words."""

RECENT_VERSIONS = 3
"""Versions back that count as lately."""

Ref = int | WikiPage
"""A page: its key, or itself while it has none."""
OwnSource = tuple[int]
ForeignSource = tuple[int, Ref, int]
WordSource = OwnSource | ForeignSource
"""Who wrote a word: the version that brought it; and page and version that it took it from."""
PassageName = tuple[Ref | None, int, int]
"""Page (None: the same), version and rank of a passage."""


@dataclass(slots=True, eq=False)
class PassageLifetime:
    """A passage from the version in which it was added_in to the one in which it removed_in."""

    kind: str
    position: str
    text: str
    identity: str
    added_in: int
    rank: int
    removed_in: int | None = None
    row_id: int | None = None
    """The key of its row, where there is one."""
    is_complete: bool = True
    """Whether the rest is known: of rows, only what matching needs is read at first."""
    words: Sequence[str] = ()
    word_sources: list[WordSource] = field(default_factory=list)
    """Who wrote its words, one mark a word."""
    origin: PassageName = (None, 0, 0)
    grew_from: PassageName | None = None

    @property
    def name(self) -> PassageName:
        """What others call it."""
        return None, self.added_in, self.rank


Hunk = tuple[list[PassageLifetime], list[PassageLifetime]]
"""Passages that a version ended in one place, and those that it began there."""


def attribute_within_page(
    hunks: Sequence[Hunk],
    past: dict[str, list[PassageLifetime]],
    alive: Sequence[PassageLifetime],
    recent: Sequence[PassageLifetime],
) -> None:
    """Rules 1, 2 and 4 for the passages that a version began.

    `past` are the dead of the page by identity, `alive` all that the version says, `recent` what it lost lately.
    """
    gone: dict[str, list[PassageLifetime]] = defaultdict(list)
    for life in (life for old, _ in hunks for life in old):
        gone[life.identity].append(life)
    own = set(added_passages(hunks))
    copies = {life.identity: life for life in alive if life not in own}
    used: set[PassageLifetime] = set()
    rest: set[PassageLifetime] = set()
    for life in added_passages(hunks):
        life.words = folded_words(life.text)
        life.word_sources, life.origin = [(life.added_in,)] * len(life.words), life.name
        before = _before(life, gone, past, copies, used)
        if before is None:
            rest.add(life)
        else:
            life.word_sources, life.origin = list(before.word_sources), before.origin
            used.add(before)
    for old, new in hunks:
        _grow([life for life in old if life not in used], [life for life in new if life in rest])
    lost = sorted((life for life in recent if life not in used), key=lambda one: (-(one.removed_in or 0), one.position))
    pairs = (
        (one, life) for life in added_passages(hunks) if life in rest for one in lost if _of_like_length(one, life)
    )
    for one, life in islice(pairs, REPAIR_PAIRS):
        if (life.added_in,) in life.word_sources:
            _grow([one], [life], closely=True)


def _of_like_length(one: PassageLifetime, other: PassageLifetime) -> bool:
    """Whether two passages can be the same but for a quarter of their words."""
    return 4 * min(len(one.words), len(other.words)) >= 3 * max(len(one.words), len(other.words))


def added_passages(hunks: Sequence[Hunk]) -> list[PassageLifetime]:
    """All that a version began, in order."""
    return [life for _, new in hunks for life in new]


def _before(
    life: PassageLifetime,
    gone: dict[str, list[PassageLifetime]],
    past: dict[str, list[PassageLifetime]],
    copies: dict[str, PassageLifetime],
    used: set[PassageLifetime],
) -> PassageLifetime | None:
    """The passage of the same page that says the same, by the first rule."""
    dead = sorted(past.get(life.identity, ()), key=lambda one: (-(one.removed_in or 0), one.position))
    found: list[PassageLifetime] = [*gone.get(life.identity, ()), *dead]
    if found:
        return next((one for one in found if one not in used), found[0])
    return copies.get(life.identity) if len(life.words) >= MIN_WORDS else None


def _grow(old: Sequence[PassageLifetime], new: Sequence[PassageLifetime], *, closely: bool = False) -> None:
    """The second rule: words that are still new take the marks that they have in old passages."""
    if not old or not new:
        return
    heritages = match_words([life.words for life in old], [life.words for life in new], closely=closely)
    for life, heritage in zip(new, heritages, strict=True):
        own = (life.added_in,)
        still_new = [at for at, mark in enumerate(life.word_sources) if mark == own] if heritage.runs else []
        for run in heritage.runs:
            marks, shift = old[run.old_index].word_sources, run.old_start - run.start
            first, end = bisect_left(still_new, run.start), bisect_left(still_new, run.start + run.size)
            for at in still_new[first:end]:
                life.word_sources[at] = marks[at + shift]
        if heritage.main_source is not None and life.grew_from is None:
            life.grew_from = old[heritage.main_source].name


def attribute_from_source(hunks: Sequence[Hunk], source: Sequence[PassageLifetime], page: Ref) -> None:
    """The third rule: what a version has from its declared source, the passages `source` of `page`."""
    same: dict[str, list[PassageLifetime]] = defaultdict(list)
    for life in source:
        same[life.identity].append(life)
    rest: list[PassageLifetime] = []
    used: set[PassageLifetime] = set()
    for life in added_passages(hunks):
        if not _is_new(life):
            continue
        found = next((one for one in same[life.identity] if one not in used), None)
        if found is not None:
            _come_along(life, found, page)
            used.add(found)
        else:
            rest.append(life)
    others = [life for life in source if life not in used]
    heritages = match_words([life.words for life in others], [life.words for life in rest]) if rest and others else []
    for life, heritage in zip(rest, heritages, strict=True):
        for run in heritage.runs:
            marks = others[run.old_index].word_sources[run.old_start : run.old_start + run.size]
            _mark(life, run.start, marks, page)
        if heritage.main_source is not None and life.grew_from is None:
            life.grew_from = _elsewhere(others[heritage.main_source].name, page)
    _take_the_rest([life for life in rest if (life.added_in,) in life.word_sources], others, page)


def _take_the_rest(some: Sequence[PassageLifetime], source: Sequence[PassageLifetime], page: Ref) -> None:
    """Words that are still new, compared without those around them that have a past: of two passages merged in one.

    Each passage is compared with the two of the source that have most of these words, and half of them at least.
    """
    holding: dict[str, list[PassageLifetime]] = defaultdict(list)
    for one in source if some else ():
        for word in set(one.words):
            holding[word].append(one)
    for life in some:
        new = [at for at, mark in enumerate(life.word_sources) if mark == (life.added_in,)]
        words = [life.words[at] for at in new]
        shared = Counter(one for word in set(words) for one in holding.get(word, ()))
        near = [one for one, count in shared.most_common(CLOSEST) if count > 1 and 2 * count >= len(set(words))]
        for run in match_words([one.words for one in near], [words])[0].runs if near else ():
            for step in range(run.size):
                _mark(life, new[run.start + step], near[run.old_index].word_sources[run.old_start + step :][:1], page)


def may_have_moved(life: PassageLifetime) -> bool:
    """Whether a passage is long enough to be looked for in other pages, and wholly new."""
    return len(life.words) >= MIN_WORDS and life.grew_from is None and _is_new(life) and life.origin == life.name


def attribute_from_changeset(wanting: Iterable[PassageLifetime], gone: Sequence[PassageLifetime], page: Ref) -> None:
    """The last of the third rule: what ended in another page in the same act."""
    by_identity = {life.identity: life for life in reversed(gone)}
    for life in wanting:
        found = by_identity.get(life.identity)
        if found is not None and may_have_moved(life):
            _come_along(life, found, page)


def _is_new(life: PassageLifetime) -> bool:
    """Whether any word of a passage, or the passage itself, has no other past."""
    return life.origin == life.name and ((life.added_in,) in life.word_sources or not life.word_sources)


def _come_along(life: PassageLifetime, found: PassageLifetime, page: Ref) -> None:
    """A passage of another page is the origin of this one; words that were in this page before stay what they were."""
    life.origin = _elsewhere(found.origin, page)
    _mark(life, 0, found.word_sources, page)


def _mark(life: PassageLifetime, start: int, marks: Sequence[WordSource], page: Ref) -> None:
    """New words take the marks that they have in the other page."""
    for at, mark in enumerate(marks, start=start):
        if life.word_sources[at] == (life.added_in,):
            life.word_sources[at] = (
                (life.added_in, page, mark[0]) if len(mark) == 1 else (life.added_in, mark[1], mark[2])
            )


def _elsewhere(name: PassageName, page: Ref) -> PassageName:
    """A name as other pages say it."""
    return (page, *name[1:]) if name[0] is None else name


def page_key(ref: Ref) -> int:
    """The key of a page that is written by now."""
    return ref if isinstance(ref, int) else ref.pk


def compress_sources(marks: Sequence[WordSource]) -> list[list[int]]:
    """Marks as they are stored: equal neighbours counted."""
    runs: list[list[int]] = []
    for mark, same in groupby(marks):
        count = len(list(same))
        written = [mark[0]] if len(mark) == 1 else [mark[0], page_key(mark[1]), mark[2]]
        if runs and runs[-1][1:] == written:
            runs[-1][0] += count
        else:
            runs.append([count, *written])
    return runs


def expand_runs(runs: Iterable[Sequence[int]]) -> list[WordSource]:
    """Stored runs as marks, one a word."""
    found: list[WordSource] = []
    for count, *mark in runs:
        found += [(mark[0],) if len(mark) == 1 else (mark[0], mark[1], mark[2])] * count
    return found


def format_passage_name(name: PassageName, page: int) -> str:
    """A name as it is stored."""
    return f"{page if name[0] is None else page_key(name[0])}.{name[1]}.{name[2]}"


def parse_passage_name(name: str, page: int) -> PassageName:
    """A stored name as passages of `page` say it."""
    where, added_in, rank = map(int, name.split("."))
    return (None if where == page else where, added_in, rank)
