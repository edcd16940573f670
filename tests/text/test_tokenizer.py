"""Tokenizer and stemmer of the search."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.markup.markdown_parser import parse
from wiki.text.plain_text import to_plain_text
from wiki.text.tokenizer import LANGUAGES, WORD_LIMIT, iter_words, stems


def folded(text: str) -> list[str]:
    return [word.folded for word in iter_words(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L’atelier d'Émile", ["atelier", "emile"]),
        ("Qu'il n’est jusqu'à", ["il", "est", "a"]),
        ("aujourd'hui, la prud’homie", ["aujourdhui", "la", "prudhomie"]),
        ("Quelqu’un, QUELQU'UNE; d’aujourd’hui", ["quelquun", "quelquune", "aujourdhui"]),
        ("la presqu'île, presqu’au bout", ["la", "presquile", "presqu", "au", "bout"]),
        (
            "2 500 places, 3.500 €, 12 000 000",
            ["2500", "2", "500", "places", "3500", "3", "500", "12000000", "12", "000", "000"],
        ),
        ("en 2020 300 personnes", ["en", "2020", "300", "personnes"]),
        ("04.78.00.00.01", ["0478000001", "04", "78", "00", "00", "01"]),
        ("04 78 00 00 01", ["0478000001", "04", "78", "00", "00", "01"]),
        ("la S.C.I.C. et l'E.S.S", ["la", "scic", "s", "c", "i", "c", "et", "l", "ess", "e", "s", "s"]),
        ("M. Martin, etc. Fin", ["m", "martin", "etc", "fin"]),
        ("tiers-lieux", ["tierslieux", "tiers", "lieux"]),
        ("habitant·e·s", ["habitantes", "habitant", "e", "s"]),
        ("l'arc-en-ciel", ["arcenciel", "arc", "en", "ciel"]),
        ("Œuvre Straße ﬁn", ["oeuvre", "strasse", "fin"]),
        ("the maker's lab", ["the", "maker", "lab"]),
        ("_mot_ **gras** 3D 42", ["mot", "gras", "3d", "42"]),
        ("Être, être; ÊTRE", ["etre", "etre", "etre"]),
        ("l' c' - ' ·", ["l", "c"]),
        ("", []),
    ],
)
def test_it_finds_words(text: str, found: list[str]) -> None:
    assert folded(text) == found


def test_positions_make_phrase_search_possible() -> None:
    where = {word.folded: word.position for word in iter_words("Un tiers-lieu d’avenir")}
    assert where == {"un": 0, "tierslieu": 1, "tiers": 1, "lieu": 2, "avenir": 3}


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("l’d'-·éà s"))))
def test_words_have_their_position_in_the_text(text: str) -> None:
    last = 0
    for word in iter_words(text):
        assert last <= word.start < word.end <= len(text)
        assert len(word.folded) <= WORD_LIMIT
        if not word.is_compound:
            assert re.sub("['’ʼ]", "", text[word.start : word.end]).lower()[:WORD_LIMIT] == word.lowercase
            last = word.start


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("étudié", "etudie", "fr"),
        ("fabriquées", "fabrique", "fr"),
        ("ateliers", "atelier", "fr"),
        ("partagés", "partager", "fr"),
        ("lieux", "lieu", "fr"),
        ("vélos", "velo", "fr"),
        ("bijoux", "bijou", "fr"),
        ("travaux", "travail", "fr"),
        ("vitraux", "vitrail", "fr"),
        ("baux", "bail", "fr"),
        ("yeux", "œil", "fr"),
        ("émaux", "émail", "fr"),
        ("journaux", "journal", "fr"),
        ("chevaux", "cheval", "fr"),
        ("associative", "associatifs", "fr"),
        ("libraries", "library", "en"),
        ("making", "makes", "en"),
    ],
)
def test_related_words_have_a_common_stem(one: str, other: str, language: str) -> None:
    assert stems(one, language) & stems(other, language)


@pytest.mark.parametrize(("one", "other"), [("café", "cafard"), ("municipal", "munition"), ("couture", "couteau")])
def test_unrelated_words_have_no_common_stem(one: str, other: str) -> None:
    assert not stems(one, "fr") & stems(other, "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_stems_in_many_threads(language: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    some = [f"atelier{number}s" for number in range(500)]
    stems.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        alike = list(pool.map(lambda _: [stems(word, language) for word in some], range(8)))
    assert all(one == alike[0] for one in alike)


def test_anchor_links_of_headings_are_not_in_the_plain_text() -> None:
    assert to_plain_text(parse("# Un titre #1\n\nTexte.")).split("\n") == ["Un titre #1", "Texte."]
