"""The deriver of searched words: what a text says, without markup, and a note to the index of all that changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Model

from wiki.facts.fact_changes import FactChanges
from wiki.facts.models import Fact
from wiki.history.models import Passage
from wiki.history.passage_updater import PassageChanges
from wiki.pages.models import WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import lock_retry, parsed_versions
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.search import outbox
from wiki.search.models import PageSearchText
from wiki.text import plain_text, statements, titles

CHUNK_SIZE = 200
COLUMNS = ("language", "title", "title_prefix", "headings", "facts", "body")
PAGE_FIELD_PROPERTIES = {
    titles.fold(name)
    for name in (*parsed_versions.KIND_NAMES, *parsed_versions.TITLE_NAMES, *parsed_versions.LICENSE_NAMES)
}
"""Properties that are fields of the page: searched as such."""


class SearchTextUpdater:
    """The rows of `PageWords`."""

    name = "words"
    requires = (FactChanges, PassageChanges)
    provides = None

    def prepare(self, readings: Sequence[ParsedVersion]) -> list[dict[str, str] | None]:
        """The words of each text; None where the page is deleted."""
        return [None if item.text is None else _words_of(item) for item in readings]

    def write(
        self, readings: Sequence[ParsedVersion], prepared: Sequence[dict[str, str] | None],
        moment: datetime | None, inputs: Inputs,
    ) -> None:  # fmt: skip
        """Write the words again, and tell the index."""
        pairs = [(item.page.pk, words) for item, words in zip(readings, prepared, strict=True)]
        gone = [pk for pk, words in pairs if words is None]
        for start in range(0, len(gone), CHUNK_SIZE):
            PageSearchText.objects.filter(pk__in=gone[start : start + CHUNK_SIZE]).delete()
        PageSearchText.objects.bulk_create(
            [PageSearchText(page_id=pk, **words) for pk, words in pairs if words is not None],
            update_conflicts=True,
            unique_fields=["page"],
            update_fields=COLUMNS,
            batch_size=CHUNK_SIZE,
        )
        keys = [pk for pk, _ in pairs]
        outbox.enqueue_many({PageSearchText: keys, WikiPage: keys, **_living(readings, inputs)})

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All words by page."""
        return sorted(PageSearchText.objects.values_list("pk", *COLUMNS))


def _living(readings: Sequence[ParsedVersion], inputs: Inputs) -> dict[type[Model], list[int]]:
    """Passages and facts that the index has to look at: those written; of a page with another language now, all."""
    passages = set(inputs.get(PassageChanges).rows)
    facts = {pk for page in inputs.get(FactChanges).pages.values() for pk in page.rows}
    turned = [item.page.pk for item in readings if item.follows and item.page.language != item.fields.language]
    if turned:
        passages |= set(Passage.objects.filter(page__in=turned).values_list("pk", flat=True))
        facts |= set(Fact.objects.filter(page__in=turned).values_list("pk", flat=True))
    return {Passage: sorted(passages), Fact: sorted(facts)}


def _words_of(item: ParsedVersion) -> dict[str, str]:
    """The columns of a row."""
    fields, parsed = item.fields, item.parsed
    shown = item.columns.get("display_title") or ""
    facts = [
        f"{one.property}: {one.value}"
        for one in statements.extract_statements(parsed)
        if titles.fold(one.property) not in PAGE_FIELD_PROPERTIES
        and not one.property.startswith("_")
        and not one.value.startswith("#")
    ]
    words = {
        "language": fields.language,
        "title": "\n".join(dict.fromkeys(filter(None, (shown, fields.title)))),
        "title_prefix": _home(fields),
        "headings": plain_text.headings_to_text(parsed),
        "facts": "\n".join(facts),
        "body": plain_text.to_plain_text(parsed),
    }
    return {name: value.replace("\x00", "") for name, value in words.items()}


def _home(fields: PageFields) -> str:
    """What stands before the «:» of a full title."""
    if fields.place is not None:
        return fields.place.full_title
    return titles.NAMESPACES[fields.namespace].canonical


def add_missing_search_texts(limit: int) -> bool:
    """Derive the words of some pages that have none (written before there were any); whether there may be more."""
    pages = list(
        WikiPage.objects.filter(title_key__isnull=False, search_text__isnull=True).select_related("source", "place")[
            :limit
        ]
    )
    items = parsed_versions.parse_versions([(page, PageFields.of(page), page.source.text) for page in pages])
    deriver = SearchTextUpdater()
    for item, words in zip(items, deriver.prepare(items), strict=True):
        lock_retry.retry_while_locked(partial(_write_if_still, deriver, item, words))
    return bool(pages)


def _write_if_still(deriver: SearchTextUpdater, item: ParsedVersion, words: dict[str, str] | None) -> None:
    """Write the words, unless the page was written meanwhile, with its words."""
    if WikiPage.objects.filter(pk=item.page.pk, version=item.page.version).exists():
        nothing = Inputs({FactChanges: FactChanges(), PassageChanges: PassageChanges(set())})
        deriver.write([item], [words], None, nothing)
