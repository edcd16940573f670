"""The lines of blocks, headings and problems of a parsed text: they are those of the source, as passages count them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.text.test_commonmark import examples
from wiki.text.markup.markdown_parser import parse
from wiki.text.passages import split_passages

DEMO = sorted((Path(__file__).parents[2] / "demo").rglob("*.md"))
TEXT = """---
Ville: Lyon
---
# Un
texte

<includeonly>
## Caché
</includeonly>
- a
  - b

    suite
- c

> ## Deux
> suite
>

| a | b |
|---|---|
| 1 | {{inconnu}} |

```
code

```
{{inconnu
|a
}}

Terme
: définition

note[^1]

[^1]: texte

Titre
===
"""
BLOCKS = """
heading 4-4
paragraph 5-5
list 10-14
. item 10-13
. . list 11-13
. . . item 11-13
. . . . paragraph 11-11
. . . . paragraph 13-13
. item 14-14
quote 16-17
. heading 16-16
. paragraph 17-17
table 20-22
. row 20-20
. row 22-22
code 24-27
call 28-30
definitions 32-33
. term 32-32
. definition 33-33
paragraph 35-35
footnote 37-37
. paragraph 37-37
heading 39-40
"""
OTHERWISE = {
    169,
    170,
    172,
    176,
    177,
    179,
    180,
    182,
    208,
    210,
    215,
    216,
    228,
    229,
    230,
    232,
    236,
    237,
    241,
    278,
    318,
    324,
}
"""Examples of CommonMark in which a block begins within a passage: raw HTML, definitions of references, code in quotes
and in items, a paragraph right below a heading within a quote."""


def test_blocks_have_their_lines_at_every_depth() -> None:
    found = [f"{'. ' * one.depth}{one.kind} {one.first}-{one.last}" for one in parse(TEXT).blocks]
    assert found == BLOCKS.strip().split("\n")


def test_each_definition_and_each_of_several_terms_has_its_lines() -> None:
    text = "a\n: b\n\nc\n\n: d\n\ne\n___\n: f\n: g\n  h\n  : i\n"
    found = {(one.kind, one.first, one.last) for one in parse(text).blocks if one.kind in ("term", "definition")}
    assert found == {
        ("term", 1, 1), ("definition", 2, 2), ("term", 4, 4), ("definition", 6, 6), ("term", 8, 8), ("term", 9, 9),
        ("definition", 10, 10), ("definition", 11, 13), ("term", 11, 11), ("term", 12, 12), ("definition", 13, 13),
    }  # fmt: skip
    assert parse(text).html.count("<dt>") == 6


def test_headings_have_their_lines() -> None:
    lines = TEXT.split("\n")
    assert [(one.title, lines[one.line - 1]) for one in parse(TEXT).toc] == [
        ("Un", "# Un"), ("Deux", "> ## Deux"), ("Titre", "Titre"),
    ]  # fmt: skip


def test_a_redirect_counts_as_a_line() -> None:
    parsed = parse("#REDIRECT [[Autre]]\n\n# Titre\n")
    assert [one.line for one in parsed.toc] == [one.first for one in parsed.blocks] == [3]


def test_a_mistake_made_twice_has_two_lines() -> None:
    text = "`[[<b]]`\n\n- [[<b]]\n\n| a |\n|---|\n| [[<b]] |\n"
    assert [one.line for one in parse(text).problems] == [3, 7]


@pytest.mark.parametrize("text", [f"{'[[<b]] ' * 500}\n\n" * 20, "![](x)\n\n" * 5_000, "{{inconnu}}\n\n" * 5_000])
def test_many_mistakes_all_have_lines(text: str) -> None:
    assert all(one.line for one in parse(text).problems)


def first_lines(text: str) -> set[int]:
    """Return the lines on which the passages of a text begin."""
    return {text.count("\n", 0, one.start) + 1 for one in split_passages(text)}


def otherwise(text: str) -> list[str]:
    """Return the blocks of a text that do not begin with a passage."""
    kinds, known = ("heading", "paragraph", "code", "item", "row", "rule"), first_lines(text)
    return [f"{one.kind} {one.first}" for one in parse(text).blocks if one.kind in kinds and one.first not in known]


@pytest.mark.parametrize("file", DEMO, ids=lambda file: file.stem)
def test_passages_of_the_demo_begin_where_blocks_do(file: Path) -> None:
    assert otherwise(file.read_text(encoding="utf-8")) == []


def test_passages_of_commonmarks_examples_begin_where_blocks_do() -> None:
    assert {one.values[0] for one in examples() if otherwise(str(one.values[1]))} == OTHERWISE
