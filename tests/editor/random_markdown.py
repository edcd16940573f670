"""Random Markdown for tests: blocks within blocks, with the odd whitespace that people and programs leave."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = st.sampled_from([
    "un établi", "le four", "2 * 3", "a_b_c", "x", "*penché*", "**gras et *les deux***", "_souligné_", "`code`",
    "``a ` b``", "[[Page]]", "[[Page|les *mots*]]s", "[[Ville::Lyon|ici]]", "{{modèle|x=1|y}}", "{{#ask: [[A]] |?B}}",
    "[^1]", "<b>gras</b>", "<br>", '[lien](https://a.fr/b_(c) "titre")', "[réf]", "[réf][1]", "![four](File:four.jpg)",
    "\\*sic\\*", "&amp;", "&nbsp;", "~~barré~~", "~barré~", "==marqué==", "$x^2$", "<https://a.fr>", "https://a.fr/x_y",
    "fin  ", "suite\\", "l’œuvre", "«\u00a0a\u00a0»", "[ ] tâche", "# croisillon", "1. un", "- tiret", "a | b", "!",
    "[", "](", "**", "`", "<", ">", "}}", "{{", "\t", "é\u0301",
])  # fmt: skip
INLINE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
LEAD = st.sampled_from(["", "", "", "", " ", "  ", "   ", "\t"])
BLANK = st.sampled_from(["", "", "", "  ", "\t"])
MARKERS = st.sampled_from(
    ["- ", "* ", "+ ", "1. ", "2) ", "10. ", "-   ", "-\t", "1.\t", "-", " - ", "   * ", "- [ ] ", "- [x] "]
)
QUOTES = st.sampled_from(["> ", "> ", ">", " > ", ">  "])
ROWS = st.lists(
    st.sampled_from(["a", "b \\| c", "[[P|q]]", "", " *d* ", "`e|f`", "{{g|h}}", "i\\", "<br>"]), min_size=1, max_size=4
)
DELIMITERS = st.sampled_from(["---", ":--", "--:", ":-:", " - ", ":---------"])

FIXED = (
    "<!-- a\n\nb -->", "<br>", "<p>\n\na", "<script>\n\nx", "{{Modèle\n|a=1\n|b=[[C|d]]\n}}", "$$\nx^2\n$$", "$$ x $$",
    "{{#ask: [[A::b]]\n|?C\n\n|format=ul}}", "[[Catégorie:Bois]]", "__TOC__", "[réf]: https://a.fr 'titre'",
    "[1]: <b c>\n[2]: d", "[^1]: Une note.\n    Suite.", "[^2]: a\n\n    b", "*[HTML]: langage", "[!NOTE]",
    "Terme\n: Définition\n\n    Suite", "Terme\n\n: a\n: b", "> [!TIP] Titre\n> Conseil.", "\u00a0", "\\",
)  # fmt: skip
Lines = list[str]


@st.composite
def _tables(draw: st.DrawFn) -> Lines:
    width = draw(st.integers(1, 3))
    closed = draw(st.booleans())
    rows = [draw(ROWS) for _ in range(draw(st.integers(1, 3)))]
    rows[0] = (rows[0] + ["x"] * width)[:width]
    rows.insert(1, [draw(DELIMITERS) for _ in range(width)])
    lines = [" | ".join(row) if not closed else f"| {' | '.join(row)} |" for row in rows]
    return [line + draw(st.sampled_from(["", "", "  "])) for line in lines]


def _around(first: str, inside: st.SearchStrategy[Lines], last: str) -> st.SearchStrategy[Lines]:
    return inside.map(lambda lines: [first, *lines, last])


LINES = st.lists(INLINE, min_size=1, max_size=3)
LEAVES: st.SearchStrategy[Lines] = st.one_of(
    LINES,
    LINES,
    st.tuples(st.integers(1, 6), INLINE).map(lambda pair: ["#" * pair[0] + " " + pair[1]]),
    INLINE.map(lambda text: [f"## {text} ##"]),
    st.tuples(LINES, st.sampled_from(["===", "---", "-"])).map(lambda pair: [*pair[0], pair[1]]),
    _around("```", LINES, "```"),
    _around("~~~ python", LINES, "~~~~"),
    LINES.map(lambda lines: ["```", *lines]),
    LINES.map(lambda lines: ["    " + line for line in lines]),
    LINES.map(lambda lines: ["\t" + line for line in lines]),
    st.sampled_from([["---"], ["* * *"], ["___ "]]),
    _around("<div class=\"a\">", LINES, "</div>"),
    _around("<details><summary>x</summary>", LINES, "</details>"),
    st.sampled_from(FIXED).map(str.splitlines),
    _tables(),
)  # fmt: skip


@st.composite
def _lists(draw: st.DrawFn, children: st.SearchStrategy[Lines]) -> Lines:
    marker, gap, lines = draw(MARKERS), draw(st.integers(0, 3)) == 0, []
    for number in range(draw(st.integers(1, 4))):
        indent = " " * len(marker.expandtabs(4)) if draw(st.integers(0, 5)) else draw(LEAD)
        inside = draw(children)
        lines += [*([draw(BLANK)] if gap and number else []), marker + inside[0]]
        lines += [(indent + line) if line.strip() else draw(BLANK) for line in inside[1:]]
    return lines


@st.composite
def _quotes(draw: st.DrawFn, children: st.SearchStrategy[Lines]) -> Lines:
    sign, is_lazy = draw(QUOTES), draw(st.integers(0, 4)) == 0
    inside = draw(children)
    return [line if is_lazy and number and line.strip() else sign + line for number, line in enumerate(inside)]


def _after(marker: str, width: int, inside: Lines) -> Lines:
    return [marker + inside[0], *(" " * width + line if line.strip() else line for line in inside[1:])]


@st.composite
def _notes(draw: st.DrawFn, children: st.SearchStrategy[Lines]) -> Lines:
    marker = draw(st.sampled_from(["[^1]: ", "[^1]:", "[^2]: ", "[^note]:  ", "[^é]:\t", " [^1]: "]))
    return _after(marker, draw(st.sampled_from([4, 4, 4, 5, 2, 0])), draw(children))


@st.composite
def _definitions(draw: st.DrawFn, children: st.SearchStrategy[Lines]) -> Lines:
    lines: Lines = []
    for _ in range(draw(st.integers(1, 2))):
        lines += [draw(BLANK)] if lines and draw(st.integers(0, 5)) else []
        lines += draw(st.lists(INLINE, min_size=1, max_size=draw(st.sampled_from([1, 1, 2]))))
        for _ in range(draw(st.integers(1, 2))):
            lines += [draw(BLANK)] if draw(st.integers(0, 5)) == 0 else []
            marker = draw(st.sampled_from([": ", ": ", ":   ", "~ ", ":\t", " : ", ":"]))
            lines += _after(marker, draw(st.sampled_from([2, 2, 4, 4, 3, 0])), draw(children))
    return lines


@st.composite
def _several(draw: st.DrawFn, children: st.SearchStrategy[Lines], most: int) -> Lines:
    lines: Lines = []
    for number in range(draw(st.integers(1, most))):
        if number:
            lines += [draw(BLANK) for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2])))]
        lead = draw(LEAD) if draw(st.integers(0, 9)) == 0 else ""
        lines += [lead + line if line else line for line in draw(children)]
    return lines


BLOCKS = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        _lists(_several(children, 2)),
        _quotes(_several(children, 3)),
        _lists(children),
        _notes(_several(children, 2)),
        _definitions(children),
    ),
    max_leaves=6,
)
HEADS = st.sampled_from(
    [
        [],
        [],
        [],
        [],
        [],
        ["---", "Ville: Lyon", "---"],
        ["---", "Nature:  Lieu ", "# note", "Tags:", "  - a", "--- ", ""],
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a text of blocks within blocks, sometimes with front matter, odd ends of lines, or none at its end."""
    lines = [*draw(HEADS), *draw(_several(BLOCKS, 5))]
    ending = draw(st.sampled_from(["\n"] * 8 + ["\r\n"]))
    return ending.join(lines) + draw(st.sampled_from([ending, ending, "", ending * 2, " "]))
