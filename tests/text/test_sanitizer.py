"""The sanitizer alone: which HTML of an author it retains, changes and removes."""

from __future__ import annotations

import pytest

from wiki.text.markup.sanitizer import clean

PLACEHOLDER = "placeholder-7f3a"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        # Elements
        ("<p>un <b>deux</b></p>", "<p>un <b>deux</b></p>"),
        ("<h1>un</h1>", "un"),
        ("<script>alert(1)</script>un", "un"),
        ("<style>p {}</style><svg><text>x</text></svg>un", "un"),
        ("<iframe>x</iframe><textarea>y</textarea>un", "un"),
        ('<img src="x">un', "un"),
        ("un<!-- deux -->", "un"),
        # Attributes
        ('<p onclick="x()" style="color: red" data-x="1">un</p>', "<p>un</p>"),
        ('<td colspan="2" headers="x">un</td>', "un"),
        (
            '<ol start="3" reversed=""><li value="2"></li></ol>',
            '<ol start="3" reversed=""><li value="2"></li></ol>',
        ),
        ('<p title="un" lang="fr" dir="ltr">x</p>', '<p title="un" lang="fr" dir="ltr">x</p>'),
        ('<p title="#un">x</p>', '<p title="#un">x</p>'),
        ('<p title="">x</p>', "<p>x</p>"),
        ('<ol type="a"></ol>', '<ol type="a"></ol>'),
        ('<details open=""></details>', '<details open=""></details>'),
        ('<a href="tel:+33612">x</a>', '<a href="tel:+33612" rel="nofollow noopener ugc">x</a>'),
        ('<p lang="">x</p>', '<p lang="">x</p>'),
        # Classes
        ('<code class="language-python admin">x</code>', '<code class="language-python">x</code>'),
        ('<p class="admin">x</p>', "<p>x</p>"),
        ('<p class="language- footnote">x</p>', '<p class="footnote">x</p>'),
        (f'<p class="language-{"a" * 40}">x</p>', f'<p class="language-{"a" * 40}">x</p>'),
        (f'<p class="language-{"a" * 41}">x</p>', "<p>x</p>"),
        # Ids, and links to them
        ('<p id="un">x</p>', '<p id="s-un">x</p>'),
        ('<p id="s-un">x</p>', '<p id="s-s-un">x</p>'),
        ('<p id="">x</p>', "<p>x</p>"),
        ('<p id="un deux">x</p>', "<p>x</p>"),
        ('<a href="#un">x</a>', '<a href="#s-un">x</a>'),
        ('<a href="#s-un">x</a>', '<a href="#s-un">x</a>'),
        ('<a href="#">x</a>', '<a href="#">x</a>'),
        # Links to other pages and sites
        ('<a href="https://e.org/#un">x</a>', '<a href="https://e.org/#un" rel="nofollow noopener ugc">x</a>'),
        ('<a href="/un">x</a>', '<a href="/un" rel="nofollow noopener ugc">x</a>'),
        ('<a href="mailto:a@e.org">x</a>', '<a href="mailto:a@e.org" rel="nofollow noopener ugc">x</a>'),
        ('<a href="javascript:x()">x</a>', '<a rel="nofollow noopener ugc">x</a>'),
        ('<a href="data:text/html,x" rel="me" target="_blank">x</a>', '<a rel="nofollow noopener ugc">x</a>'),
        # Placeholders
        (f'<{PLACEHOLDER} n="3" id="x"></{PLACEHOLDER}>', f'<{PLACEHOLDER} n="3" id="s-x"></{PLACEHOLDER}>'),
        ('<placeholder-0000 n="3">x</placeholder-0000>', "x"),
    ],
)
def test_it_keeps_what_may_stand_in_a_page(given: str, kept: str) -> None:
    assert clean(given, PLACEHOLDER) == kept


def test_it_keeps_tables_with_cells_of_any_size() -> None:
    row = '<th align="left" colspan="2" rowspan="3" scope="row">x</th><td align="right" colspan="4" rowspan="5">y</td>'
    table = f"<table><tbody><tr>{row}</tr></tbody></table>"
    assert clean(table, PLACEHOLDER) == table
