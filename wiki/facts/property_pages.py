"""Applies what property pages declare: updates the property, and parses its facts again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from wiki.facts import fact_columns, property_declarations
from wiki.facts.datatypes.registry import RECORD_DATATYPES
from wiki.facts.fact_changes import PageFactChanges
from wiki.facts.fact_lifetimes import FactHistory
from wiki.facts.fact_rows import get_or_create_subjects, insert_record_fields
from wiki.facts.imported_vocabularies import PREFIX, imported_statements, vocabulary_key
from wiki.facts.models import Fact, Property
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.values import Value
from wiki.pages.background_jobs import FailureLog
from wiki.pages.models import PageText, PageVersion, WikiPage
from wiki.pages.task_models import OutdatedPage
from wiki.pages.writing.derived_data import VersionState
from wiki.pages.writing.lock_retry import retry_while_locked
from wiki.text import titles
from wiki.text.titles import PROPERTY, TitleProblem

SLICE = 500
"""Facts that are parsed again in one transaction."""
MAX_REDIRECTS = 5
"""How many redirects from one property to the next are followed."""
MESSAGES, LIST_PREFIX, LIST_LIMIT = 8, "Smw allows list ", 1_000
"""Namespace of the pages with lists of allowed values, the prefix of their titles, and the maximum length of a list."""


def apply_property_page(history: FactHistory) -> None:
    """Update the property that a written property page declares; inside the transaction of the write.

    A written list of allowed values, or vocabulary, updates the properties whose pages name it.
    """
    fields, changes = history.parsed.fields, history.changes
    if history.last_statements is None:
        return
    if fields.namespace == PROPERTY:
        statements = [(identity[1], identity[2]) for identity in history.last_statements.facts if not identity[0]]
        _apply_declaration(changes, fields.title, statements, fields.language, is_gone=history.parsed.text is None)
    elif fields.namespace == MESSAGES and titles.fold(fields.title).startswith(titles.fold(LIST_PREFIX)):
        for page in _pages_with_list(titles.key_of(f"MediaWiki:{fields.title}")):
            _reapply_page(changes, page)
    elif fields.namespace == MESSAGES and titles.fold(fields.title).startswith(titles.fold(PREFIX)):
        for page in _pages_importing_from(titles.key_of(f"MediaWiki:{fields.title}")):
            _reapply_page(changes, page)


def _reapply_page(changes: PageFactChanges, page: WikiPage) -> None:
    """Apply the declaration of a property page that was not written itself, from its stored facts."""
    current = Fact.objects.filter(page=page, removed_in=None, subject__fragment="", part_of=None).order_by("position")
    _apply_declaration(
        changes, page.title, list(current.values_list("property__key", "raw")), page.language, is_gone=False
    )


def _apply_declaration(
    changes: PageFactChanges, title: str, statements: Sequence[tuple[str, str]], language: str, *, is_gone: bool
) -> None:
    """Update the property called `title` from the (key, value) statements of its page, and note what changed."""
    try:
        key = key_of_property(title)
    except TitleProblem:
        return
    if key in SPECIAL:
        return
    statements = [*statements, *imported_statements(value for name, value in statements if name == "_IMPO")]
    datatype, declared = property_declarations.parse_declaration(
        statements, language, _listed_values(value for name, value in statements if name == "_PVALI")
    )
    row, _ = Property.objects.get_or_create(key=key, defaults={"title": key})
    columns = {
        "title": row.title if is_gone else title,
        "datatype": datatype,
        "declared": declared,
        "redirects_to": _redirects_to(statements, row),
    }
    if all(getattr(row, name) == value for name, value in columns.items()):
        return
    affected = _affected_keys(row)  # before the update too: a former redirect affects its old target
    separators = _separators_of(affected)
    for name, value in columns.items():
        setattr(row, name, value)
    row.revision += 1
    row.save()
    affected |= _affected_keys(row)
    _divide_again({name for name, new in _separators_of(affected).items() if new != separators.get(name, "")})
    changes.declared |= affected
    changes.values |= {(changes.page, name, "*") for name in affected}  # facts count for synonyms at once
    _reparse_facts_of(row, changes.values)
    for page in _pages_redirecting_to(key):
        _reapply_page(changes, page)


def _separators_of(keys: Iterable[str]) -> dict[str, str]:
    """Return the separator that each property declares, or the one it redirects to; "" for none."""
    return {key: one.separator for key, one in property_declarations.declarations_for(keys).items()}


def _divide_again(keys: Collection[str]) -> None:
    """Let the worker derive the pages that state these properties again: their separators have changed."""
    if keys:
        pages = Fact.objects.filter(property__key__in=keys).order_by("page").values_list("page", flat=True).distinct()
        OutdatedPage.objects.bulk_create([OutdatedPage(page_id=page) for page in pages.iterator()], batch_size=500)


def _list_key(name: str) -> str:
    """Return the title key of the page of a list of allowed values (SMW's naming); "" for an impossible title."""
    return titles.key_or_empty(f"MediaWiki:{LIST_PREFIX}{name}")


def _listed_values(list_names: Iterable[str]) -> list[str]:
    """Return the values in the current texts of the named lists."""
    keys = [key for key in map(_list_key, list_names) if key]
    texts = dict(PageText.objects.filter(page__title_key__in=keys).values_list("page__title_key", "text"))
    return [value for key in keys for value in parse_value_list(texts.get(key) or "")]


def parse_value_list(text: str) -> list[str]:
    """Parse a list of allowed values: lines `* value|label`, a JSON list, or the keys of a JSON object."""
    try:
        parsed = json.loads(text) if text.lstrip()[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        parsed = None
    values = [str(item) for item in parsed] if isinstance(parsed, list | dict) else []
    lines = (line.lstrip() for line in text.splitlines())
    values += [line.lstrip("*").partition("|")[0].strip() for line in lines if line.startswith("*")]
    return [value for value in dict.fromkeys(values) if value][:LIST_LIMIT]


def _pages_with_list(key: str) -> list[WikiPage]:
    """Return the property pages that name the list whose page has this title key."""
    facts = Fact.objects.filter(property__key="_PVALI", removed_in=None, page__namespace=PROPERTY).select_related(
        "page"
    )
    return list({fact.page_id: fact.page for fact in facts if _list_key(fact.raw) == key}.values())


def _pages_importing_from(key: str) -> list[WikiPage]:
    """Return the property pages that import from the vocabulary whose page has this title key."""
    facts = Fact.objects.filter(property__key="_IMPO", removed_in=None, page__namespace=PROPERTY).select_related("page")
    return list(
        {fact.page_id: fact.page for fact in facts if vocabulary_key(fact.raw.partition(":")[0]) == key}.values()
    )


def _redirects_to(statements: Iterable[tuple[str, str]], row: Property) -> Property | None:
    """Return the property at the end of a chain of redirects; None for no redirect or a cycle.

    It follows the texts of pages and not earlier results, so the order in which the pages were written does not matter.
    """
    key = _redirect_target(value for name, value in statements if name == "_REDI")
    visited = [row.key]
    while key is not None and len(visited) <= MAX_REDIRECTS:
        if key in visited:
            return None
        visited.append(key)
        if key in SPECIAL:
            break
        key = _redirect_target(_redirects().filter(page__title_key=_page_key(key)).values_list("raw", flat=True))
    if len(visited) == 1:
        return None
    target, _ = Property.objects.get_or_create(key=visited[-1], defaults={"title": visited[-1]})
    return target


def _redirect_target(redirects: Iterable[str]) -> str | None:
    """Return the key of the property whose page is the target of the first redirect; None if there is none."""
    title = next(iter(redirects), None)
    if title is None or titles.split_namespace(title)[0] != PROPERTY:
        return None
    try:
        return key_of_property(title)
    except TitleProblem:
        return None


def _redirects() -> QuerySet[Fact]:
    """Return the current redirects of property pages."""
    return Fact.objects.filter(property__key="_REDI", removed_in=None, page__namespace=PROPERTY)


def _page_key(key: str) -> str:
    """Return the title key of the page of a property."""
    return titles.key_of(f"Property:{key}")


def _pages_redirecting_to(key: str) -> list[WikiPage]:
    """Return the property pages that redirect to the page of this property."""
    return [fact.page for fact in _redirects().filter(canonical_value=_page_key(key)).select_related("page")]


def _dependent_properties(row: Property) -> QuerySet[Property]:
    """Return the properties whose facts depend on a declaration.

    These are the property itself, its synonyms, and the records that have it as a field.
    """
    records = Property.objects.filter(datatype__in=RECORD_DATATYPES)
    fields = [record.pk for record in records if row.key in record.declared.get("fields", ())]
    others = (
        Q(pk=row.redirects_to_id) | Q(redirects_to=row.redirects_to_id) if row.redirects_to_id else Q(redirects_to=row)
    )
    return Property.objects.filter(Q(pk=row.pk) | others | Q(pk__in=fields))


def _affected_keys(row: Property) -> set[str]:
    """Return the keys of the properties whose values change with a declaration."""
    return set(_dependent_properties(row).values_list("key", flat=True))


def _facts_of(row: Property) -> QuerySet[Fact]:
    """Return all facts that depend on the declaration of a property, without the parts of records, by primary key."""
    return Fact.objects.filter(property__in=_dependent_properties(row).values("pk"), part_of=None).order_by("pk")


def _reparse_facts_of(row: Property, changed: set[tuple[int, str, str]]) -> None:
    """Parse the facts of a property again: up to SLICE at once, more in the background job."""
    row.read_so_far = row.read_to = 0
    row.to_read = _facts_of(row).count()
    if row.to_read <= SLICE:
        facts = list(_facts_of(row).select_related("property", "page__place"))
        _reparse(facts)
        changed |= {(fact.page_id, fact.property.key, "*") for fact in facts}
        row.to_read = 0
    row.save(update_fields=["to_read", "read_so_far", "read_to"])


class ReparseFactsJob:
    """Background job that parses facts again after a change of their property's declaration.

    The lifetimes of the facts do not change.
    """

    name = "facts to parse again"

    def __init__(self, invalidate: Callable[[set[str], set[int]], object]) -> None:
        self.invalidate = invalidate
        """Called with the property keys and the pages of the facts that were parsed again."""

    def run(self) -> bool:
        """Parse the next slice of the facts of one property; return whether there may be more."""
        failures = FailureLog(self.name)
        rows = Property.objects.filter(to_read__gt=0).exclude(pk__in=failures.waiting())
        row = rows.order_by("pk").first()
        if row is None:
            return False
        failures.run(row.pk, lambda: retry_while_locked(lambda: self._parse_slice(row.pk)))
        return True

    def _parse_slice(self, pk: int) -> None:
        """Parse the next slice of the facts of the property with primary key `pk`."""
        row = Property.objects.get(pk=pk)
        facts = _facts_of(row).filter(pk__gt=row.read_to).select_for_update(of=("self",))
        chunk = list(facts.select_related("property", "page__place")[:SLICE])
        _reparse(chunk)
        # No row if the property was declared again meanwhile: then its facts are parsed from the first again.
        unchanged = Property.objects.filter(pk=row.pk, revision=row.revision)
        if chunk:
            unchanged.update(read_to=chunk[-1].pk, read_so_far=F("read_so_far") + len(chunk))
            self.invalidate({fact.property.key for fact in chunk}, {fact.page_id for fact in chunk})
        else:
            unchanged.update(to_read=0, read_so_far=0, read_to=0)


def _reparse(facts: Sequence[Fact]) -> None:
    """Parse facts again, update their typed columns, and replace the parts of records."""
    rows = property_declarations.load_properties({fact.property.key for fact in facts})
    values: list[tuple[Fact, Value]] = []
    for fact, version in zip(facts, _versions_of(facts), strict=True):
        values.append(
            (
                fact,
                fact_columns.parse_value(
                    fact.raw, version, property_declarations.declaration_of(fact.property.key, rows)
                ),
            )
        )
    existing = fact_columns.existing_place_keys(value for _, value in values)
    Fact.objects.filter(part_of__in=[fact.pk for fact in facts]).delete()
    records = [(fact, value) for fact, value in values if value.parts]
    subjects = get_or_create_subjects({(fact.page_id, value.canonical_value) for fact, value in records})
    updated = []
    for fact, value in values:
        subject = subjects[fact.page_id, value.canonical_value] if value.parts else None
        columns: dict[str, Any] = {**fact_columns.typed_columns(value, fact.language, existing), "whole": subject}
        if fact_columns.assign_columns(fact, columns):
            updated.append(fact)
    Fact.objects.bulk_update(updated, [*fact_columns.COLUMNS, "whole"], batch_size=100)
    insert_record_fields(records, rows, existing)


def _versions_of(facts: Sequence[Fact]) -> Iterator[VersionState]:
    """Yield the last version that states each fact, in whose context its raw value is parsed."""
    condition = Q()
    for page, number in {(fact.page_id, fact.removed_in - 1) for fact in facts if fact.removed_in}:
        condition |= Q(page=page, number=number)
    versions = {(row.page_id, row.number): row for row in PageVersion.objects.filter(condition)} if condition else {}
    for fact in facts:
        page = fact.page
        version = versions.get((fact.page_id, fact.removed_in - 1)) if fact.removed_in else None
        if version is not None:
            in_place = version.place_id is not None
            yield VersionState("", version.title, version.is_place, fact.language, "", None, in_place)
        else:
            yield VersionState("", page.full_title, page.is_place, fact.language, "", None, page.place_id is not None)
