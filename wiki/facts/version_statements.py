"""What one version of a page says: its statements with keys of properties, and what the wiki says of it itself."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.pages.writing.derived_data import ParsedVersion, VersionState
from wiki.text import statements, titles
from wiki.text.markup import parser_process
from wiki.text.markup.parser_functions import substitute_page_name_variables
from wiki.text.statements import Statement
from wiki.text.titles import MIRROR_NAMESPACE, TitleProblem

FILE, CATEGORY, PROPERTY = 6, 14, 102
MEDIA_TYPES = {"image": "BITMAP", "audio": "AUDIO", "video": "VIDEO", "text": "TEXT"}
"""What MediaWiki calls the first part of a MIME type; a file keeps the type that its name says."""
TITLE_LIMIT = 255

Identity = tuple[str, str, str]
"""Subobject, property key, words as written: what makes two facts of a page the same."""


@dataclass(slots=True)
class VersionStatements:
    """All that one version says, in source order."""

    version: VersionState
    facts: dict[Identity, int] = field(default_factory=dict)
    """With the order of each among the facts of its page."""


def statements_of(reading: ParsedVersion) -> Iterator[VersionStatements]:
    """What each of the steps of a reading says. The last one is parsed already."""
    last_text, last_found = None, None
    for step in reading.steps:
        if reading.fields.namespace == MIRROR_NAMESPACE:  # its facts are of things that another wiki tells of
            found = []
        elif step.text == reading.text and step.full_title == _title(reading):
            found = statements.extract_statements(reading.parsed)
        elif step.text == last_text and last_found is not None:
            found = last_found
        elif statements.has_no_statements(step.text):
            found = []
        else:
            found = statements.extract_statements(parser_process.parse_bounded(step.text or ""))
        last_text, last_found = step.text, found
        yield _said(step, found)


def _title(reading: ParsedVersion) -> str:
    fields = reading.fields
    return fields.full_title


def _said(step: VersionState, statements: Iterable[Statement]) -> VersionStatements:
    """Statements as facts: names of properties as keys, magic words of the page as its titles."""
    said = VersionStatements(replace(step, text=None if step.text is None else ""))  # nobody needs the text again
    if step.text is None:
        return said
    namespace, _ = titles.split_namespace(step.full_title)
    for one in statements:
        name = "_SUBC" if one.property == "_INST" and namespace == CATEGORY else one.property
        _add(said, name, substitute_page_name_variables(one.value, step.full_title), one.fragment)
    _add_kind(said, step, namespace)
    return said


def _add(said: VersionStatements, name: str, value: str, fragment: str = "") -> None:
    """One fact, unless its property can have no title or is the wiki's own to say."""
    try:
        key = key_of_property(name)
    except TitleProblem:
        return
    special = SPECIAL.get(key)
    if special is not None and special.automatic and not name.startswith("_"):
        return
    said.facts.setdefault((fragment[:TITLE_LIMIT], key, value), len(said.facts))


def _add_kind(said: VersionStatements, step: VersionState, namespace: int) -> None:
    """A place is a place; a page of the main namespace that does not say its kind is an article."""
    written = [identity for identity in said.facts if identity[:2] == ("", "_KIND")]
    if step.is_place:
        for identity in written:
            del said.facts[identity]
        _add(said, "_KIND", "place")
    elif not written and namespace == 0 and not any(key == "_REDI" for _, key, _ in said.facts):
        _add(said, "_KIND", "article")


def builtin_statements(step: VersionState, number: int, created: datetime, at: datetime) -> list[Identity]:
    """What the wiki says of a version: when it and its page were made, and by whom."""
    if step.text is None:
        return []
    found = [
        ("", "_MDAT", at.astimezone(UTC).isoformat(timespec="seconds")),
        ("", "_CDAT", created.astimezone(UTC).isoformat(timespec="seconds")),
        ("", "_NEWP", "true" if number == 1 else "false"),
    ]
    namespace, name = titles.split_namespace(step.full_title)
    if namespace == FILE and (mime := mimetypes.guess_type(name)[0]):
        found += [("", "_MIME", mime), ("", "_MEDIA", MEDIA_TYPES.get(mime.partition("/")[0], "OFFICE"))]
    if step.author.strip():
        found.append(("", "_LEDT", f"User:{titles.replace_forbidden_characters(step.author.strip(), colon=True)}"))
    return found
