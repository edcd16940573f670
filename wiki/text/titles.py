"""Titles, namespaces, title keys and URL paths of pages, as strings.

The rules: MediaWiki's canonical namespace numbers, its forbidden
characters and its 255 bytes; French namespace names in addition to the English ones.  Only higher
layers know whether a prefix is the title of a *place*; here a prefix is either a namespace or part of
the title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from wiki.errors import Refused
from wiki.text.problems import PROBLEMS

TITLE_LIMIT = 255
"""Maximum length of a full title in bytes of UTF-8, as in MediaWiki's page table."""

MIRROR_NAMESPACE = 3000
"""The namespace of mirrored pages of other sites, from the range that MediaWiki leaves to single sites."""
FORBIDDEN_CHARACTERS = "#<>[]{}|"
FULL_WIDTH_CHARACTERS = str.maketrans("#<>[]{}|", "＃＜＞［］｛｝｜")

_SPACES = re.compile(r"[_\s\u00a0\u180e]+")
_DIRECTION_MARKS = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DOT_PATHS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
_COLON = re.compile(r" *: *")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "’": "'", "ʼ": "'"})
_SPELLINGS = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "\u2010": "-", "\u2011": "-", "œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"}
    | {chr(0xFB00 + index): letters for index, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))}
)
OTHER_SPELLINGS = "".join(map(chr, _SPELLINGS))
"""Signs that keys do not have, since keyboards have others for them."""


class TitleProblem(Refused):
    """An invalid title, with a code of `problems.PROBLEMS` and its parameters."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(PROBLEMS[code], **params)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Make the exception picklable (keyword arguments are not in `args`)."""
        return (_rebuild, (self.code, self.params))


def _rebuild(code: str, params: dict[str, str]) -> TitleProblem:
    return TitleProblem(code, **params)


@dataclass(frozen=True)
class Namespace:
    """A namespace: MediaWiki's number, its names, and its aliases."""

    number: int
    canonical: str
    fr: str
    en: str
    aliases: tuple[str, ...] = ()


FILE, CATEGORY, PROPERTY, FORM, CONCEPT = 6, 14, 102, 106, 108
"""Numbers of the namespaces that the code treats in their own way."""

NAMESPACES: Mapping[int, Namespace] = {
    space.number: space
    for space in (
        Namespace(0, "", "", ""),
        Namespace(1, "Talk", "Discussion", "Talk"),
        Namespace(2, "User", "Utilisateur", "User", ("Utilisatrice",)),
        Namespace(3, "User talk", "Discussion utilisateur", "User talk", ("Discussion utilisatrice",)),
        Namespace(4, "Project", "Wiki", "Project"),
        Namespace(5, "Project talk", "Discussion Wiki", "Project talk"),
        Namespace(6, "File", "Fichier", "File", ("Image",)),
        Namespace(7, "File talk", "Discussion fichier", "File talk", ("Image talk",)),
        Namespace(8, "MediaWiki", "MediaWiki", "MediaWiki"),
        Namespace(9, "MediaWiki talk", "Discussion MediaWiki", "MediaWiki talk"),
        Namespace(10, "Template", "Modèle", "Template"),
        Namespace(11, "Template talk", "Discussion modèle", "Template talk"),
        Namespace(12, "Help", "Aide", "Help"),
        Namespace(13, "Help talk", "Discussion aide", "Help talk"),
        Namespace(14, "Category", "Catégorie", "Category"),
        Namespace(15, "Category talk", "Discussion catégorie", "Category talk"),
        Namespace(102, "Property", "Attribut", "Property", ("Propriété",)),
        Namespace(103, "Property talk", "Discussion attribut", "Property talk", ("Discussion propriété",)),
        Namespace(106, "Form", "Formulaire", "Form"),
        Namespace(107, "Form talk", "Discussion formulaire", "Form talk"),
        Namespace(108, "Concept", "Concept", "Concept"),
        Namespace(109, "Concept talk", "Discussion concept", "Concept talk"),
        Namespace(MIRROR_NAMESPACE, "Elsewhere", "Ailleurs", "Elsewhere"),
    )
}


def fold(text: str) -> str:
    """Return the form of a text for comparison and search: no case, no accents, `œ` as `oe`."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    unaccented = "".join(character for character in decomposed if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", unaccented.casefold())


def unify_spelling(text: str) -> str:
    """Return a text with the signs of keyboards for those that typography has: apostrophes, hyphens, blanks, ligatures.

    Two spellings of one thing are one value and one title; what was written is what is shown.
    """
    return " ".join(text.translate(_SPELLINGS).split())


_BY_NAME: Mapping[str, int] = {
    fold(name): space.number
    for space in NAMESPACES.values()
    if space.number
    for name in (space.canonical, space.fr, space.en, *space.aliases)
}


def namespace_number(name: str) -> int | None:
    """Return the number of the namespace with this name or alias in any language, without case and accents, or None."""
    return _BY_NAME.get(fold(_SPACES.sub(" ", name).strip()))


@lru_cache(maxsize=10_000)
def clean_title(raw: str) -> str:
    """Return a title as it is stored and shown: NFC, `_` and NBSP as spaces, runs of spaces collapsed.

    Raises TitleProblem if the title is empty, too long, or has characters or a form that are not allowed.
    """
    if len(raw) > 100 * TITLE_LIMIT:  # bounds the time of the steps below
        printable = "".join(character for character in raw[:60] if character.isprintable())
        raise TitleProblem("title_too_long", title=printable, size=str(len(raw)), limit=str(TITLE_LIMIT))
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r" for character in raw):
        printable = "".join(character for character in raw if character.isprintable())
        raise TitleProblem("title_control", title=printable[:60])
    title = unicodedata.normalize("NFC", raw)
    title = _SPACES.sub(" ", _DIRECTION_MARKS.sub("", title)).strip()
    if not title:
        raise TitleProblem("title_empty")
    for character in title:
        if character in FORBIDDEN_CHARACTERS:
            raise TitleProblem("title_character", title=title[:60], character=character)
    if title.startswith(":") or "::" in _COLON.sub(":", title):
        raise TitleProblem("title_colon", title=title[:60])
    if _DOT_PATHS.search(title):
        raise TitleProblem("title_dots", title=title[:60])
    size = max(len(title.encode()), len(_with_capitals(title).encode()))
    if size > TITLE_LIMIT:
        raise TitleProblem("title_too_long", title=title[:60], size=str(size), limit=str(TITLE_LIMIT))
    number, rest = split_namespace(title)
    if number and not rest:
        raise TitleProblem("title_only_namespace", title=title)
    return title


def split_namespace(full: str) -> tuple[int, str]:
    """Return namespace number and the rest of a full title; (0, the whole title) without a namespace prefix."""
    prefix, colon, rest = full.partition(":")
    if colon:
        number = namespace_number(prefix)
        if number is not None:
            return number, rest.strip()
    return 0, full.strip()


def _upper_first(part: str) -> str:
    """Make the first letter upper case, unless its upper case is two letters (ß)."""
    upper = part[:1].upper()
    return upper + part[1:] if len(upper) == 1 else part


@lru_cache(maxsize=10_000)
def _with_capitals(title: str) -> str:
    """Return a clean title with the canonical name of its namespace and capitals where keys have them."""
    number, rest = split_namespace(title)
    parts = _COLON.split(rest)
    if number in (PROPERTY, PROPERTY + 1):  # no places, but names of vocabularies: foaf:name, foaf:Person
        parts = [_upper_first(":".join(parts))]
    else:
        parts = [_upper_first(part) for part in parts]
    if number:
        parts.insert(0, NAMESPACES[number].canonical)
    return unicodedata.normalize("NFC", ":".join(parts))


@lru_cache(maxsize=10_000)
def key_of(full_title: str) -> str:
    """Return the unique key of a page: canonical namespace, no spaces around `:`, first letters upper case.

    Spellings of typography and of keyboards have one key (`unify_spelling`).

    The first letter is that of the title, and of each part after a `:`, since the part before may be a place. Names of
    properties keep the case after a `:`, as in MediaWiki.
    Two titles name the same page exactly when their keys are equal.  Raises TitleProblem.
    """
    return _with_capitals(unify_spelling(clean_title(full_title)))


def key_or_empty(full_title: str) -> str:
    """Return the key of a page; "" for what is no title."""
    try:
        return key_of(full_title)
    except TitleProblem:
        return ""


def capitalize(full_title: str) -> str:
    """Return the key of a page with the signs that its title is written with. Raises TitleProblem."""
    return _with_capitals(clean_title(full_title))


def is_relative(title: str) -> bool:
    """Return whether a link's target is relative to its page: `/Sub-page`, `../Sibling`, `../`."""
    return title.startswith("../") or title == ".." or (title.startswith("/") and bool(title.strip("/ ")))


def absolute_title(title: str, full_title: str) -> str:
    """Return the full title that a link's target names on the page `full_title`; `:` before it makes it absolute.

    As in MediaWiki; a `/` at the end is left out. Raises TitleProblem if it leads above the page.
    """
    if not is_relative(title):
        return title.removeprefix(":")
    base, rest = full_title, title
    while rest.startswith("../") or rest == "..":
        base, slash, _ = base.rpartition("/")
        if not slash:
            raise TitleProblem("title_above", title=title[:60])
        rest = rest[3:]
    rest = rest.strip("/ ")
    return f"{base}/{rest}" if rest else base


def build_full_title(namespace: int, place_title: str | None, title: str) -> str:
    """Return the full title of a page from its namespace number, the title of its place, and its own title."""
    parts = [title]
    if place_title:
        parts.insert(0, place_title)
    if namespace:
        parts.insert(0, NAMESPACES[namespace].canonical)
    return ":".join(parts)


def talk_title(full_title: str) -> str:
    """Return the full title of the discussion of a page; "" for a discussion, and for a mirrored page."""
    number, rest = split_namespace(full_title)
    return "" if number % 2 or number == MIRROR_NAMESPACE else f"{NAMESPACES[number + 1].canonical}:{rest}"


def replace_forbidden_characters(raw: str, colon: bool = False) -> str:
    """Replace the characters of an external name that titles cannot contain by their full-width forms.

    `::` and a colon at the beginning are always replaced; with `colon`, every `:` is, so that the name
    has no prefix.
    """
    text = raw.translate(FULL_WIDTH_CHARACTERS).replace("::", "：：")
    if colon:
        text = text.replace(":", "：")
    elif text.lstrip(" _\u00a0").startswith(":"):
        text = text.replace(":", "：", 1)
    return text


def quote_title(full: str) -> str:
    """Return the part of a page's URL after `/wiki/`: `_` for spaces, percent-encoded as in MediaWiki."""
    return quote(full.replace(" ", "_"), safe=";@$!*(),/~:-._")
