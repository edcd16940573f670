"""MediaWiki's markup is noticed, and turned into Markdown."""

from __future__ import annotations

import time

import pytest

from wiki.text.conversion.mediawiki_markup import looks_like_mediawiki, to_markdown
from wiki.text.markup.markdown_parser import parse

CASES = {
    "headings": ("== Matériel ==\n=== À part===\n= Tout =", "## Matériel\n### À part\n# Tout"),
    "no heading": ("a == b ==\n==\n== ==\n== a\nb ==", "a == b ==\n==\n== ==\n== a\nb =="),
    "headings of six levels": ("====== a ======\n======= b =======", "###### a\n======= b ======="),
    "headings with unequal signs": ("== a ===\n=== b ==", "== a ===\n=== b =="),
    "emphasis": ("'''gras''' ''italique'' '''''deux'''''", "**gras** *italique* ***deux***"),
    "emphasis within": ("'''a ''b'' c''' ''d '''e''''' f", "**a *b* c** *d **e*** f"),
    "apostrophes": ("l''''été''' d'un 'mot' l''eau'' aujourd'hui", "l'**été** d'un 'mot' l*eau* aujourd'hui"),
    "blanks at the edges": ("''' gras '''et '' x''", " **gras** et  *x*"),
    "without an end": ("'''gras\n''x\n''''y", "'''gras\n''x\n''''y"),
    "six apostrophes": ("''''''a'''''", "'***a***"),
    "five after bold or italic words": ("'''a'''''b\n''a'''''b", "'''a'''''b\n''a'''''b"),
    "five that hold others": ("'''''a ''b '''c'''''", "***a ''b '''c***"),
    "lists": ("* a\n** b\n*** c\n* d", "- a\n  - b\n    - c\n- d"),
    "numbers": ("# a\n## b\n#* c\n# d", "1. a\n   1. b\n   - c\n1. d"),
    "numbers in bullets": ("* a\n*# b\n*# c", "- a\n  1. b\n  1. c"),
    "text after a list": ("Il faut :\n* a\n* b\nEnsuite.", "Il faut :\n- a\n- b\n\nEnsuite."),
    "a blank line after a list": ("\n* a\nb\n* c\n\nd", "\n- a\n\nb\n- c\n\nd"),
    "a list after a definition": ("a\n\n; b : c\n* d", "a\n\nb\n: c\n\n- d"),
    "a term within an indent": (":; a", "- a"),
    "a number without a blank": ("#a\n\nb", "1. a\n\nb"),
    "definitions": ("; Scie : coupe\n; Marteau\n: tape\n: cogne", "Scie\n: coupe\nMarteau\n: tape\n: cogne"),
    "indents": ("a\n: b\n:: c\nd", "a\n> b\n> > c\n\nd"),
    "addresses": (
        "[https://a.fr le site] [https://a.fr] [//b.fr/x_(y) B] [mailto:a@b.fr écrire] [[Page|x]] [x](y)",
        "[le site](https://a.fr) <https://a.fr> [B](<https://b.fr/x_(y)>) [écrire](mailto:a@b.fr) [[Page|x]] [x](y)",
    ),
    "addresses with one bracket": (
        "[https://a.fr/x) a] [https://a.fr/(y b]",
        "[a](<https://a.fr/x)>) [b](<https://a.fr/(y>)",
    ),
    "notes without a text": ('a<ref name=x/> b<ref name="y" /> c<ref>d</ref>', "a[^x] b[^y] c[^1]\n\n[^1]: d"),
    "notes": (
        "a<ref>Un ''livre''.</ref> b<ref name=\"x y\">Autre</ref> c<ref name='x y' />\n\n== Notes ==\n<references />",
        "a[^1] b[^x-y] c[^x-y]\n\n## Notes\n\n[^1]: Un *livre*.\n[^x-y]: Autre",
    ),
    "notes with one name": (
        '<ref name="2">X</ref><ref>Y</ref><ref name="2">Z</ref><ref name="2" />',
        "[^2][^1][^3][^2]\n\n[^2]: X\n[^1]: Y\n[^3]: Z",
    ),
    "text after a table": ("{|\n| a\n|} après", "| a |\n|---|\n\naprès"),
    "a table without cells": ("{|\n* a\n|}", "{|\n* a\n|}"),
    "a link with a sign of equality": ("{|\n| lien=[[A|b]] c\n|}", "| lien=[[A|b]] c |\n|---|"),
    "a table after a blank line": ("a\n\n{|\n|b\n|}", "a\n\n| b |\n|---|"),
    "the end of no table": ("|}\na", "|}\na"),
    "a table with empty rows and lines": (
        "{|\n|+Prix\n|-\nx\n|-\n| a\n\nb\n|-\n| c || d\ne\n|}",
        "**Prix**\n\n| a<br>b |  |\n|---|---|\n| c | d<br>e |",
    ),
    "a line in a table of one row": ("{|\n| a\nb\n|}", "| a<br>b |\n|---|"),
    "a cell over two columns": ("{|\n| colspan=2 | a || b\n|}", "| a |  | b |\n|---|---|---|"),
    "bars at the beginning of a row": ("{|\n|| a\n|-\n||| b\n|}", "| a |  |\n|---|---|\n|  | b |"),
    "signs of a head in a row": ("{|\n| a !! b\n|}", "| a !! b |\n|---|"),
    "code with a tick": ("<pre>a`b</pre>", "`` a`b ``"),
    "plain text": ("<nowiki>'''x''' [[y]]</nowiki> '''z'''", "'''x''' \\[\\[y\\]\\] **z**"),
    "code": (
        "<syntaxhighlight lang=\"python\">\na = ''b''\n# c\n</syntaxhighlight> et <pre>x ''y''</pre>",
        "\n```python\na = ''b''\n# c\n```\n et `x ''y''`",
    ),
    "code with a fence": ("<pre>a\n```\nb</pre>", "\n````\na\n```\nb\n````\n"),
    "code with a comment": ("<pre>a <!-- b --> c</pre>", "`a <!-- b --> c`"),
    "tags without content or end": ("a<nowiki />b <nowiki>'''c'''", "a<nowiki />b <nowiki>**c**"),
    "a letter that is longer in lower case": ("İ <nowiki>[[a]]</nowiki> ''b''", "İ <nowiki>[[a]]</nowiki> *b*"),
    "fenced code stays": ("```\n== a ==\n* b\n```\n== c ==", "```\n== a ==\n* b\n```\n## c"),
    "signs that stand for pieces": ("\ue0040\ue005 \ue0045\ue005 <pre>a</pre>", "0 5 `a`"),
    "comments stay": ("<!-- == a == ''b'' --> ''c''", "<!-- == a == ''b'' --> *c*"),
    "front matter stays": ("---\nA: '''b'''\n---\n'''c'''", "---\nA: '''b'''\n---\n**c**"),
    "what both write alike": (
        "#REDIRECTION [[A]]\n[[Catégorie:B]] {{C|d=e}} [[Fichier:f.jpg|vignette|g]] {{#ask: [[H::i]]}}",
        "#REDIRECTION [[A]]\n[[Catégorie:B]] {{C|d=e}} [[Fichier:f.jpg|vignette|g]] {{#ask: [[H::i]]}}",
    ),
    "a table": (
        (
            "Avant\n{| class=\"wikitable\"\n|+ Prix ''2024''\n! Objet !! Prix\n|-\n| Scie || 12\n|-\n"
            '| style="x" | Clou\n| 1 {{x|y}}\n|}\nAprès'
        ),
        "Avant\n\n**Prix *2024***\n\n| Objet | Prix |\n|---|---|\n| Scie | 12 |\n| Clou | 1 {{x|y}} |\n\nAprès",
    ),
    "a table with spans, lines and bars": (
        "{|\n|-\n| colspan=2 | a | b\n|-\n| [[c|d]]\n* e\n| f\n|}",
        "| a \\| b |  |\n|---|---|\n| [[c|d]]<br>* e | f |",
    ),
    "headings of Markdown stay": (
        "# Titre\n\n'''gras'''\n\n## Autre\n\n# a\n# b",
        "# Titre\n\n**gras**\n\n## Autre\n\n1. a\n1. b",
    ),
    "a table without an end": ("{|\n| a", "{|\n| a"),
    "line ends": ("== a ==\r\n'''b'''\r\n", "## a\n**b**\n"),
}


@pytest.mark.parametrize(("text", "markdown"), CASES.values(), ids=CASES)
def test_markup_becomes_markdown(text: str, markdown: str) -> None:
    assert to_markdown(text) == markdown


@pytest.mark.parametrize(
    "text",
    [
        "== Titre ==",
        "== 1. Titre ==",
        "a\n=== B ===\nc",
        "a<ref>'''b'''</ref>",
        "<pre>a</pre> '''b''' c",
        "un '''mot'''",
        "{|\n| a\n|}",
        "* a\n** b",
        "---\nA: b\n---\n== c ==",
    ],
)
def test_markup_is_noticed(text: str) -> None:
    assert looks_like_mediawiki(text)
    assert not looks_like_mediawiki(to_markdown(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "# Titre\n\n- a\n  - b\n\n**gras** *x*", "Titre\n=====\n\na", "```\n== a ==\n```", "**gras** au début",
        "`'''x'''`"[1:-1].replace("'''", "''"), "<pre>\n== a ==\n</pre>", "a ==marqué== b", "[[A]] {{b}}", "l''eau",
        "= Titre =",
    ],
)  # fmt: skip
def test_markdown_is_not_taken_for_it(text: str) -> None:
    assert not looks_like_mediawiki(text)


@pytest.mark.parametrize("number", ["99", "9" * 5000], ids=len)
def test_a_cell_spans_sixty_columns_at_most(number: str) -> None:
    assert to_markdown(f"{{|\n| colspan={number} | a\n|}}").count("---|") == 60


def test_lists_and_tables_are_read_as_such() -> None:
    html = parse(to_markdown("Il faut :\n* a\n** b\n# c\n\n{|\n! d\n|-\n| '''e'''\n|}")).html
    assert html.count("<ul>") == 2
    assert html.count("<ol>") == 1
    assert "<td><strong>e</strong></td>" in html


@pytest.mark.parametrize(
    "text",
    [
        "''" * 50_000, "'''a" * 25_000, "* " * 50_000, "{|\n" * 33_000, "<ref>" * 20_000, "[https://a " * 9_000,
        "=" * 100_000, "== a" * 25_000, "<nowiki>" * 12_000, "<pre " * 20_000, "<!--" * 25_000, "| a ||" * 16_000,
        "==a" + " " * 90_000 + "x", "[http://a" + " " * 90_000, "{|\n| a=" + "aa=" * 30_000 + "\n|}\n",
        "{|\n|" + " a=b" * 20_000 + "\n|}\n",
        "{|\n" + "| a\n" * 25_000, "[[" * 50_000, "<references" * 9_000, "{|\n|" + "a=b " * 25_000 + "\n|}",
    ],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_hostile_texts_end_soon(text: str) -> None:
    start = time.process_time()
    looks_like_mediawiki(text)
    to_markdown(text)
    assert time.process_time() - start < 1
