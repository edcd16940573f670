"""Values of front matter are changed in place: only the lines of what changes are other."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.frontmatter.entry_editing import UnwritableValue, can_be_edited, with_values
from wiki.text.frontmatter.frontmatter_reader import FRONT_MATTER_LIMIT, parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.titles import fold

DEMO = sorted((Path(__file__).resolve().parent.parent.parent / "demo/texts").rglob("*.md"))
TEXT = """---
# rem
Ville: Lyon # ici
Besoins: [a, b]

Vu par: [[Bob]]
- odd
Liste:
- un
- deux
Fin: x
---
Corps
---
"""


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ({"ville": "Brest"}, "Ville: Lyon # ici\n", "Ville: Brest # ici\n"),
        ({"Ville": "Port : centre"}, "Ville: Lyon # ici\n", 'Ville: "Port : centre" # ici\n'),
        ({"BESOINS": ["a", "c, d"]}, "[a, b]", '[a, "c, d"]'),
        ({"Besoins": "seul"}, "[a, b]", "[seul]"),
        ({"Besoins": []}, "Besoins: [a, b]\n", ""),
        ({"Fin": None}, "Fin: x\n", ""),
        ({"Vu par": ["Bob", "Anna"]}, "[[Bob]]", "[[Bob]], [[Anna]]"),
        ({"Liste": ["un", "trois: 3"]}, "- deux\n", '- "trois: 3"\n'),
        ({"Neuf": "1"}, "Fin: x\n", "Fin: x\nNeuf: 1\n"),
        ({"Neuf": "deux\nlignes"}, "Fin: x\n", "Fin: x\nNeuf: |-\n  deux\n  lignes\n"),
        ({"Neuf": "#mot"}, "Fin: x\n", 'Fin: x\nNeuf: "#mot"\n'),
        ({"Neuf": ["a", "b"]}, "Fin: x\n", "Fin: x\nNeuf: [a, b]\n"),
        ({"Neuf": [{"Jour": "lundi", "Heure": "9:00"}]}, "Fin: x\n", "Fin: x\nNeuf:\n- Jour: lundi\n  Heure: 9:00\n"),
    ],
)  # fmt: skip
def test_only_the_lines_of_what_changes_are_other(values: dict[str, FrontMatterValue], old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    assert with_values(TEXT, values) == TEXT.replace(old, new)


def test_a_repeated_key_has_one_entry_afterwards() -> None:
    assert with_values("---\nA: 1\nB: 2\na: 3\n---\n", {"A": "4"}) == "---\nA: 4\nB: 2\n---\n"


def test_a_text_without_front_matter_gets_one() -> None:
    assert with_values("Corps\n", {"A": "1", "B": ""}) == "---\nA: 1\n---\nCorps\n"
    assert with_values("\ufeffCorps\r\n", {"A": "1"}) == "\ufeff---\r\nA: 1\r\n---\r\nCorps\r\n"
    assert with_values("Corps\n", {"B": None}) == "Corps\n"


def test_line_ends_stay() -> None:
    assert with_values("---\r\nA: 1\r\nB: 2\r\n---\r\n", {"A": ["x", "y"]}) == "---\r\nA: [x, y]\r\nB: 2\r\n---\r\n"


def test_a_block_in_braces_becomes_lines() -> None:
    assert with_values("---\n{a: 1, b: 2}\n---\n", {"b": "3"}) == "---\na: 1\nb: 3\n---\n"


def test_what_no_entry_can_say_is_refused() -> None:
    with pytest.raises(UnwritableValue):
        with_values("", {"A": "x\x00y"})
    with pytest.raises(UnwritableValue):
        with_values("", {"": "x"})


def test_a_block_that_is_not_read_is_not_edited() -> None:
    assert can_be_edited(TEXT)
    assert not can_be_edited(f"---\nA: {'x' * FRONT_MATTER_LIMIT}\n---\n")


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_one_key_of_a_demo_text_changes_one_entry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    front = parse_front_matter(text)
    for entry in front.data:
        changed = with_values(text, {entry.key: "autre"})
        again = parse_front_matter(changed)
        assert again.body == front.body
        assert [one.key for one in again.data] == [one.key for one in front.data]
        for before, after in zip(front.data, again.data, strict=True):
            assert after.value in ("autre", ["autre"]) if before.key == entry.key else after.value == before.value


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
lines = st.one_of(words, st.tuples(words, words).map(": ".join), words.map("- {}".format), words.map("# {}".format))
values = st.one_of(words, st.lists(words, min_size=1, max_size=3, unique=True))


@given(st.lists(lines, max_size=6), words, values)
def test_any_value_is_read_as_it_was_written(block: list[str], key: str, value: str | list[str]) -> None:
    """The value is there, and all other lines that are entries stay byte for byte."""
    text = "---\nA: 1\n" + "".join(f"{line}\n" for line in block) + "---\nCorps\n"
    before = parse_front_matter(text)
    try:
        changed = with_values(text, {key: value})
    except UnwritableValue:
        return
    front = parse_front_matter(changed)
    read = {fold(entry.key): entry.value for entry in front.data}
    assert read[fold(key)] in (value, [value]) or read[fold(key)] == (value if len(value) > 1 else value[0])
    for entry in before.data:
        if fold(entry.key) != fold(key):
            assert read[fold(entry.key)] == entry.value
    assert front.body == before.body


@pytest.mark.parametrize("tail", [" " * 60_000 + "x", "\n" * 60_000, " \n" * 30_000 + "x", "a: b\n" * 12_000])
def test_hostile_blocks_take_little_time(tail: str) -> None:
    start = time.process_time()
    with_values(f"---\nA: 1\nB: {tail}\n---\n", {"A": "2", "B": "3", "C": "4"})
    assert time.process_time() - start < 2
