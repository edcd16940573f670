"""What parser functions state: values, lists of values, and the options that say how they are read."""

from __future__ import annotations

import pytest

from wiki.text.markup.markdown_parser import parse
from wiki.text.statements import extract_statements, has_unreadable_json, statements_without_body


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("{{#set:Téléphone=+33 4 77 12 34 56}}", [("Téléphone", "+33 4 77 12 34 56")]),
        ("{{#set:Téléphone=+33 4|+44 20}}", [("Téléphone", "+33 4"), ("Téléphone", "+44 20")]),
        ("{{#subobject:x|Note=+1}}", [("_SOBJ", "#x"), ("Note", "+1")]),
        ("{{#set:Mots=a;b|+sep=;}}", [("Mots", "a"), ("Mots", "b")]),
        ("{{#set:Mots=a, b|+sep|Autre=c}}", [("Mots", "a"), ("Mots", "b"), ("Autre", "c")]),
        ("{{#set:Mots=a|b;c|+sep=;|d}}", [("Mots", "a"), ("Mots", "b"), ("Mots", "c"), ("Mots", "d")]),
        ("{{#set:P=u|v|+pipe}}", [("P", "u|v")]),
        ("{{#set:P=u|v|+pipe|Q=w}}", [("P", "u|v"), ("Q", "w")]),
        ("{{#set:P=|Q= |R=1}}", [("R", "1")]),
        ("{{#set:+sep=;|P=a;b}}", [("P", "a;b")]),
        (
            '{{#subobject:h|A=0|@json={ "Ville": "Lyon", "Mots": ["a", "b=c"], "N": 1.5, "B": true, "X": null } |B=1}}',
            [
                ("_SOBJ", "#h"),
                ("A", "0"),
                ("Ville", "Lyon"),
                ("Mots", "a"),
                ("Mots", "b=c"),
                ("N", "1.5"),
                ("B", "true"),
                ("B", "1"),
            ],
        ),
        ('{{#set:@JSON={"P": "1"} }}', [("P", "1")]),
        ('{{#set:@json={"_MDAT": "1", "template": "x"} }}', []),
        ("{{#set:P={{{p|}}}|Q={{{q|1}}}|R={{{r}}}}}", [("Q", "1"), ("R", "{{{r}}}")]),
        ("[[P::{{{p|}}}]] [[Q::{{{q|{{{p|1}}}}}}]]", [("Q", "1")]),
        ("<includeonly>{{#set:P=1}}[[Category:A]][[P::2]]</includeonly>{{#set:P=3}}", [("P", "3")]),
    ],
)
def test_values_of_parser_functions(source: str, values: list[tuple[str, str]]) -> None:
    calls = ("#set", "#subobject")
    assert [(one.property, one.value) for one in extract_statements(parse(source, calls=calls))] == values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[a, {offres: b, Prix: 2 €}]", ["a|", "b|", "b|x", "2 €|x"]),
        ("{Prix: 2 €}", ["#x|", "2 €|x"]),
        ("{Offres: '', Prix: 2 €}", ["#x|", "2 €|x"]),
        ("{Offres: [b, c], Prix: 2 €}", ["#x|", "b|x", "c|x", "2 €|x"]),
        ("{id: four, Offres: b}", ["b|", "b|four"]),
    ],
)
def test_a_group_that_has_its_own_property_is_a_value_with_details(value: str, expected: list[str]) -> None:
    statements = extract_statements(parse(f"---\nOffres: {value}\n---\n"))
    named = {one.fragment for one in statements} - {"", "four"}
    found = [f"{'#x' if one.value[1:] in named else one.value}|{'x' if one.fragment in named else one.fragment}"
             for one in statements]  # fmt: skip
    assert found == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{#set:@json={"P": "1"} }}', False),
        ('{{#set:@json={"P": {"Q": "1"} } }}', True),
        ('{{#set:@json={"P": "1"}}', True),
        ("{{#subobject:x|@json=[1] }}", True),
        ("{{#subobject:x|@json=non}}", True),
        ("{{#set:P=@json}} [[Q::@json=1]]", False),
    ],
)
def test_json_that_states_nothing_is_known(source: str, expected: bool) -> None:
    assert has_unreadable_json(parse(source, calls=("#set", "#subobject"))) is expected


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("", True),
        ("Un **texte** sans rien.", True),
        ("---\nVille: Lyon\nNote: [a, b]\n---\n\n# Titre\n\nTexte.", True),
        ("---\nVille: [[Lyon]]\nOuvert:\n  Jour: lundi\n---\nTexte.", True),
        ("---\nVille: Lyon\n", False),
        ("---\nVille: Lyon\n---\n[[Catégorie:A]]", False),
        ("---\nVille: Lyon\n---\n{{#set:A=1}}", False),
        ("---\nVille: Lyon\n---\n#REDIRECT [[A]]", False),
        ("---\nVille: Lyon\n---\na [[A::b]]", False),
    ],
)
def test_a_body_without_statements_is_not_parsed(text: str, is_read: bool) -> None:
    found = statements_without_body(text)
    assert (found is not None) == is_read
    if found is not None:
        assert found == extract_statements(parse(text))
