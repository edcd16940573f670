"""Kinds of page follow from form pages: names, icon, colour and order of the kind whose form a page is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wiki.facts.models import Fact
from wiki.forms.form_definition import FormDefinition, KindTerms
from wiki.forms.form_lookup import built_in_texts, definition_of
from wiki.pages.models import Kind
from wiki.pages.task_models import OutdatedPage
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.text.titles import FORM, fold

COLOURS = ("teal", "indigo", "ochre", "plum", "blue", "rose", "olive", "grey")
"""Colours of kinds that the style sheet has."""
ICONS = ("place", "project", "practice", "person", "organisation", "event", "resource", "article")
"""Icons of kinds in `static/wiki/icons.svg`."""
KEY_LIMIT = 40
ARTICLE = "article"


def kind_key_of_title(title: str) -> str:
    """Return the key of the kind whose form page has this title (without the namespace)."""
    return "-".join(fold(title).replace("_", " ").split())[:KEY_LIMIT]


class KindUpdater:
    """Writes the rows of `Kind` that form pages describe.

    A kind whose page is deleted is deleted too, unless pages have it or it comes with the wiki.
    """

    name = "kinds"
    revision = 1
    requires = ()
    provides = None

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[FormDefinition | None]:
        """Return the form of each page that is one; an empty one for a page that is deleted."""
        return [definition_of(version.text or "") if version.fields.namespace == FORM else None for version in versions]

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[FormDefinition | None],
        moment: datetime | None, inputs: Inputs,
    ) -> None:  # fmt: skip
        """Create or change the kinds; pages that already name a new one are derived again."""
        for version, definition in zip(versions, prepared, strict=True):
            if definition is None:
                continue
            key = kind_key_of_title(version.fields.title)
            if version.text is None and key not in built_in_texts():
                Kind.objects.filter(key=key, pages=None).exclude(key=ARTICLE).delete()
            elif definition.terms.names:
                _write_kind(key, definition.terms)

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all kinds."""
        names = ("key", "name_fr", "name_en", "plural_fr", "plural_en", "icon", "colour", "order")
        return sorted(tuple(map(str, row)) for row in Kind.objects.values_list(*names))


def _write_kind(key: str, terms: KindTerms) -> None:
    """Create or change one kind; nothing is written where nothing is other."""
    if not key:
        return
    kind = Kind.objects.filter(key=key).first() or Kind(key=key)
    before = _columns(kind)
    some_name = next(iter(terms.names.values()))
    for language in ("fr", "en"):
        name = terms.names.get(language) or terms.names.get("") or some_name
        setattr(kind, f"name_{language}", name)
        setattr(kind, f"plural_{language}", terms.plurals.get(language) or terms.plurals.get("") or name)
    kind.icon = terms.icon if terms.icon in ICONS else kind.icon
    kind.colour = terms.colour if terms.colour in COLOURS else kind.colour
    kind.order = kind.order if terms.order is None else terms.order
    if kind.pk is not None and _columns(kind) == before:
        return
    kind.save()
    names = {fold(name) for name in (kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en)}
    unread = Fact.objects.filter(property__key="_KIND", removed_in=None, part_of=None, problem__isnull=False)
    pages = {page for page, raw in unread.values_list("page", "raw").iterator() if fold(raw.strip()) in names}
    OutdatedPage.objects.bulk_create([OutdatedPage(page_id=page) for page in sorted(pages)], batch_size=500)


def _columns(kind: Kind) -> tuple[Any, ...]:
    return (kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en, kind.icon, kind.colour, kind.order)
