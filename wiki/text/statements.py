"""What a text states, in source order: front matter, `[[P::v]]`, `{{#set:}}`, `{{#subobject:}}`, categories.

Syntax and meaning are Semantic MediaWiki's (its parser functions `set` and `subobject`, in-text annotation).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from wiki.text.frontmatter.frontmatter_reader import FrontMatterValue
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.markup.placeholders import Placeholder, WikiLink

STATEMENTS_LIMIT = 2_000
"""Statements of one text; those after are not kept."""
STATEMENT_SYNTAX = ("---", "::", ":=", "{{", "[[", "#RED", "#red")
"""Without any of these a text states nothing."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A property, as written (`_INST` and the like where the syntax says it), a value, and the subobject meant."""

    property: str
    value: str
    fragment: str = ""


def has_no_statements(text: str | None) -> bool:
    """Whether a text cannot hold a statement, seen without parsing it."""
    return not text or not any(mark in text for mark in STATEMENT_SYNTAX)


def extract_statements(parsed: Parsed) -> list[Statement]:
    """What a parsed text states, equal statements once. A redirect states only where it leads."""
    if parsed.redirect:
        return [Statement("_REDI", parsed.redirect)]
    return list(dict.fromkeys(islice(_all(parsed), STATEMENTS_LIMIT)))


def has_too_many_statements(parsed: Parsed) -> bool:
    """Whether a parsed text makes more statements than are kept."""
    return not parsed.redirect and next(islice(_all(parsed), STATEMENTS_LIMIT, None), None) is not None


def _all(parsed: Parsed) -> Iterator[Statement]:
    for entry in parsed.front_matter.data:
        yield from _authored(_of_front(entry.key, entry.value))
    silent = False
    for item in parsed.links_and_calls:
        if isinstance(item, WikiLink):
            if item.kind == "annotation" and item.property.upper() == "SMW":
                silent = item.target.strip().lower() == "off"
            elif item.kind == "annotation" and not silent:
                yield from _authored(_of_link(item))
            elif not silent:
                yield from _of_link(item)
        elif not silent:
            yield from _of_call(item)


def _authored(statements: Iterable[Statement]) -> Iterator[Statement]:
    """What authors name themselves: the ids of special properties are the wiki's own."""
    return (one for one in statements if not one.property.strip().startswith("_"))


def _of_front(key: str, value: FrontMatterValue, fragment: str = "") -> Iterator[Statement]:
    """One key of the front matter; a nested mapping is a subobject, to which the key leads."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            inner = str(one.get("id") or "") if isinstance(one.get("id"), str) else ""
            name = inner.strip() or _hashed(one)
            yield Statement(key, f"#{name}", fragment)
            for own, words in one.items():
                if own != "id":
                    yield from _of_front(own, words, name)
        elif isinstance(one, list):
            yield from _of_front(key, one, fragment)
        elif one.strip():
            yield Statement(key, one.strip(), fragment)


def _hashed(content: object) -> str:
    """The name of a subobject that has none: it follows from what it says."""
    raw = json.dumps(content, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    return "_" + hashlib.sha256(raw).hexdigest()[:32]


def _of_link(link: WikiLink) -> Iterator[Statement]:
    if link.kind == "category":
        yield Statement("_INST", link.target)
    elif link.kind == "annotation" and link.target and not link.target.startswith("@@@"):
        yield Statement(link.property, link.target)


def _of_call(placeholder: Placeholder) -> Iterator[Statement]:
    name, parts = placeholder.data["name"], [tuple(part) for part in placeholder.data["arguments"]]
    if name == "defaultsort" and parts:
        yield Statement("_SKEY", parts[0][1])
    elif name == "#concept":
        yield from (Statement("_CONC", value) for value in parse_concept(parts)[:1] if value)
    elif name in ("#ask", "#show"):
        yield from _query(parts)
    elif name == "#set":
        yield from _authored(_assigned(_divided(parts)))
    elif name == "#subobject":
        yield from _subobject(_divided(parts))


def parse_concept(arguments: Sequence[Sequence[str]]) -> tuple[str, str]:
    """The question and the description that `{{#concept:question|description}}` gives, "" for what is missing."""
    question, described = "", ""
    for key, value in arguments:
        words = f"{key}={value}" if key else value
        if not question:
            question = words.strip()
        elif "[[" in words or "<q>" in words:
            question += f" {words.strip()}"
        elif not described and not words.lstrip().startswith("?"):
            described = words.strip()
    return question, described


def _divided(parts: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Arguments as (name, value); names of properties hold signs that names of other calls do not."""
    found = []
    for name, value in parts:
        key, equals, rest = value.partition("=")
        if not name and equals and "[[" not in key and "{{" not in key and "::" not in key:
            found.append((key.strip(), rest.strip()))
        else:
            found.append((name, value))
    return found


def _assigned(parts: list[tuple[str, str]], fragment: str = "") -> Iterator[Statement]:
    """`P=v|P2=a;b|+sep=;|c`: a value without a name is another one of the property before."""
    name = ""
    for at, (key, value) in enumerate(parts):
        if key.startswith("+") or value.startswith("+"):
            continue
        name = key or name
        if not name or not value or name.startswith("@") or name == "template":
            continue
        following = parts[at + 1] if at + 1 < len(parts) else ("", "")
        sign = following[1] or "," if following[0] == "+sep" else "," if following[1] == "+sep" else ""
        for one in value.split(sign) if sign else [value]:
            if one.strip():
                yield Statement(name, one.strip(), fragment)


def _subobject(parts: list[tuple[str, str]]) -> Iterator[Statement]:
    """`id|P=v|@category=A|@sortkey=k|@linkWith=P`; without an id its name follows from what it says."""
    name = parts[0][1] if parts and not parts[0][0] else ""
    rest = parts[1:] if parts and not parts[0][0] else parts
    if not name or name == "-":
        name = _hashed(rest)
    elif "." in name[:5]:
        return
    marked = {key.lower(): value for key, value in rest if key.startswith("@")}
    if "@category" in marked:
        yield from (Statement("_INST", f"Category:{one.strip()}", name) for one in marked["@category"].split(";"))
    if "@sortkey" in marked:
        yield Statement("_SKEY", marked["@sortkey"], name)
    if link := marked.get("@linkwith"):
        yield Statement(link, f"#{name}")
    yield Statement("_SOBJ", f"#{name}")
    yield from _authored(_assigned(rest, name))


def _query(arguments: Sequence[Sequence[str]]) -> Iterator[Statement]:
    """A question as a subobject of its page, so that questions can be asked for too (SMW's query profile)."""
    parts = [f"{key}={value}" if key else value for key, value in arguments]
    conditions = " ".join(part.strip() for part in parts if "[[" in part.partition("=")[0] or "<q>" in part)
    format = next((part.partition("=")[2].strip() for part in parts if part.partition("=")[0].strip() == "format"), "")
    name = f"_QUERY{hashlib.sha256('|'.join(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    yield Statement("_ASK", f"#{name}")
    if conditions:
        yield Statement("_ASKST", conditions, name)
    if format:
        yield Statement("_ASKFO", format, name)
