"""Facts that the wiki states itself: queries, files, invalid values; authors cannot state them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.factories import make_page
from wiki.ask.execution import runner
from wiki.ask.query_parser import parse

pytestmark = pytest.mark.django_db


def query_rows(query: str) -> dict[str, list[list[str]]]:
    """Return the rows of a query: raw values by subject."""
    result = runner.run(parse(query), AnonymousUser())
    assert not result.problems
    return {row.subject.key: [[value.raw for value in cell] for cell in row.cells] for row in result.rows}


def test_queries_are_facts_of_pages() -> None:
    make_page("Liste", "{{#ask: [[Ville::Lyon]] | ?Places | format=map }} {{#subobject:a|P=1}}")
    make_page("Autre", "{{#ask: [[Ville::Brest]] }}")
    rows = query_rows("[[Query format::map]]|?Query string")
    (name,) = rows
    assert name.startswith("Liste#_QUERY")
    assert rows[name] == [["[[Ville::Lyon]]"]]
    assert list(query_rows("[[Has query.Query string::~*Brest*]]")) == ["Autre"]
    assert list(query_rows("[[-Has subobject::Liste]]")) == ["Liste#a"]


def test_sort_keys_stand_for_titles_in_the_order() -> None:
    make_page("Zoé Durand", "[[Category:T]] {{DEFAULTSORT:Zzz}} {{DEFAULTSORT:Aaa}}")
    make_page("Bob Martin", "[[Category:T]]{{#subobject:un|P=1|@sortkey=Yyy}}{{#subobject:deux|P=1}}")
    assert list(query_rows("[[Category:T]]")) == ["Zoé Durand", "Bob Martin"]
    assert list(query_rows("[[Category:T]]|order=desc|limit=1")) == ["Bob Martin"]
    assert list(query_rows("[[Category:T]] [[>B]]")) == ["Bob Martin"]
    assert list(query_rows("[[Category:T]] [[~Z*]]")) == ["Zoé Durand"]
    assert list(query_rows("[[P::1]]")) == ["Bob Martin#deux", "Bob Martin#un"]
    result = runner.run(parse("[[Category:T]]|format=category"), AnonymousUser())
    assert [row.subject.sort_title for row in result.rows] == ["aaa", "bob martin"]


def test_pages_that_are_named_but_not_written_are_found() -> None:
    make_page("Property:Connaît", "---\nHas type: Page\n---")
    make_page("Property:Mot", "---\nHas type: Text\n---")
    make_page(
        "A", "[[Connaît::Zoé]] [[Connaît::Yan]] [[Connaît::Vieux nom]] [[Connaît::Aide:Bob]] [[Mot::Rien]] [[Ville::X]]"
    )
    make_page("B", "[[Connaît::Zoé]] [[Connaît::C#part]]")
    make_page("Yan", "[[Ville::Lyon]]")
    make_page("Vieux nom", "#REDIRECT [[Neuf]]")
    assert list(query_rows("[[-Connaît::A]]")) == ["Help:Bob", "Neuf", "Yan", "Zoé"]
    assert list(query_rows("[[-Connaît::A]]|order=desc|limit=2")) == ["Zoé", "Yan"]
    assert list(query_rows("[[-Connaît::A]]|offset=1|limit=2")) == ["Neuf", "Yan"]
    assert list(query_rows("[[-Connaît::A]]|sort=Ville")) == ["Yan", "Help:Bob", "Neuf", "Zoé"]
    assert list(query_rows("[[-Connaît::A]] [[-Connaît::B]]")) == ["Zoé"]
    assert list(query_rows("[[-Connaît::A]] [[:+]]")) == ["Neuf", "Yan", "Zoé"]
    assert list(query_rows("[[-Connaît::A]] [[Ville::+]]")) == ["Yan"]
    assert list(query_rows("[[-Connaît::A]] OR [[Ville::X]]")) == ["A", "Help:Bob", "Neuf", "Yan", "Zoé"]
    assert list(query_rows("[[-Connaît.Ville::X]]")) == ["Help:Bob", "Neuf", "Yan", "Zoé"]
    assert list(query_rows("[[-Connaît::!+]] [[:+]]")) == ["A", "B"]
    assert list(query_rows("[[-Mot::A]]")) == []
    assert query_rows("[[-Connaît::B]]|?-Connaît") == {"Zoé": [["A", "B"]]}
    assert list(query_rows("[[:Vieux nom]]")) == ["Neuf"]
    assert list(query_rows("[[Vieux nom||Yan||Zoé]]")) == ["Neuf", "Yan"]
    assert runner.count(parse("[[-Connaît::A]]"), AnonymousUser()) == 4
    result = runner.run(parse("[[-Connaît::A]]|format=count"), AnonymousUser())
    assert result.total == 4
    shown = runner.run(parse("[[-Connaît::A]] [[:+]]"), AnonymousUser()).rows
    assert [(row.subject.shown_title, row.subject.exists) for row in shown] == [
        ("Neuf", False),
        ("Yan", True),
        ("Zoé", False),
    ]
    make_page("Zoé", "Écrite.")
    assert list(query_rows("[[-Connaît::B]]")) == ["Zoé"]


def test_special_properties_are_refined_under_any_of_their_names() -> None:
    make_page("Property:Titre long", "[[Subproperty of::Has display title of]]")
    make_page("A", "[[Titre long::Bonjour]]")
    assert list(query_rows("[[Display title of::Bonjour]]")) == ["A"]


def test_files_have_facts() -> None:
    make_page("File:Plan.png", "Le plan.")
    make_page("File:Notes.pdf", "Les notes.")
    assert query_rows("[[File:+]] [[MIME type::image/png]]|?Media type") == {"File:Plan.png": [["BITMAP"]]}
    assert query_rows("[[MIME type::application/pdf]]|?Media type") == {"File:Notes.pdf": [["OFFICE"]]}


def test_invalid_values_are_found_by_property() -> None:
    make_page("Property:Places", "---\nHas type: Number\n---")
    make_page("Property:Fin", "---\nHas type: Date\n---")
    make_page("Alpha", "---\nPlaces: douze\n---")
    make_page("Beta", "---\nFin: jamais\nPlaces: 3\n---")
    assert list(query_rows("[[Has improper value for::Places]]")) == ["Alpha"]
    assert list(query_rows("[[Has improper value for::+]]")) == ["Alpha", "Beta"]
    assert list(query_rows("[[A une valeur incorrecte pour::Property:Fin]]")) == ["Beta"]
    assert list(query_rows("[[Has improper value for::Nowhere]]")) == []


def test_invalid_values_are_printed_by_property() -> None:
    make_page("Property:Places", "---\nHas type: Number\n---")
    make_page("Property:Fin", "---\nHas type: Date\n---")
    make_page("Alpha", "---\nPlaces: [douze, treize]\nFin: jamais\nVille: Lyon\n---")
    make_page("Beta", "---\nPlaces: 3\nVille: Lyon\nVoir: Alpha\n---")
    source = "[[Ville::Lyon]]|?Has improper value for|?Places|?Voir.A une valeur incorrecte pour"
    wrong = ["Places", "Fin"]
    assert query_rows(source) == {"Alpha": [wrong, [], []], "Beta": [[], ["3"], wrong]}
    messages = query_rows("[[Processing error message::+]]|?Processing error message")
    quoted = [value.partition("»")[0].strip("« \u202f\xa0") for value in messages["Alpha"][0]]
    assert quoted == ["douze", "treize", "jamais"]
    assert list(messages) == ["Alpha"]


def test_authors_cannot_state_builtin_properties() -> None:
    make_page("Alpha", "---\n_MDAT: 1999-01-01\nLast editor is: Bob\n---\n[[_CDAT::1999]] {{#set:_LEDT=Bob}}")
    assert query_rows("[[Modification date::<2000]]") == {}
    assert query_rows("[[Creation date::<2000]]") == {}
    assert query_rows("[[Last editor is::User:Bob]]") == {}
