"""Sections of a text: which lines they are, and putting other lines in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.markup.markdown_parser import parse
from wiki.text.sections import lines_of, section_lines, with_lines

TEXT = """---
Ville: Lyon
---
Avant.

# Un

a

## Deux

b

```
# code
```

> # cité

1. # compté

Trois
=====
c

## Deux

d
"""


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("s-un", "# Un\n\na\n\n## Deux\n\nb\n\n```\n# code\n```\n\n> # cité\n\n1. # compté"),
        ("s-deux", "## Deux\n\nb\n\n```\n# code\n```\n\n> # cité\n\n1. # compté"),
        ("s-trois", "Trois\n=====\nc\n\n## Deux\n\nd"),
        ("s-deux_1", "## Deux\n\nd"),
        ("s-cite", None),
        ("s-compte", None),
        ("s-autre", None),
        ("", None),
    ],
)
def test_a_section_goes_up_to_the_next_heading_of_its_level(heading: str, section: str | None) -> None:
    span = section_lines(TEXT, parse(TEXT).toc, heading)
    assert (span and lines_of(TEXT, span)) == section


def test_headings_without_lines_have_no_sections() -> None:
    assert section_lines("# Un", [parse("# Un").toc[0].__class__(2, "s-un", "Un")], "s-un") is None


@pytest.mark.parametrize(
    ("new", "text"),
    [
        ("## Deux\n\nautre", "# Un\n\n## Deux\n\nautre\n\n## Trois\n"),
        ("## Deux\n\nautre\n\n\n", "# Un\n\n## Deux\n\nautre\n\n## Trois\n"),
        ("", "# Un\n\n## Trois\n"),
    ],
)
def test_other_lines_take_the_place_of_a_section(new: str, text: str) -> None:
    assert with_lines("# Un\n\n## Deux\n\nb\n\n## Trois\n", (2, 6), new) == text


@given(
    st.lists(st.sampled_from(["# a", "## b", "c", "", "> # d", "e\n==", "```", "- # f"]), max_size=12).map("\n".join)
)
def test_a_section_that_is_not_changed_changes_nothing(text: str) -> None:
    toc = parse(text).toc
    for heading in toc:
        span = section_lines(text, toc, heading.id)
        if span:
            assert with_lines(text, span, lines_of(text, span)) == text
