"""The background job that keeps the triple store: the only writer of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from django.db.models import Q

from wiki.facts.models import Fact
from wiki.facts.property_declarations import property_and_synonym_ids
from wiki.linked_data import triple_updates
from wiki.linked_data.fact_graphs import FactGraphs
from wiki.linked_data.models import TripleUpdate
from wiki.linked_data.triple_store import TripleStore
from wiki.pages.background_jobs import FailureLog
from wiki.pages.models import WikiPage
from wiki.pages.writing import lock_retry

BATCH = 50
"""Rows of the outbox in one run."""
KEYS = 500
PUBLISH_SECONDS = 10.0
"""Seconds after which a snapshot is published though more work is waiting."""
TripleScope = TripleUpdate.TripleScope


class TripleStoreJob:
    """Writes the triples of changed pages, and publishes what queries read."""

    name = "triples"

    def __init__(self) -> None:
        self.store = TripleStore()
        self._published_at = 0.0

    def run(self) -> bool:
        """Process a batch of the outbox; return whether there may be more."""
        failures = FailureLog(self.name)
        rows = list(TripleUpdate.objects.order_by("pk")[:BATCH])
        due = failures.due()
        if self.store.is_current() and not (rows or due or self.store.has_unpublished_changes()):
            self.store.close()
            return False
        if (
            any(row.subject == TripleScope.ALL for row in rows)
            or not self.store.is_current()
            or not self.store.is_readable()
        ):
            self._start_anew()
            return True
        pages = {int(row.key) for row in rows if row.subject == TripleScope.PAGE}
        pages |= {int(item) for item in due}
        self._update(pages, failures)
        for row in rows:
            self._expand(row)
        self._publish_if_due(is_last=len(rows) < BATCH and not any(row.subject != TripleScope.PAGE for row in rows))
        _delete(rows)
        return True

    def _start_anew(self) -> None:
        """Delete the store, and put all pages into the outbox in place of what is there."""
        rows = list(TripleUpdate.objects.values_list("pk", flat=True))
        self.store.start_anew()
        pks = list(WikiPage.objects.exclude(title_key=None).order_by("pk").values_list("pk", flat=True))
        triple_updates.enqueue(TripleScope.PAGE, pks)
        for start in range(0, len(rows), KEYS):
            TripleUpdate.objects.filter(pk__in=rows[start : start + KEYS]).delete()

    def _update(self, pages: Collection[int], failures: FailureLog) -> None:
        """Write the triples of pages; those of a page that fails stay as they were, and are tried again later."""
        if not pages:
            return
        graphs = FactGraphs(sorted(pages))

        def update(pk: int) -> None:
            self.store.replace([(pk, graphs.build(pk))])

        for pk in sorted(pages):
            failures.run(pk, update, pk)

    def _expand(self, row: TripleUpdate) -> None:
        """Put the pages that a title or a property concerns into the outbox."""
        if row.subject == TripleScope.TITLE:
            part = Q(canonical_value=row.key) | Q(canonical_value__gte=f"{row.key}#", canonical_value__lt=f"{row.key}$")
            facts = Fact.objects.filter(part, removed_in=None, datatype="_wpg")
        elif row.subject == TripleScope.PROPERTY:
            facts = Fact.objects.filter(removed_in=None, property__in=property_and_synonym_ids(row.key))
        else:
            return
        triple_updates.enqueue(TripleScope.PAGE, facts.order_by().values_list("page", flat=True).distinct())

    def _publish_if_due(self, *, is_last: bool) -> None:
        """Publish the changes: at the end of the outbox, or after a while unless the store is being made anew."""
        if not self.store.has_unpublished_changes():
            return
        is_due = not self.store.is_being_made() and time.monotonic() - self._published_at > PUBLISH_SECONDS
        if is_last or is_due:
            self.store.publish()
            self._published_at = time.monotonic()


def _delete(rows: Iterable[TripleUpdate]) -> None:
    """Delete processed rows from the outbox."""
    pks = [row.pk for row in rows]
    if pks:
        lock_retry.retry_while_locked(lambda: TripleUpdate.objects.filter(pk__in=pks).delete())
