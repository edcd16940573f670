"""Statements of one version of a page, with keys of properties, and the builtin statements that the wiki adds."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wiki.facts.special_properties import SPECIAL, key_of_property, written_title
from wiki.pages.writing.derived_data import ParsedVersion, VersionState
from wiki.text import statements, titles
from wiki.text.markup import parser_process
from wiki.text.markup.parser_functions import substitute_page_name_variables
from wiki.text.statements import Statement
from wiki.text.titles import CATEGORY, FILE, MIRROR_NAMESPACE, TitleProblem

MEDIA_TYPES = {"image": "BITMAP", "audio": "AUDIO", "video": "VIDEO", "text": "TEXT"}
"""MediaWiki's name for the first part of a MIME type. The MIME type of a file follows from its name."""
TITLE_LIMIT = 255
"""Maximum number of characters of a subobject's name."""

Identity = tuple[str, str, str]
"""(subobject, property key, raw value): what makes two facts of a page the same."""


@dataclass(slots=True)
class VersionStatements:
    """All statements of one version, in source order."""

    version: VersionState
    facts: dict[Identity, int] = field(default_factory=dict)
    """The position of each fact among the facts of its page."""
    names: dict[str, str] = field(default_factory=dict)
    """Titles of properties by key, as they are written here, where these differ by spelling."""


def statements_of(parsed: ParsedVersion) -> Iterator[VersionStatements]:
    """Yield the statements of each new version of a page.

    The current text is parsed already; other texts are parsed in a bounded process.
    """
    last_text, last_statements = None, None
    for version in parsed.steps:
        if parsed.fields.namespace == MIRROR_NAMESPACE:  # a mirror: its facts belong to the remote wiki
            current = []
        elif version.text == parsed.text and version.full_title == _full_title(parsed):
            current = statements.extract_statements(parsed.parsed)
        elif version.text == last_text and last_statements is not None:
            current = last_statements
        elif (found := statements.statements_without_body(version.text)) is not None:
            current = found
        else:
            current = statements.extract_statements(parser_process.parse_bounded(version.text or ""))
        last_text, last_statements = version.text, current
        yield _statements(version, current)


def _full_title(parsed: ParsedVersion) -> str:
    fields = parsed.fields
    return fields.full_title


def _statements(version: VersionState, statements: Iterable[Statement]) -> VersionStatements:
    """Return statements as facts: with keys of properties, and with magic words replaced by the titles of the page."""
    # The text is dropped, to free memory: it is not needed again.
    result = VersionStatements(replace(version, text=None if version.text is None else ""))
    if version.text is None:
        return result
    namespace, _ = titles.split_namespace(version.full_title)
    for statement in statements:
        name = "_SUBC" if statement.property == "_INST" and namespace == CATEGORY else statement.property
        _add(result, name, substitute_page_name_variables(statement.value, version.full_title), statement.fragment)
    _add_kind(result, version, namespace)
    return result


def _add(result: VersionStatements, name: str, value: str, fragment: str = "") -> None:
    """Add one fact, unless its property name is no title, or only the wiki itself may state the property."""
    try:
        key = key_of_property(name)
    except TitleProblem:
        return
    special = SPECIAL.get(key)
    if special is not None and special.automatic and not name.startswith("_"):
        return
    result.facts.setdefault((fragment[:TITLE_LIMIT], key, value), len(result.facts))
    if special is None and (title := written_title(name)) != key:
        result.names.setdefault(key, title)


def _add_kind(result: VersionStatements, version: VersionState, namespace: int) -> None:
    """State the kind of the page: a place is a `place`; a main namespace page without a stated kind is an `article`."""
    stated = [identity for identity in result.facts if identity[:2] == ("", "_KIND")]
    if version.is_place:
        for identity in stated:
            del result.facts[identity]
        _add(result, "_KIND", "place")
    elif not stated and namespace == 0 and not any(key == "_REDI" for _, key, _ in result.facts):
        _add(result, "_KIND", "article")


def builtin_statements(version: VersionState, number: int, created: datetime, at: datetime) -> list[Identity]:
    """Return what the wiki states of a version: its time and author, the page's creation time, a file's media type."""
    if version.text is None:
        return []
    statements = [
        ("", "_MDAT", at.astimezone(UTC).isoformat(timespec="seconds")),
        ("", "_CDAT", created.astimezone(UTC).isoformat(timespec="seconds")),
        ("", "_NEWP", "true" if number == 1 else "false"),
    ]
    namespace, name = titles.split_namespace(version.full_title)
    if namespace == FILE and (mime := mimetypes.guess_type(name)[0]):
        statements += [("", "_MIME", mime), ("", "_MEDIA", MEDIA_TYPES.get(mime.partition("/")[0], "OFFICE"))]
    if version.author.strip():
        statements.append(
            ("", "_LEDT", f"User:{titles.replace_forbidden_characters(version.author.strip(), colon=True)}")
        )
    return statements
