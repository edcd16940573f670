"""Places in the format «Données de la médiation numérique» (schema.data.gouv.fr, LaMednum/standard-mediation-num).

Places without an address, a town or a postal code cannot be in it. What has no field here has none in the wiki.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from django.conf import settings

from wiki.facts.datatypes.opening_hours import NoOpeningHours, read_opening_hours
from wiki.facts.datatypes.telephones import read_telephone
from wiki.geography.communes import Commune, commune_by_name
from wiki.linked_data.kind_exports import FORMULA_SIGNS
from wiki.linked_data.kind_records import KindRecord, kind_records
from wiki.text.titles import fold

SCHEMA_ADDRESS = "https://schema.data.gouv.fr/LaMednum/standard-mediation-num/"
FIELDS = (
    "id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse", "latitude",
    "longitude", "typologie", "telephone", "courriels", "site_web", "horaires", "presentation_resume",
    "presentation_detail", "source", "itinerance", "structure_parente", "date_maj", "services",
    "publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge",
    "dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels", "modalites_acces",
    "modalites_accompagnement", "fiche_acces_libre", "prise_rdv",
)  # fmt: skip
UNKNOWN_PIVOT = "00000000000000"
"""What stands for an unknown SIRET."""
THIRD_PLACE = "TIERS_LIEUX"
"""The code of third places in `typologie`."""
CHOICES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "services": (("Services", "Services de médiation numérique"), (
        "Aide aux démarches administratives", "Maîtrise des outils numériques du quotidien",
        "Insertion professionnelle via le numérique", "Utilisation sécurisée du numérique",
        "Parentalité et éducation avec le numérique", "Loisirs et créations numériques",
        "Compréhension du monde numérique", "Accès internet et matériel informatique",
        "Acquisition de matériel informatique à prix solidaire",
    )),
    "publics_specifiquement_adresses": (("Publics spécifiquement adressés", "Public"), (
        "Jeunes", "Étudiants", "Familles et/ou enfants", "Seniors", "Femmes",
    )),
    "itinerance": (("Itinérance",), ("Itinérant", "Fixe")),
    "frais_a_charge": (("Frais à charge",), ("Gratuit", "Gratuit sous condition", "Payant")),
    "modalites_acces": (("Modalités d'accès",), (
        "Se présenter", "Téléphoner", "Contacter par mail", "Prendre un RDV en ligne",
        "Ce lieu n'accueille pas de public", "Envoyer un mail avec une fiche de prescription",
    )),
    "modalites_accompagnement": (("Modalités d'accompagnement",), (
        "En autonomie", "Accompagnement individuel", "Dans un atelier collectif", "À distance",
    )),
}  # fmt: skip
"""Fields with a list of choices: the properties that state them, and the choices; other values are left out."""
_PIVOT = re.compile(r"[a-zA-Z0-9]{9,14}")
_POSTAL_CODE = re.compile(r"\d{5}")
_INSEE = re.compile(r"(?:[013-9]\d|2[AB1-9])\d{3}")
_TELEPHONE = re.compile(r"\+(?:33|590|594|262|596|269|687|689|508|681)\d{6,9}")
RESUME_LIMIT = 280


def mednum_csv() -> bytes:
    """Return the table of the places that can be in it."""
    output = io.StringIO()
    writer = csv.DictWriter(output, FIELDS)
    writer.writeheader()
    for record in kind_records("place"):
        if (row := mednum_row(record)) is not None:
            writer.writerow(row)
    return output.getvalue().encode()


def mednum_row(record: KindRecord) -> dict[str, str] | None:
    """Return a place as a row; None if it lacks what the format requires."""
    address, town = record.text("Adresse", "Address"), record.text("Ville", "Commune", "Town")
    postal_code = record.text("Code postal", "Postal code").replace(" ", "")
    commune: Commune | None = commune_by_name(town, postal_code) if town else None
    if not _POSTAL_CODE.fullmatch(postal_code):
        postal_code = commune.postal_codes[0] if commune and commune.postal_codes else ""
    if not (address and town and postal_code):
        return None
    coordinates = record.coordinates()
    insee = record.text("Code INSEE") or (commune.code if commune else "")
    pivot = record.text("SIRET", "RNA", "RIDET", "Pivot").replace(" ", "")
    row = {
        "id": f"{record.page.pk}",
        "pivot": pivot if _PIVOT.fullmatch(pivot) else UNKNOWN_PIVOT,
        "nom": record.page.shown_title,
        "commune": commune.name if commune else town,
        "code_postal": postal_code,
        "code_insee": insee if _INSEE.fullmatch(insee) else "",
        "adresse": address,
        "complement_adresse": record.text("Complément d'adresse"),
        "latitude": str(coordinates[0]) if coordinates else "",
        "longitude": str(coordinates[1]) if coordinates else "",
        "typologie": THIRD_PLACE,
        "telephone": _telephone(record.text("Téléphone")),
        "courriels": "|".join(record.texts("Courriel")),
        "site_web": "|".join(record.texts("Site", "Site web")),
        "horaires": _hours(record.text("Horaires")),
        "presentation_resume": _cut(record.page.excerpt),
        "presentation_detail": record.page.excerpt,
        "source": settings.SITE_NAME,
        "structure_parente": record.text("Structure parente", "Porté par"),
        "date_maj": record.page.edited_at.date().isoformat(),
        "fiche_acces_libre": record.text("Fiche Accès libre"),
        "prise_rdv": record.text("Prise de rendez-vous", "Prise de rdv"),
    }  # fmt: skip
    row |= {name: _choices(record, properties, known) for name, (properties, known) in CHOICES.items()}
    return {name: _text(text, is_telephone=name == "telephone") for name, text in row.items()}


def _text(text: str, *, is_telephone: bool) -> str:
    """Return a cell in one line, which no spreadsheet takes for a formula."""
    text = " ".join(text.split())
    is_number = text[1:].replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA_SIGNS) and not (is_telephone or is_number) else text


def _telephone(text: str) -> str:
    """Return a telephone number with its country code; "" for one that the format cannot have."""
    number = read_telephone(text)
    if number is None or number.country_code is None:
        return ""
    written = f"+{number.country_code}{number.national_number}"
    return written if _TELEPHONE.fullmatch(written) else ""


def _hours(text: str) -> str:
    """Return opening hours in OpenStreetMap's syntax."""
    try:
        return read_opening_hours(text)
    except NoOpeningHours:
        return ""


def _cut(text: str) -> str:
    """Return a text of at most RESUME_LIMIT characters."""
    return text if len(text) <= RESUME_LIMIT else f"{text[: RESUME_LIMIT - 1].rstrip()}…"


def _choices(record: KindRecord, properties: tuple[str, ...], known: tuple[str, ...]) -> str:
    """Return the values that are choices of the format, between bars."""
    by_name = {fold(choice): choice for choice in known}
    values = [text for name in properties for text in record.texts(name)]
    return "|".join(dict.fromkeys(by_name[fold(text)] for text in values if fold(text) in by_name))
