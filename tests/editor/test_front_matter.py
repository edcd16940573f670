"""The facts in the visual editor, run in Node: a changed value changes its line, and the wiki reads what was typed."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from movilab.assets import find_node
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter, split_front_matter
from wiki.text.titles import fold

SCRIPT = Path(__file__).parent / "front_matter.mjs"
DEMO = [file.read_text(encoding="utf-8") for file in sorted((Path(__file__).parents[2] / "demo").rglob("*.md"))]
ODD_LINES = [
    "Horaires: Samedi : 9h-12h",
    "Adresse: Bâtiment B #3",
    "Tags: #atelier",
    "Ville : Lyon",
    "Ville:Lyon",
    "une ligne de prose",
    "# remarque",
    "Liste:\n  - a\n  - b",
    "Liste:\n- a\n- b",
    "Personnes: [[A]], [[B]]",
    'Personnes: "[[Alice]]"',
    "Nom: 'l''air'",
    "Suite: un\n  deux",
    "Vide:",
    "Session:\n  - Jour: lundi\n    Heure: 9h",
    "Note: un mot  # une remarque",
    "- x",
    "\n",
    "a: b: c",
    "“Citation”: oui",
    '"Clé": valeur',
    "Prix: 5 € @ 3",
    "@a: b",
    "wd:reference: Q1",
    "Site: https://a.fr/#b",
]
TEXTS = [
    *DEMO,
    *(f"---\nAvant: 1\n{line}\nAprès: 2\n---\n# Titre\n" for line in ODD_LINES),
    "Sans faits.\n",
    "---\nrien\n---\n",
]
VALUES = [
    "Lyon",
    "Samedi : 9h-12h",
    "un # deux",
    "#3",
    "B #3",
    "« l’œuvre »",
    '"mot" et mot',
    '"tout"',
    "'tout'",
    "[[Alice]]",
    "",
    "[a, b",
    "{x",
    "- x",
    "@a",
    "*gras*",
    "à 5 % | ou",
    "C:\\temp",
    "&a",
    "!b",
    "> c",
    "| d",
    "`e`",
    "%f",
    "true",
    "~",
]


@cache
def results() -> list[Any]:
    command = [*find_node().node, str(SCRIPT)]
    process = subprocess.run(command, input=json.dumps([TEXTS, VALUES]), capture_output=True, text=True, check=True)
    return list(json.loads(process.stdout))


def values_of(text: str) -> list[tuple[str, Any]]:
    return [(fold(entry.key), entry.value) for entry in parse_front_matter(text).data]


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_front_matter_that_is_only_shown_stays_as_it_is(number: int) -> None:
    assert results()[number] is not None
    assert results()[number]["joined"] == TEXTS[number]


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_changed_value_is_read_as_typed_and_nothing_else_changes(number: int) -> None:
    text, wrong = TEXTS[number], []
    for change in results()[number]["changed"]:
        before, after = text.split("\n"), change["text"].split("\n")
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1, change
        keys = Counter(key for key, _ in values_of(text))
        if keys[fold(change["key"])] == 1:  # repeated keys are read together
            found = dict(values_of(change["text"])).get(fold(change["key"]))
            if not change["value"] and "\n- x" in text:
                continue  # the odd line below becomes a list of the key that is empty now
            expected = "Alice" if change["value"] == "[[Alice]]" else change["value"]
            wrong += [(expected, found)] if found != expected else []
    assert wrong == []


def test_a_new_fact_stands_last() -> None:
    for text, result in zip(TEXTS, results(), strict=True):
        front = parse_front_matter(result["more"])
        assert front.data[-1].key == "Un nom"
        assert front.data[-1].value == "un # mot"
        assert result["more"].removesuffix("") != text


def test_the_names_are_those_that_the_wiki_reads() -> None:
    for text, result in zip(TEXTS, results(), strict=True):
        read = [entry.key for entry in parse_front_matter(text).data]
        assert list(dict.fromkeys(fold(key) for key, _ in result["shown"])) == list(dict.fromkeys(map(fold, read)))


def test_a_front_matter_whose_values_go_over_lines_is_left_to_the_source() -> None:
    command = [*find_node().node, str(SCRIPT)]
    texts = ["---\nNote: |\n  a\n---\n", "---\nListe: [a,\n  b]\n---\n", '---\nNote: "a\n  b"\n---\n']
    process = subprocess.run(command, input=json.dumps([texts, []]), capture_output=True, text=True, check=True)
    assert json.loads(process.stdout) == [None, None, None]
    assert split_front_matter(texts[0])[0]
