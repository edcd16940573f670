"""French words of which benchmarks make their texts."""

from __future__ import annotations

NOUNS = (
    "atelier", "lieu", "four", "jardin", "cuisine", "bois", "machine", "porte", "quartier", "voisin", "réunion", "clé",
    "adhésion", "projet", "outil", "café", "repas", "enfant", "association", "ville", "budget", "calendrier", "règle",
    "charte", "équipe", "imprimante", "vélo", "compost", "table", "étagère", "bénévole", "lundi", "mercredi", "samedi",
)  # fmt: skip
VERBS = (
    "ouvre", "prépare", "répare", "partage", "accueille", "organise", "construit", "nettoie", "propose", "invite",
    "apprend", "montre", "range", "décide", "écrit", "imprime", "cultive", "transporte", "prête", "cherche",
)  # fmt: skip
LINKS = ("le", "la", "les", "un", "une", "de", "du", "des", "à", "et", "avec", "pour", "dans", "chaque", "notre", "qui")
BOILERPLATE = ("Merci.", "À compléter.", "Voir aussi la charte.")
