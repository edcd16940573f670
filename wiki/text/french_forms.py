"""Forms of a French word that Snowball's stemmer does not bring together: other plurals, feminines, verb endings.

A word gives forms that a search for one finds by another: `blanche` also gives `blanc`, `réparons` gives `réparer`. A
form that is no word does no harm. Where a rule would lead to another common word (`cartons`, `carte`), it has an
exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wiki.text.titles import fold

IRREGULAR = {
    "travaux": "travail", "vitraux": "vitrail", "baux": "bail", "coraux": "corail", "emaux": "émail",
    "soupiraux": "soupirail", "vantaux": "vantail", "gemmaux": "gemmail", "yeux": "œil", "cieux": "ciel",
    "aieux": "aïeul", "messieurs": "monsieur", "mesdames": "madame", "mesdemoiselles": "mademoiselle",
    "vieille": "vieux", "vieil": "vieux", "belle": "beau", "bel": "beau", "nouvelle": "nouveau", "nouvel": "nouveau",
    "jumelle": "jumeau", "folle": "fou", "molle": "mou", "blanche": "blanc", "franche": "franc", "fraiche": "frais",
    "seche": "sec", "longue": "long", "oblongue": "oblong", "publique": "public", "turque": "turc", "grecque": "grec",
    "caduque": "caduc", "neuve": "neuf", "veuve": "veuf", "breve": "bref", "grosse": "gros", "basse": "bas",
    "rousse": "roux", "douce": "doux", "fausse": "faux", "st": "saint", "ste": "sainte",
}  # fmt: skip
"""By a folded form, without a plural -s, the form that rules do not give."""
NOUNS_IN_ONS = frozenset(
    {
        "ballon", "baton", "bouchon", "bouton", "canton", "carton", "chanson", "chaton", "cochon", "coton",
        "crayon", "flacon", "garcon", "jambon", "jeton", "jupon", "lecon", "maison", "manchon", "marron",
        "melon", "menton", "million", "mouton", "oignon", "pardon", "patron", "pinson", "piston", "poisson",
        "pompon", "prison", "raison", "rayon", "saison", "salon", "savon", "sillon", "talon", "torchon",
        "troncon", "vallon", "violon", "wagon",
    }
)  # fmt: skip
"""Folded nouns whose plural looks like a verb of the first person (`salons`, `salir`)."""
_RULES = (
    (re.compile(r"(.{2,})trice"), r"\1teur"),
    (re.compile(r"(.{2,})euse"), r"\1eur"),
    (re.compile(r"(.{2,})euse"), r"\1eux"),
    (re.compile(r"(.{2,})ive"), r"\1if"),
    (re.compile(r"(.{4,})[eè]re"), r"\1er"),  # boulangère; `mère` is no form of `mer`
    (re.compile(r"(.{3,}d)re"), r"\1"),  # apprendre, vendre
    (re.compile(r"(.{2,}ui)(?:re|t|te|sent|sait|saient|sons|sez|sant)"), r"\1"),  # construire
    (re.compile(r"(.{2,}g)e(?:ons?|ant|ait|ais|aient?)"), r"\1er"),  # mangeons
    (re.compile(r"(.{5,})age"), r"\1er"),  # bricolage; not `partage`, `courage`
)
"""Endings of forms without a plural -s, and what they may stand for; others are Snowball's."""
_WE = re.compile(r"(.{3,}[^i])ons?")


def other_forms(word: str) -> Iterator[str]:
    """Yield further forms of a lower-case French word, to be stemmed beside the word itself."""
    singular = word[:-1] if word[-1:] in ("s", "x") else word
    if singular != word and len(word) > 3:
        yield singular
    for form in dict.fromkeys((word, singular)):
        if known := IRREGULAR.get(fold(form)):
            yield known
    for pattern, replacement in _RULES:
        if match := pattern.fullmatch(singular):
            yield match.expand(replacement)
    if word.endswith("ons") and fold(singular) not in NOUNS_IN_ONS and (verb := _WE.fullmatch(word)):
        yield f"{verb[1]}er"
