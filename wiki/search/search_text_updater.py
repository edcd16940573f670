"""The updater of the searchable text of pages; it also enqueues changed pages, passages and facts for the index."""

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
"""Folded names of properties that set fields of the page; their facts are not repeated in the searchable text."""


class SearchTextUpdater:
    """Updates the rows of `PageSearchText`."""

    name = "search text"
    revision = 3
    requires = (FactChanges, PassageChanges)
    provides = None

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[dict[str, str] | None]:
        """Return the columns of each page's row; None for a deleted or hidden one: spelling asks the index."""
        return [None if version.public_key is None else _texts_of(version) for version in versions]

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[dict[str, str] | None],
        moment: datetime | None, inputs: Inputs,
    ) -> None:  # fmt: skip
        """Replace the rows of the pages, and enqueue the changed objects for the index."""
        pairs = [(version.page.pk, texts) for version, texts in zip(versions, prepared, strict=True)]
        deleted = [pk for pk, texts in pairs if texts is None]
        for start in range(0, len(deleted), CHUNK_SIZE):
            PageSearchText.objects.filter(pk__in=deleted[start : start + CHUNK_SIZE]).delete()
        PageSearchText.objects.bulk_create(
            [PageSearchText(page_id=pk, **texts) for pk, texts in pairs if texts is not None],
            update_conflicts=True,
            unique_fields=["page"],
            update_fields=COLUMNS,
            batch_size=CHUNK_SIZE,
        )
        renamed = [version.page.pk for version in versions if _is_new_to_index(version)]
        texts = [pk for pk, _ in pairs]
        outbox.enqueue_many({PageSearchText: texts, WikiPage: renamed, **_documents_to_index(versions, inputs)})

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all rows, sorted by page."""
        return sorted(PageSearchText.objects.values_list("pk", *COLUMNS))


def _is_new_to_index(version: ParsedVersion) -> bool:
    """Return whether anything changed that the index of page rows holds; their texts are in another one."""
    page, fields = version.page, version.fields
    is_live = version.public_key is not None
    return not version.follows or (page.title, page.language, page.live) != (fields.title, fields.language, is_live)


def _documents_to_index(versions: Sequence[ParsedVersion], inputs: Inputs) -> dict[type[Model], list[int]]:
    """Return the passages and facts to index: those written, and all of pages whose language changed."""
    passages = set(inputs.get(PassageChanges).rows)
    facts = {pk for page in inputs.get(FactChanges).pages.values() for pk in page.rows}
    retranslated = [
        version.page.pk for version in versions if version.follows and version.page.language != version.fields.language
    ]
    if retranslated:
        passages |= set(Passage.objects.filter(page__in=retranslated).values_list("pk", flat=True))
        facts |= set(Fact.objects.filter(page__in=retranslated).values_list("pk", flat=True))
    return {Passage: sorted(passages), Fact: sorted(facts)}


def _texts_of(version: ParsedVersion) -> dict[str, str]:
    """Return the columns of the row of a page."""
    fields, parsed = version.fields, version.parsed
    display_title = version.columns.get("display_title") or ""
    facts = [
        f"{statement.property}: {statement.value}"
        for statement in statements.extract_statements(parsed)
        if titles.fold(statement.property) not in PAGE_FIELD_PROPERTIES
        and not statement.property.startswith("_")
        and not statement.value.startswith("#")
    ]
    texts = {
        "language": fields.language,
        "title": "\n".join(dict.fromkeys(filter(None, (display_title, fields.title)))),
        "title_prefix": _title_prefix(fields),
        "headings": plain_text.headings_to_text(parsed),
        "facts": "\n".join(facts),
        "body": plain_text.to_plain_text(parsed),
    }
    return {name: value.replace("\x00", "") for name, value in texts.items()}


def _title_prefix(fields: PageFields) -> str:
    """Return the place or namespace that precedes the «:» of the full title."""
    if fields.place is not None:
        return fields.place.full_title
    return titles.NAMESPACES[fields.namespace].canonical


def add_missing_search_texts(limit: int) -> bool:
    """Write the rows of up to `limit` pages that have none (from an older version); return whether there were any."""
    pages = list(
        WikiPage.objects.filter(title_key__isnull=False, hidden_with=None, search_text__isnull=True).select_related(
            "source", "place"
        )[:limit]
    )
    versions = parsed_versions.parse_versions([(page, PageFields.of(page), page.source.text) for page in pages])
    updater = SearchTextUpdater()
    for version, texts in zip(versions, updater.prepare(versions), strict=True):
        lock_retry.retry_while_locked(partial(_write_if_unchanged, updater, version, texts))
    return bool(pages)


def _write_if_unchanged(updater: SearchTextUpdater, version: ParsedVersion, texts: dict[str, str] | None) -> None:
    """Write the row of a page, unless a newer version was written meanwhile, with its row."""
    if WikiPage.objects.filter(pk=version.page.pk, version=version.page.version).exists():
        nothing = Inputs({FactChanges: FactChanges(), PassageChanges: PassageChanges(set())})
        updater.write([version], [texts], None, nothing)
