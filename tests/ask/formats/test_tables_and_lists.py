"""Tables and lists, by cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ask.formats.building import boolean, column, number, page, page_ref, render_in_page, result, text
from wiki.ask.execution.results import QueryResult


def towns(**parameters: str) -> QueryResult:
    return result(
        [
            ("La Filature", [[page("Lyon")], [number(400), number(1200)], [text("bois"), text("métal")]]),
            ("L’Atelier", [[page("Nulle part")], [], [text("a & b")]]),
        ],
        [column("Ville", "_wpg"), column("Surface", "_num"), column("Matière")],
        [page_ref("Lyon")],
        **parameters,
    )


LYON = '<a href="/wiki/Lyon">Lyon</a>'
NOWHERE = '<a class="red" rel="nofollow" title="Nulle part (pas encore écrite)" href="/wiki/Nulle_part">Nulle part</a>'
FILATURE, ATELIER = '<a href="/wiki/La_Filature">La Filature</a>', '<a href="/wiki/L%E2%80%99Atelier">L’Atelier</a>'


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"format": "table"}, f'<th scope="row">{FILATURE}</th><td data-sort="Lyon">{LYON}</td>'),
        ({"format": "table"}, '<td class="ask-right" data-sort="400.0">400, 1\u202f200</td>'),
        ({"format": "table"}, NOWHERE),
        ({"format": "table"}, "a &amp; b"),
        ({"format": "table"}, 'data-sortable="Trier par cette colonne"'),
        ({"format": "table", "headers": "plain"}, '<th scope="col">Ville</th>'),
        ({"format": "table", "mainlabel": "Lieu"}, '<th scope="col">Lieu</th>'),
        ({"format": "table", "link": "subject"}, f'{FILATURE}</th><td data-sort="Lyon">Lyon</td>'),
        ({"format": "table", "link": "none"}, '<th scope="row">La Filature</th>'),
        ({"format": "table", "mainlabel": "-"}, '<tbody><tr><td data-sort="Lyon">'),
        ({"format": "table", "sep": " / "}, "bois / métal"),
        ({"format": "table", "sep": "ul"}, "<ul><li>bois</li><li>métal</li></ul>"),
        ({"format": "table", "sep": "<br>"}, "<div>bois</div><div>métal</div>"),
        ({"format": "table", "class": "wide x\"><b>"}, 'class="ask-table ask-x-wide ask-x-x ask-x-b"'),
        ({"format": "table", "transpose": "yes"}, f'<th scope="col">{FILATURE}</th><th scope="col">{ATELIER}</th>'),
        ({"format": "broadtable"}, 'class="ask-table ask-broad"'),
        ({"format": "ul", "headers": "plain"}, f"<li>{FILATURE} (Ville\u00a0: {LYON}, Surface\u00a0: 400, 1\u202f200,"),
        ({"format": "ul", "headers": "hide"}, f"<li>{ATELIER} ({NOWHERE}, a &amp; b)</li>"),
        ({"format": "ul", "headers": "hide", "propsep": "; ", "valuesep": "+"}, "400+1\u202f200; bois+métal"),
        ({"format": "ol"}, '<ol class="ask-list">'),
        ({"format": "list", "headers": "hide", "sep": " <br> "}, ") <br> <a"),
        ({"format": "list", "headers": "hide", "sep": "<BR/><b>"}, ")<br>&lt;b&gt;<a"),
        ({"format": "ul", "headers": "hide", "propsep": "<br />"}, f"({LYON}<br>400, 1\u202f200<br>bois"),
        ({"format": "plainlist", "headers": "hide", "mainlabel": "-", "sep": ";_"}, f"bois, métal; {NOWHERE}"),
        ({"intro": "*voici*", "outro": "fin"}, '<div class="laid">*voici*</div>'),
        ({"intro": "*voici*", "outro": "fin"}, '<div class="laid">fin</div>'),
        ({}, '<table class="ask-table"'),
        ({"format": "no such format"}, '<table class="ask-table"'),
    ],
)  # fmt: skip
def test_it_writes_rows(parameters: dict[str, str], expected: str) -> None:
    assert expected in render_in_page(towns(**parameters))


def test_it_hides_headings() -> None:
    assert "<thead>" not in render_in_page(towns(format="table", headers="hide"))
    assert "Ville" not in render_in_page(towns(format="ul", headers="hide"))


def test_it_links_headings_to_their_property() -> None:
    assert '<a href="/wiki/Property:Ville">Ville</a>' in render_in_page(towns(format="table"))
    assert "Property:" not in render_in_page(towns(format="table", link="none"))


def test_the_default_format_without_printouts_is_a_list() -> None:
    html = render_in_page(result([("A", []), ("B", [])]))
    assert html == '<span class="ask-run"><a href="/wiki/A">A</a>, <a href="/wiki/B">B</a></span>'


def test_it_links_to_further_results() -> None:
    rows: list[tuple[str, list[list[object]]]] = [("A", [])]
    assert 'href="/ask?offset=2">… autres résultats</a>' in render_in_page(result(rows, more=True))  # type: ignore[arg-type]
    assert ">Tous</a>" in render_in_page(result(rows, more=True, searchlabel="Tous"))  # type: ignore[arg-type]
    assert "/ask?" not in render_in_page(result(rows, more=True, searchlabel=""))  # type: ignore[arg-type]
    assert "/ask?" not in render_in_page(result(rows))  # type: ignore[arg-type]


def test_it_shows_the_default_text_for_no_results() -> None:
    assert render_in_page(result([], default="rien", intro="voici")) == '<div class="laid">rien</div>'
    assert render_in_page(result([], intro="voici")) == ""


def test_it_marks_members_of_a_category() -> None:
    asked = column("Bois", "_boo")
    asked = replace(asked, printout=replace(asked.printout, chain=(), category="Bois"))
    html = render_in_page(
        result([("A", [[boolean(True)]]), ("B", [[boolean(False)]])], [asked], format="ul", headers="hide")
    )
    assert html == '<ul class="ask-list"><li><a href="/wiki/A">A</a> (X)</li><li><a href="/wiki/B">B</a></li></ul>'


def test_it_shows_the_page_itself_as_a_column() -> None:
    asked = column("Lieu", "_wpg")
    asked = replace(asked, printout=replace(asked.printout, chain=()))
    html = render_in_page(result([("A", [[]])], [asked], format="ul", mainlabel="-", headers="hide"))
    assert html == '<ul class="ask-list"><li><a href="/wiki/A">A</a></li></ul>'
