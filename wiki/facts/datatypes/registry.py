"""All datatypes by SMW's id, and the functions to parse, compare and show a value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wiki.facts.datatypes import allowed_values, kind_names
from wiki.facts.datatypes.base import Datatype
from wiki.facts.datatypes.booleans import Boolean
from wiki.facts.datatypes.coordinates import Coordinates
from wiki.facts.datatypes.datatype_names import TypeName
from wiki.facts.datatypes.dates import Date
from wiki.facts.datatypes.identifiers import ExternalIdentifier
from wiki.facts.datatypes.money import Money
from wiki.facts.datatypes.monolingual import MonolingualText
from wiki.facts.datatypes.numbers import Number
from wiki.facts.datatypes.opening_hours import OPENING_HOURS, OpeningHoursDatatype
from wiki.facts.datatypes.page_values import KindDatatype, Page
from wiki.facts.datatypes.quantities import Quantity, Temperature
from wiki.facts.datatypes.records import Record, ReferenceDatatype
from wiki.facts.datatypes.recurring_dates import RecurringDate
from wiki.facts.datatypes.separators import SeparatorDatatype
from wiki.facts.datatypes.telephones import Telephone
from wiki.facts.datatypes.texts import Code, Keyword, Text
from wiki.facts.datatypes.web_addresses import Email, Url
from wiki.facts.value_conditions import ValueCondition
from wiki.facts.values import Context, Value
from wiki.text.titles import fold, namespace_number

_WEB = re.compile(r"(?:https?|ftp)://\S", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def find_datatype_id(name: str) -> str | None:
    """Return the id of the datatype with a name in French or English, or with this id; else None."""
    name = name.strip()
    if name in DATATYPES:
        return name
    prefix, colon, rest = name.partition(":")
    if colon and fold(prefix).strip() in ("type", "special") and namespace_number(prefix) is None:
        name = rest
    return _BY_NAME.get(" ".join(fold(name.replace("_", " ")).split()))


def datatype_name(id_: str, language: str) -> str:
    """Return the name of a datatype in a language; an unknown id is returned as it is."""
    datatype = DATATYPES.get(id_)
    return datatype.names["fr" if language.startswith("fr") else "en"][0] if datatype else id_


def datatype_of(raw: str, context: Context) -> Datatype:
    """Return the datatype for a raw value: the declared one; else URL, Page or Text, whichever can parse it first."""
    declared = DATATYPES.get(context.declaration.datatype)
    if declared is not None:
        return declared
    if _WEB.match(raw.strip()):
        return DATATYPES["_uri"]
    page = DATATYPES["_wpg"]
    is_title = "\n" not in raw.strip() and page.parse(raw, context).problem is None
    return page if is_title else DATATYPES["_txt"]


def parse(raw: str, context: Context) -> Value:
    """Return the value of `raw`, with a problem if it cannot be parsed or is not allowed. Never raises."""
    raw = _UNSTORABLE.sub("\ufffd", raw)
    value = datatype_of(raw, context).parse(raw, context)
    return allowed_values.check_allowed(value, context, _parse_unchecked)


def _parse_unchecked(raw: str, context: Context) -> Value:
    return datatype_of(raw, context).parse(raw, context)


def build_condition(comparator: str, text: str, context: Context) -> ValueCondition:
    """Return the condition `comparator text` on a property. Raises InvalidQueryValue."""
    text = _UNSTORABLE.sub("\ufffd", text)
    datatype = datatype_of(text, context)
    return datatype.condition(comparator, text, context)


def _datatype_of_value(value: Value) -> Datatype:
    return DATATYPES.get(value.datatype) or DATATYPES["_txt"]


def show(value: Value, context: Context, form: str = "") -> str:
    """Return the value as plain text in the context's language; `form` as in `?P#form`.

    A value with a problem is shown as written.
    """
    return value.raw if value.problem is not None else _datatype_of_value(value).show(value, context, form.strip())


def data(value: Value, context: Context) -> object:
    """Return the value as SMW's API gives it in JSON."""
    return value.raw if value.problem is not None else _datatype_of_value(value).data(value, context)


def link(value: Value, context: Context) -> str:
    """Return the external URL to which the shown value links, or ""."""
    return "" if value.problem is not None else _datatype_of_value(value).link(value, context)


class _RegistryFields:
    """The registry as a `FieldHandler` for records."""

    parse = staticmethod(parse)
    build_condition = staticmethod(build_condition)
    show = staticmethod(show)
    data = staticmethod(data)
    link = staticmethod(link)


_REGISTRY_FIELDS = _RegistryFields()


def _names(en: str, fr: str) -> dict[str, tuple[str, ...]]:
    """Return names by language, split at `|`."""
    return {"en": tuple(en.split("|")), "fr": tuple(fr.split("|"))}


USER_TYPES: tuple[Datatype, ...] = (
    Page("_wpg", _names("Page", "Page")),
    Text("_txt", _names("Text|String|Enumeration", "Texte|Chaîne de caractères|Énumération|Énumeration|Chaîne")),
    Code("_cod", _names("Code", "Code")),
    Keyword("_keyw", _names("Keyword", "Mot-clé|Mot clé|Mot-clef")),
    ExternalIdentifier("_eid", _names("External identifier", "Identifiant externe")),
    Boolean(),
    Number(),
    Quantity(),
    Temperature(),
    Money(),
    Date(),
    Url("_uri", _names("URL|URI", "URL|URI|Adresse web")),
    Url("_anu", _names("Annotation URI", "URI d'annotation|Annotation URI")),
    Email(),
    Telephone(),
    Coordinates(),
    OpeningHoursDatatype(OPENING_HOURS, _names("Opening hours", "Horaires d'ouverture|Horaires")),
    RecurringDate(),
    Record("_rec", _names("Record", "Enregistrement"), _REGISTRY_FIELDS),
    ReferenceDatatype("_ref_rec", _names("Reference", "Référence"), _REGISTRY_FIELDS),
    MonolingualText(),
    KindDatatype(kind_names.NAMES.keys_by_name, kind_names.NAMES.name_of),
)
"""The datatypes that `Has type` may name."""


def _internal(id_: str) -> Text:
    return Text(id_, _names(id_.strip("_"), id_.strip("_")))


INTERNAL_TYPES: tuple[Datatype, ...] = (
    SeparatorDatatype("__sep", _names("sep", "sep")),
    TypeName(lambda: USER_TYPES, find_datatype_id, datatype_name),
    *(
        Page(id_, _names(id_.strip("_"), id_.strip("_")), space)
        for id_, space in (
            ("__sup", "Property"), ("__sps", "Property"), ("__spu", ""), ("__sob", ""), ("__suc", "Category"),
            ("__sin", "Category"), ("__red", ""), ("_wpp", "Property"), ("_wpc", "Category"), ("_wpu", "User"),
        )
    ),
    *(
        _internal(id_)
        for id_ in (
            "__pls", "__con", "__spf", "__err", "__errt", "__key", "__lcode", "__pval", "__pvali", "__pvap", "__pvuc",
            "__pefu", "__cschema", "__imp", "_wpf", "_wps",
        )
    ),
)  # fmt: skip
"""The datatypes of special properties, as texts and pages."""

DATATYPES: Mapping[str, Datatype] = {datatype.id: datatype for datatype in (*USER_TYPES, *INTERNAL_TYPES)}
RECORD_DATATYPES = ("_rec", "_ref_rec")
"""Datatypes whose values have named fields, which are facts of their own."""

_BY_NAME: Mapping[str, str] = {
    fold(name): datatype.id for datatype in reversed(USER_TYPES) for names in datatype.names.values() for name in names
}
