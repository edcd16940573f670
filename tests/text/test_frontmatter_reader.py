"""Front matter: scalars as strings, text preserved byte for byte, problems for invalid blocks."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.frontmatter.frontmatter_reader import FRONT_MATTER_LIMIT, parse_front_matter


def data_of(text: str) -> dict[str, Any]:
    """Return keys and values of a text's front matter, which must be valid."""
    front = parse_front_matter(text)
    assert front.problems == []
    return {entry.key: entry.value for entry in front.data}


def test_it_reads_every_scalar_as_the_string_written() -> None:
    block = "Date: 2020-01-01\nOpen: yes\nNumber: 0123\nNothing:\nTilde: ~\nPoint: 45.4397, 4.3872\nQuoted: '1: 2'\n"
    assert data_of(f"---\n{block}---\n") == {
        "Date": "2020-01-01",
        "Open": "yes",
        "Number": "0123",
        "Nothing": "",
        "Tilde": "~",
        "Point": "45.4397, 4.3872",
        "Quoted": "1: 2",
    }


def test_it_reads_lists_and_subobjects() -> None:
    text = "---\nNeeds: [Woodworker, Laser cutter]\nSession:\n  - Day: Monday\n    Opens: [09:00, 14:00]\n---\n"
    assert data_of(text.replace("    Opens: [09:00, 14:00]\n", "    Opens: 09:00\n")) == {
        "Needs": ["Woodworker", "Laser cutter"],
        "Session": [{"Day": "Monday", "Opens": "09:00"}],
    }
    assert [problem.code for problem in parse_front_matter(text).problems] == ["front_matter_depth"]


def test_it_adds_values_of_repeated_keys_and_drops_equal_ones() -> None:
    assert data_of("---\nCity: Lyon\ncity: [Paris, Lyon]\nCITY: Nice\n---\n") == {"City": ["Lyon", "Paris", "Nice"]}
    assert data_of("---\nA:\n  b: 1\n  b: 2\n---\n") == {"A": {"b": ["1", "2"]}}


def test_it_gets_values_by_any_of_their_names() -> None:
    front = parse_front_matter("---\nVille: Lyon\ntags: [a, '', b]\nSub: {x: y}\n---\n")
    assert front.get("city", "VILLE") == ["Lyon"]
    assert front.get("Tags") == ["a", "b"]
    assert front.get("Sub") == front.get("nothing") == []


def test_it_gives_the_lines_of_keys_and_body() -> None:
    front = parse_front_matter("---\nA: 1\n\nB: 2\n...\nbody")
    assert [(entry.key, entry.line) for entry in front.data] == [("A", 2), ("B", 4)]
    assert (front.body_line, front.body) == (6, "body")


@pytest.mark.parametrize(
    "text",
    [
        "---\nA: b\n",
        "--- \nA: b",
        " ---\nA: b\n---\n",
        "----\nA: b\n---\n",
        "\n---\nA: b\n---\n",
        "---\nHello there\n---\nWorld",
        "---\n- a\n- b\n---\n",
        "Text\n---\nA: b\n---\n",
    ],
)
def test_it_ignores_markdown_that_resembles_front_matter(text: str) -> None:
    front = parse_front_matter(text)
    assert (front.raw, front.body, front.data, front.problems, front.body_line) == ("", text, [], [], 1)


@pytest.mark.parametrize(
    ("block", "code", "line"),
    [
        ("Web: a: b", "front_matter_yaml", 2),
        ("A: b\nC: [d", "front_matter_yaml", None),
        ("A: @b", "front_matter_yaml", 2),
        ("A: \x01", "front_matter_yaml", None),
        ("A: \ud800", "front_matter_yaml", None),
        ("A: &x b\nC: *x", "front_matter_forbidden", 2),
        ("A: b\nC: *x", "front_matter_forbidden", 3),
        ("A: !!python/object/apply:os.system [ls]", "front_matter_forbidden", 2),
        ("<<: {a: b}", "front_matter_forbidden", 2),
        ("A: b\n? [c]\n: d", "front_matter_key", 3),
        ("A: b\n'': d", "front_matter_key", 3),
        ("A: [[[b]]]", "front_matter_depth", 2),
        ("A: {b: {c: {d: e}}}", "front_matter_depth", 2),
        ("A: " + "b" * FRONT_MATTER_LIMIT, "front_matter_size", None),
    ],
)
def test_invalid_blocks_give_a_problem_and_are_preserved(block: str, code: str, line: int | None) -> None:
    text = f"---\n{block}\n---\nbody\n"
    front = parse_front_matter(text)
    assert [problem.code for problem in front.problems] == [code]
    if line is not None:
        assert front.problems[0].line == line
    assert str(front.problems[0])
    assert front.data == []
    assert (front.raw, front.body) == (f"---\n{block}\n---\n", "body\n")


@pytest.mark.parametrize("block", ["[" * 60_000, "{a: " * 15_000, "- " * 30_000, "a: b\n" * 13_000, "? " * 30_000])
def test_its_time_is_bounded(block: str) -> None:
    start = time.process_time()
    parse_front_matter(f"---\nk: v\nA: {block}\n---\n")
    assert time.process_time() - start < 5


lines = st.sampled_from(["---", "---\t", "...", "A: b", "- c", "  d: e", "A: 'x", "", "# f", "é: «g»", "\ufeff", "a:"])


@given(st.lists(lines), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_it_preserves_the_text_byte_for_byte(parts: list[str], end: str, headed: bool) -> None:
    text = end.join(["---", *parts] if headed else parts)
    front = parse_front_matter(text)
    assert front.raw + front.body == text
    assert text[: len(front.raw)].count("\n") + 1 == front.body_line or not front.raw.endswith("\n")


@given(st.text())
def test_it_never_raises(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n", f"---\nA: {text}\n---\nb"):
        front = parse_front_matter(whole)
        assert front.raw + front.body == whole
