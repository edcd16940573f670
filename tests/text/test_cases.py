"""Parser tests from the tables in `cases/`: source text and expected HTML, links, problems."""

from __future__ import annotations

import re
import tomllib
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wiki.text.markup.markdown_parser import Parsed, parse
from wiki.text.markup.placeholders import Placeholder, WikiLink

CASES = Path(__file__).parent / "cases"
ATTRIBUTES = {
    "align", "aria-hidden", "class", "colspan", "dir", "href", "id", "lang", "open", "rel", "rowspan", "scope",
    "start", "tabindex", "title", "type", "value",
}  # fmt: skip


class Attributes(HTMLParser):
    """Collects the names of all attributes, and the values of all `href`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.update(name for name, _ in attrs)
        self.urls.extend(value or "" for name, value in attrs if name == "href")


def cases(name: str) -> list[Any]:
    """Return the cases of one table as pytest parameters, each with its name as id."""
    with (CASES / f"{name}.toml").open("rb") as file:
        return [pytest.param(case, id=case["name"]) for case in tomllib.load(file)["case"]]


def notation_of(placeholder: Placeholder) -> str:
    """Return a placeholder in the notation of the tables."""
    data = placeholder.data
    if placeholder.kind == "link":
        target = data["target"] + (f"#{data['fragment']}" if data["fragment"] else "")
        target = escape(target, quote=False)
        label = escape(data["label"], quote=False).replace("\u00a0", " ")
        if data.get("open"):
            return f"{{open {target}}}"
        return f"{{link {target}}}" if label == target else f"{{link {target}|{label}}}"
    if placeholder.kind == "annotation":
        statement = f"{data['property']} {data['value']}"
        return f"{{annotation {statement}|{data['label']}}}" if data["label"] else f"{{annotation {statement}}}"
    if placeholder.kind == "picture":
        rest = (f" {data['width']}px" if data["width"] else "") + (" alone" if data["alone"] else "")
        return f"{{picture {data['name']}|{data['description']}|{data['caption']}{rest}}}"
    if placeholder.kind == "callout":
        return f"{{callout {data['type']}}}"
    if placeholder.kind == "call":
        arguments = "".join(f" {key}={value}" for key, value in data["arguments"])
        return f"{{call {data['name']}{arguments}{' alone' if data['alone'] else ''}}}"
    if placeholder.kind == "problem":
        return f"{{problem {data['code']} {data['source']}}}"
    raise AssertionError(f"a placeholder of kind {placeholder.kind} was not filled by the parser")


def page_of(parsed: Parsed) -> str:
    """Return the HTML with placeholders in the notation of the tables, and anchors shortened."""
    html = parsed.fill(notation_of)
    assert parsed.nonce not in html
    return re.sub(r'<a class="anchor" href="#[^"]*" aria-hidden="true" tabindex="-1">#</a>', "{anchor}", html)


def line_of(link: WikiLink) -> str:
    """Return a link in the notation of the tables."""
    if link.kind == "annotation":
        return f"{link.property} :: {link.target}"
    section = f"#{link.section}" if link.section else ""
    return f"{link.kind} {link.target}{section} = {link.label}"


@pytest.mark.parametrize("case", [*cases("links"), *cases("pictures"), *cases("markdown")])
def test_parser_gives_the_expected_page(case: dict[str, Any]) -> None:
    parsed = parse(case["text"], calls=case.get("calls", ()))
    assert not parsed.is_source
    if "html" in case:
        assert page_of(parsed).strip() == case["html"].strip()
    if "links" in case:
        assert [line_of(link) for link in parsed.links] == case["links"]
    if "categories" in case:
        assert parsed.categories == case["categories"]
    if "redirect" in case:
        assert (parsed.redirect or "") == case["redirect"]
    if "toc" in case:
        assert [f"{entry.level} {entry.id} {entry.title}" for entry in parsed.toc] == case["toc"]
    if "sentences" in case:
        assert [str(problem) for problem in parsed.problems] == case["sentences"]
    expected = case.get("problems")
    if expected is not None or "sentences" not in case:
        assert [f"{problem.code} {problem.line}" for problem in parsed.problems] == (expected or [])


@pytest.mark.parametrize("case", cases("cleaning"))
def test_sanitizer_leaves_nothing_harmful(case: dict[str, Any]) -> None:
    parsed = parse(case["text"])
    assert not parsed.is_source
    html = parsed.fill(lambda placeholder: escape(notation_of(placeholder)))
    if "html" in case:
        assert html.strip() == case["html"]
    for harm in case.get("without", ()):
        assert harm not in html
    found = Attributes()
    found.feed(html)
    assert found.names <= ATTRIBUTES
    assert not [a for a in found.urls if ":" in a and not re.match(r"https?:|mailto:|tel:|#s-", a)]
    assert "\x02" not in html


@pytest.mark.parametrize("case", [*cases("links"), *cases("pictures"), *cases("markdown"), *cases("cleaning")])
def test_parser_is_deterministic_apart_from_the_nonce(case: dict[str, Any]) -> None:
    once, again = parse(case["text"]), parse(case["text"])
    assert once.nonce != again.nonce
    assert once.html.replace(once.nonce, again.nonce) == again.html
    assert (once.placeholders, once.links, once.toc, once.problems) == (
        again.placeholders,
        again.links,
        again.toc,
        again.problems,
    )
