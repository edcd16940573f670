"""The parser of the query language: trees and warnings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.search import query_warnings, search_parser
from wiki.search.search_ast import (
    AndNode,
    FieldFilter,
    FuzzyTerm,
    InTitle,
    Node,
    NotNode,
    OrNode,
    Phrase,
    PrefixTerm,
    Term,
)


def shape(node: Node | None) -> object:
    """Return a compact notation of a tree."""
    match node:
        case Term(text):
            return text
        case Phrase(text):
            return f'"{text}"'
        case PrefixTerm(text):
            return f"{text}*"
        case FuzzyTerm(text):
            return f"{text}~"
        case InTitle(part):
            return ("title", shape(part))
        case FieldFilter(name, value):
            return f"{name}={value}"
        case AndNode(parts):
            return ("and", *map(shape, parts))
        case OrNode(parts):
            return ("or", *map(shape, parts))
        case NotNode(part):
            return ("not", shape(part))
    return None


CASES: list[tuple[str, object, list[str]]] = [
    ("", None, []),
    ("  ", None, []),
    ("bois", "bois", []),
    ("atelier bois", ("and", "atelier", "bois"), []),
    ("l’atelier d'Émile", ("and", "l’atelier", "d'Émile"), []),
    ("tiers-lieu", "tiers-lieu", []),
    ('"un atelier" bois', ("and", '"un atelier"', "bois"), []),
    ("« un atelier »", '"un atelier"', []),
    ("“un atelier”", '"un atelier"', []),
    ('"jamais fermé', '"jamais fermé"', ["quote"]),
    ("répar*", "répar*", []),
    ("a*", "a", ["short"]),
    ("*", None, []),
    ("*a*", "a", ["star", "short"]),
    ("*bois*", "bois*", ["star"]),
    ("bo*is", "bois", ["star"]),
    ("atelir~", "atelir~", []),
    ("aa~ bb~ cc~ dd~", ("and", "aa~", "bb~", "cc~", "dd"), ["likenesses"]),
    ("bois OR métal", ("or", "bois", "métal"), []),
    ("bois OU métal vis", ("or", "bois", ("and", "métal", "vis")), []),
    ("bois AND métal ET vis", ("and", "bois", "métal", "vis"), []),
    ("bois -métal", ("and", "bois", ("not", "métal")), []),
    ("NOT bois", ("not", "bois"), []),
    ("bois SAUF métal", ("and", "bois", ("not", "métal")), []),
    ("(bois OR métal) vis", ("and", ("or", "bois", "métal"), "vis"), []),
    ("-(bois métal)", ("not", ("and", "bois", "métal")), []),
    ("(bois", "bois", ["parenthesis"]),
    ("bois)", "bois", ["parenthesis"]),
    (") bois (", "bois", ["parenthesis"]),
    ("OR bois", "bois", ["operator"]),
    ("bois AND", "bois", ["operator"]),
    ("bois NOT", "bois", ["operator"]),
    ("bois or métal", ("and", "bois", "or", "métal"), []),
    ("LA CORDÉE ET VALMY OU RIEN", ("and", "LA", "CORDÉE", "ET", "VALMY", "OU", "RIEN"), []),
    ("title:charte", ("title", "charte"), []),
    ('titre:"la charte"', ("title", '"la charte"'), []),
    ("intitle:char*", ("title", "char*"), []),
    ("kind:lieu", "kind=lieu", []),
    ("Nature:Lieu", "kind=Lieu", []),
    ('lieu:"La Myne"', "place=La Myne", []),
    ("auteur:alice catégorie:Bois", ("and", "author=alice", "category=Bois"), []),
    ("licence:CC0-1.0 langue:fr", ("and", "licence=CC0-1.0", "language=fr"), []),
    ("after:2019 avant:2020-06-01", ("and", "after=2019", "before=2020-06-01"), []),
    ("-kind:lieu", ("not", "kind=lieu"), []),
    ("kind:", None, ["field"]),
    ("at?lier quoi?", ("and", "at?lier", "quoi?"), ["question_mark"]),
    ("La Myne:Charte", ("and", "La", "Myne:Charte"), []),
    ("https://example.org/a?b=c", "https://example.org/a?b=c", []),
    ("… ! ?", None, []),
]


@pytest.mark.parametrize(("text", "tree", "ignored"), CASES)
def test_queries_are_parsed(text: str, tree: object, ignored: list[str]) -> None:
    query = search_parser.parse(text)
    assert shape(query.tree) == tree
    assert [warning.code for warning in query.warnings] == ignored


def test_long_and_nested_queries_are_limited() -> None:
    long_query = search_parser.parse(" ".join(f"mot{number}" for number in range(5_000)))
    assert isinstance(long_query.tree, AndNode)
    assert len(long_query.tree.parts) == search_parser.MAX_TERMS
    assert {warning.code for warning in long_query.warnings} == {"long", "many"}
    nested_query = search_parser.parse("(" * 400 + "bois" + ")" * 400)
    assert "deep" in {warning.code for warning in nested_query.warnings}
    assert search_parser.parse("-" * 900).tree is None
    assert search_parser.parse("NOT " * 240 + "bois").tree == NotNode(Term("bois", 960, 964))


def test_every_warning_has_a_message() -> None:
    for text, _, ignored in CASES:
        messages = [query_warnings.message_for(warning) for warning in search_parser.parse(text).warnings]
        assert len(messages) == len(search_parser.parse(text).warnings)
        assert not ignored or all(messages)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from('ab ()"-*~:«» OR'))))
def test_any_text_can_be_parsed(text: str) -> None:
    search_parser.parse(text)


@given(st.lists(st.sampled_from(["bois", "OR", "AND", "NOT", "(", ")", "-", '"', "kind:lieu", "a*", "b~", "title:x"])))
def test_tokens_in_any_order_can_be_parsed(tokens: list[str]) -> None:
    search_parser.parse(" ".join(tokens))
