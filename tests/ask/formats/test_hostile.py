"""Hostile text in every position of every HTML format; bounded time for large results."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest

from tests.ask.formats.building import (
    HOSTILE,
    boolean,
    column,
    content,
    make_format_context,
    moment,
    number,
    page,
    page_ref,
    place,
    render_in_page,
    result,
    text,
)
from wiki.ask.execution.results import Column, QueryResult
from wiki.ask.formats import registry
from wiki.facts.values import Declaration, Value
from wiki.text.problems import Problem

IN_PAGE = [name for name, form in registry.FORMATS.items() if form.html]
VOID = ("img", "br", "input", "meta", "link", "hr")
OWN = {"script", "style", "iframe", "object", "embed", "form", "input", "base", "meta", "link"}
PARAMETERS = (
    "class", "sep", "propsep", "valuesep", "mainlabel", "searchlabel", "intro", "outro", "charttitle", "template",
    "introtemplate", "month", "height", "zoom", "embedformat", "parent", "start", "end", "title", "filename", "headers",
    "link", "charttype", "increase", "mincount", "maxtags", "firstday", "userparam", "cluster",
)  # fmt: skip


class Checker(HTMLParser):
    """HTML parser that fails on anything unsafe, and on unclosed tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in OWN
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src"):
                assert (value or "").startswith(("/", "https://", "http://", "mailto:", "tel:"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def check(html: str) -> str:
    """Return the text of HTML, which has to be safe."""
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    return "".join(checker.words)


def every_kind(label: str) -> list[Column]:
    field = Declaration(label, label, "_txt")
    kinds = ["_txt", "_wpg", "_num", "_geo", "_dat", "_uri", "_ema", "_cod", "_boo"]
    output = [column(f"{label}{kind}", kind, options={"align": label, "width": label}) for kind in kinds]
    return [*output, column(label, "_rec", fields=(field,))]


def hostile(**parameters: str) -> QueryResult:
    record = Value("_rec", HOSTILE, parts=((HOSTILE, text(HOSTILE)), ("other", page(HOSTILE))))
    broken = Value("_num", HOSTILE, problem=Problem("x", {}))
    row = [
        [text(HOSTILE), text(HOSTILE, "_mlt_rec")], [page(HOSTILE), page("File:x.jpg")], [number(1), broken],
        [place(1, 2)], [moment("2026-05-04")], [text(f"javascript:alert(1)//{HOSTILE}", "_uri")],
        [text(HOSTILE, "_ema")], [text(HOSTILE, "_cod")], [boolean(True)], [record],
    ]  # fmt: skip
    subject = page_ref(HOSTILE, picture_name=HOSTILE, excerpt=HOSTILE, page_pk=1)
    return result([(subject, row)], every_kind(HOSTILE), [page_ref(HOSTILE)], more=True, **parameters)


@pytest.mark.parametrize("form", IN_PAGE)
@pytest.mark.parametrize("link", ["all", "none"])
def test_it_escapes_everything(form: str, link: str) -> None:
    templates = {"T": "{{{1}}} {{{2}}}"}
    check(render_in_page(hostile(format=form, link=link, template="T"), templates=templates))


@pytest.mark.parametrize("form", IN_PAGE)
def test_it_escapes_every_parameter(form: str) -> None:
    written = dict.fromkeys(PARAMETERS, HOSTILE)
    check(render_in_page(hostile(**written, format=form)))
    check(render_in_page(hostile(**{**written, "template": "T"}, format=form), templates={"T": HOSTILE}))


def test_invalid_values_are_shown_as_written() -> None:
    output = render_in_page(hostile(format="ul", headers="hide"))
    assert "javascript" not in "".join(piece for piece in output.split('href="')[1:] if piece.startswith("javascript"))
    assert check(output).count("<script>") >= 6


def large(rows: int, **parameters: str) -> QueryResult:
    columns = [column("V", "_wpg"), column("N", "_num"), column("G", "_geo"), column("D", "_dat"), column("T")]
    output = [
        (
            f"P{i}",
            [[page(f"P{i // 2}")], [number(i)], [place(i % 90, i % 180)], [moment("2026-05-04")], [text(f"t{i}")]],
        )
        for i in range(rows)
    ]
    return result(output, columns, [page_ref(f"P{i}") for i in range(rows)], **parameters)


@pytest.mark.parametrize("form", list(registry.FORMATS))
def test_five_hundred_rows_render_fast(form: str) -> None:
    output = large(500, format=form, template="T")
    begun = time.process_time()
    if registry.FORMATS[form].html:
        check(render_in_page(output, templates={"T": "{{{V}}} {{{N}}}\n"}))
    else:
        assert content(output)
    assert time.process_time() - begun < 5


def test_it_shows_values_alone() -> None:
    output = result([("A", [[page("Lyon")], [number(3)]]), ("B", [[], []])], [column("V", "_wpg"), column("N", "_num")])
    output.pages = {"Lyon": page_ref("Lyon")}
    assert str(registry.render_first_row(output, make_format_context())) == '<a href="/wiki/Lyon">Lyon</a>, 3'
    assert (
        str(registry.render_first_row(result([], default="rien"), make_format_context()))
        == '<div class="laid">rien</div>'
    )
