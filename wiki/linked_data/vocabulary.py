"""What kinds of pages and their properties are called at schema.org (version 29).

A property that declares an equivalent URI at schema.org, itself or by a vocabulary that it imports, has that name
instead, whatever is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from wiki.text.titles import fold

SCHEMA = "https://schema.org/"
PREFIXES = (SCHEMA, "http://schema.org/")


class Shape(Enum):
    """How the values of a property become values of schema.org."""

    PLAIN = auto()
    """By its datatype: a text, a number, a date, or a page with its name."""
    ADDRESS = auto()
    """A part of the postal address."""
    COORDINATES = auto()
    COUNT = auto()
    """A whole number, which a unit may follow."""
    DATE = auto()
    HOURS = auto()
    SCHEDULE = auto()
    PICTURE = auto()
    DURATION = auto()
    MONEY = auto()
    PRICE = auto()
    """A price in words: an offer, free or not."""
    NAMED = auto()
    """A thing of type `SchemaTerm.type` that has the value as its name."""
    PROPERTY_VALUE = auto()
    """A further property of its own name."""


@dataclass(frozen=True, slots=True)
class SchemaTerm:
    """A property of schema.org, and how its values are written."""

    name: str
    shape: Shape = Shape.PLAIN
    type: str = ""
    """The type of the things that values are, for those that are no pages."""
    value_name: str = "name"
    """The property of these things that has the value."""


@dataclass(frozen=True, slots=True)
class KindSchema:
    """What pages of a kind are at schema.org."""

    types: tuple[str, ...]
    is_work: bool = False
    """Whether it is the text of the page itself (instructions, an article), not a thing of the world."""
    properties: Mapping[str, SchemaTerm] | None = None
    """The names of properties that have another meaning in this kind."""


def _terms(rows: Iterable[tuple[str, SchemaTerm]]) -> dict[str, SchemaTerm]:
    """Return terms by each of the names (between bars), folded."""
    return {fold(name): term for names, term in rows for name in names.split("|")}


def _person(name: str) -> SchemaTerm:
    return SchemaTerm(name, Shape.NAMED, "Person")


_ORGANIZER = SchemaTerm("organizer", Shape.NAMED, "Organization")
_OFFER = SchemaTerm("makesOffer", Shape.NAMED, "Offer")
_FEATURE = SchemaTerm("amenityFeature", Shape.NAMED, "LocationFeatureSpecification")
PROPERTIES: Mapping[str, SchemaTerm] = _terms(
    (
        ("Adresse|Address|Rue|Street", SchemaTerm("streetAddress", Shape.ADDRESS)),
        ("Ville|Commune|City|Town", SchemaTerm("addressLocality", Shape.ADDRESS)),
        ("Code postal|Postal code", SchemaTerm("postalCode", Shape.ADDRESS)),
        ("Région|Region", SchemaTerm("addressRegion", Shape.ADDRESS)),
        ("Pays|Country", SchemaTerm("addressCountry", Shape.ADDRESS)),
        ("Coordonnées|Coordinates|Position", SchemaTerm("geo", Shape.COORDINATES)),
        ("Image|Photo|Logo", SchemaTerm("image", Shape.PICTURE)),
        ("Site|Site web|Website", SchemaTerm("sameAs")),
    )
)
"""Properties that mean the same in every kind, by folded name."""
_CONTACT = (
    ("Téléphone|Telephone|Phone", SchemaTerm("telephone")),
    ("Courriel|E-mail|Email", SchemaTerm("email")),
)
_PLACE = _terms(
    (
        *_CONTACT,
        ("Horaires|Opening hours", SchemaTerm("openingHoursSpecification", Shape.HOURS)),
        ("Rendez-vous|Meetings", SchemaTerm("event", Shape.SCHEDULE)),
        ("Ouvert depuis|Fondé en|Fondée en|Open since|Founded in", SchemaTerm("foundingDate", Shape.DATE)),
        ("Capacité|Capacity", SchemaTerm("maximumAttendeeCapacity", Shape.COUNT)),
        ("Surface|Floor area", SchemaTerm("additionalProperty", Shape.PROPERTY_VALUE)),
        ("Statut|Legal status", SchemaTerm("additionalProperty", Shape.PROPERTY_VALUE)),
        ("Type de lieu|Sort of place", SchemaTerm("additionalType")),
        ("Services|Offres|Offers", _OFFER),
        ("Besoins|Needs", SchemaTerm("seeks", Shape.NAMED, "Demand")),
        ("Machines|Équipements|Équipement|Accessibilité|Equipment|Accessibility", _FEATURE),
        ("Code INSEE|Département", SchemaTerm("additionalProperty", Shape.PROPERTY_VALUE)),
    )
)
_PRACTICE = _terms(
    (
        ("Durée de mise en place|Durée|Duration|Time", SchemaTerm("totalTime", Shape.DURATION)),
        ("Coût|Cost|Budget", SchemaTerm("estimatedCost", Shape.MONEY)),
        ("Outils|Machines|Tools", SchemaTerm("tool", Shape.NAMED, "HowToTool")),
        ("Matériaux|Fournitures|Ingrédients|Materials|Supplies", SchemaTerm("supply", Shape.NAMED, "HowToSupply")),
        ("Public|Pour|Audience", SchemaTerm("audience", Shape.NAMED, "Audience", "audienceType")),
        ("Difficulté|Difficulty", SchemaTerm("educationalLevel")),
    )
)
_EVENT = _terms(
    (
        ("Date|Début|Begin|Start", SchemaTerm("startDate", Shape.DATE)),
        ("Fin|End", SchemaTerm("endDate", Shape.DATE)),
        ("Rendez-vous|Meetings", SchemaTerm("eventSchedule", Shape.SCHEDULE)),
        ("Lieu|Place", SchemaTerm("location", Shape.NAMED, "Place")),
        ("Organisé par|Organised by", _ORGANIZER),
        ("Prix|Price", SchemaTerm("offers", Shape.PRICE)),
        ("Inscription|Sign up", SchemaTerm("sameAs")),
        ("Capacité|Capacity", SchemaTerm("maximumAttendeeCapacity", Shape.COUNT)),
    )
)
_PERSON = _terms(
    (
        *_CONTACT,
        ("Prénom|First name", SchemaTerm("givenName")),
        ("Sait faire|Can do", SchemaTerm("knowsAbout")),
        ("Aimerait apprendre|Would like to learn", SchemaTerm("seeks", Shape.NAMED, "Demand")),
        ("Lieux|Places", SchemaTerm("affiliation", Shape.NAMED, "Organization")),
        ("Rôles|Roles", SchemaTerm("jobTitle")),
    )
)
_ORGANIZATION = _terms(
    (
        *_CONTACT,
        ("Fondée en|Fondé en|Ouvert depuis|Founded in", SchemaTerm("foundingDate", Shape.DATE)),
        ("Lieux|Places", SchemaTerm("location", Shape.NAMED, "Place")),
    )
)
_PROJECT = _terms(
    (
        *_CONTACT,
        ("But|Aim", SchemaTerm("description")),
        ("Début|Begin", SchemaTerm("foundingDate", Shape.DATE)),
        ("Fin|End", SchemaTerm("dissolutionDate", Shape.DATE)),
        ("Porté par|Carried by", SchemaTerm("parentOrganization", Shape.NAMED, "Organization")),
        ("Membres|Équipe|Members|Team", _person("member")),
        ("Besoins|Needs", SchemaTerm("seeks", Shape.NAMED, "Demand")),
        ("Budget", SchemaTerm("funding", Shape.MONEY)),
    )
)
_RESOURCE = _terms(
    (
        ("Format", SchemaTerm("additionalType")),
        ("Pour|Public|Audience", SchemaTerm("audience", Shape.NAMED, "Audience", "audienceType")),
        ("Adresse web|Web address", SchemaTerm("sameAs")),
        ("Lieu|Place", SchemaTerm("contentLocation", Shape.NAMED, "Place")),
        ("Conditions|Terms", SchemaTerm("conditionsOfAccess")),
        ("Contact", _person("maintainer")),
    )
)
_SERVICE = _terms(
    (
        ("Lieu|Place", SchemaTerm("provider", Shape.NAMED, "Organization")),
        ("Public|Audience", SchemaTerm("audience", Shape.NAMED, "Audience", "audienceType")),
        ("Horaires|Hours", SchemaTerm("hoursAvailable", Shape.HOURS)),
        ("Prix|Price", SchemaTerm("offers", Shape.PRICE)),
    )
)
_CHARTER = _terms(
    (
        ("Sujet|Subject", SchemaTerm("about", Shape.NAMED, "Thing")),
        ("Adoptée le|Adopted on", SchemaTerm("datePublished", Shape.DATE)),
        ("Lieu|Place", SchemaTerm("spatialCoverage", Shape.NAMED, "Place")),
    )
)
KINDS: Mapping[str, KindSchema] = {
    "place": KindSchema(("LocalBusiness",), properties=_PLACE),
    "practice": KindSchema(("HowTo",), is_work=True, properties=_PRACTICE),
    "event": KindSchema(("Event",), properties=_EVENT),
    "person": KindSchema(("Person",), properties=_PERSON),
    "organisation": KindSchema(("Organization",), properties=_ORGANIZATION),
    "project": KindSchema(("Project",), properties=_PROJECT),
    "resource": KindSchema(("CreativeWork",), properties=_RESOURCE),
    "service": KindSchema(("Service",), properties=_SERVICE),
    "charter": KindSchema(("DigitalDocument",), is_work=True, properties=_CHARTER),
    "article": KindSchema(("Article",), is_work=True),
}
"""By key of the kind; every other kind is an article."""
WITH_ADDRESS = frozenset({"LocalBusiness", "Person", "Organization", "Project"})
"""Types that have an address themselves; what the others are located at has it."""
LOCATION = {"Event": "location", "Organization": "location", "Project": "location", "Person": "workLocation",
            "Service": "areaServed"}  # fmt: skip
"""By type, the property for the place of what is no place; `contentLocation` for works."""
STEP_HEADINGS = frozenset(map(fold, ("Étapes", "Les étapes", "Étape par étape", "Déroulé", "Steps", "How to do it")))
"""Folded titles of the section whose headings are the steps of a practice."""


def kind_terms(kind: str) -> KindSchema:
    """Return what pages of a kind are."""
    return KINDS.get(kind, KINDS["article"])


def term_of(kind: str, title: str, equivalent: Iterable[str]) -> SchemaTerm | None:
    """Return the name of a property in a kind of page; None if it has none. `equivalent` are its equivalent URIs."""
    own = (kind_terms(kind).properties or {}).get(fold(title)) or PROPERTIES.get(fold(title))
    for uri in equivalent:
        for prefix in PREFIXES:
            name = uri.removeprefix(prefix)
            if name != uri and name.isalnum():
                return own if own is not None and own.name == name else SchemaTerm(name)
    return own
