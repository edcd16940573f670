"""The visual editor's reading and writing of Markdown, run in Node: only what was changed changes.

`acts.mjs` opens each text, does each act (letters into a word, a paragraph, …), writes the text, and undoes the act.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from movilab.assets import find_node
from tests.editor.random_markdown import documents
from tests.text.test_commonmark import examples
from wiki.text.frontmatter.frontmatter_reader import split_front_matter
from wiki.text.markup.markdown_parser import parse

SCRIPT = Path(__file__).parent / "acts.mjs"
DEMO = sorted((Path(__file__).parents[2] / "demo").rglob("*.md"))
PRACTICE = Path(__file__).parents[1] / "data"
REPORTED = {"173 paragraph", "386 bold", *(f"{number} noteInsertion" for number in (39, 386, 424, 428))}
"""Acts on examples of CommonMark that Markdown or the serializer cannot say (text after HTML that is not closed, marks
beside underscores): the editor reports it."""
EXACT = ("letters", "noteInsertion")
REFUSALS = {"", "refusedSource", "refusedFacts", "refusedRedirect"}
SIDES = {
    "heading": "heading", "paragraph": "paragraph", "bullet_list": "list", "ordered_list": "list", "list_item": "item",
    "blockquote": "quote", "fence": "code", "code_block": "code", "table": "table", "table_row": "row", "hr": "rule",
    "footnote": "footnote", "term": "term", "definition": "definition",
}  # fmt: skip
"""Kinds of blocks on the server, by their names in the editor."""


def run(texts: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Do all acts on texts with their names; return the results."""
    command = [*find_node().node, str(SCRIPT)]
    process = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return list(json.loads(process.stdout))


def body(file: Path) -> str:
    """Return a demo text without its front matter, which the visual editor does not read."""
    text = file.read_text(encoding="utf-8")
    return text[len(split_front_matter(text)[0]) :]


@cache
def demo_results() -> list[dict[str, Any]]:
    return run([(str(file), body(file)) for file in DEMO])


@cache
def practice_results() -> list[dict[str, Any]]:
    """Return the results of all versions of real texts, written by people in other editors."""
    versions = (
        json.loads(line) for line in (PRACTICE / "cahier-extrait.jsonl").read_text(encoding="utf-8").splitlines()
    )
    texts = [str(one["text"]) for one in versions if one["text"] is not None]
    texts += [file.read_text(encoding="utf-8") for file in sorted((PRACTICE / "cahier-textes").glob("*.txt"))]
    return run([(str(number), text) for number, text in enumerate(texts)])


@cache
def commonmark_results() -> list[dict[str, Any]]:
    return run([(str(one.values[0]), str(one.values[1])) for one in examples()])


def opened(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in results if one["act"] == "open"]


@pytest.mark.parametrize("results", [demo_results, practice_results, commonmark_results])
def test_a_text_that_is_only_opened_stays_as_it_is(results: Any) -> None:
    assert [
        one["id"] for one in opened(results()) if not one["same"] or one["refusal"] not in ("", "refusedRedirect")
    ] == []


@pytest.mark.parametrize("texts", [demo_results, practice_results])
def test_acts_on_real_texts_change_only_their_lines(texts: Any) -> None:
    results = [one for one in texts() if one["act"] != "open"]
    assert [one for one in results if "fault" in one or one.get("levels", 0) > (one["act"] == "itemDeletion")] == []
    assert [one for one in results if one["act"].startswith(EXACT) and not one["isExactly"]] == []
    assert [one for one in results if one["act"] == "noteDeletion" and one["added"] > 1] == []
    sizes = {(one["act"], one["removed"], one["added"]) for one in results if not one["act"].startswith("note")}
    assert {size for size in sizes if size[0] in ("bold", "item", "row", "paragraph", "entry")} <= {
        ("bold", 1, 1), ("entry", 0, 3), ("item", 0, 1), ("row", 0, 1), ("paragraph", 0, 2), ("paragraph", 0, 3),
    }  # fmt: skip
    assert all(removed == added for act, removed, added in sizes if act in ("moveItem", "moveRow"))
    assert max(added for act, _, added in sizes if act.endswith("eletion")) <= 1


def test_acts_on_commonmarks_examples_are_exact_or_reported() -> None:
    results = [one for one in commonmark_results() if one["act"] != "open"]
    assert {f"{one['id']} {one['act']}" for one in results if "fault" in one} == REPORTED
    letters = [one["isExactly"] for one in results if one["act"] == "letters"]
    assert sum(letters) / len(letters) > 0.85


def server_blocks(text: str) -> set[tuple[str, int, int]]:
    """Return the blocks of a text with their lines, without what is blank at their end."""
    blocks = {(one.kind, one.first, one.last) for one in parse(text).blocks if one.kind in SIDES.values()}
    return without_ends(text, blocks)


def editor_blocks(text: str, result: dict[str, Any], before: int) -> set[tuple[str, int, int]]:
    """Return the blocks that the editor finds below so many lines, in the same way."""
    blocks = {
        (SIDES[kind], first + before, last + before) for kind, first, last, _ in result["blocks"] if kind in SIDES
    }
    return without_ends(text, blocks)


def without_ends(text: str, blocks: set[tuple[str, int, int]]) -> set[tuple[str, int, int]]:
    lines, trimmed = text.split("\n"), set()
    for kind, first, last in blocks:
        end = last
        while end > first and not lines[end - 1].strip(" \t>\u00a0"):
            end -= 1
        trimmed.add((kind, first, end))
    return trimmed


def test_the_editor_finds_the_blocks_that_the_page_will_have() -> None:
    texts = {str(file): body(file) for file in DEMO if "#REDIRECT" not in body(file)} | {
        str(one.values[0]): str(one.values[1]) for one in examples()
    }
    differences = {}
    for result in opened(demo_results() + commonmark_results()):
        text = f"\n{texts.get(result['id'], '')}"  # some examples begin with what is front matter here
        if result["id"] in texts and (difference := server_blocks(text) ^ editor_blocks(text, result, 1)):
            differences[result["id"]] = difference
    assert differences == {}


def test_acts_on_random_texts_change_only_their_block() -> None:
    texts: list[str] = []

    @settings(max_examples=250)
    @given(documents())
    def collect(text: str) -> None:
        texts.append(text)

    collect()  # one process of Node reads all of them
    results = run([(str(number), text) for number, text in enumerate(dict.fromkeys(texts))])
    assert [one for one in opened(results) if not one["same"] or one["refusal"] not in REFUSALS] == []
    assert [
        (text, difference)
        for text, result in zip(dict.fromkeys(texts), opened(results), strict=True)
        if (difference := server_blocks(text) ^ editor_blocks(text, result, split_front_matter(text)[0].count("\n")))
    ] == []
    assert sum(not one["refusal"] for one in opened(results)) >= 0.9 * len(opened(results))
    acts = [one for one in results if one["act"] != "open"]
    assert {one["fault"] for one in acts if "fault" in one} <= {"not read as the document"}, "which the editor reports"
    assert sum("fault" in one for one in acts) <= 0.02 * len(acts)
    assert sum(one.get("levels", 0) > one["act"].startswith("item") for one in acts) <= 0.025 * len(acts)
