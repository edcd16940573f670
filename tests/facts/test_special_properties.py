"""Every name that Semantic MediaWiki gives to a special property names it here too."""

from __future__ import annotations

import pytest

from wiki.facts.special_properties import SPECIAL, key_of_property

NAMES = {
    "_TYPE": ("Has type", "A le type"),
    "_URI": ("Equivalent URI", "URI équivalente"),
    "_SUBP": ("Subproperty of", "Sous-propriété de"),
    "_SUBC": ("Subcategory of", "Sous-catégorie de"),
    "_UNIT": ("Display units", "Display unit", "Unités de mesure", "Unité de mesure"),
    "_IMPO": ("Imported from", "Importé de"),
    "_CONV": ("Corresponds to", "Correspond à"),
    "_SERV": ("Provides service", "Fournit le service"),
    "_PVAL": ("Allows value", "Valeur possible"),
    "_PVALI": ("Allows value list", "Has allows value list"),
    "_PVAP": ("Allows pattern", "Has allows pattern"),
    "_MDAT": ("Modification date", "Date de modification"),
    "_CDAT": ("Creation date", "Date de création"),
    "_NEWP": ("Is a new page", "Est une nouvelle page"),
    "_LEDT": ("Last editor is", "Le dernier contributeur est"),
    "_ERRP": ("Has improper value for", "A une valeur incorrecte pour"),
    "_LIST": ("Has fields", "A le champ"),
    "_SOBJ": ("Has subobject", "Possède un sous-objet"),
    "_ASK": ("Has query", "Possède une requête"),
    "_ASKST": ("Query string", "Has query string", "Champ de requête"),
    "_ASKFO": ("Query format", "Has query format", "Format de requête"),
    "_MEDIA": ("Media type", "Has media type"),
    "_MIME": ("MIME type", "Mime type", "Has mime type"),
    "_ERRT": ("Processing error message", "Has processing error text", "Has processing error message"),
    "_PREC": ("Display precision of", "Display precision"),
    "_PDESC": ("Property description", "Has property description"),
    "_DTITLE": ("Display title of", "Has display title of"),
    "_PVUC": ("Has uniqueness constraint", "Uniqueness constraint", "IsFunctionalProperty"),
    "_PEFU": ("External formatter URI", "External formatter uri", "External formatter URL"),
    "_PPLB": ("Preferred property label", "Has preferred property label"),
    "_EDIP": ("Is edit protected", "IsEditProtected"),
    "_PPGR": ("Is property group", "Property group"),
}
"""SMW's labels and aliases in English and French, of the properties that exist here."""


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, names in NAMES.items() for name in names])
def test_names_of_semantic_mediawiki_name_the_special_property(key: str, name: str) -> None:
    assert key_of_property(name) == key_of_property(f"Attribut:{name.replace(' ', '_')}") == key


def test_names_keep_the_case_after_a_colon() -> None:
    assert key_of_property("wd:reference") == key_of_property("Property:Wd:reference") == "Wd:reference"
    assert key_of_property("wd:Reference") == "Wd:Reference"


def test_no_name_names_two_special_properties() -> None:
    for special in SPECIAL.values():
        if special.id != "_CONC":
            assert {key_of_property(name) for name in special.all_names} == {special.id}
