"""Attribution lines in three formats and two languages, with hostile names."""

from __future__ import annotations

import re
from datetime import date

import markdown
import pytest
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given
from hypothesis import strategies as st

from wiki.licenses.attribution import attribution_line
from wiki.text.markup.markdown_parser import parse

SOURCE = "https://wiki.example/wiki/Jardin_partagé?version=3"
DEED = "https://creativecommons.org/licenses/by-sa/4.0/"


def test_it_writes_title_authors_source_and_licence() -> None:
    with translation.override("en"):
        line = attribution_line("Jardin partagé", ["Alice", "Bob", "Anna"], SOURCE, "CC-BY-SA-4.0", "translated")
    assert (
        line.text == f"“Jardin partagé” ({SOURCE}) by Alice, Bob and Anna, CC BY-SA 4.0 ({DEED}) — changed: translated"
    )
    assert line.html == (
        f'<a href="{SOURCE}">“Jardin partagé”</a> by Alice, Bob and Anna, '
        f'<a rel="license" href="{DEED}">CC BY-SA 4.0</a> — changed: translated'
    )
    assert line.markdown == (
        "[“Jardin partagé”](https://wiki.example/wiki/Jardin_partag%C3%A9?version=3) by Alice, Bob and Anna, "
        f"[CC BY-SA 4.0]({DEED}) — changed: translated"
    )
    assert isinstance(line.html, SafeString)


def test_it_speaks_french() -> None:
    line = attribution_line("Jardin", ["Alice", "Bob"], "", "CC-BY-SA-4.0 OR LAL-1.3", "traduit", language="fr")
    assert line.text == (
        f"«\u202fJardin\u202f» par Alice et Bob, CC BY-SA 4.0 ({DEED}) ou Licence Art Libre 1.3 (https://artlibre.org/)"
        " — modifié\u00a0: traduit"
    )
    undated = attribution_line("Lieux", ["ANCT"], "", "etalab-2.0", updated=date(2019, 9, 24), language="fr")
    assert undated.text.endswith(", mis à jour le 24 septembre 2019")


def test_it_leaves_the_language_of_the_reader_as_it_was() -> None:
    with translation.override("fr"):
        assert attribution_line("A", ["B"], "", "CC0-1.0", language="en").text.startswith("“A” by B, CC0 1.0")
        assert translation.get_language() == "fr"


@pytest.mark.parametrize(
    ("changes", "end"), [(None, "CC0 1.0"), ("", "CC0 1.0 — changed"), ("cut short", "CC0 1.0 — changed: cut short")]
)
def test_changes_are_noted(changes: str | None, end: str) -> None:
    line = attribution_line("A", ["B"], "", "CC0-1.0", changes, language="en")
    assert re.sub(r" \(https[^)]*\)", "", line.text).endswith(end)


def test_missing_authors_and_licences_are_noted() -> None:
    assert (
        attribution_line("A", [], "", "LicenseRef-unknown", language="en").text
        == "“A”, authors not named, Unknown licence"
    )
    assert attribution_line("A", [], "", "", language="en").text == "“A”, authors not named, licence unknown"


@pytest.mark.parametrize(
    "source",
    ["javascript:alert(1)", "//evil.example/x", "/\\evil.example", "data:text/html,x", "https://a b", "wiki/A"],
)
def test_it_does_not_link_unsafe_urls(source: str) -> None:
    line = attribution_line("A", ["B"], source, "CC0-1.0", language="en")
    assert "“A” by B" in line.html
    assert line.markdown.startswith("“A” by B")


def test_it_links_to_a_page_of_this_wiki() -> None:
    assert '<a href="/wiki/A">“A”</a>' in attribution_line("A", ["B"], "/wiki/A", "CC0-1.0", language="en").html


def test_names_are_escaped() -> None:
    name = mark_safe("<script>alert(1)</script>")
    line = attribution_line(name, ['<img src=x onerror="y">'], 'https://a.example/"><b>', "<i>", "<u>", language="en")
    assert "<script" not in line.html
    assert set(re.findall(r"<(\w+)", line.html)) == {"a"}
    assert 'href="https://a.example/&quot;&gt;&lt;b&gt;"' in line.html


def test_an_attribution_is_one_line() -> None:
    line = attribution_line("A\n\n# B", ["C\r\nD", "E\u202efdp"], "", "CC0-1.0", "one\ntwo", language="en")
    assert line.text.startswith("“A # B” by C D and Efdp, CC0 1.0")
    assert "\n" not in line.text + line.html + line.markdown


HOSTILE = (
    "[[Place:X]] {{#ask: y}} [x](http://z.example) *a* _b_ `c` <b>d</b> ![i](j.jpg) "
    "http://k.example www.l.example ~~m~~ me@n.example \\"
)


def test_markdown_in_names_is_escaped() -> None:
    line = attribution_line(HOSTILE, [HOSTILE], "", "CC0-1.0", HOSTILE, language="en")
    html = markdown.markdown(line.markdown)
    assert set(re.findall(r"<(\w+)", html)) == {"p", "a"}
    assert re.findall(r'href="([^"]*)"', html) == ["https://creativecommons.org/publicdomain/zero/1.0/"]


def test_wiki_syntax_in_names_is_escaped() -> None:
    parsed = parse(attribution_line(HOSTILE, [HOSTILE], "", "CC0-1.0", HOSTILE, language="en").markdown)
    assert parsed.links == []
    assert parsed.categories == []
    assert parsed.problems == []


@given(st.text(), st.lists(st.text()), st.text(), st.text(), st.none() | st.text())
def test_it_never_fails_and_never_contains_a_foreign_tag(
    title: str, authors: list[str], source: str, license_id: str, changes: str | None
) -> None:
    line = attribution_line(title, authors, source, license_id, changes, language="en")
    assert set(re.findall(r"<([^ >]+)", line.html)) <= {"a", "/a"}
