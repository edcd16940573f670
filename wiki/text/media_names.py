"""Names of pictures and files within a text, found and changed without parsing it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wiki.text import titles
from wiki.text.markup.images import picture_name

ENDINGS = (
    "png", "jpe?g", "gif", "webp", "pdf", "od[tsp]", "docx", "xlsx", "pptx", "csv", "svg", "stl", "3mf", "dxf", "gpx",
    "mp3", "og[gav]", "opus", "wav", "flac", "m4a", "mp4", "webm",
)  # fmt: skip
"""Endings of the names of pictures and files, as regular expressions; the types are in `wiki/pages/file_types.py`."""
_ENDING = rf"\.(?:{'|'.join(ENDINGS)})"
HAS_MEDIA = re.compile(_ENDING, re.IGNORECASE)
MEDIA_PATTERN = re.compile(
    r"(?:(?:File|Fichier|Image)[ _]*:|!\[\[|\]\([ ]*<?|\]:[ ]*<?)"
    rf"(?P<name>[^\[\]|<>\n\"]{{1,200}}?{_ENDING})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
"""Finds the pictures and files that a text shows without parsing it: may find too many, never too few."""


def key_of_name(name: str) -> str:
    """Return the normalised name of a file as written in a page; "" if it cannot be a file name."""
    return titles.key_or_empty(f"File:{name}").partition(":")[2]


def media_keys(text: str) -> set[str]:
    """Return keys of the pictures and files that a text may show: may be too many."""
    if not HAS_MEDIA.search(text):
        return set()
    names = (picture_name(match["name"]) for match in MEDIA_PATTERN.finditer(text))
    return {key_of_name(name) for name in names if name} - {""}


def rename_media(text: str, renamed: Mapping[str, str]) -> str:
    """Replace the names of pictures and files in `text`; `renamed` maps old to new names."""

    def replacement(match: re.Match[str]) -> str:
        name = picture_name(match["name"])
        new_name = renamed.get(key_of_name(name)) if name else None
        if new_name is None:
            return match[0]
        before = match[0].removesuffix(match["name"])
        if before.startswith("]") and not before.endswith("<"):  # an address, in which a blank or a bracket ends it
            for sign, code in (("%", "%25"), (" ", "_"), ("(", "%28"), (")", "%29")):
                new_name = new_name.replace(sign, code)
        return f"{before}{'File:' if before.startswith(']') else ''}{new_name}"

    return MEDIA_PATTERN.sub(replacement, text) if renamed else text
