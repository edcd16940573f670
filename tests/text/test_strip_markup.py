"""A passage without its markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text import passages
from wiki.text.strip_markup import strip_markup


@pytest.mark.parametrize(
    ("text", "kind", "plain"),
    [
        ("# Charte de l’atelier {#charte}", "heading", "Charte de l’atelier"),
        ("Charte\n======", "heading", "Charte"),
        ("- [x] On **range** les *outils*.", "item", "On range les outils."),
        ("12. On range\n    les outils.", "item", "On range les outils."),
        ("> On range.\n> Toujours.", "quote", "On range. Toujours."),
        ("Nous sommes à [[Ville::Lyon]], voir [[La Myne:Charte|leur charte]].", "paragraph",
         "Nous sommes à Lyon, voir leur charte."),
        ("[[Ville::Lyon|la ville]], [[:Catégorie:Bois]], [[Accueil]]", "paragraph",
         "la ville, Catégorie:Bois, Accueil"),
        ("![Un four](File:four.jpg) et [son mode d’emploi](https://example.org \"Titre\").", "paragraph",
         "Un four et son mode d’emploi."),
        ("Avant {{#ask: [[Kind::Place]] | ?City}} après[^1].", "paragraph", "Avant après."),
        ("{{Encart|Du pain|au [[levain]]}} ici {{", "paragraph", "Encart|Du pain|au levain ici"),
        ("| **Jour** | Heure |\n|---|:-:|", "table", "Jour Heure"),
        ("| lundi | 9 h |", "table", "lundi 9 h"),
        ("```python\nx = [[1]]  # *rien*\n```", "code", "x = [[1]] # *rien*"),
        ("<div class=\"language-x\">Du <b>gras</b> &amp; du pain</div>", "paragraph", "Du gras & du pain"),
        ("un_mot_long et _penché_ et 2 * 3", "paragraph", "un_mot_long et penché et 2 3"),
        ("\\*pas penché\\* et a < b", "paragraph", "*pas penché* et a < b"),
        ("---", "rule", ""),
    ],
)  # fmt: skip
def test_it_returns_the_text_without_markup(text: str, kind: str, plain: str) -> None:
    assert strip_markup(text, kind) == plain


@given(st.text(alphabet="ab [](){}|*_`~<>!#:-=&;^\\\n", max_size=200))
def test_it_never_fails(text: str) -> None:
    for block in passages.split_passages(text):
        assert "\n" not in strip_markup(block.text, block.kind)


@pytest.mark.parametrize("piece", ["[", "[[", "{{", "![a](", "<a ", "_", "*", "[^", "|-", "&", "<!--", "] (", " ", "-"])
def test_hostile_texts_are_processed(piece: str) -> None:
    for kind in ("paragraph", "table", "code"):
        assert len(strip_markup(f"a{piece * 20_000}b", kind)) <= 2 + len(piece) * 20_000
