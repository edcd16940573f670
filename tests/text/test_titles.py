"""Titles: validation, keys, namespaces and URL paths."""

from __future__ import annotations

import pickle
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.titles import (
    CATEGORY,
    CONCEPT,
    FILE,
    NAMESPACES,
    PROPERTY,
    TITLE_LIMIT,
    TitleProblem,
    absolute_title,
    build_full_title,
    clean_title,
    fold,
    key_of,
    namespace_number,
    quote_title,
    replace_forbidden_characters,
    split_namespace,
    talk_title,
    unify_spelling,
)

MEDIAWIKI_NAMESPACES = {
    0: "", 1: "Talk", 2: "User", 3: "User talk", 4: "Project", 5: "Project talk", 6: "File", 7: "File talk",
    8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk", 12: "Help", 13: "Help talk",
    14: "Category", 15: "Category talk", 102: "Property", 103: "Property talk", 108: "Concept", 109: "Concept talk",
}  # fmt: skip
"""Numbers and names of MediaWiki and Semantic MediaWiki, which clients of the API and archives rely on."""


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("La Myne", "La Myne"),
        ("  La__Myne\u00a0\u202f \t l’atelier ", "La Myne l’atelier"),
        ("E\u0301te\u0301", "Été"),
        ("a\u200e\u202eb\ufeff", "ab"),
        ("C++: 50 % de “remise” & plus?", "C++: 50 % de “remise” & plus?"),
        ("v1.2/a..b/...", "v1.2/a..b/..."),
        ("👩‍🔧", "👩‍🔧"),
        ("a" * 255, "a" * 255),
        ("Wiki:" + "a" * 247, "Wiki:" + "a" * 247),
    ],
)
def test_it_cleans_titles(raw: str, title: str) -> None:
    assert clean_title(raw) == title


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "title_empty"),
        (" _\u00a0 ", "title_empty"),
        ("a" * 256, "title_too_long"),
        ("é" * 128, "title_too_long"),
        ("a" * 30_000, "title_too_long"),
        ("Wiki:" + "a" * 250, "title_too_long"),  # as "Project:…" it would be
        *((f"a{character}b", "title_character") for character in "#<>[]{}|"),
        ("a\x00b", "title_control"),
        ("a\x1b[0m", "title_control"),
        ("a\ud800", "title_control"),
        (".", "title_dots"),
        ("..", "title_dots"),
        ("./a", "title_dots"),
        ("../a", "title_dots"),
        ("a/./b", "title_dots"),
        ("a/../b", "title_dots"),
        ("a/..", "title_dots"),
        (":a", "title_colon"),
        ("a::b", "title_colon"),
        ("a : : b", "title_colon"),
        ("Category:", "title_only_namespace"),
        ("catégorie : ", "title_only_namespace"),
    ],
)
def test_it_refuses_invalid_titles(raw: str, code: str) -> None:
    with pytest.raises(TitleProblem) as caught:
        clean_title(raw)
    assert caught.value.code == code
    assert str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.code, str(again)) == (code, str(caught.value))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b" + "a" * 30_000, "a" * 59),
        ("a" * 300, "a" * 60),
        ("a\x1b" + "b" * 90, "a" + "b" * 59),
        ("a" * 90 + "|", "a" * 60),
        (":" + "a" * 90, ":" + "a" * 59),
        ("../" + "a" * 90, "../" + "a" * 57),
    ],
)
def test_a_refused_title_is_quoted_without_what_cannot_be_shown(raw: str, shown: str) -> None:
    with pytest.raises(TitleProblem) as caught:
        clean_title(raw)
    assert caught.value.params["title"] == shown


def test_a_relative_title_above_the_page_is_quoted() -> None:
    with pytest.raises(TitleProblem) as caught:
        absolute_title("../" + "a" * 90, "Guide")
    assert (caught.value.code, caught.value.params) == ("title_above", {"title": "../" + "a" * 57})


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("la myne", "La myne"),
        ("La Myne", "La Myne"),
        ("la_Myne : charte", "La Myne:Charte"),
        ("fichier:plan_1.jpg", "File:Plan 1.jpg"),
        ("IMAGE:Plan 1.jpg", "File:Plan 1.jpg"),
        ("categorie:fab labs", "Category:Fab labs"),
        ("discussion utilisateur:bob", "User talk:Bob"),
        ("Propriété:ville", "Property:Ville"),
        ("Propriété:wd : reference", "Property:Wd:reference"),
        ("Property:wd:Reference", "Property:Wd:Reference"),
        ("Discussion attribut:a:b", "Property talk:A:b"),
        ("la Myne:charte", "La Myne:Charte"),
        ("Wiki:accueil", "Project:Accueil"),
        ("Projet:accueil", "Projet:Accueil"),
        ("ßtraße", "ßtraße"),
        ("élan", "Élan"),
        ("12:30", "12:30"),
    ],
)
def test_it_makes_keys(title: str, key: str) -> None:
    assert key_of(title) == key


@given(st.text(max_size=80))
def test_key_clean_title_and_url_path_give_the_same_key(raw: str) -> None:
    try:
        title = clean_title(raw)
    except TitleProblem:
        return
    key = key_of(raw)
    assert clean_title(title) == title
    assert key_of(key) == key_of(title) == key
    assert len(key.encode()) <= TITLE_LIMIT
    assert unquote(quote_title(title)).replace("_", " ") == title
    assert unquote(quote_title(title)) == title.replace(" ", "_")


@given(st.text(max_size=60), st.booleans())
def test_replaced_characters_leave_nothing_forbidden(raw: str, colon: bool) -> None:
    code = ""
    try:
        clean_title(replace_forbidden_characters(raw, colon=colon))
    except TitleProblem as problem:
        code = problem.code
    assert code not in ("title_character", "title_colon")


def test_it_knows_namespaces_by_all_their_names() -> None:
    for number, space in NAMESPACES.items():
        for name in {space.canonical, space.fr, space.en, *space.aliases} - {""}:
            assert namespace_number(name.upper()) == number
            assert split_namespace(f"{name} : x") == (number, "x")
    assert split_namespace("La Myne:Charte") == (0, "La Myne:Charte")


def test_namespaces_are_those_of_mediawiki() -> None:
    assert {number: space.canonical for number, space in NAMESPACES.items()} == MEDIAWIKI_NAMESPACES | {
        106: "Form", 107: "Form talk", 3000: "Elsewhere",
    }  # fmt: skip  # the numbers of Page Forms
    names = [NAMESPACES[number].canonical for number in (FILE, CATEGORY, PROPERTY, CONCEPT)]
    assert names == ["File", "Category", "Property", "Concept"]
    assert (namespace_number(""), split_namespace(":a")) == (None, (0, ":a"))


@pytest.mark.parametrize(
    ("title", "talk"),
    [
        ("Charte", "Talk:Charte"),
        ("La Myne:Charte", "Talk:La Myne:Charte"),
        ("Aide:Liens", "Help talk:Liens"),
        ("Attribut:wd:ville", "Property talk:wd:ville"),
        ("Discussion:Charte", ""),
        ("Discussion aide:Liens", ""),
        ("Utilisatrice:alice", "User talk:alice"),
        ("Discussion catégorie:Bois", ""),
        ("Ailleurs:example.org/Page", ""),
    ],
)
def test_it_names_the_discussion_of_a_page(title: str, talk: str) -> None:
    assert talk_title(title) == talk


@pytest.mark.parametrize(
    ("raw", "colon", "text"),
    [
        ("a#<b>[c]{d}|", False, "a＃＜b＞［c］｛d｝｜"),
        ("a:b::c:::d", False, "a:b：：c：：:d"),
        (" _:a:b", False, " _：a:b"),
        ("a:b::c", True, "a：b：：c"),
    ],
)
def test_characters_that_titles_cannot_have_become_wide(raw: str, colon: bool, text: str) -> None:
    assert replace_forbidden_characters(raw, colon=colon) == text
    if not colon:
        assert replace_forbidden_characters(raw) == text


def test_spellings_of_typography_and_keyboards_are_one() -> None:
    assert unify_spelling("ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ œ Œ æ Æ") == "ff fi fl ffi ffl st st oe Oe ae Ae"
    assert unify_spelling("L’a ‘b ʼc\u00a0d\u2010e\u2011f") == "L'a 'b 'c d-e-f"


def test_it_builds_full_titles() -> None:
    assert build_full_title(0, None, "Charte") == "Charte"
    assert build_full_title(0, "La Myne", "Charte") == "La Myne:Charte"
    assert build_full_title(14, None, "Fab labs") == "Category:Fab labs"


def test_it_quotes_titles_as_in_mediawiki() -> None:
    assert quote_title("Où ça ? C'est/là: 50 % & +") == "O%C3%B9_%C3%A7a_%3F_C%27est/l%C3%A0:_50_%25_%26_%2B"


def test_it_folds_for_comparison() -> None:
    assert fold("L’Œuvre ÉTÉ Straße ﬁn") == "l'oeuvre ete strasse fin"
