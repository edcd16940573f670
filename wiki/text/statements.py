"""The statements of a text, in source order: front matter, `[[P::v]]`, `{{#set:}}`, `{{#subobject:}}`, categories.

Syntax and meaning as in Semantic MediaWiki (parser functions `set` and `subobject`, in-text annotations).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from wiki.text.frontmatter.frontmatter_reader import parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.markup.placeholders import Placeholder, WikiLink
from wiki.text.titles import fold
from wiki.text.transclusion import substitute_arguments

STATEMENTS_LIMIT = 2_000
"""Maximum number of statements of one text; further ones are dropped."""
STATEMENT_SYNTAX = ("---", "::", ":=", "{{", "[[", "#RED", "#red")
"""A text without any of these strings has no statements."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A property and a value of the page, or of its subobject `fragment`.

    `property` is as written, or the id of a special property (`_INST` for categories and the like).
    """

    property: str
    value: str
    fragment: str = ""


def has_no_statements(text: str | None) -> bool:
    """Return whether a text cannot contain a statement, without parsing it."""
    return not text or not any(mark in text for mark in STATEMENT_SYNTAX)


def statements_without_body(text: str | None) -> list[Statement] | None:
    """Return the statements of a text whose body cannot contain any, without parsing the body; None for other texts."""
    if not text or has_no_statements(text):
        return []
    front = parse_front_matter(text)
    return extract_statements(Parsed("", "", front)) if has_no_statements(front.body) else None


def extract_statements(parsed: Parsed) -> list[Statement]:
    """Return the statements of a parsed text, each once. A redirect has only one, its target."""
    if parsed.redirect:
        return [Statement("_REDI", parsed.redirect)]
    found = (_without_parameters(statement) for statement in islice(_all(parsed), STATEMENTS_LIMIT))
    return list(dict.fromkeys(statement for statement in found if statement.value.strip()))


def _without_parameters(statement: Statement) -> Statement:
    """Replace `{{{name|default}}}` by its default: nobody gives arguments to the page itself."""
    if "{{{" not in statement.value or statement.property in ("_ASKST", "_CONC"):
        return statement
    return replace(statement, value=substitute_arguments(statement.value, {}).strip())


def has_too_many_statements(parsed: Parsed) -> bool:
    """Return whether a parsed text has more statements than STATEMENTS_LIMIT."""
    return not parsed.redirect and next(islice(_all(parsed), STATEMENTS_LIMIT, None), None) is not None


def _all(parsed: Parsed) -> Iterator[Statement]:
    for entry in parsed.front_matter.data:
        yield from _authored(_of_front_matter(entry.key, entry.value))
    is_off = False
    for item in parsed.links_and_calls:
        if isinstance(item, WikiLink):
            if item.kind == "annotation" and item.property.upper() == "SMW":
                is_off = item.target.strip().lower() == "off"
            elif item.kind == "annotation" and not is_off:
                yield from _authored(_of_link(item))
            elif not is_off:
                yield from _of_link(item)
        elif not is_off:
            yield from _of_call(item)


def _authored(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Drop statements of special properties (`_…`): authors cannot use their ids."""
    return (statement for statement in statements if not statement.property.strip().startswith("_"))


def _of_front_matter(key: str, value: FrontMatterValue, fragment: str = "") -> Iterator[Statement]:
    """Yield the statements of one key of the front matter; a nested mapping is a subobject, the value of the key.

    A mapping that has the key itself gives this value with details: it is stated of the whole, and of the subobject.
    """
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            given_id = str(item.get("id") or "") if isinstance(item.get("id"), str) else ""
            name = given_id.strip() or _content_hash(item)
            yield Statement(key, detailed_value(key, item) or f"#{name}", fragment)
            for inner_key, inner_value in item.items():
                if inner_key != "id":
                    yield from _of_front_matter(inner_key, inner_value, name)
        elif isinstance(item, list):
            yield from _of_front_matter(key, item, fragment)
        elif item.strip():
            yield Statement(key, item.strip(), fragment)


def detailed_value(key: str, item: Mapping[str, FrontMatterValue]) -> str:
    """Return the value of a property of which a mapping gives the details, by the same name within it; "" for none."""
    own = (value for name, value in item.items() if fold(name.strip()) == fold(key.strip()))
    return next((value.strip() for value in own if isinstance(value, str)), "")


def _content_hash(content: object) -> str:
    """Return the name of a subobject without a given one: a hash of its content."""
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
        yield from _authored(_assignments(_with_json(_split_arguments(parts))))
    elif name == "#subobject":
        yield from _subobject(_with_json(_split_arguments(parts)))


def parse_concept(arguments: Sequence[Sequence[str]]) -> tuple[str, str]:
    """Return query and description of `{{#concept:query|description}}`, "" for a missing one.

    `arguments` are (name, value) pairs, name "" if there is none. Further conditions are added to the query.
    """
    query, description = "", ""
    for key, value in arguments:
        argument = f"{key}={value}" if key else value
        if not query:
            query = argument.strip()
        elif "[[" in argument or "<q>" in argument:
            query += f" {argument.strip()}"
        elif not description and not argument.lstrip().startswith("?"):
            description = argument.strip()
    return query, description


def _split_arguments(parts: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Return arguments as (name, value) pairs.

    Arguments are split at `=` again here, since names of properties may contain characters that the
    names of other parser function arguments may not.
    """
    pairs = []
    for name, value in parts:
        key, equals, rest = value.partition("=")
        if not name and equals and "[[" not in key and "{{" not in key and "::" not in key:
            pairs.append((key.strip(), rest.strip()))
        else:
            pairs.append((name, value))
    return pairs


def _with_json(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Replace `@json={"P": ["v", "w"], "Q": 1}` by the arguments `P=v`, `w` and `Q=1`; unreadable JSON is left out."""
    found: list[tuple[str, str]] = []
    for key, value in parts:
        if key.lower() == "@json":
            found += _pairs_of_json(value) or []
        else:
            found.append((key, value))
    return found


def _pairs_of_json(text: str) -> list[tuple[str, str]] | None:
    """Return the arguments that a JSON object stands for; None for other JSON, nested objects, and no JSON."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    pairs = []
    for name, value in content.items():
        values = value if isinstance(value, list) else [value]
        if not name.strip() or any(isinstance(one, list | dict) for one in values):
            return None
        texts = [one if isinstance(one, str) else json.dumps(one) for one in values if one is not None]
        pairs += [(name.strip() if index == 0 else "", one) for index, one in enumerate(texts)]
    return pairs


def has_unreadable_json(parsed: Parsed) -> bool:
    """Return whether an argument `@json` of a call in the text is no JSON object of values."""
    calls = (item for item in parsed.links_and_calls if isinstance(item, Placeholder))
    arguments = (
        argument
        for call in calls
        if call.data["name"] in ("#set", "#subobject")
        for argument in _split_arguments([tuple(part) for part in call.data["arguments"]])
    )
    return any(key.lower() == "@json" and _pairs_of_json(value) is None for key, value in arguments)


OPTIONS = ("+sep", "+pipe")
"""Arguments of `#set` and `#subobject` that say how the values before them are read (as in Semantic MediaWiki)."""
END = "\0"
"""A name that no property has: ends the last group of values."""


def _assignments(parts: list[tuple[str, str]], fragment: str = "") -> Iterator[Statement]:
    """Yield the statements of `P=v|P2=a;b|+sep=;|c|Q=u|v|+pipe`.

    A value without a name belongs to the property before it. `+sep` divides the value before it (by a comma, unless it
    names one); `+pipe` joins the values of its property by `|`. Any other value that begins with `+` is a value.
    """
    values: list[str] = []
    property_name = ""
    for key, value in [*parts, (END, "")]:
        option, separator = (
            (key, value) if key in OPTIONS else (value, "") if not key and value in OPTIONS else ("", "")
        )
        if option == "+sep" and values:
            values[-1:] = values[-1].split(separator or ",")
        elif option == "+pipe":
            values = ["|".join(values)]
        elif not option and key:
            yield from _statements_of(property_name, values, fragment)
            property_name, values = key, [value]
        elif not option:
            values.append(value)


def _statements_of(property_name: str, values: Sequence[str], fragment: str) -> Iterator[Statement]:
    """Yield the statements of a property, without empty values; none for parameters of the parser function itself."""
    if property_name and not property_name.startswith("@") and property_name != "template":
        yield from (Statement(property_name, value.strip(), fragment) for value in values if value.strip())


def _subobject(parts: list[tuple[str, str]]) -> Iterator[Statement]:
    """Yield the statements of `id|P=v|@category=A|@sortkey=k|@linkWith=P`; without an id, the name is a content hash.

    An id with a dot among its first five characters is refused, as in SMW.
    """
    name = parts[0][1] if parts and not parts[0][0] else ""
    rest = parts[1:] if parts and not parts[0][0] else parts
    if not name or name == "-":
        name = _content_hash(rest)
    elif "." in name[:5]:
        return
    options = {key.lower(): value for key, value in rest if key.startswith("@")}
    if "@category" in options:
        for category in options["@category"].split(";"):
            yield Statement("_INST", f"Category:{category.strip()}", name)
    if "@sortkey" in options:
        yield Statement("_SKEY", options["@sortkey"], name)
    if link := options.get("@linkwith"):
        yield Statement(link, f"#{name}")
    yield Statement("_SOBJ", f"#{name}")
    yield from _authored(_assignments(rest, name))


def _query(arguments: Sequence[Sequence[str]]) -> Iterator[Statement]:
    """Yield an embedded query as a subobject of its page, so that queries can be queried too (SMW: query profile)."""
    parts = [f"{key}={value}" if key else value for key, value in arguments]
    conditions = " ".join(part.strip() for part in parts if "[[" in part.partition("=")[0] or "<q>" in part)
    format = next((part.partition("=")[2].strip() for part in parts if part.partition("=")[0].strip() == "format"), "")
    name = f"_QUERY{hashlib.sha256('|'.join(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    yield Statement("_ASK", f"#{name}")
    if conditions:
        yield Statement("_ASKST", conditions, name)
    if format:
        yield Statement("_ASKFO", format, name)
