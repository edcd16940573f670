"""Row templates, A to Z, embedded pages, galleries, trees: by cases."""

from __future__ import annotations

import time

import pytest

from tests.ask.formats.building import HOSTILE, column, found, in_page, page, result, text
from wiki.ask.execution.results import QueryResult
from wiki.text.transclusion import substitute_arguments, transcluded_source


# --- template
def towns(**parameters: str) -> QueryResult:
    return result(
        [("La Filature", [[page("Lyon")], [text("bois"), text("métal")]]), ("L’Atelier", [[page("Nulle part")], []])],
        [column("Ville", "_wpg"), column("Matière")],
        [found("Lyon", shown_title="Lyon la belle")],
        format="template",
        template="Ligne",
        **parameters,
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

    def markdown(words: str) -> str:
        seen.append(words)
        return ""

    in_page(towns(**parameters), templates={"Ligne": template}, markdown=markdown)
    assert seen == [expected]


def test_it_frames_rows_by_templates() -> None:
    templates = {"Ligne": "{{{#}}}", "Avant": "avant {{{userparam}}}", "Après": "après {{{#rowcount}}}"}
    made = in_page(towns(introtemplate="Avant", outrotemplate="Après", userparam="x"), templates=templates)
    assert made == '<div class="laid">avant x\n1\n2\naprès 2</div>'


def test_it_says_that_a_template_is_missing() -> None:
    assert '<span class="problem" role="note">' in in_page(towns())


@pytest.mark.parametrize("words", ["{{#ask: [[A]]}}", "{{{1}}}", "{{Modèle}}"])
def test_it_lets_no_value_begin_a_call(words: str) -> None:
    made = result([("A", [[text(words)]])], [column("P")], format="template", template="T")
    laid = in_page(made, templates={"T": "{{{2}}}"})
    assert "{{" not in laid
    assert "}}" not in laid


def test_it_reads_no_argument_again() -> None:
    assert substitute_arguments("{{{a}}}", {"a": "{{{b}}}", "b": "no"}) == "{{{b}}}"
    assert substitute_arguments("{{{a}}}", {"a": "\ue0000\ue001"}) == "0"


def test_it_answers_soon_to_hostile_templates() -> None:
    assert transcluded_source("<noinclude>" * 20_000) == ""
    assert substitute_arguments("{{{" * 20_000, {"a": "b"}).count("{") == 60_000
    assert len(substitute_arguments("{{{a|" * 500 + "}}}" * 500, {})) < 10_000


def test_it_stops_where_rows_grow_too_long() -> None:
    made = result([(f"P{i}", []) for i in range(50)], format="template", template="T")
    laid = in_page(made, templates={"T": "x" * 100_000})
    assert len(laid) < 600_000
    assert laid.rstrip("</div>").endswith(".")


def test_it_stops_where_a_template_is_long_to_read() -> None:
    made = result([(f"P{i}", []) for i in range(500)], format="template", template="T")
    begun = time.perf_counter()
    laid = in_page(made, templates={"T": "{{{x|}}}" * 60_000 + "{{{1}}}"})
    assert time.perf_counter() - begun < 5
    assert laid.count("[[P") < 20
    assert "le texte serait trop long" in laid


# --- category
def test_it_groups_pages_by_their_first_letter() -> None:
    names = ["Zinc", "école", "Établi", "eau", "3D", "œuvre", "«Quote»"]
    made = in_page(result([(name, []) for name in names], format="category", link="none"))
    heads = [piece.split("</strong>")[0] for piece in made.split("<strong>")[1:]]
    assert heads == ["#", "0–9", "E", "O", "Z"]
    assert "<ul><li>eau</li><li>école</li><li>Établi</li></ul>" in made


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
    assert in_page(result([(found("A", page_pk=7), [])], format="embedded", **parameters)).startswith(expected)


# --- gallery
def test_it_shows_cards_with_pictures() -> None:
    rows = [
        (found("A", picture_name="own.jpg"), [[page("File:Chat.jpg")], [text("Lyon")]]),
        (found("B", picture_name="own.jpg"), [[], []]),
        (found("C", picture_name="missing.jpg", excerpt="Un lieu."), [[], []]),
    ]
    made = in_page(result(rows, [column("Image", "_wpg"), column("Ville")], format="gallery"))
    assert made.count('<li class="card ask-card" data-colour="grey">') == 3
    assert '<img class="card-picture" src="/media/Chat.jpg" alt="Chat.jpg"' in made
    assert 'src="/media/own.jpg"' in made
    assert '<span class="card-blank" aria-hidden="true">C</span>' in made
    assert "<p>Un lieu.</p>" in made
    assert "Image" not in made
    assert "Ville\u00a0: Lyon" in made


# --- tree
def branches(*pairs: tuple[str, str], **parameters: str) -> str:
    rows = [(name, [[page(above)] if above else []]) for name, above in pairs]
    pages = [found(name) for name, _ in pairs]
    made = in_page(result(rows, [column("Parent", "_wpg")], pages, format="tree", link="none", **parameters))
    return made.replace(' class="ask-tree tree"', "")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("A", ""), ("B", "A"), ("C", "B")], "<ul><li>A<ul><li>B<ul><li>C</li></ul></li></ul></li></ul>"),
        ([("B", "Elsewhere"), ("A", "")], "<ul><li>B</li><li>A</li></ul>"),
        ([("A", "A")], "<ul><li>A</li></ul>"),
        ([("A", "B"), ("B", "A")], "<ul><li>A<ul><li>B<ul><li>A</li></ul></li></ul></li></ul>"),
    ],
)
def test_it_grows_a_tree(pairs: list[tuple[str, str]], expected: str) -> None:
    assert branches(*pairs) == expected


def test_it_writes_a_child_of_many_once() -> None:
    rows = [("A", [[]]), ("B", [[]]), ("C", [[page("A"), page("B")]]), ("D", [[page("C")]])]
    made = in_page(result(rows, [column("P", "_wpg")], [found(n) for n in "ABCD"], format="oltree", link="none"))
    assert made.count("<li>C") == 2
    assert made.count("<li>D") == 1
    assert made.startswith('<ol class="ask-tree tree">')


def test_it_bounds_a_deep_tree() -> None:
    pairs = [(f"P{i}", f"P{i - 1}" if i else "") for i in range(2000)]
    made = branches(*pairs)
    assert made.count("<li>") >= 2000


@pytest.mark.parametrize("form", ["template", "category", "embedded", "gallery", "tree"])
def test_it_escapes_hostile_titles(form: str) -> None:
    made = in_page(
        result([(HOSTILE, [[text(HOSTILE)]])], [column(HOSTILE)], format=form, template="T"),
        templates={"T": "{{{1}}} {{{2}}}"},
    )
    assert "<script>" not in made
