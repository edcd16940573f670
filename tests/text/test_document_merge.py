"""Three-way merges of whole texts: facts as sets with their source lines, lines and words, conflicts in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wiki.text.frontmatter.frontmatter_reader import parse_front_matter, split_by_key, split_front_matter
from wiki.text.frontmatter.frontmatter_writer import with_front_matter
from wiki.text.merging.conflicts import append_on_new_line
from wiki.text.merging.document_merge import MergedDocument, merge_documents
from wiki.text.merging.frontmatter_merge import merge_front_matter, merge_sets

BASE = """---
# Who we are
Kind: Place
City: Lyon  # on the slopes
Needs: [Wood, Laser]
Session:
  - Day: Monday
    Opens: '09:00'
Tel: 1
---
# Title

One line here.

Another line there.
"""


def with_mine(merged: MergedDocument) -> str:
    """Return the whole text with my side of each conflict."""
    return merged.resolved([conflict.mine for conflict in merged.conflicts])


def changed(*pairs: tuple[str, str]) -> str:
    """Return BASE with some strings replaced."""
    text = BASE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def facts_of(text: str) -> dict[str, set[str]]:
    """Return the values in a text's front matter, by key."""
    return {
        entry.key: {str(value) for value in (entry.value if isinstance(entry.value, list) else [entry.value])}
        for entry in parse_front_matter(text).data
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        # Each side another property, in neighbouring lines: a merge by lines would conflict
        ([("Tel: 1", "Tel: 2")], [("Opens: '09:00'", "Opens: 10:00")], ["Tel: 2", "Opens: 10:00"]),
        ([("Kind: Place", "Kind: Practice")], [("City: Lyon", "City: Nice")], ["Kind: Practice\nCity: Nice  # on the"]),
        # Values of one property
        ([("Wood, Laser", "Wood, Saw, Laser")], [("Wood, Laser", "Laser, Nails")], ["- Saw\n- Laser\n- Nails\n"]),
        ([("Wood, Laser", "Wood")], [("Wood, Laser", "Laser")], ["lope"]),
        # One side removes the property, the other leaves it unchanged
        ([("Tel: 1\n", "")], [("One line", "A line")], ["A line"]),
        # New properties keep their position
        ([("Tel: 1", "Tel: 2")], [("Kind: Place\n", "Kind: Place\nName: La Myne\n")], ["Place\nName: La Myne\nCity"]),
        # Both sides make the same change
        ([("City: Lyon", "City: Nice")], [("City: Lyon", "City: Nice"), ("Tel: 1", "Tel: 3")], ["Nice  #", "Tel: 3"]),
        # A record is merged property by property
        ([("Day: Monday", "Day: Friday")], [("'09:00'", "10:00")], ["Day: Friday", "Opens: 10:00"]),
    ],
)  # fmt: skip
def test_facts_are_merged_property_by_property(
    mine: list[tuple[str, str]], theirs: list[tuple[str, str]], expected: list[str]
) -> None:
    merged = merge_documents(BASE, changed(*mine), changed(*theirs)).text
    assert merged is not None
    for part in expected:
        assert part in merged
    assert not parse_front_matter(merged).problems
    assert "# Who we are" in merged


def test_a_value_replaced_on_both_sides_is_a_conflict_and_the_rest_is_merged() -> None:
    mine = changed(("City: Lyon", "City: Paris"), ("One line", "One word"))
    theirs = changed(("City: Lyon", "City: Nice"), ("Tel: 1", "Tel: 1\nMail: a@b.fr"))
    merged = merge_documents(BASE, mine, theirs)
    assert merged.text is None
    (conflict,) = merged.conflicts
    assert (conflict.property, conflict.mine, conflict.theirs) == (
        "City", "City: Paris  # on the slopes\n", "City: Nice  # on the slopes\n",
    )  # fmt: skip
    assert with_mine(merged) == mine.replace("Tel: 1\n", "Tel: 1\nMail: a@b.fr\n")
    assert facts_of(merged.resolved([conflict.combined]))["City"] == {"Paris", "Nice"}


def test_conflicts_of_lines_are_in_place_and_chosen_texts_begin_on_new_lines() -> None:
    merged = merge_documents("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n")
    assert [(conflict.base, conflict.mine, conflict.theirs) for conflict in merged.conflicts] == [
        ("b\n", "mine\n", "theirs\n")
    ]
    assert merged.resolved(["both of us"]) == "a\nboth of us\nc\n"
    assert merged.resolved([merged.conflicts[0].combined]) == "a\nmine\n\ntheirs\nc\n", "two paragraphs stay two"
    items = merge_documents("- a\n- b\n", "- a\n- mine\n", "- a\n- theirs\n")
    assert items.resolved([items.conflicts[0].combined]) == "- a\n- mine\n- theirs\n"
    with pytest.raises(ValueError, match="1 conflicts, 0 choices"):
        merged.resolved([])


def test_invalid_front_matter_is_merged_as_text() -> None:
    broken = "---\nA: [1\nB: 2\n---\nText.\n"
    merged = merge_documents(broken, broken.replace("B: 2", "B: 3"), broken.replace("Text.", "Words."))
    assert merged.text == "---\nA: [1\nB: 3\n---\nWords.\n"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        ("Text.\n", "---\nA: 1\n---\nText.\n", "---\nB: 2\n---\nText.\n", {"A": {"1"}, "B": {"2"}}),
        ("---\nA: 1\n---\nText.\n", "Text.\n", "---\nA: 1\nB: 2\n---\nText.\n", {"B": {"2"}}),
        ("---\n{A: 1}\n---\n", "---\n{A: 1, B: 2}\n---\n", "---\n{C: 3}\n---\n", {"B": {"2"}, "C": {"3"}}),
        ("---\nA: 1\n---\n", "---\nA: 1\nA: 2\n---\n", "---\nA: [1, 3]\n---\n", {"A": {"1", "2", "3"}}),
        (
            "---\nÉtat: x\n---\n",
            "---\nEtat: y\n---\n",
            "---\nÉtat: x\nB: '2: 3'\n---\n",
            {"Etat": {"y"}, "B": {"2: 3"}},
        ),
    ],
)
def test_blocks_of_any_form_are_merged(base: str, mine: str, theirs: str, expected: dict[str, set[str]]) -> None:
    merged = merge_documents(base, mine, theirs).text
    assert merged is not None
    assert facts_of(merged) == expected


def test_key_lines_joined_give_the_block() -> None:
    raw = split_front_matter(BASE)[0]
    found = split_by_key(raw)
    assert found is not None
    assert found.opening + "".join(found.keys.values()) + found.closing == raw
    assert list(found.keys) == ["kind", "city", "needs", "session", "tel"]
    assert split_by_key("---\n{A: 1}\n---\n") is None


VALUES = st.lists(
    st.sampled_from(["bois", "2019-03-01", "a: b", "- x", "été # vu", "voir [[Page]]"]), max_size=3, unique=True
)
FACTS = st.dictionaries(st.sampled_from(["Nature", "Ville", "Besoin", "Clé: 1"]), VALUES, max_size=4)


@settings(max_examples=150, phases=(Phase.explicit, Phase.generate))
@given(FACTS, FACTS, FACTS)
def test_facts_are_merged_as_sets(
    base: dict[str, list[str]], mine: dict[str, list[str]], theirs: dict[str, list[str]]
) -> None:
    texts = [with_front_matter(one, "Texte.\n") if one else "Texte.\n" for one in (base, mine, theirs)]
    merged = merge_documents(*texts)
    in_conflict = {conflict.property for conflict in merged.conflicts}
    merged_facts = facts_of(with_mine(merged))
    for key in {*base, *mine, *theirs}:
        old, own, other = (set(one.get(key, ())) for one in (base, mine, theirs))
        replaced = (old - own) & (old - other)
        is_conflict = bool(replaced) and not ((own - old) <= (other - old) or (other - old) <= (own - old))
        assert (key in in_conflict) == is_conflict
        if not is_conflict:
            assert merged_facts.get(key, set()) == (old & own & other) | (own - old) | (other - old)
    assert with_mine(merged).endswith("Texte.\n")


def test_words_follow_a_text_on_a_line_of_their_own() -> None:
    cases = [("a", "b", "a\nb"), ("a\n", "b", "a\nb"), ("", "b", "b"), ("a", "", "a"), ("", "", "")]
    assert [append_on_new_line(text, words) for text, words, _ in cases] == [joined for _, _, joined in cases]


def values(*some: Any) -> dict[str, Any]:
    """Values by the form in which they are compared."""
    return {one if isinstance(one, str) else json.dumps(one, sort_keys=True): one for one in some}


def sets(base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any] | None:
    """Three sets joined, in order; None where they conflict."""
    joined = merge_sets(values(*base), values(*mine), values(*theirs))
    return None if joined is None else list(joined.values())


OLD, MINE, THEIRS, BOTH = {"A": "1", "B": "1"}, {"A": "2", "B": "1"}, {"A": "1", "B": "3"}, {"A": "2", "B": "3"}


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "joined"),
    [
        ([], ["b"], ["c"], ["b", "c"]),
        (["a"], ["b"], ["c"], None),
        (["a"], ["b"], ["b"], ["b"]),
        (["a"], ["b"], ["c", "b"], ["b", "c"]),
        (["a"], ["b", "c"], ["b"], ["b", "c"]),
        (["a"], [], ["c"], ["c"]),
        (["a"], ["b"], [], ["b"]),
        (["a"], ["b"], ["a", "c"], ["b", "c"]),
        (["a"], ["a", "b"], ["c"], ["b", "c"]),
        (["a", "b"], ["a", "b", "c"], ["a"], ["a", "c"]),
        # Records are joined where there is one on each side
        ([OLD], [MINE], [THEIRS], [BOTH]),
        (["x", OLD], ["x", MINE], ["x", THEIRS], ["x", BOTH]),
        ([OLD], [MINE, "z"], [THEIRS], None),
        ([OLD], [MINE], [THEIRS, "z"], None),
        ([OLD, "x"], [MINE], [THEIRS], None),
        (["x"], [MINE], [THEIRS], None),
        ([OLD], ["x"], [THEIRS], None),
        ([OLD], [MINE], ["x"], None),
        ([{"A": "1"}], [{"A": "2"}], [{"A": "3"}], None),
        ([OLD], [{"A": "1"}], [{"B": "1"}], None),
    ],
)
def test_sets_are_joined_value_by_value(
    base: list[Any], mine: list[Any], theirs: list[Any], joined: list[Any] | None
) -> None:
    assert sets(base, mine, theirs) == joined


def test_new_properties_of_a_record_stand_where_their_side_put_them() -> None:
    base, mine = {"x": "1", "y": "1"}, {"x": "1", "y": "2"}
    joined = sets([base], [mine], [{"n": "0", "x": "1", "o": "0", "p": "0", "y": "1"}])
    assert joined is not None
    (record,) = joined
    assert list(record) == ["n", "x", "o", "p", "y"]


def test_what_cannot_be_read_is_joined_by_lines_on_both_sides() -> None:
    broken = "---\nA: [1\nB: 2\nC: 3\nD: 4\n---\nText.\n"
    joined = merge_documents(broken, broken.replace("B: 2", "B: 5"), broken.replace("D: 4", "D: 6"))
    assert joined.text == "---\nA: [1\nB: 5\nC: 3\nD: 6\n---\nText.\n"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "joined"),
    [
        ("---\nA: 1\n---\n", "", "---\n# Leur note\nA: 1\nB: 2\n---\n", "---\n# Leur note\nB: 2\n---\n"),
        ("---\nA: 1\nB: 2\n---\n", "---\nA: 1\n---\n", "---\nB: 2\n---\n", ""),
    ],
    ids=["their frame", "nothing left"],
)
def test_a_block_keeps_its_notes_and_goes_when_it_says_nothing(base: str, mine: str, theirs: str, joined: str) -> None:
    assert merge_documents(f"{base}Texte.\n", f"{mine}Texte.\n", f"{theirs}Texte.\n").text == f"{joined}Texte.\n"


def test_a_note_that_would_be_left_alone_is_for_a_person_to_settle() -> None:
    joined = merge_documents("---\nA: 1\n---\nTexte.\n", "---\n# Ma note\nA: 1\n---\nTexte.\n", "Texte.\n")
    assert [(conflict.mine, conflict.theirs) for conflict in joined.conflicts] == [("---\n# Ma note\nA: 1\n---\n", "")]


def test_both_of_a_clash_leaves_out_what_either_side_took_away() -> None:
    texts = [f"---\nV: {some}\n---\n" for some in ("[a, x, y, z]", "[b, x, z]", "[c, y, z]")]
    (conflict,) = merge_documents(*texts).conflicts
    assert facts_of(f"---\n{conflict.combined}---\n") == {"V": {"b", "c", "z"}}


def test_lists_in_lists_are_flat() -> None:
    joined = merge_documents(*(f"---\nV: {some}\n---\n" for some in ("[[a]]", "[[a], b]", "[a, [c]]"))).text
    assert joined is not None
    assert facts_of(joined) == {"V": {"a", "b", "c"}}


def test_a_record_is_the_same_in_whatever_order_it_is_written() -> None:
    one, turned, other = "  - A: 1\n    B: 2\n", "  - B: 2\n    A: 1\n", "  - A: 3\n"
    joined = merge_documents(*(f"---\nV:\n{some}---\n" for some in (one + other, turned + other, other))).text
    assert joined is not None
    assert "B: 2" not in joined


def test_a_layout_that_lines_merge_is_preserved() -> None:
    texts = ("A: 1\nB: 2\nC: 3\n", "A: 1\nB: 4\nC: 3\n", "C: 3\nA: 1\nB: 2\n")
    merged = merge_documents(*(f"---\n{block}---\n" for block in texts))
    assert merged.text == "---\nC: 3\nA: 1\nB: 4\n---\n"


def test_the_lines_of_the_side_that_rewrote_a_property_are_used() -> None:
    texts = ("A: [1]\nB: 2\n", "A: [1, 3]\nB: 2\n", "A: [1, 4]\nB: '2'\n")
    merged = merge_documents(*(f"---\n{block}---\n" for block in texts)).text
    assert merged is not None
    assert "B: '2'\n" in merged
    assert facts_of(merged) == {"A": {"1", "3", "4"}, "B": {"2"}}


def test_a_record_with_one_property_in_conflict_is_in_conflict() -> None:
    assert sets(*([{"A": value, "B": "1"}] for value in "123")) is None


def test_text_that_is_no_block_is_merged_by_lines() -> None:
    assert merge_front_matter("one\n\ntwo\n", "1\n\ntwo\n", "one\n\n2\n") == ["1\n", "\n", "2\n"]
