"""The styles of the source, run in Node: what is the wiki's markup, and that no text keeps the reader busy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from movilab.assets import find_node

SCRIPT = Path(__file__).parent / "source_language.mjs"


def styled(*texts: str) -> Any:
    """Return the wiki's markup found in texts, each as its name and its source."""
    said = subprocess.run(
        [*find_node().node, str(SCRIPT)],
        input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    return json.loads(said.stdout)


def test_it_finds_the_markup_of_the_wiki() -> None:
    query, front = "{{#ask: [[a::b]]\n|format=ul\n}}", "---\nVille: Lyon\n\n# note\n- a\n---"
    assert styled(
        f"{front}\nVoir [[Scie|la scie]], [[Ville::Lyon]], ![[a.jpg]], ==vu==, {{{{Four#Bois}}}}.",
        f"{query}\nsuite",
        "`[[code]]`\n\n    {{code}}\n\n```\n[[code]]\n```",
    ) == [
        [
            ["FrontMatter", front], ["WikiLink", "[[Scie|la scie]]"], ["Fact", "[[Ville::Lyon]]"],
            ["WikiLink", "![[a.jpg]]"], ["Highlight", "==vu=="], ["Call", "{{Four#Bois}}"],
        ],
        [["Call", query]],
        [],
    ]  # fmt: skip


def test_what_is_not_closed_styles_no_further_than_its_paragraph() -> None:
    assert styled("---\nVille: Lyon\n\nTexte.", "{{#ask: a\n\n[[b]]", "a {{b\n\n[[c", "---\n# Titre") == [
        [["FrontMatter", "---\nVille: Lyon\n"]],
        [["Call", "{{#ask: a"], ["WikiLink", "[[b]]"]],
        [],
        [["FrontMatter", "---\n# Titre"]],
    ]


@pytest.mark.parametrize("part", ["{{", "{{ ", "{{a\n", "{{a}}\n{{b\n}}", "[[", "==", "==a ", "---\n", "a: b\n", "}}"])
def test_no_text_keeps_it_busy(part: str) -> None:
    styled(part * 30_000, "---\n" + part * 30_000)
