"""Vocabularies of which properties import names: `MediaWiki:Smw import foaf`, named by `[[Imported from::foaf:name]]`.

The format is SMW's: `URI|label` on the first line, then a line `name|Type:Text` for each name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wiki.pages.models import PageText
from wiki.text import titles

PREFIX = "Smw import "
"""Prefix of the titles of the pages."""
NAMES_LIMIT = 2_000
"""Names of one vocabulary at most."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The URI that stands before each name, and the name of the datatype of each name."""

    uri: str = ""
    types: Mapping[str, str] = field(default_factory=dict)


def parse_vocabulary(text: str) -> Vocabulary:
    """Parse the page of a vocabulary; lines without a type are left out."""
    first, *lines = (text.strip() or "|").splitlines()
    rows = (line.strip().partition("|") for line in lines[:NAMES_LIMIT])
    types = {name.strip(): _bare_type(datatype) for name, bar, datatype in rows if bar and name.strip()}
    return Vocabulary(first.partition("|")[0].strip(), types)


def _bare_type(written: str) -> str:
    """Return the name of a datatype without the namespace Type and further columns."""
    prefix, colon, name = written.partition("|")[0].strip().partition(":")
    return name.strip() if colon and titles.fold(prefix.strip()) == "type" else written.partition("|")[0].strip()


def vocabulary_key(name: str) -> str:
    """Return the title key of the page of a vocabulary; "" for an impossible title."""
    return titles.key_or_empty(f"MediaWiki:{PREFIX}{name.strip()}")


def imported_statements(imports: Iterable[str]) -> list[tuple[str, str]]:
    """Return what `Imported from` states of a property, as (key, value): its datatype, and its equivalent URI."""
    names = [name.strip().partition(":") for name in imports]
    keys = {prefix: vocabulary_key(prefix) for prefix, colon, _ in names if colon}
    if not any(keys.values()):
        return []
    texts = dict(PageText.objects.filter(page__title_key__in=keys.values()).values_list("page__title_key", "text"))
    found = []
    for prefix, _, name in names:
        vocabulary = parse_vocabulary(texts.get(keys.get(prefix, "")) or "")
        if name in vocabulary.types:
            found.append(("_TYPE", vocabulary.types[name]))
            if vocabulary.uri:
                found.append(("_URI", vocabulary.uri + name))
    return found
