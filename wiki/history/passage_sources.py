"""Where the loom finds passages that it does not hold: in the table while people write, in history to derive again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from wiki.history.models import Passage
from wiki.history.passage_tracking import PageTimeline, PassageTracker, VersionDelta, blocks_of
from wiki.history.word_attribution import RECENT_VERSIONS, PassageLifetime, expand_runs, parse_passage_name
from wiki.pages.models import PageVersion
from wiki.pages.writing.derived_data import ParsedVersion, VersionState
from wiki.pages.writing.rebuild_derived import StoredHistory

ROWS = 500
MATCHING_FIELDS = ("pk", "kind", "position", "text", "identity", "added_in", "rank")
ChangesetKey = tuple[Any, ...]


def load_current_passages(pages: Sequence[int]) -> dict[int, list[PassageLifetime]]:
    """The passages alive in some pages, in order, with what matching needs."""
    found: dict[int, list[PassageLifetime]] = defaultdict(list)
    for start in range(0, len(pages), ROWS):
        rows = Passage.objects.filter(page_id__in=pages[start : start + ROWS], removed_in=None).order_by("position")
        for page, pk, kind, position, text, identity, added_in, rank in rows.values_list("page_id", *MATCHING_FIELDS):
            found[page].append(PassageLifetime(kind, position, text, identity, added_in, rank, None, pk, False))
    return found


def _life(row: Passage) -> PassageLifetime:
    """A passage of the table, whole."""
    life = PassageLifetime(
        row.kind, row.position, row.text, row.identity, row.added_in, row.rank, row.removed_in, row.pk
    )
    _complete(life, row)
    return life


def _complete(life: PassageLifetime, row: Passage) -> None:
    life.words, life.word_sources, life.is_complete = row.words.split(), expand_runs(row.runs), True
    life.origin = parse_passage_name(row.origin, row.page_id)
    life.grew_from = parse_passage_name(row.grew_from, row.page_id) if row.grew_from else None


class StoredPassages:
    """What is stored, for versions that are added to pages."""

    def __init__(self, readings: Iterable[ParsedVersion], weaves: Iterable[PageTimeline]) -> None:
        self.members_of: dict[datetime | None, list[tuple[PageTimeline, int]]] = defaultdict(list)
        self.changeset_of: dict[tuple[PageTimeline, int], datetime | None] = {}
        for item, weave in zip(readings, weaves, strict=True):
            self._note_acts(item, weave)
        self.passages_cache: dict[tuple[int, int], list[PassageLifetime]] = {}

    def _note_acts(self, item: ParsedVersion, weave: PageTimeline) -> None:
        """Note which versions are of one moment; those whose clocks went back are of none."""
        latest, now = item.since, timezone.now()
        numbers: dict[datetime | None, list[int]] = defaultdict(list)
        for number, step in enumerate(item.steps, start=item.follows + 1):
            date = step.date if step.date and step.date <= now else None
            if step.in_changeset and (date is None or latest is None or date >= latest):
                numbers[date].append(number)
            latest = max(latest, date or now) if latest else date or now
        for date, some in numbers.items():
            if len(some) == 1:
                self.members_of[date].append((weave, some[0]))
                self.changeset_of[weave, some[0]] = date

    def past_lifetimes(
        self, weave: PageTimeline, shift: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """One query, where there is anything to ask."""
        begun = {life.identity for life in shift.added}
        lacking = {life.row_id: life for life in shift.removed if not life.is_complete}
        lacking |= {life.row_id: life for life in weave.current if not life.is_complete and life.identity in begun}
        found: dict[str, list[PassageLifetime]] = defaultdict(list)
        recent: list[PassageLifetime] = []
        if not isinstance(weave.ref, int) or not begun:
            return found, recent
        lately = shift.number - RECENT_VERSIONS
        for start in range(0, len(begun), ROWS):
            wanted = Q(page=weave.ref, removed_in__isnull=False, identity__in=sorted(begun)[start : start + ROWS])
            if not start:
                wanted |= Q(page=weave.ref, removed_in__gte=lately) | Q(pk__in=list(lacking)[:ROWS])
            for row in Passage.objects.filter(wanted):
                if row.pk in lacking:
                    _complete(lacking[row.pk], row)
                elif row.removed_in is not None:
                    life = _life(row)
                    if row.identity in begun:
                        found[row.identity].append(life)
                    if row.removed_in >= lately and not start:
                        recent.append(life)
        self.load_details(list(lacking.values()))
        return found, recent

    def load_details(self, lives: Sequence[PassageLifetime]) -> None:
        """Read what is not known of some passages."""
        lacking = {life.row_id: life for life in lives if not life.is_complete}
        keys = [key for key in lacking if key is not None]
        for start in range(0, len(keys), ROWS):
            for row in Passage.objects.filter(pk__in=keys[start : start + ROWS]):
                _complete(lacking[row.pk], row)

    def passages_at(self, loom: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """The passages alive in a stored version."""
        if (page, number) not in self.passages_cache:
            lived = Passage.objects.filter(
                Q(removed_in=None) | Q(removed_in__gt=number), page=page, added_in__lte=number
            )
            self.passages_cache[page, number] = [_life(row) for row in lived.order_by("position")]
        return self.passages_cache[page, number]

    def same_changeset(
        self, loom: PassageTracker, weave: PageTimeline, shift: VersionDelta
    ) -> list[tuple[PageTimeline, int]]:
        """Among what is being written."""
        key = (weave, shift.number)
        members = self.members_of[self.changeset_of[key]] if key in self.changeset_of else ()
        return [(other, number) for other, number in members if other is not weave and number > 1]


class ReplayedPassages:
    """History itself, for pages whose passages are derived again: other pages are woven as far as these need them."""

    def __init__(self, pages: Sequence[int]) -> None:
        self.timelines: dict[int, PageTimeline] = {}
        self.members_of: dict[ChangesetKey, list[tuple[int, int]]] = {}
        self.changeset_of: dict[tuple[int, int], ChangesetKey] = {}
        self._note_acts(pages)

    def timeline(self, page: int, steps: Iterable[VersionState] | None = None) -> PageTimeline:
        """The page from its beginning on."""
        if page not in self.timelines:
            if steps is None:
                self._note_acts([page])
                steps = StoredHistory(page)
            self.timelines[page] = PageTimeline(page, ((step, blocks_of(step)) for step in steps))
        return self.timelines[page]

    def _note_acts(self, pages: Sequence[int]) -> None:
        """Note which versions of these pages were made in one act with later versions of others."""
        fields = ("page_id", "number", "changeset_id", "recorded_at", "claimed_at")
        batched = PageVersion.objects.filter(changeset__isnull=False).order_by().values_list(*fields)
        for page, number, *act in batched.filter(page_id__in=pages):
            self.changeset_of[page, number] = tuple(act)
        moments = sorted({act[2] for act in self.changeset_of.values() if act not in self.members_of})
        wanted = set(self.changeset_of.values())
        for act in wanted:
            self.members_of.setdefault(act, [])
        for start in range(0, len(moments), ROWS):
            beside = batched.filter(claimed_at__in=moments[start : start + ROWS], number__gt=1)
            for page, number, *act in beside.order_by("page_id", "number"):
                if tuple(act) in wanted and (page, number) not in self.members_of[tuple(act)]:
                    self.members_of[tuple(act)].append((page, number))

    def past_lifetimes(
        self, weave: PageTimeline, shift: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """Nothing: a weave that began at the beginning holds all."""
        return {}, []

    def load_details(self, lives: Sequence[PassageLifetime]) -> None:
        """Nothing is lacking."""

    def passages_at(self, loom: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """The passages of a page woven up to there."""
        weave = self.timeline(page)
        loom.advance(weave, number)
        return weave.passages_at(number)

    def same_changeset(
        self, loom: PassageTracker, weave: PageTimeline, shift: VersionDelta
    ) -> list[tuple[PageTimeline, int]]:
        """As history says: the same changeset, written and claimed at the same moments."""
        key = (int(weave.ref), shift.number)
        act = self.changeset_of.get(key)
        members = [member for member in self.members_of.get(act, ()) if member[0] != weave.ref] if act else []
        if act is None or not members or not _keeps_time(*key, act):
            return []
        return [(self.timeline(page), number) for page, number in members if _keeps_time(page, number, act)]


def _keeps_time(page: int, number: int, act: ChangesetKey) -> bool:
    """Whether a version is the only one of its page in its act, and its clock had not gone back."""
    changeset, recorded_at, claimed_at = act
    versions = PageVersion.objects.filter(page=page).exclude(number=number)
    same = Q(changeset=changeset, recorded_at=recorded_at, claimed_at=claimed_at)
    return not versions.filter(same | Q(number__lt=number, claimed_at__gt=claimed_at)).exists()
