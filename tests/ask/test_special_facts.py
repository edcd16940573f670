"""Facts that the wiki states itself: queries, files, invalid values; authors cannot state them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.factories import make_page
from wiki.ask.execution import runner
from wiki.ask.query_parser import parse

pytestmark = pytest.mark.django_db


def found(question: str) -> dict[str, list[list[str]]]:
    """Return the rows of a query: raw values by subject."""
    result = runner.run(parse(question), AnonymousUser())
    assert not result.problems
    return {row.subject.key: [[value.raw for value in cell] for cell in row.cells] for row in result.rows}


def test_questions_can_be_asked_for() -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | ?Places | format=map }} {{#subobject:a|P=1}}")
    make_page("Autre", "{{#ask: [[Ville::Brest]] }}")
    rows = found("[[Query format::map]]|?Query string")
    (name,) = rows
    assert name.startswith("Liste#_QUERY")
    assert rows[name] == [["[[Ville::Lyon]]"]]
    assert list(found("[[Has query.Query string::~*Brest*]]")) == ["Autre"]
    assert list(found("[[-Has subobject::Liste]]")) == ["Liste#a"]


def test_files_say_what_they_are() -> None:
    make_page("File:Plan.png", "Le plan.")
    make_page("File:Notes.pdf", "Les notes.")
    assert found("[[File:+]] [[MIME type::image/png]]|?Media type") == {"File:Plan.png": [["BITMAP"]]}
    assert found("[[MIME type::application/pdf]]|?Media type") == {"File:Notes.pdf": [["OFFICE"]]}


def test_values_that_cannot_be_used_are_found_by_property() -> None:
    make_page("Property:Places", "---\nHas type: Number\n---")
    make_page("Property:Fin", "---\nHas type: Date\n---")
    make_page("Alpha", "---\nPlaces: douze\n---")
    make_page("Beta", "---\nFin: jamais\nPlaces: 3\n---")
    assert list(found("[[Has improper value for::Places]]")) == ["Alpha"]
    assert list(found("[[Has improper value for::+]]")) == ["Alpha", "Beta"]
    assert list(found("[[A une valeur incorrecte pour::Property:Fin]]")) == ["Beta"]
    assert list(found("[[Has improper value for::Nowhere]]")) == []


def test_values_that_cannot_be_used_are_printed_by_property() -> None:
    make_page("Property:Places", "---\nHas type: Number\n---")
    make_page("Property:Fin", "---\nHas type: Date\n---")
    make_page("Alpha", "---\nPlaces: [douze, treize]\nFin: jamais\nVille: Lyon\n---")
    make_page("Beta", "---\nPlaces: 3\nVille: Lyon\nVoir: Alpha\n---")
    asked = "[[Ville::Lyon]]|?Has improper value for|?Places|?Voir.A une valeur incorrecte pour"
    wrong = ["Places", "Fin"]
    assert found(asked) == {"Alpha": [wrong, [], []], "Beta": [[], ["3"], wrong]}
    said = found("[[Processing error message::+]]|?Processing error message")
    quoted = [value.partition("»")[0].strip("« \u202f\xa0") for value in said["Alpha"][0]]
    assert quoted == ["douze", "treize", "jamais"]
    assert list(said) == ["Alpha"]


def test_nobody_says_what_only_the_wiki_says() -> None:
    make_page("Alpha", "---\n_MDAT: 1999-01-01\nLast editor is: Bob\n---\n[[_CDAT::1999]] {{#set:_LEDT=Bob}}")
    assert found("[[Modification date::<2000]]") == {}
    assert found("[[Creation date::<2000]]") == {}
    assert found("[[Last editor is::User:Bob]]") == {}
