"""The properties that say what a place is: those of the form of places, in French, with their English names."""

from __future__ import annotations

from wiki.facts.special_properties import key_of_property


def _keys(*names: str) -> frozenset[str]:
    return frozenset(key_of_property(name) for name in names)


SORT = _keys("Type de lieu", "Sort of place")
PICTURE = _keys("Image", "Picture")
STREET = _keys("Adresse", "Address")
POSTAL_CODE = _keys("Code postal", "Postal code")
TOWN = _keys("Ville", "Commune", "City", "Town")
DEPARTMENT = _keys("Département", "Department")
COORDINATES = _keys("Coordonnées", "Coordinates")
HOURS = _keys("Horaires", "Opening hours")
CONTACT = _keys("Téléphone", "Courriel", "Site", "Telephone", "E-mail", "Website")
NEEDS = _keys("Besoins", "Needs")
OFFERS = _keys("Offres", "Offers")
HEAD = SORT | PICTURE | STREET | POSTAL_CODE | TOWN | DEPARTMENT | HOURS | CONTACT | NEEDS | OFFERS
"""Properties that the head of a place shows, so that its fact box does not."""

SPACE = _keys(
    "Surface", "Capacité", "Accessibilité", "Équipements", "Machines",
    "Floor area", "Capacity", "Accessibility", "Equipment",
)  # fmt: skip
SERVICES = _keys("Services", "Rendez-vous", "Regular meetings")
RULES = _keys("Statut", "Legal status")

ACCOUNTS = _keys("Comptes", "Accounts")
YEAR = _keys("Année", "Year")
PUBLIC = _keys("Part publique", "Public share")
PRIVATE = _keys("Part privée", "Private share")
CONTRIBUTED = _keys("Part contributive", "Contributed share")
SOURCE = _keys("Source")
SHARES = PUBLIC | PRIVATE | CONTRIBUTED
RECORD = SHARES | YEAR | SOURCE
"""Properties of one record of shares of resources."""

IN_PLACE = _keys("Lieu", "Lieux", "Place", "Places")
"""Properties by which a page anywhere says that it belongs to a place."""
SKILLS = _keys("Sait faire", "Rôles", "Can do", "Roles")
