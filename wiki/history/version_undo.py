"""Undoing many versions at once: those of a batch, or of an account.

Each page gets one new version without what these versions changed, merged with later edits; a page that they began is
deleted, one that they deleted comes back. What cannot be undone (words that were changed since, a text that others
went on with) is named and left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Q
from django.utils.translation import gettext, ngettext

from wiki.accounts.models import User
from wiki.errors import EditConflict, NotAllowed, Refused, gettext_noop
from wiki.history.restore import UndoMerge
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Changeset, PageVersion, PageVersionQuerySet, WikiPage
from wiki.pages.permissions import Action
from wiki.pages.writing import batch_edits
from wiki.pages.writing.batch_edits import PageEdit, edit_pages
from wiki.pages.writing.page_writer import Author, EditSummary, check_empty, check_place_exists, retry_while_stale
from wiki.text import titles

NAMED_LIMIT = 20
"""Pages that a message names at most."""


@dataclass(slots=True)
class UndoReport:
    """What became of versions that were undone."""

    changeset: Changeset | None = None
    """The new one; None while nothing was undone."""
    undone: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    """Full title of each page that stays as it is, and why."""

    @property
    def message(self) -> str:
        """What was done, and which pages were left, in the language of the user."""
        text = ngettext("%(number)d page is undone.", "%(number)d pages are undone.", self.undone)
        parts = [text % {"number": self.undone}] if self.undone else [gettext("Nothing was undone.")]
        if self.left:
            text = ngettext("%(number)d page stays as it is:", "%(number)d pages stay as they are:", len(self.left))
            named = " · ".join(f"{title} ({reason.rstrip('.')})" for title, reason in self.left[:NAMED_LIMIT])
            parts.append(text % {"number": len(self.left)} + f" {named}{' …' if self.left[NAMED_LIMIT:] else ''}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class VersionRun:
    """Versions of a page that follow each other, from `first` to `last`."""

    first: int
    last: int


def pages_of(versions: PageVersionQuerySet) -> list[list[int]]:
    """Return the primary keys of the pages of versions in the order of undoing.

    Deleted places come first, since they have to be there for their pages, other places last, when they are empty.
    """
    columns = ("page_id", "page__is_place", "page__title_key")
    groups: tuple[list[int], list[int], list[int]] = [], [], []
    for page, is_place, title_key in versions.order_by("page_id").values_list(*columns).distinct():
        groups[1 if not is_place else 0 if title_key is None else 2].append(page)
    return [*groups]


def undo_versions(
    versions: PageVersionQuerySet, user: User, summary: EditSummary,
    on_progress: Callable[[int, int], None] | None = None,
) -> UndoReport:  # fmt: skip
    """Undo versions that `user` may read, in the pages that the user may edit, in one changeset.

    A transaction has `batch_edits.PAGES_LIMIT` pages. `on_progress` gets the pages that are done, and how many there
    are. The caller counts against the rate limits. Raises Refused, DatabaseBusy: what was undone so far stays.
    """
    report = UndoReport()
    groups = pages_of(versions)
    done, total = 0, sum(map(len, groups))
    for group in groups:
        for start in range(0, len(group), batch_edits.PAGES_LIMIT):
            chunk = group[start : start + batch_edits.PAGES_LIMIT]
            retry_while_stale(partial(_undo_in_pages, versions, chunk, user, summary, report))
            done += len(chunk)
            if on_progress is not None:
                on_progress(done, total)
    return report


@dataclass(slots=True)
class _PagesState:
    """What is read of some pages before their texts are made."""

    runs: dict[int, list[VersionRun]]
    stored: dict[tuple[int, int], PageVersion]
    """The versions before and at the end of each run, with texts, by page and number."""
    with_other_authors: set[int]
    taken_titles: set[str]
    """Keys of the titles of deleted pages that other pages have by now."""


def _undo_in_pages(
    versions: PageVersionQuerySet, page_pks: Sequence[int], user: User, summary: EditSummary, report: UndoReport
) -> None:
    """Undo versions in some pages, in one transaction. Updates `report` once it is committed."""
    pages = WikiPage.objects.select_related("source", "place").in_bulk(page_pks)
    state = _read_state(versions, pages, user)
    edits: list[PageEdit] = []
    left: list[tuple[str, str]] = []
    for pk in page_pks:
        page = pages[pk]
        try:
            edits.append(_permitted(page, _text_without(page, state), state, user))
        except (Refused, NotAllowed, EditConflict) as error:
            left.append((page.full_title, message_for(error)))
    if edits:
        new = report.changeset or Changeset(act=Changeset.Act.UNDO, by=user, comment=summary.comment)
        edit_pages(edits, Author.of(user), summary, new)
        report.changeset = new
    report.undone += len(edits)
    report.left += left


def _read_state(versions: PageVersionQuerySet, pages: Mapping[int, WikiPage], user: User) -> _PagesState:
    """Read what undoing versions in pages needs. Four queries."""
    numbers: dict[int, list[int]] = defaultdict(list)
    of_pages = PageVersion.objects.filter(page__in=pages).order_by("page_id", "number")
    for pk, number in versions.filter(page__in=pages).order_by("page_id", "number").values_list("page_id", "number"):
        numbers[pk].append(number)
    runs = {pk: runs_of(of_page) for pk, of_page in numbers.items()}
    wanted = Q(pk__in=[])
    for pk, of_page in runs.items():
        wanted |= Q(page=pk, number__in={number for run in of_page for number in (run.first - 1, run.last)})
    stored = {(row.page_id, row.number): row for row in of_pages.filter(wanted).select_related("stored")}
    others = set(of_pages.exclude(author=user).order_by().values_list("page_id", flat=True).distinct())
    deleted = [titles.key_of(page.full_title) for page in pages.values() if page.is_deleted]
    taken = set(WikiPage.objects.filter(title_key__in=deleted).values_list("title_key", flat=True)) if deleted else ()
    return _PagesState(runs, stored, others, set(taken))


def runs_of(numbers: Iterable[int]) -> list[VersionRun]:
    """Return the runs of sorted version numbers, the latest first."""
    runs: list[VersionRun] = []
    for number in numbers:
        if runs and number == runs[-1].last + 1:
            runs[-1] = VersionRun(runs[-1].first, number)
        else:
            runs.append(VersionRun(number, number))
    return runs[::-1]


def _text_without(page: WikiPage, state: _PagesState) -> str | None:
    """Return the text of a page without the runs of versions; None if it began with them.

    Raises Refused, EditConflict.
    """
    now = None if page.is_deleted else page.source.text or ""
    text = now
    for run in state.runs[page.pk]:
        before, after = state.stored.get((page.pk, run.first - 1)), state.stored[page.pk, run.last]
        earlier = None if before is None or before.is_deletion else before
        if run.last == page.version:
            text = None if earlier is None else earlier.text() or ""
        elif text is None:
            raise Refused(gettext_noop("This page is deleted: bring it back first."))
        elif earlier is None:
            raise Refused(
                gettext_noop("Version %(number)d is where the text begins, and others went on with it."),
                number=run.first,
            )
        elif not after.is_deletion:
            text = _merged_without(page, earlier, after, text)
    if text == now:
        raise Refused(gettext_noop("Nothing of this edit is left in the page: there is nothing to undo."))
    return text


def _merged_without(page: WikiPage, before: PageVersion, after: PageVersion, text: str) -> str:
    """Return a text without what changed between two versions. Raises EditConflict."""
    merge = UndoMerge(after, after.text() or "", before.text() or "", text)
    if merge.after == merge.before:
        return text
    merged = merge.merged_text
    if merged is None:
        raise merge.conflict(page.version)
    return merged


def _permitted(page: WikiPage, text: str | None, state: _PagesState, user: User) -> PageEdit:
    """Return the edit of a page: None deletes it, a text brings a deleted one back. Raises NotAllowed, Refused.

    A page that nobody else has written in may be deleted by its author.
    """
    action, tags = Action.EDIT, []
    if text is None:
        check_empty(page)
        tags = ["deleted"]
        if page.pk in state.with_other_authors:
            action = Action.DELETE
    elif page.is_deleted:
        action, tags = Action.UNDELETE, ["undeleted"]
        check_place_exists(page)
        key = titles.key_of(page.full_title)
        if key in state.taken_titles:
            raise Refused(gettext_noop("The title «%(title)s» is taken."), title=page.full_title)
        state.taken_titles.add(key)
    permissions.require(user, action, page)
    return PageEdit(page, text, tags, action)
