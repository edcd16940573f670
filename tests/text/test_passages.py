"""Splitting into passages, fractional index keys, and word matching between passages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.test_cases import cases
from wiki.text.diffing.word_matching import match_words
from wiki.text.fractional_index import keys_between
from wiki.text.passages import PASSAGES_LIMIT, folded_words, identity_of, split_passages


@pytest.mark.parametrize("case", cases("passages"))
def test_it_splits_as_in_the_table(case: dict[str, Any]) -> None:
    blocks = split_passages(case["text"])
    assert [[block.kind, block.text] for block in blocks] == case["passages"]
    for block in blocks:
        assert case["text"][block.start : block.end] == block.text


@given(st.text(alphabet="ab #-*>|:`~=[]\t\n1.é"))
def test_passages_contain_all_of_the_text(text: str) -> None:
    blocks, at = split_passages(text), 0
    for block in blocks:
        assert not text[at : block.start].strip() or text[: block.start].startswith("---")
        assert block.text == text[block.start : block.end]
        assert block.text.strip()
        at = block.end
    assert not text[at:].strip() or text.startswith("---")


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n" * 300_000,
        "-\n" * 400_000,
        "- " * 400_000,
        "|" * 900_000,
        "> " * 400_000,
        "[" * 900_000,
        "~~~\n" * 200_000,
    ],
    ids=["paragraphs", "dashes", "items", "bars", "quotes", "brackets", "fences"],
)
def test_hostile_texts_have_a_bounded_number_of_passages(text: str) -> None:
    blocks = split_passages(text)
    assert len(blocks) <= PASSAGES_LIMIT + 2
    assert blocks[-1].end >= len(text.rstrip())


def test_white_space_makes_no_difference() -> None:
    assert identity_of("Un  lieu\nouvert\u202f!") == identity_of("Un lieu ouvert !")
    assert identity_of("Un lieu") != identity_of("Un lieu.")
    assert folded_words("L’Œuvre d'été, à 10 h !") == ("l", "oeuvre", "d", "ete", "a", "10", "h")


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 4)), max_size=80))
def test_there_are_always_keys_between_two_keys(insertions: list[tuple[float, int]]) -> None:
    keys: list[str] = []
    for where, count in insertions:
        at = round(where * len(keys))
        keys[at:at] = keys_between(keys[at - 1] if at else None, keys[at] if at < len(keys) else None, count)
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_positions_stay_short_where_texts_grow() -> None:
    end, begin = keys_between(None, None, 1), keys_between(None, None, 1)
    for _ in range(2_000):
        end += keys_between(end[-1], None, 1)
        begin = keys_between(None, begin[0], 1) + begin
    assert max(map(len, end + begin)) <= 7


@pytest.mark.parametrize(
    ("old", "new", "main_source"),
    [
        ("un deux trois quatre", "un deux trois quatre", 0),
        ("un deux trois quatre", "un deux cinq six", 0),
        ("un deux trois quatre", "un cinq six sept", None),
        ("le chat de la voisine dort bien", "le prix de la baguette monte encore", None),
        ("un lieu ouvert", "voici un lieu ouvert a tous les gens de la ville et des champs", 0),
        ("un lieu ouvert", "voici le lieu des gens qui est ouvert a tous les gens de la ville", None),
    ],
)
def test_passages_match_with_half_their_words(old: str, new: str, main_source: int | None) -> None:
    assert match_words([old.split()], [new.split()])[0].main_source == main_source


def test_words_match_when_paragraphs_are_divided_and_joined() -> None:
    words = ["un", "lieu", "que", "des", "gens", "font", "ensemble", "chaque", "jour"]
    first, second = match_words([words], [words[:4], words[4:]])
    assert [(run.old_start, run.size) for run in first.runs + second.runs] == [(0, 4), (4, 5)]
    joined = match_words([words[:4], words[4:]], [words])[0]
    assert [(run.start, run.old_index, run.size) for run in joined.runs] == [(0, 0, 4), (4, 1, 5)]
    assert joined.main_source == 1
