"""Three-way merges by lines: the table of cases, comparison with git, and no lost text."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.diffing.sequence_matching import matching_blocks
from wiki.text.merging.line_merge import merge

with (Path(__file__).parent / "cases/merge.toml").open("rb") as file:
    CASES = [pytest.param(case, id=case["name"]) for case in tomllib.load(file)["case"]]


@pytest.mark.parametrize("case", CASES)
def test_merge_gives_the_result_of_the_table(case: dict[str, Any]) -> None:
    merged = merge(case["base"], case["mine"], case["theirs"])
    assert merged.text == case.get("merged")
    assert [[c.base, c.mine, c.theirs] for c in merged.conflicts] == case.get("conflicts", [])
    mirrored = merge(case["base"], case["theirs"], case["mine"])
    assert mirrored.text == merged.text


texts = st.lists(st.sampled_from(["a\n", "b\n", "\n", "c d e f\n", "c d E f\n", "x", "y z "]), max_size=12).map("".join)


@given(texts, texts, texts)
def test_chunks_contain_all_three_texts(base: str, mine: str, theirs: str) -> None:
    merged = merge(base, mine, theirs)
    assert "".join(chunk.base for chunk in merged.chunks) == base
    assert "".join(chunk.mine for chunk in merged.chunks) == mine
    assert "".join(chunk.theirs for chunk in merged.chunks) == theirs
    assert merged.resolved([conflict.mine for conflict in merged.conflicts]).count("\n") >= 0
    for chunk in merged.chunks:
        if chunk.kind == "same":
            assert chunk.base == chunk.mine == chunk.theirs == chunk.text
        elif chunk.kind == "mine":
            assert chunk.base == chunk.theirs != chunk.mine == chunk.text
        elif chunk.kind == "theirs":
            assert chunk.base == chunk.mine != chunk.theirs == chunk.text
        elif chunk.kind == "conflict":
            assert chunk.base not in (chunk.mine, chunk.theirs)
            assert chunk.mine != chunk.theirs
            assert chunk.text == ""
    assert (merged.text is not None) == (not merged.conflicts)


@given(texts, texts)
def test_a_change_of_one_side_alone_is_merged(base: str, changed: str) -> None:
    assert merge(base, changed, base).text == changed
    assert merge(base, base, changed).text == changed
    assert merge(base, changed, changed).text == changed


def test_conflicts_have_a_line_and_can_be_resolved() -> None:
    merged = merge("a\nb\nc\n1\n2\n3\nd\n", "a\nB\nc\n1\n2\n3\nD\n", "a\nß\nc\n1\n2\n3\nδ\n")
    assert [conflict.line for conflict in merged.conflicts] == [2, 7]
    assert merged.resolved(["x\n", "y\n"]) == "a\nx\nc\n1\n2\n3\ny\n"
    with pytest.raises(ValueError, match="2 conflicts, 1 choices"):
        merged.resolved(["x"])


def edited(lines: list[str], chance: random.Random) -> str:
    """Return the lines as a text with some added, removed and changed at random."""
    lines = list(lines)
    for _ in range(chance.randint(1, 5)):
        at = chance.randint(0, len(lines))
        what = chance.random()
        if what < 0.4 or not lines:
            lines.insert(at, f"new {chance.randint(0, 5)}\n")
        elif what < 0.7:
            lines.pop(min(at, len(lines) - 1))
        else:
            lines[min(at, len(lines) - 1)] = f"changed {chance.randint(0, 9)}\n"
    return "".join(lines)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_it_agrees_with_git_where_git_is_clean(tmp_path: Path) -> None:
    agreed = 0
    for seed in range(120):
        chance = random.Random(seed)
        base = [f"line {n}\n" if chance.random() < 0.8 else "\n" for n in range(chance.randint(0, 40))]
        sides = {"base": "".join(base), "mine": edited(base, chance), "theirs": edited(base, chance)}
        for name, text in sides.items():
            (tmp_path / name).write_text(text)
        git = subprocess.run(
            ["git", "merge-file", "-p", "mine", "base", "theirs"], cwd=tmp_path, capture_output=True, check=False
        )
        if git.returncode == 0:
            agreed += 1
            assert merge(sides["base"], sides["mine"], sides["theirs"]).text == git.stdout.decode(), seed
    assert agreed > 30


def longest_common(a: list[str], b: list[str]) -> int:
    """Return the length of the longest common subsequence, by the textbook algorithm."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(st.lists(st.sampled_from("abcde"), max_size=25), st.lists(st.sampled_from("abcde"), max_size=25))
def test_matching_blocks_are_equal_ascending_and_longest(a: list[str], b: list[str]) -> None:
    i = j = matched = 0
    for at, bt, size in matching_blocks(a, b):
        assert at >= i
        assert bt >= j
        assert a[at : at + size] == b[bt : bt + size] != []
        i, j, matched = at + size, bt + size, matched + size
    assert matched == longest_common(a, b)


def hostile_texts() -> dict[str, tuple[str, str, str]]:
    """Return texts for which the usual algorithms are quadratic."""
    chance = random.Random(1)
    lines = [f"{chance.random()}\n" for _ in range(8_000)]
    shuffled = [chance.sample(lines, len(lines)) for _ in range(3)]
    return {
        "shuffled": ("".join(shuffled[0]), "".join(shuffled[1]), "".join(shuffled[2])),
        "two lines": tuple("".join(chance.choices(["a\n", "b\n"], k=100_000)) for _ in range(3)),  # type: ignore[dict-item]
        "two words": tuple("".join(chance.choices(["a ", "b "], k=100_000)) for _ in range(3)),  # type: ignore[dict-item]
    }


@pytest.mark.parametrize("name", ["shuffled", "two lines", "two words"])
def test_its_time_is_bounded(name: str) -> None:
    base, mine, theirs = hostile_texts()[name]
    start = time.process_time()
    merged = merge(base, mine, theirs)
    assert time.process_time() - start < 15
    assert "".join(chunk.mine for chunk in merged.chunks) == mine


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "kinds"),
    [
        ("a\nb\n", "a\nb\n", "a\nb\n", ["same"]),
        ("a\nb\n", "a\nc\n", "a\nc\n", ["both"]),
        ("a\nb\n", "a\nc\n", "a\nb\n", ["mine"]),
        ("a\nb\n", "a\nb\n", "a\nc\n", ["theirs"]),
        ("a b\nc\nd e\n", "a x\nc\nd e\n", "a b\nc\ny e\n", ["mine", "same", "theirs"]),
        ("a\nb\nc\nd\n", "a\nc\nx\n", "a\nc\nd\n", ["same", "both", "same", "mine"]),
        ("a b c\n", "x b c\n", "a b y\n", ["both"]),
        ("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n", ["same", "conflict", "same"]),
        ("a\nb\nc\n", "a\nc\n", "a\nb y\nc\n", ["same", "conflict", "same"]),
        ("a\nc\n", "a\nx\nc\n", "a\ny\nc\n", ["same", "conflict", "same"]),
    ],
)
def test_it_says_whose_each_piece_is(base: str, mine: str, theirs: str, kinds: list[str]) -> None:
    chunks = merge(base, mine, theirs).chunks
    assert [chunk.kind for chunk in chunks] == kinds
    assert "".join(chunk.base for chunk in chunks) == base
    assert all(chunk.base or chunk.mine or chunk.theirs for chunk in chunks)
