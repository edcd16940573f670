"""Pages of each kind, with facts of many datatypes: what the tests of linked data describe and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.exchange.archives import make_picture
from tests.factories import make_page, make_place
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

PROPERTIES = {
    "Coordonnées": "Coordonnées géographiques",
    "Horaires": "Horaires d'ouverture",
    "Date": "Date",
    "Lieu": "Page",
    "Rendez-vous": "Date récurrente",
    "Site": "URL",
    "Porté par": "Page",
}
PLACE = """---
kind: Lieu
Adresse: 41 quai de Bordeaux
Ville: Roubaix
Code postal: '59100'
Code INSEE: '59512'
Coordonnées: 50.7009, 3.1746
Horaires: Du mardi au vendredi 9h-12h et 14h-18h30, samedi 10h-13h
Téléphone: 03 20 00 00 00
Courriel: bonjour@fablab.example
Site: https://fablab.example/
Ouvert depuis: 2014
Surface: 380 m²
Capacité: 45 personnes
Image: Etabli.jpg
Rendez-vous: tous les mardis de 18h à 20h
Machines: [Découpe laser, '</b>']
Services: [Découpe laser à l'heure]
---
Un atelier ouvert à tous.

![Le four](File:Four.jpg)
"""
PRACTICE = """---
kind: Pratique
Durée de mise en place: 3 mois
Coût: 2 500 €
Outils: [Une scie, Un marteau]
Matériaux: Des planches
Public: Les voisins
---
Construire un établi.

## Étapes

### 1. Préparer

Couper.

#### Détail

### 2. Assembler

## Variantes

### En métal
"""


def make_kinds(alice: User, bob: User) -> None:
    """Create a page of each kind: a place, its practice and a fork of that, an event, a person, and others."""
    for name, datatype in PROPERTIES.items():
        make_page(f"Property:{name}", f"---\nHas type: {datatype}\n---", by=alice)
    make_page("Property:Coût", "---\nHas type: Quantité\nCorresponds to: 1 €, euros\n---", by=alice)
    make_page("MediaWiki:Smw import schema", "https://schema.org/|schema\nalternateName|Type:Text\n", by=alice)
    make_page("Property:Surnom", "---\nImported from: schema:alternateName\n---", by=alice)
    make_picture()
    make_picture("Four.jpg", "blue")
    place = make_place("Fablab", by=bob, text=PLACE)
    practice = make_page("Établi", PRACTICE, by=alice, place=place)
    other = make_place("Grange", by=bob, text="---\nkind: Lieu\nSurnom: La Grange\n---\nUne grange.")
    fork_creation.fork(practice, ForkTarget(other, title="Notre établi"), Author.of(bob))
    make_page(
        "Samedi",
        "---\nkind: Événement\nDate: 2024-10-12\nLieu: Fablab\nVille: Roubaix\nPrix: gratuit\n---\nUne fête.",
        by=alice,
    )
    make_page("Camille", "---\nkind: Personne\nPrénom: Camille\nVille: Rennes\nSait faire: souder\n---\nOui.", by=alice)
    make_page("Coopérative", "---\nkind: Organisation\nVille: Lille\nSite: https://coop.example/\n---\nNous.", by=alice)
    make_page("Toit", "---\nkind: Projet\nPorté par: [Coopérative, Rien encore]\nBudget: 900 €\n---\nToit.", by=alice)
