"""Derives data again after an upgrade that derives it otherwise: in the background, page by page.

Each kind of derived data has a revision (`DerivedDataUpdater.revision`), which a release increments when the same text
gives other rows. The worker compares it with the revision that the database was derived by.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db.models import F

from wiki.pages import interwiki
from wiki.pages.background_jobs import FailureLog
from wiki.pages.models import WikiPage
from wiki.pages.task_models import DerivedRevision, OutdatedPage
from wiki.pages.writing import rebuild_derived
from wiki.pages.writing.derived_data import UPDATERS, DescribesPages
from wiki.text import titles

logger = logging.getLogger(__name__)
CHANGES_LOGGED = 20
"""Changed facts and links of a page that are logged."""
PAGES_PER_RUN = 5
"""Pages derived again in one run of the job; their whole histories are read."""


def current_revisions() -> dict[str, int]:
    """Return the revisions by which this release derives data, by name of the updater."""
    return {updater.name: updater.revision for updater in UPDATERS}


def outdated_kinds() -> list[str]:
    """Return the kinds of data that an earlier release derived otherwise."""
    stored = dict(DerivedRevision.objects.values_list("kind", "revision"))
    return [kind for kind, revision in current_revisions().items() if stored.get(kind) != revision]


def record_as_current() -> None:
    """Record that all data is derived as this release derives it."""
    for kind, revision in current_revisions().items():
        DerivedRevision.objects.update_or_create(kind=kind, defaults={"revision": revision, "pages_done_to": 0})


def record_new_wiki(**_: Any) -> None:
    """Record the revisions of a wiki without pages, after its tables were made (signal receiver)."""
    if not WikiPage.objects.exists():
        record_as_current()


class RederivationJob:
    """Background job that derives the data of all pages again where this release derives it otherwise."""

    name = "derived data"

    def run(self) -> bool:
        """Derive the data of PAGES_PER_RUN pages again; return whether there may be more."""
        failures = FailureLog(self.name)
        for item in failures.due():
            failures.run(item, _derive, int(item))
        if _derive_outdated_pages(failures):
            return True
        outdated = outdated_kinds()
        if not outdated:
            return False
        rows = {row.kind: row for row in DerivedRevision.objects.filter(kind__in=outdated)}
        done_to = min((rows[kind].pages_done_to if kind in rows else 0 for kind in outdated), default=0)
        later = WikiPage.objects.filter(pk__gt=done_to).order_by("pk")
        pages = list(later.values_list("pk", flat=True)[:PAGES_PER_RUN])
        if done_to == 0:
            logger.warning("This release derives %s otherwise: the worker derives them again", ", ".join(outdated))
        for pk in pages:
            failures.run(pk, _derive, pk)
        if pages:
            for kind in outdated:
                done = {"pages_done_to": pages[-1]}
                DerivedRevision.objects.update_or_create(
                    kind=kind, defaults=done, create_defaults=done | {"revision": 0}
                )
            return True
        record_as_current()
        logger.warning("All pages are derived again")
        return False


def _derive_outdated_pages(failures: FailureLog) -> bool:
    """Derive the data of some waiting pages again; return whether there were any.

    Rows go only once the work is done; one that is added meanwhile stays.
    """
    first = list(OutdatedPage.objects.order_by("pk").values_list("page", flat=True)[:PAGES_PER_RUN])
    if first:
        interwiki.forget_prefixes()
    for page in dict.fromkeys(first):
        rows = list(OutdatedPage.objects.filter(page=page).values_list("pk", flat=True))
        failures.run(page, _derive_again, page)
        WikiPage.objects.filter(pk=page).update(cache_version=F("cache_version") + 1)
        OutdatedPage.objects.filter(pk__in=rows).delete()
    return bool(first)


def progress() -> tuple[int, int] | None:
    """Return how many pages are derived again, and how many there are; None if nothing has to be."""
    outdated = outdated_kinds()
    if not outdated:
        return None
    done_to = min(DerivedRevision.objects.filter(kind__in=outdated).values_list("pages_done_to", flat=True), default=0)
    return WikiPage.objects.filter(pk__lte=done_to).count(), WikiPage.objects.count()


def _derive_again(pk: int) -> None:
    """Derive the data of a page again, also if it is edited meanwhile."""
    while not rebuild_derived.rebuild_pages([pk]):
        continue


def _derive(pk: int) -> None:
    """Derive the data of a page again after an upgrade; log which of its facts and links are others then."""
    before = _description(pk)
    _derive_again(pk)
    after = _description(pk)
    changes = [*(f"- {line}" for line in sorted(before - after)), *(f"+ {line}" for line in sorted(after - before))]
    if changes:
        title = WikiPage.objects.values_list("full_title", flat=True).get(pk=pk)
        more = " …" if changes[CHANGES_LOGGED:] else ""
        logger.warning("Facts and links of “%s” are others now: %s%s", title, "; ".join(changes[:CHANGES_LOGGED]), more)


def _description(pk: int) -> set[str]:
    """Return the current facts and links of a page; spellings of one title are one."""
    describing = (updater for updater in UPDATERS if isinstance(updater, DescribesPages))
    return {titles.unify_spelling(line) for updater in describing for line in updater.describe(pk)}
