"""Row templates, A to Z, embedded pages, galleries, trees: by cases."""

from __future__ import annotations

import time

import pytest
from django.utils.safestring import SafeString

from tests.ask.formats.building import HOSTILE, column, page, page_ref, render_in_page, result, text
from wiki.ask.execution.results import QueryResult
from wiki.text.transclusion import substitute_arguments, transcluded_source


# --- template
def towns(**parameters: str) -> QueryResult:
    return result(
        [("La Filature", [[page("Lyon")], [text("bois"), text("métal")]]), ("L’Atelier", [[page("Nulle part")], []])],
        [column("Ville", "_wpg"), column("Matière")],
        [page_ref("Lyon", shown_title="Lyon la belle")],
        **{"format": "template", "template": "Ligne"} | parameters,
    )


@pytest.mark.parametrize(
    ("template", "parameters", "expected"),
    [
        ("* {{{1}}}", {}, "* [[La Filature]]\n* [[L’Atelier]]"),
        ("* {{{1}}}", {"link": "none"}, "* La Filature\n* L’Atelier"),
        ("{{{#}}}. {{{Ville}}}", {}, "1. [[Lyon|Lyon la belle]]\n2. [[Nulle part]]"),
        ("{{{2}}}", {"link": "subject"}, "Lyon la belle\nNulle part"),
        ("{{{3}}}", {"valuesep": "/"}, "bois/métal\n"),
        ("{{{Matière|rien}}}", {}, "bois, métal\nrien"),
        ("{{{Matière|}}}", {"mainlabel": "-"}, "bois, métal\n"),
        ("{{{1}}}", {"mainlabel": "-", "link": "none"}, "Lyon la belle\nNulle part"),
        ("{{{Lieu}}}", {"mainlabel": "Lieu", "link": "none"}, "La Filature\nL’Atelier"),
        ("{{{autre}}}", {}, "{{{autre}}}\n{{{autre}}}"),
        ("{{{autre|{{{Matière|non}}}}}}", {}, "bois, métal\nnon"),
        ("{{{userparam}}}", {"userparam": "oui"}, "oui\noui"),
        ("{{{1}}}", {"sep": ", ", "link": "none"}, "La Filature, L’Atelier"),
        ("<noinclude>doc</noinclude>{{{#}}}<includeonly>!</includeonly>", {}, "1!\n2!"),
        ("doc<onlyinclude>{{{#}}}</onlyinclude>", {}, "1\n2"),
        ("---\nKind: Place\n---\n{{{#}}}", {}, "1\n2"),
    ],
)  # fmt: skip
def test_it_writes_rows_by_a_template(template: str, parameters: dict[str, str], expected: str) -> None:
    seen: list[str] = []

    def markdown(value_text: str) -> str:
        seen.append(value_text)
        return ""

    render_in_page(towns(**parameters), templates={"Ligne": template}, render_markdown=markdown)
    assert seen == [expected]


@pytest.mark.parametrize(
    ("parameters", "text_written", "expected"),
    [
        ({"format": "ul"}, "\n-   La Filature\n    !\n-   L’Atelier\n    !\n", '<div class="ask-list">HTML</div>'),
        ({"format": "ol", "class": "x"}, "\n1.  La Filature\n    !\n1.  L’Atelier\n    !\n",
         '<div class="ask-list ask-x-x">HTML</div>'),
        ({"format": "list"}, "La Filature\n!, L’Atelier\n!", '<div class="ask-run">HTML</div>'),
        ({"format": "plainlist", "sep": " / "}, "La Filature\n! / L’Atelier\n!", '<div class="ask-run">HTML</div>'),
    ],
)  # fmt: skip
def test_lists_are_written_by_a_template(parameters: dict[str, str], text_written: str, expected: str) -> None:
    seen: list[str] = []

    def markdown(value_text: str) -> SafeString:
        seen.append(value_text)
        return SafeString("HTML")

    templates = {"Ligne": "{{{1}}}\n!\n"}
    output = render_in_page(towns(link="none", **parameters), templates=templates, render_markdown=markdown)
    assert (seen, output) == ([text_written], expected)
    assert '<span class="problem" role="note">' in render_in_page(towns(**parameters))


def test_a_line_of_rows_by_a_template_is_inline() -> None:
    output = render_in_page(
        towns(link="none", format="list"), templates={"Ligne": "{{{1}}}"},
        render_markdown=lambda written: SafeString(f"<p>{written}</p>\n"),
    )  # fmt: skip
    assert output == '<span class="ask-run">La Filature, L’Atelier</span>'


def test_intro_and_outro_templates_surround_the_rows() -> None:
    templates = {"Ligne": "{{{#}}}", "Avant": "avant {{{userparam}}}", "Après": "après {{{#rowcount}}}"}
    output = render_in_page(towns(introtemplate="Avant", outrotemplate="Après", userparam="x"), templates=templates)
    assert output == '<div class="laid">avant x\n1\n2\naprès 2</div>'


def test_a_missing_template_is_reported() -> None:
    assert '<span class="problem" role="note">' in render_in_page(towns())


@pytest.mark.parametrize("value_text", ["{{#ask: [[A]]}}", "{{{1}}}", "{{Modèle}}"])
def test_values_cannot_begin_a_call(value_text: str) -> None:
    output = result([("A", [[text(value_text)]])], [column("P")], format="template", template="T")
    laid = render_in_page(output, templates={"T": "{{{2}}}"})
    assert "{{" not in laid
    assert "}}" not in laid


def test_arguments_are_substituted_once() -> None:
    assert substitute_arguments("{{{a}}}", {"a": "{{{b}}}", "b": "no"}) == "{{{b}}}"
    assert substitute_arguments("{{{a}}}", {"a": "\ue0000\ue001"}) == "0"


def test_hostile_templates_render_fast() -> None:
    assert transcluded_source("<noinclude>" * 20_000) == ""
    assert substitute_arguments("{{{" * 20_000, {"a": "b"}).count("{") == 60_000
    assert len(substitute_arguments("{{{a|" * 500 + "}}}" * 500, {})) < 10_000


def test_the_size_of_all_rows_is_limited() -> None:
    output = result([(f"P{i}", []) for i in range(50)], format="template", template="T")
    laid = render_in_page(output, templates={"T": "x" * 100_000})
    assert len(laid) < 600_000
    assert laid.rstrip("</div>").endswith(".")


def test_the_template_work_is_limited() -> None:
    output = result([(f"P{i}", []) for i in range(500)], format="template", template="T")
    begun = time.perf_counter()
    laid = render_in_page(output, templates={"T": "{{{x|}}}" * 60_000 + "{{{1}}}"})
    assert time.perf_counter() - begun < 5
    assert laid.count("[[P") < 20
    assert "le texte serait trop long" in laid


# --- category
def test_it_groups_pages_by_their_first_letter() -> None:
    names = ["Zinc", "école", "Établi", "eau", "3D", "œuvre", "«Quote»"]
    output = render_in_page(result([(name, []) for name in names], format="category", link="none"))
    heads = [piece.split("</strong>")[0] for piece in output.split("<strong>")[1:]]
    assert heads == ["#", "0–9", "E", "O", "Z"]
    assert "<ul><li>eau</li><li>école</li><li>Établi</li></ul>" in output


# --- embedded
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, '<h2><a href="/wiki/A">A</a></h2><div class="ask-embedded"><p>page 7</p></div>'),
        ({"embedformat": "h4"}, "<h4><a"),
        ({"embedformat": "ul"}, '<ul><li><a href="/wiki/A">A</a><div class="ask-embedded"><p>page 7</p></div></li>'),
        ({"embedformat": "<script>"}, "<h2><a"),
        ({"embedonly": "yes"}, '<div class="ask-embedded"><p>page 7</p></div>'),
    ],
)  # fmt: skip
def test_it_embeds_pages(parameters: dict[str, str], expected: str) -> None:
    assert render_in_page(result([(page_ref("A", page_pk=7), [])], format="embedded", **parameters)).startswith(
        expected
    )


# --- gallery
def test_it_shows_cards_with_pictures() -> None:
    rows = [
        (page_ref("A", picture_name="own.jpg"), [[page("File:Chat.jpg")], [text("Lyon")]]),
        (page_ref("B", picture_name="own.jpg"), [[], []]),
        (page_ref("C", picture_name="missing.jpg", excerpt="Un lieu."), [[], []]),
    ]
    output = render_in_page(result(rows, [column("Image", "_wpg"), column("Ville")], format="gallery"))
    assert output.count('<li class="card ask-card" data-colour="grey">') == 3
    assert '<img class="card-picture" src="/media/Chat.jpg" alt="Chat.jpg"' in output
    assert 'src="/media/own.jpg"' in output
    assert '<span class="card-blank" aria-hidden="true">C</span>' in output
    assert "<p>Un lieu.</p>" in output
    assert "Image" not in output
    assert "Ville\u00a0: Lyon" in output


# --- tree
def branches(*pairs: tuple[str, str], **parameters: str) -> str:
    rows = [(name, [[page(above)] if above else []]) for name, above in pairs]
    pages = [page_ref(name) for name, _ in pairs]
    output = render_in_page(result(rows, [column("Parent", "_wpg")], pages, format="tree", link="none", **parameters))
    return output.replace(' class="ask-tree tree"', "")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("A", ""), ("B", "A"), ("C", "B")], "<ul><li>A<ul><li>B<ul><li>C</li></ul></li></ul></li></ul>"),
        ([("B", "Elsewhere"), ("A", "")], "<ul><li>B</li><li>A</li></ul>"),
        ([("A", "A")], "<ul><li>A</li></ul>"),
        ([("A", "B"), ("B", "A")], "<ul><li>A<ul><li>B<ul><li>A</li></ul></li></ul></li></ul>"),
    ],
)
def test_rows_are_nested_under_their_parents(pairs: list[tuple[str, str]], expected: str) -> None:
    assert branches(*pairs) == expected


def test_it_writes_a_child_of_many_once() -> None:
    rows = [("A", [[]]), ("B", [[]]), ("C", [[page("A"), page("B")]]), ("D", [[page("C")]])]
    output = render_in_page(
        result(rows, [column("P", "_wpg")], [page_ref(n) for n in "ABCD"], format="oltree", link="none")
    )
    assert output.count("<li>C") == 2
    assert output.count("<li>D") == 1
    assert output.startswith('<ol class="ask-tree tree">')


def test_the_depth_of_a_tree_is_limited() -> None:
    pairs = [(f"P{i}", f"P{i - 1}" if i else "") for i in range(2000)]
    output = branches(*pairs)
    assert output.count("<li>") >= 2000


@pytest.mark.parametrize("form", ["template", "category", "embedded", "gallery", "tree"])
def test_it_escapes_hostile_titles(form: str) -> None:
    output = render_in_page(
        result([(HOSTILE, [[text(HOSTILE)]])], [column(HOSTILE)], format=form, template="T"),
        templates={"T": "{{{1}}} {{{2}}}"},
    )
    assert "<script>" not in output
