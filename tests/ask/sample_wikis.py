"""Small wikis as plain data, and their conversion to database rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.ask.fact_factories import fact_row, property_row, write_pages
from wiki.facts.datatypes.registry import parse
from wiki.facts.models import Fact, Subject
from wiki.facts.special_properties import SPECIAL
from wiki.facts.values import Context, Declaration, Unit, Value
from wiki.text import titles

NUMBER = Declaration("Nombre", "Nombre", "_num")
DECLARATIONS: dict[str, Declaration] = {
    declaration.key: declaration
    for declaration in (
        NUMBER,
        Declaration("Texte", "Texte", "_txt"),
        Declaration("Texte fin", "Texte fin", "_txt", parents=("Texte",)),
        Declaration("Vers", "Vers", "_wpg"),
        Declaration("Date", "Date", "_dat"),
        Declaration("Lieu", "Lieu", "_geo"),
        Declaration("Mots", "Mots", "_mlt_rec"),
        Declaration("Surface", "Surface", "_qty", units=(Unit(1.0, ("m²",)), Unit(1e-6, ("km²",)))),
        Declaration("Oui", "Oui", "_boo"),
        Declaration("Fiche", "Fiche", "_rec", fields=(NUMBER, Declaration("Vers", "Vers", "_wpg"))),
    )
}
"""Properties of all small wikis; `Libre` has no declaration, `Ancien` was renamed to `Texte`."""


@dataclass(frozen=True)
class Claim:
    """One statement as written: page, property, value, and the days of 2021 when it is valid (None: until now)."""

    page: str
    property: str
    raw: str
    fragment: str = ""
    added_in: int = 1
    removed_in: int | None = None


@dataclass(frozen=True)
class SampleFact:
    """One fact as queries see it: its subject as `key` or `key#fragment`, the property's key and the value."""

    subject: str
    key: str
    value: Value
    added_in: datetime
    removed_in: datetime | None
    whole: str = ""
    """The subject of a record."""
    part: bool = False


@dataclass
class SampleWiki:
    """Pages with their redirects and statements."""

    pages: dict[str, str]
    """Full titles, and the target of the redirect or ""."""
    statements: list[Claim]
    hidden: set[str] = field(default_factory=set)
    """Deleted pages."""

    def declaration(self, key: str) -> Declaration:
        """Return the declaration of a property."""
        key = "Texte" if key == "Ancien" else key
        special = SPECIAL.get(key)
        if special is not None:
            return Declaration(key, special.names["en"], special.datatype)
        return DECLARATIONS.get(key) or Declaration(key, key)

    def facts(self) -> list[SampleFact]:
        """Return all facts, past ones included; those of records with their fields."""
        found = []
        for number, one in enumerate(self.statements):
            value = parse(one.raw, Context("fr", self.declaration(one.property), page=one.page))
            subject = titles.key_of(one.page) + (f"#{one.fragment}" if one.fragment else "")
            whole = f"{titles.key_of(one.page)}#_{number}" if value.parts else ""
            life = (day(one.added_in), None if one.removed_in is None else day(one.removed_in))
            found.append(SampleFact(subject, one.property, value, *life, whole))
            found.extend(SampleFact(whole, key, part, *life, part=True) for key, part in value.parts)
        return found

    def store(self) -> None:
        """Write the rows."""
        existing = [title for title in self.pages if title not in self.hidden]
        redirects = [titles.key_of(self.pages[title]) if self.pages[title] else "" for title in existing]
        pages = write_pages(existing, redirect_key=redirects)
        deleted = write_pages(sorted(self.hidden), title_key=None) if self.hidden else []
        by_key = {titles.key_of(page.full_title): page for page in [*pages, *deleted]}
        subjects = {key: Subject.objects.create(page=page) for key, page in by_key.items()}
        rows = {
            key: property_row(key, datatype=one.datatype, declared=_declared(one)) for key, one in DECLARATIONS.items()
        }
        rows["Ancien"] = property_row("Ancien", redirects_to=rows["Texte"])
        record_facts: dict[str, Fact] = {}
        for position, one in enumerate(self.facts()):
            for subject in (one.subject, one.whole):
                head, _, fragment = subject.partition("#")
                if subject and subject not in subjects:
                    subjects[subject] = Subject.objects.create(page=by_key[head], fragment=fragment)
            row = rows[one.key] if one.key in rows else property_row(one.key)
            fact = fact_row(
                subjects[one.subject], row, one.value, position=position,
                added_at=one.added_in, removed_at=one.removed_in,
                removed_in=None if one.removed_in is None else 2, whole=subjects.get(one.whole),
                part_of=record_facts.get(one.subject) if one.part else None,
            )  # fmt: skip
            fact.save()
            if one.whole:
                record_facts[one.whole] = fact


def _declared(declaration: Declaration) -> dict[str, object]:
    """Return a declaration as stored in the row of a property."""
    units = [(unit.factor, list(unit.names)) for unit in declaration.units]
    return {"units": units, "fields": [field.key for field in declaration.fields]}


def day(number: int) -> datetime:
    """Return a day of the year 2021."""
    return datetime.fromordinal(datetime(2021, 1, 1).toordinal() + number - 1).replace(tzinfo=UTC)
