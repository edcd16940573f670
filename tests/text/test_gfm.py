"""The reader of Markdown on cases for the extensions of GFM 0.29, from the table in `cases/`."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from tests.text.test_cases import cases, page_of
from tests.text.test_commonmark import tree
from wiki.text.markup.markdown_parser import parse

SPELLINGS = {
    "<s>": "<del>",
    "</s>": "</del>",
    '<span class="task">☐</span>': '<input disabled="" type="checkbox">',
    '<span class="task">☑</span>': '<input checked="" disabled="" type="checkbox">',
    ' class="highlight"': "",
    "{anchor}": "",
}
"""What the wiki writes otherwise than GFM everywhere, and GFM's spelling."""
SECTIONS = {"Tables", "Task list items", "Strikethrough", "Autolinks", "Disallowed Raw HTML"}


def html_of(source: str) -> str:
    """Return the sanitized HTML of a source text in GFM's spelling."""
    html = re.sub(r' (?:rel|tabindex|id)="[^"]*"', "", page_of(parse(source)))
    for here, there in SPELLINGS.items():
        html = html.replace(here, there)
    return html


@pytest.mark.parametrize("case", cases("gfm"))
def test_cases_are_read_as_specified(case: dict[str, Any]) -> None:
    found = tree(html_of(case["text"]))
    assert found == tree(case.get("here", case["html"]))
    assert (found != tree(case["html"])) is ("differs" in case)


def test_each_extension_has_cases() -> None:
    numbers = Counter(case.values[0]["section"] for case in cases("gfm"))
    assert set(numbers) == SECTIONS
    assert min(numbers.values()) >= 5
