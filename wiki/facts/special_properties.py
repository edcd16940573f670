"""Properties with a meaning for the wiki itself: those of Semantic MediaWiki, `_KIND` and `_SRCF` (`fact_sources`).

Source of keys, names and types: SMW's table of predefined properties (`en.json`, `fr.json` of its i18n/extra).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wiki.text import titles
from wiki.text.titles import PROPERTY, TitleProblem, fold


@dataclass(frozen=True, slots=True)
class SpecialProperty:
    """A special property."""

    id: str
    names: Mapping[str, str]
    """Its name by language: `en` and `fr`."""
    datatype: str
    aliases: tuple[str, ...] = ()
    """Other names for it."""
    automatic: bool = False
    """Whether the wiki states it of each page, so that statements of authors are ignored."""

    @property
    def all_names(self) -> tuple[str, ...]:
        """Return its names in all languages, and its other names."""
        return (*self.names.values(), *self.aliases)


# Key, English name, French name, datatype, other names, "auto" for those that the wiki states itself.
_ROWS = (
    ("_KIND", "Kind", "Nature", "_kind", "Type de page|Nature de page", ""),
    ("_MDAT", "Modification date", "Date de modification", "_dat", "", "auto"),
    ("_CDAT", "Creation date", "Date de création", "_dat", "", "auto"),
    ("_NEWP", "Is a new page", "Est une nouvelle page", "_boo", "", "auto"),
    ("_LEDT", "Last editor is", "Dernier contributeur", "_wpu",
     "Le dernier contributeur est|Dernier éditeur est|Last editor", "auto"),
    ("_INST", "Category", "Catégorie", "_wpc", "", ""),
    ("_SUBC", "Subcategory of", "Sous-catégorie de", "_wpc", "", ""),
    ("_SUBP", "Subproperty of", "Sous-propriété de", "_wpp", "Sous-attribut de", ""),
    ("_REDI", "Redirects to", "Redirige vers", "_wpg", "Equivalent page", "auto"),
    ("_SOBJ", "Has subobject", "A un sous-objet", "__sob", "Possède un sous-objet", "auto"),
    ("_SKEY", "Sort key", "Clé de tri", "_txt", "Sortkey|Clef de tri", ""),
    ("_DTITLE", "Display title of", "Titre affiché de", "_txt", "Has display title of|Display title|Titre affiché", ""),
    ("_TYPE", "Has type", "A le type", "__typ", "A comme type|Type de donnée", ""),
    ("_PVAL", "Allows value", "Valeur possible", "__pval", "Autorise la valeur", ""),
    ("_PVALI", "Allows value list", "Liste de valeurs possibles", "__pvali",
     "Has allows value list|Autorise la liste de valeurs", ""),
    ("_PVAP", "Allows pattern", "Motif permis", "__pvap", "Has allows pattern|Autorise le modèle", ""),
    ("_PVUC", "Has uniqueness constraint", "A une contrainte d'unicité", "_boo",
     "Uniqueness constraint|IsFunctionalProperty", ""),
    ("_SEP", "Value separator", "Séparateur de valeurs", "__sep", "Separator|Has separator|Séparateur", ""),
    ("_CONV", "Corresponds to", "Correspond à", "_txt", "", ""),
    ("_UNIT", "Display units", "Unités de mesure", "_txt", "Display unit|Unité de mesure|Unités d'affichage", ""),
    ("_PREC", "Display precision of", "Précision d'affichage de", "_num", "Display precision", ""),
    ("_LIST", "Has fields", "A le champ", "_txt", "A les champs|Has field", ""),
    ("_URI", "Equivalent URI", "URI équivalent", "_uri", "URI équivalente", ""),
    ("_IMPO", "Imported from", "Importé de", "__imp", "", ""),
    ("_PDESC", "Property description", "Description de propriété", "_mlt_rec",
     "Has property description|Description de l'attribut", ""),
    ("_PPLB", "Preferred property label", "Libellé préféré de propriété", "_mlt_rec",
     "Has preferred property label", ""),
    ("_PEFU", "External formatter URI", "URI de mise en forme externe", "__pefu",
     "External formatter URL", ""),
    ("_CONC", "Concept", "Concept", "__con", "", "auto"),
    ("_MEDIA", "Media type", "Type de média", "_txt", "Has media type", "auto"),
    ("_MIME", "MIME type", "Type MIME", "_txt", "Has MIME type", "auto"),
    ("_ERRP", "Has improper value for", "A une valeur incorrecte pour", "_wpp", "", "auto"),
    ("_ERRT", "Processing error message", "Message d'erreur de traitement", "_txt",
     "Has processing error text|Has processing error message", "auto"),
    ("_ASK", "Has query", "A une requête", "__sob", "Possède une requête", "auto"),
    ("_ASKST", "Query string", "Texte de la requête", "_cod", "Has query string|Champ de requête", "auto"),
    ("_ASKFO", "Query format", "Format de la requête", "_txt", "Has query format|Format de requête", "auto"),
    ("_SERV", "Provides service", "Fournit le service", "_txt", "", ""),
    ("_PPGR", "Is property group", "Est un groupe de propriétés", "_boo", "Property group", ""),
    ("_SRCF", "Sourced fact", "Fait sourcé", "_txt", "", ""),
    ("_EDIP", "Is edit protected", "Est protégé en écriture", "_boo", "IsEditProtected", ""),
)  # fmt: skip
SPECIAL: Mapping[str, SpecialProperty] = {
    key: SpecialProperty(key, {"en": en, "fr": fr}, datatype, tuple(filter(None, others.split("|"))), auto == "auto")
    for key, en, fr, datatype, others, auto in _ROWS
}
_BY_NAME: Mapping[str, str] = {
    fold(name): special.id
    for special in SPECIAL.values()
    for name in (*special.all_names, special.id)
    if special.id != "_CONC" or name == "_CONC"
}
"""Keys by folded name, alias or id."""
"""Number of the namespace Property."""


def key_of_property(name: str) -> str:
    """Return the key of a property by name.

    The key is SMW's id of a special property, else the title key in the namespace Property. The namespace in `name` is
    optional, as is a leading colon. Raises TitleProblem.
    """
    bare = name.strip().lstrip(":").strip()
    number, rest = titles.split_namespace(bare)
    if number == PROPERTY:
        bare = rest
    special = _BY_NAME.get(fold(" ".join(bare.replace("_", " ").split()))) or _BY_NAME.get(fold(bare))
    if special is not None:
        return special
    if bare.startswith("_"):
        raise TitleProblem("title_empty")
    return titles.key_of(f"Property:{bare}").partition(":")[2]


def written_title(name: str) -> str:
    """Return the title of a property with the signs that its name is written with. Raises TitleProblem."""
    bare = name.strip().lstrip(":").strip()
    number, rest = titles.split_namespace(bare)
    return titles.capitalize(f"Property:{rest if number == PROPERTY else bare}").partition(":")[2]


def property_title(key: str, written: str = "") -> str:
    """Return the title of a property: the English name of a special one; else `written`, or else the key."""
    special = SPECIAL.get(key)
    return special.names["en"] if special else written or key


def special_property_label(key: str, language: str) -> str:
    """Return the name of a special property in a language; "" for other properties."""
    special = SPECIAL.get(key)
    return special.names.get(language[:2], special.names["en"]) if special else ""
