"""Steps of a text as rows: divided, and written back without touching any other byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiki.text.step_sections import (
    STEPS_LIMIT,
    StepRow,
    StepSection,
    find_section,
    leaves_block_open,
)
from wiki.text.step_writing import cut_steps, with_steps

NAMES = ("Étapes", "Steps")
TEXT = """Avant.

## Étapes

Lisez tout d’abord.

### 1. Préparer

![La table](File:Une_table.jpg){width=300}

Une nappe.

### 2. Faire

Couper.

![](scie.jpg "Une scie")

Coller.

### 3. Vérifier
#### Note
- rien

## Variantes

Autre.
"""


def section_of(text: str) -> StepSection:
    found = find_section(text, NAMES)
    assert found is not None
    return found


def written(rows: list[StepRow], text: str = TEXT, body: str | None = None) -> str:
    """The text with other rows, or another body around them."""
    section, cut = cut_steps(text, NAMES) or (None, text)
    return with_steps(cut if body is None else body, NAMES, section, rows, "Étapes")


def body_of(text: str) -> str:
    """The text without its steps."""
    found = cut_steps(text, NAMES)
    assert found is not None
    return found[1]


def test_a_section_is_divided() -> None:
    section = section_of(TEXT)
    assert section.rows == [
        StepRow("Préparer", "Une nappe.", "Une table.jpg", 0),
        StepRow("Faire", "Couper.\n\nColler.", "scie.jpg", 1),
        StepRow("Vérifier", "#### Note\n- rien", "", 2),
    ]
    assert section.introduction == "## Étapes\n\nLisez tout d’abord.\n\n"
    assert body_of(TEXT) == ("Avant.\n\n## Étapes\n\nLisez tout d’abord.\n\n## Variantes\n\nAutre.\n")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("# STEPS #\n### A\n### B #", ["A", "B"]),
        ("Étapes\n---\n### A\n\n```\n### B\n```\n> ### C\n\n- ### D\n", ["A"]),
        ("## **Étapes** :\n### 1. A\n### B\n", ["1. A", "B"]),
        ("## Étapes\n### 1.\n### 2) \n### 3.\u00a0C\n", ["", "", "C"]),
        ("```\n## Étapes\n### A\n```\n", None),
        ("# Étapes\nA\n---\n", None),
        ("###### Étapes\n", None),
        ("## Étapes\n### A\r### B\n", None),
        ("## Étapes\n" + "### A\n" * (STEPS_LIMIT + 1), None),
        ("## Étapes\n### A\n" + ">" * 40, None),
        ("## Étapes\n### A\n" + "x" * 200_000, None),
        ("## Étapes\n### A\n" + "x\n" * 3_000, None),
        ("## Étape\n### A\n", None),
    ],
)
def test_which_headings_are_steps(text: str, titles: list[str] | None) -> None:
    section = find_section(text, NAMES)
    assert (section and [row.title for row in section.rows]) == titles
    assert written(section.rows if section else [], text) == text


def test_lines_that_would_go_on_in_the_introduction_are_not_cut_off_from_it() -> None:
    assert cut_steps("## Étapes\n- a\n### 1. A\nE\n---\n", NAMES) is None


ROWS = section_of(TEXT).rows


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"title": "Mettre"}, "1. Préparer", "1. Mettre"),
        ({"title": "4. Mettre\nla table #"}, "1. Préparer", "1. Mettre la table \\#"),
        ({"title": ""}, "1. Préparer", "1."),
        ({"text": "Un drap."}, "Une nappe.", "Un drap."),
        ({"text": ""}, "\n\nUne nappe.", ""),
        ({"picture": "Banc (1).jpg"}, "![La table](File:Une_table.jpg)", "![](File:Banc_%281%29.jpg)"),
        ({"picture": ""}, "![La table](File:Une_table.jpg){width=300}\n\n", ""),
        ({"picture": "https://a.org/b%20c.jpg"}, "![La table](File:Une_table.jpg)", "![](https://a.org/b%20c.jpg)"),
    ],
)
def test_only_what_was_changed_is_written(change: dict[str, Any], old: str, new: str) -> None:
    assert written([replace(ROWS[0], **change), *ROWS[1:]]) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Couper.\n\nPoncer.", "Couper.\n\n![](scie.jpg \"Une scie\")\n\nPoncer."),
        ("Scier.\n\nColler.", "Scier.\n\n![](scie.jpg \"Une scie\")\n\nColler."),
        ("Scier.", "![](scie.jpg \"Une scie\")\n\nScier."),
    ],
)  # fmt: skip
def test_a_picture_stays_where_it_is_in_a_text(text: str, new: str) -> None:
    old = 'Couper.\n\n![](scie.jpg "Une scie")\n\nColler.'
    assert written([ROWS[0], replace(ROWS[1], text=text), ROWS[2]]) == TEXT.replace(old, new)


def test_steps_are_moved_removed_and_added_with_their_numbers() -> None:
    added = StepRow("Ranger", "Tout.", "Tas.jpg")
    text = written([ROWS[2], StepRow(), ROWS[0], added])
    assert text == TEXT[: TEXT.index("### 1.")] + (
        "### 1. Vérifier\n#### Note\n- rien\n\n"
        "### 2. Préparer\n\n![La table](File:Une_table.jpg){width=300}\n\nUne nappe.\n\n"
        "### 3. Ranger\n\n![](File:Tas.jpg)\n\nTout.\n\n"
        "## Variantes\n\nAutre.\n"
    )
    assert written([*ROWS, added]) == TEXT.replace(
        "- rien\n\n", "- rien\n\n### 4. Ranger\n\n![](File:Tas.jpg)\n\nTout.\n\n"
    )
    assert written([]) == body_of(TEXT)
    plain = "## Étapes\n### A\n### B"
    assert written([section_of(plain).rows[1], StepRow("2. C")], plain) == "## Étapes\n\n### B\n\n### 2. C"


def test_steps_find_their_place() -> None:
    body = body_of(TEXT)
    typed = body.replace("## Variantes", "### 4. Ranger\n\n## Variantes")
    assert written(ROWS, body=typed) == TEXT.replace("## Variantes", "### 4. Ranger\n\n## Variantes")
    without = body.replace("## Étapes", "Fin").replace("Autre.\n", "[[Catégorie:A]]")
    assert written(ROWS, body=without).endswith(
        "## Étapes\n\n" + TEXT[TEXT.index("### 1") : TEXT.index("## Var")] + "[[Catégorie:A]]\n"
    )
    assert written([StepRow("A")], "## Étapes") == "## Étapes\n\n### 1. A"
    assert written([StepRow("A")], "") == "## Étapes\n\n### 1. A\n"
    assert written([StepRow("A")], "a\n") == "a\n\n## Étapes\n\n### 1. A\n"
    starter = "## Étapes\n\n### 1. A\n\n### 2. B\n"
    assert written(section_of(starter).rows, starter, body="Rien.\n") == "Rien.\n", "titles alone are not kept"
    end = "## Étapes\n\n### 1. A\n\ntexte"
    assert written(section_of(end).rows, end, body="## Étapes\n\nFin\n---\n") == f"{end}\n\nFin\n---\n"


@pytest.mark.parametrize("text", ["```\n", "<!-- a", "<script>"])
def test_a_text_that_takes_in_the_next_step_is_noticed(text: str) -> None:
    assert leaves_block_open(text)
    assert not leaves_block_open("a\n\n```\n# b\n```")


lines = st.sampled_from([
    "## Étapes", "# Steps", "### 1. A", "### 2. B", "### C #", "## D", "#### E", "E", "---", "", "", " ", "- a", "> q",
    "![x](File:P.jpg)", "![](q.png){width=3}", "```", "texte", "    code", "<!--", "-->", "[[Catégorie:A]]", "$$",
])  # fmt: skip
texts = st.builds(
    lambda before, inside, end: "\n".join([*before, "## Étapes", *inside]) + end,
    st.lists(lines, max_size=3), st.lists(lines, max_size=12), st.sampled_from(["", "\n", "\n\n"]),
)  # fmt: skip


@settings(max_examples=150)
@given(texts)
def test_rows_that_come_back_give_the_same_text(text: str) -> None:
    found = cut_steps(text, NAMES)
    assert written(found[0].rows if found else [], text) == text


@settings(max_examples=100)
@given(texts, st.data())
def test_a_changed_row_leaves_all_other_bytes(text: str, data: st.DataObject) -> None:
    found = cut_steps(text, NAMES)
    if found is None or not found[0].steps:
        return
    section = found[0]
    number = data.draw(st.integers(0, len(section.steps) - 1))
    change: dict[str, Any] = data.draw(st.sampled_from([{"title": "Neuf"}, {"text": "Du neuf."}, {"picture": "N.jpg"}]))
    rows = section.rows
    rows[number] = replace(rows[number], **change)
    new = written(rows, text)
    step = section.steps[number]
    start = section.steps_start + sum(len(one.heading + one.content + one.trail) for one in section.steps[:number])
    end = start + len(step.heading + step.content)
    assert new.startswith(text[:start])
    assert new.endswith(text[end:].lstrip("\n"))
    again = section_of(new)
    assert again.rows[number] == rows[number] or leaves_block_open(text)
    assert [row for row in again.rows if row.origin != number] == [row for row in rows if row.origin != number]
