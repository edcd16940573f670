"""Property pages declare: what theirs say becomes the meaning of a property, and its facts are read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from wiki.facts import fact_columns, property_declarations
from wiki.facts.fact_changes import PageFactChanges
from wiki.facts.fact_lifetimes import FactHistory
from wiki.facts.fact_rows import get_or_create_subjects, insert_record_fields
from wiki.facts.models import Fact, Property
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.values import Value
from wiki.facts.version_statements import PROPERTY
from wiki.pages.models import PageText, PageVersion, WikiPage
from wiki.pages.writing.derived_data import VersionState
from wiki.pages.writing.lock_retry import retry_while_locked
from wiki.text import titles
from wiki.text.titles import TitleProblem

SLICE = 500
MAX_REDIRECTS = 5
"""How many renamings of a property are followed."""
MESSAGES, LIST_PREFIX, LIST_LIMIT = 8, "Smw allows list ", 1_000
"""Where lists of allowed values are, how their titles begin, and how many values one may have."""


def apply_property_page(lives: FactHistory) -> None:
    """Take what a property page says now as its property's meaning; inside the transaction of its writing.

    A page that lists the allowed values of properties has these declare again.
    """
    fields, changes = lives.parsed.fields, lives.changes
    if lives.last_statements is None:
        return
    if fields.namespace == PROPERTY:
        said = [(identity[1], identity[2]) for identity in lives.last_statements.facts if not identity[0]]
        _take(changes, fields.title, said, fields.language, is_gone=lives.parsed.text is None)
    elif fields.namespace == MESSAGES and titles.fold(fields.title).startswith(titles.fold(LIST_PREFIX)):
        for page in _pages_with_list(titles.key_of(f"MediaWiki:{fields.title}")):
            _take_again(changes, page)


def _take_again(changes: PageFactChanges, page: WikiPage) -> None:
    """Let the property of a page mean what that page says, which did not change."""
    alive = Fact.objects.filter(page=page, removed_in=None, subject__fragment="", part_of=None).order_by("position")
    _take(changes, page.title, list(alive.values_list("property__key", "raw")), page.language, is_gone=False)


def _take(
    changes: PageFactChanges, title: str, said: Sequence[tuple[str, str]], language: str, *, is_gone: bool
) -> None:
    """Let the property called `title` mean what is said of it."""
    try:
        key = key_of_property(title)
    except TitleProblem:
        return
    if key in SPECIAL:
        return
    datatype, declared = property_declarations.parse_declaration(
        said, language, _listed(value for name, value in said if name == "_PVALI")
    )
    row, _ = Property.objects.get_or_create(key=key, defaults={"title": key})
    wanted = {
        "title": key if is_gone else title,
        "datatype": datatype,
        "declared": declared,
        "redirects_to": _redirects_to(said, row),
    }
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return
    concerned = _concerned(row)  # one that led elsewhere concerns what it led to
    for name, value in wanted.items():
        setattr(row, name, value)
    row.revision += 1
    row.save()
    concerned |= _concerned(row)
    changes.declared |= concerned
    changes.values |= {(changes.page, name, "*") for name in concerned}  # facts count for other names at once
    _have_read(row, changes.values)
    for page in _pages_leading_to(key):
        _take_again(changes, page)


def _list_key(name: str) -> str:
    """The title key of the page that holds a list of allowed values (SMW's naming); "" for no possible name."""
    try:
        return titles.key_of(f"MediaWiki:{LIST_PREFIX}{name}")
    except TitleProblem:
        return ""


def _listed(names: Iterable[str]) -> list[str]:
    """The values that pages with lists hold: lines `* value|label`, or JSON."""
    keys = [key for key in map(_list_key, names) if key]
    texts = dict(PageText.objects.filter(page__title_key__in=keys).values_list("page__title_key", "text"))
    return [value for key in keys for value in parse_value_list(texts.get(key) or "")]


def parse_value_list(text: str) -> list[str]:
    """The values in the text of a list: `* value|label` lines, a JSON list, or the keys of a JSON object."""
    try:
        read = json.loads(text) if text.lstrip()[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        read = None
    found = [str(one) for one in read] if isinstance(read, list | dict) else []
    lines = (line.lstrip() for line in text.splitlines())
    found += [line.lstrip("*").partition("|")[0].strip() for line in lines if line.startswith("*")]
    return [value for value in dict.fromkeys(found) if value][:LIST_LIMIT]


def _pages_with_list(key: str) -> list[WikiPage]:
    """Property pages that name the list with that title key."""
    said = Fact.objects.filter(property__key="_PVALI", removed_in=None, page__namespace=PROPERTY).select_related("page")
    return list({fact.page_id: fact.page for fact in said if _list_key(fact.raw) == key}.values())


def _redirects_to(said: Iterable[tuple[str, str]], row: Property) -> Property | None:
    """The property that a redirect leads to, in the end; None for no redirect, or one in a ring.

    What pages say decides, not what was made of it: so the order in which they were written is the same.
    """
    key = _target(value for name, value in said if name == "_REDI")
    passed = [row.key]
    while key is not None and len(passed) <= MAX_REDIRECTS:
        if key in passed:
            return None
        passed.append(key)
        if key in SPECIAL:
            break
        key = _target(_redirects().filter(page__title_key=_page_key(key)).values_list("raw", flat=True))
    if len(passed) == 1:
        return None
    found, _ = Property.objects.get_or_create(key=passed[-1], defaults={"title": passed[-1]})
    return found


def _target(redirects: Iterable[str]) -> str | None:
    """The key of the property whose page the first of these redirects leads to."""
    title = next(iter(redirects), None)
    if title is None or titles.split_namespace(title)[0] != PROPERTY:
        return None
    try:
        return key_of_property(title)
    except TitleProblem:
        return None


def _redirects() -> QuerySet[Fact]:
    """What property pages lead to, now."""
    return Fact.objects.filter(property__key="_REDI", removed_in=None, page__namespace=PROPERTY)


def _page_key(key: str) -> str:
    """The title key of the page of a property."""
    return titles.key_of(f"Property:{key}")


def _pages_leading_to(key: str) -> list[WikiPage]:
    """Property pages that are redirects to that of the property with this key."""
    return [fact.page for fact in _redirects().filter(canonical_value=_page_key(key)).select_related("page")]


def _group(row: Property) -> QuerySet[Property]:
    """The properties whose facts are read by a declaration: it, its other names, records that have it as a field."""
    records = Property.objects.filter(datatype__in=("_rec", "_ref_rec"))
    fields = [record.pk for record in records if row.key in record.declared.get("fields", ())]
    others = (
        Q(pk=row.redirects_to_id) | Q(redirects_to=row.redirects_to_id) if row.redirects_to_id else Q(redirects_to=row)
    )
    return Property.objects.filter(Q(pk=row.pk) | others | Q(pk__in=fields))


def _concerned(row: Property) -> set[str]:
    """Keys of the properties whose values look different by a declaration."""
    return set(_group(row).values_list("key", flat=True))


def _facts_of(row: Property) -> QuerySet[Fact]:
    return Fact.objects.filter(property__in=_group(row).values("pk"), part_of=None).order_by("pk")


def _have_read(row: Property, changed: set[tuple[int, str, str]]) -> None:
    """Read the facts of a property again by what it declares now: a few at once, more by the worker."""
    row.read_so_far = row.read_to = 0
    row.to_read = _facts_of(row).count()
    if row.to_read <= SLICE:
        facts = list(_facts_of(row).select_related("property", "page__place"))
        _reread(facts)
        changed |= {(fact.page_id, fact.property.key, "*") for fact in facts}
        row.to_read = 0
    row.save(update_fields=["to_read", "read_so_far", "read_to"])


class ReparseFactsJob:
    """Reads facts again whose property declares something else; lives stay."""

    name = "declarations"

    def __init__(self, tell: Callable[[set[str], set[int]], object]) -> None:
        self.invalidate = tell
        """Told the keys of properties and the pages whose facts are read differently now."""

    def run(self) -> bool:
        """A slice of the facts of one property; whether there may be more."""
        return retry_while_locked(self._slice)

    def _slice(self) -> bool:
        row = Property.objects.filter(to_read__gt=0).order_by("pk").first()
        if row is None:
            return False
        facts = _facts_of(row).filter(pk__gt=row.read_to).select_for_update(of=("self",))
        some = list(facts.select_related("property", "page__place")[:SLICE])
        _reread(some)
        revision = Property.objects.filter(pk=row.pk, revision=row.revision)  # declared again meanwhile: from the start
        if some:
            revision.update(read_to=some[-1].pk, read_so_far=F("read_so_far") + len(some))
            self.invalidate({fact.property.key for fact in some}, {fact.page_id for fact in some})
        else:
            revision.update(to_read=0, read_so_far=0, read_to=0)
        return True


def _reread(facts: Sequence[Fact]) -> None:
    """The typed columns of some facts, and the parts of those that are or were records."""
    rows = property_declarations.load_properties({fact.property.key for fact in facts})
    values: list[tuple[Fact, Value]] = []
    for fact, step in zip(facts, _steps(facts), strict=True):
        values.append(
            (
                fact,
                fact_columns.parse_value(fact.raw, step, property_declarations.declaration_of(fact.property.key, rows)),
            )
        )
    existing = fact_columns.existing_place_keys(value for _, value in values)
    Fact.objects.filter(part_of__in=[fact.pk for fact in facts]).delete()
    records = [(fact, value) for fact, value in values if value.parts]
    wholes = get_or_create_subjects({(fact.page_id, value.canonical_value) for fact, value in records})
    touched = []
    for fact, value in values:
        whole = wholes[fact.page_id, value.canonical_value] if value.parts else None
        wanted: dict[str, Any] = {**fact_columns.typed_columns(value, fact.language, existing), "whole": whole}
        if fact_columns.assign_columns(fact, wanted):
            touched.append(fact)
    Fact.objects.bulk_update(touched, [*fact_columns.COLUMNS, "whole"], batch_size=100)
    insert_record_fields(records, rows, existing)


def _steps(facts: Sequence[Fact]) -> Iterator[VersionState]:
    """The version in which each fact was said last: its words are read as there."""
    ended = Q()
    for page, number in {(fact.page_id, fact.removed_in - 1) for fact in facts if fact.removed_in}:
        ended |= Q(page=page, number=number)
    versions = {(one.page_id, one.number): one for one in PageVersion.objects.filter(ended)} if ended else {}
    for fact in facts:
        page = fact.page
        version = versions.get((fact.page_id, fact.removed_in - 1)) if fact.removed_in else None
        if version is not None:
            in_place = version.place_id is not None
            yield VersionState("", version.title, version.is_place, fact.language, "", None, in_place)
        else:
            yield VersionState("", page.full_title, page.is_place, fact.language, "", None, page.place_id is not None)
