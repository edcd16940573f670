"""Front matter: scalars as strings, text preserved byte for byte, problems for invalid blocks."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.frontmatter.entry_values import ValueForm, form_of, value_of
from wiki.text.frontmatter.frontmatter_entries import FrontMatterLines, LineKind, split_entries
from wiki.text.frontmatter.frontmatter_reader import FRONT_MATTER_LIMIT, PROBLEMS_LIMIT, parse_front_matter
from wiki.text.frontmatter.frontmatter_writer import dump_yaml
from wiki.text.frontmatter.value_spans import value_spans
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.titles import fold


def data_of(text: str) -> dict[str, Any]:
    """Return keys and values of a text's front matter, which must be valid."""
    front = parse_front_matter(text)
    assert front.problems == []
    return {entry.key: entry.value for entry in front.data}


def test_it_reads_every_scalar_as_the_string_written() -> None:
    block = "Date: 2020-01-01\nOpen: yes\nNumber: 0123\nNothing:\nTilde: ~\nPoint: 45.4397, 4.3872\nQuoted: '1: 2'\n"
    assert data_of(f"---\n{block}---\n") == {
        "Date": "2020-01-01",
        "Open": "yes",
        "Number": "0123",
        "Nothing": "",
        "Tilde": "~",
        "Point": "45.4397, 4.3872",
        "Quoted": "1: 2",
    }


def test_it_reads_lists_and_subobjects() -> None:
    text = "---\nNeeds: [Woodworker, Laser cutter]\nSession:\n  - Day: Monday\n    Opens: [09:00, 14:00]\n---\n"
    assert data_of(text.replace("    Opens: [09:00, 14:00]\n", "    Opens: 09:00\n")) == {
        "Needs": ["Woodworker", "Laser cutter"],
        "Session": [{"Day": "Monday", "Opens": "09:00"}],
    }
    assert [problem.code for problem in parse_front_matter(text).problems] == ["front_matter_depth"]


def test_it_adds_values_of_repeated_keys_and_drops_equal_ones() -> None:
    assert data_of("---\nCity: Lyon\ncity: [Paris, Lyon]\nCITY: Nice\n---\n") == {"City": ["Lyon", "Paris", "Nice"]}
    assert data_of("---\nA:\n  b: 1\n  b: 2\n---\n") == {"A": {"b": ["1", "2"]}}


def test_it_gets_values_by_any_of_their_names() -> None:
    front = parse_front_matter("---\nVille: Lyon\ntags: [a, '', b]\nSub: {x: y}\n---\n")
    assert front.get("city", "VILLE") == ["Lyon"]
    assert front.get("Tags") == ["a", "b"]
    assert front.get("Sub") == front.get("nothing") == []


def test_it_gives_the_lines_of_keys_and_body() -> None:
    front = parse_front_matter("---\nA: 1\n\nB: 2\n...\nbody")
    assert [(entry.key, entry.line) for entry in front.data] == [("A", 2), ("B", 4)]
    assert (front.body_line, front.body) == (6, "body")


@pytest.mark.parametrize(
    "text",
    [
        "---\nA: b\n",
        "--- \nA: b",
        " ---\nA: b\n---\n",
        "----\nA: b\n---\n",
        "\n---\nA: b\n---\n",
        "---\nHello there\n---\nWorld",
        "---\n- a\n- b\n---\n",
        "Text\n---\nA: b\n---\n",
    ],
)
def test_it_ignores_markdown_that_resembles_front_matter(text: str) -> None:
    front = parse_front_matter(text)
    assert (front.raw, front.body, front.data, front.problems, front.body_line) == ("", text, [], [], 1)


PEOPLE_WRITE: list[tuple[str, dict[str, Any]]] = [
    ("Horaires: Lundi : 9h-12h", {"Horaires": "Lundi : 9h-12h"}),
    ("Horaires: Samedi : 9h-12h, dimanche: fermé", {"Horaires": "Samedi : 9h-12h, dimanche: fermé"}),
    ("Note: voir plus bas :", {"Note": "voir plus bas :"}),
    ("Web: http://a.fr: le site", {"Web": "http://a.fr: le site"}),
    ("Compte: @lyon@mastodon.example", {"Compte": "@lyon@mastodon.example"}),
    ("Taux: %20", {"Taux": "%20"}),
    ("Note: *important*", {"Note": "*important*"}),
    ("Note: *a", {"Note": "*a"}),
    ("Note: & co", {"Note": "& co"}),
    ("Note: &a b", {"Note": "&a b"}),
    ("Note: ! attention", {"Note": "! attention"}),
    ("Note: !!str x", {"Note": "!!str x"}),
    ("Note: , après", {"Note": ", après"}),
    ("Note: [x] fait", {"Note": "[x] fait"}),
    ("Note: [voir] le texte", {"Note": "[voir] le texte"}),
    ("Note: [a, b", {"Note": "[a, b"}),
    ("Note: {a", {"Note": "{a"}),
    ("Note: `code`", {"Note": "`code`"}),
    ("Note: | x", {"Note": "| x"}),
    ("Note: |", {"Note": ""}),
    ("Note: > 50", {"Note": "> 50"}),
    ("Note: - x", {"Note": "- x"}),
    ("Note: ? x", {"Note": "? x"}),
    ("Note: {{x}}", {"Note": "{{x}}"}),
    ("Note: {{#show: A|?B}}", {"Note": "{{#show: A|?B}}"}),
    ('Note: "Le lieu" est ouvert', {"Note": '"Le lieu" est ouvert'}),
    ("Note: 'Le lieu' est ouvert", {"Note": "'Le lieu' est ouvert"}),
    ('Note: "a" et "b"', {"Note": '"a" et "b"'}),
    ('Note: "jamais fermé', {"Note": '"jamais fermé'}),
    ("Note: l'an 'un", {"Note": "l'an 'un"}),
    ('Note: "1: 2" # remarque', {"Note": "1: 2"}),
    ("Personnes: [[A]], [[B]]", {"Personnes": ["A", "B"]}),
    ('Personnes: "[[Alice]]"', {"Personnes": "Alice"}),
    ("Personnes: '[[Alice]], [[Bob]]'", {"Personnes": ["Alice", "Bob"]}),
    ("Personnes: [[Alice]]", {"Personnes": "Alice"}),
    ("Personnes: [[Alice|elle]]", {"Personnes": "Alice"}),
    ("Personnes: [[[A]], [[B]]]", {"Personnes": ["A", "B"]}),
    ('Personnes: ["[[A]]", "[[B]]"]', {"Personnes": ["A", "B"]}),
    ("Personnes:\n  - [[A]]\n  - '[[B]]'", {"Personnes": ["A", "B"]}),
    ("Note: voir [[A]]", {"Note": "voir [[A]]"}),
    ("Adresse: Bâtiment B #3", {"Adresse": "Bâtiment B #3"}),
    ("Note: 50 % #promo", {"Note": "50 % #promo"}),
    ("Tags: #atelier", {"Tags": "#atelier"}),
    ("Tags: a # une remarque", {"Tags": "a"}),
    ("Tags: # une remarque", {"Tags": ""}),
    ("Ville : Lyon", {"Ville": "Lyon"}),
    ("Ville\u00a0: Lyon", {"Ville": "Lyon"}),
    ("Ville:\u00a0Lyon", {"Ville": "Lyon"}),
    ("Ville:Lyon", {"Ville": "Lyon"}),
    ("Horaires:Lundi : 9h", {"Horaires": "Lundi : 9h"}),
    ("foaf:name: Lyon", {"foaf:name": "Lyon"}),
    ("'Clé: x': v", {"Clé: x": "v"}),
    ('"Clé \\"x\\"": v', {'Clé "x"': "v"}),
    ("<<: x", {"<<": "x"}),
    ("Services: café, wifi", {"Services": "café, wifi"}),
    ("Services: [café, wifi]", {"Services": ["café", "wifi"]}),
    ("Services:\n- café\n- wifi", {"Services": ["café", "wifi"]}),
    ("Services:\n-café\n-wifi", {"Services": ["café", "wifi"]}),
    ("Services:\n\t- café\n\t- wifi", {"Services": ["café", "wifi"]}),
    ("Services:\n  -café\n  -wifi", {"Services": ["café", "wifi"]}),
    ("Note: un\n  deux", {"Note": "un deux"}),
    ("Tags:\n- #atelier\n- bois", {"Tags": ["#atelier", "bois"]}),
    ("Tags:\n- a\n# remarque\n- b", {"Tags": ["a", "b"]}),
    ("Tags: [\n  a,\n  b\n]", {"Tags": ["a", "b"]}),
    ("Tags: [a,\nb]", {"Tags": ["a", "b"]}),
    ("Lieu: {\n  Ville: Lyon\n}", {"Lieu": {"Ville": "Lyon"}}),
    ('Note: "un\ndeux"', {"Note": "un deux"}),
    ("Note: un\u2028deux", {"Note": "un\u2028deux"}),
    ("Personnes:\n- [[A]] et [[B]]\n- c", {"Personnes": ["[[A]] et [[B]]", "c"]}),
    ("Note: |\n  un\n\n  deux", {"Note": "un\n\ndeux\n"}),
    ("Lieu: {Ville: Lyon, CP: 69001}", {"Lieu": {"Ville": "Lyon", "CP": "69001"}}),
    ("Note: a\x01b", {"Note": "ab"}),
    ("Point: 45.4397, 4.3872", {"Point": "45.4397, 4.3872"}),
    ("Nul: ~", {"Nul": "~"}),
]


@pytest.mark.parametrize(("lines", "meant"), PEOPLE_WRITE, ids=[lines for lines, _ in PEOPLE_WRITE])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_as_people_write_them_are_read_and_cost_no_neighbour(lines: str, meant: dict[str, Any], end: str) -> None:
    block = f"Ville0: Lyon\n{lines}\nNature: Lieu\n"
    meant = {"Ville0": "Lyon", **meant, "Nature": "Lieu"}
    assert data_of(f"---\n{block}---\n".replace("\n", end)) == meant
    assert "".join(entry.lines for entry in split_entries(block)) == block


@pytest.mark.parametrize(
    ("lines", "code", "meant"),
    [
        ("Une ligne de texte", "front_matter_odd", {}),
        ("- x", "front_matter_odd", {}),
        ("----", "front_matter_odd", {}),
        ("%YAML 1.2", "front_matter_odd", {}),
        ('{"a": 1}', "front_matter_odd", {}),
        ("[a, b]: c", "front_matter_odd", {}),
        ("? [c]", "front_matter_odd", {}),
        ("'': d", "front_matter_odd", {}),
        ("k" * 300 + ": v", "front_matter_odd", {}),
        ("Note: un\ndeux", "front_matter_odd", {"Note": "un"}),
        ("Note: Lundi : 9h\n  Mardi : 10h", "front_matter_lines", {"Note": "Lundi : 9h Mardi : 10h"}),
        ("Note:\n  - a: b: c\n  - d", "front_matter_lines", {"Note": ["a: b: c", "d"]}),
        ("Note:\n  - &x b", "front_matter_forbidden", {"Note": ["&x b"]}),
        ("Note: #un\n  deux", "front_matter_lines", {"Note": "#un deux"}),
        ("Note:\n  <<: {a: b}", "front_matter_forbidden", {"Note": "<<: {a: b}"}),
        ("Note:\n  - a:\n      b: [c]", "front_matter_depth", {"Note": "- a: b: [c]"}),
    ],
)
def test_a_line_that_states_nothing_is_told_and_costs_no_neighbour(
    lines: str, code: str, meant: dict[str, Any]
) -> None:
    text = f"---\nVille: Lyon\n{lines}\nNature: Lieu\n---\nbody\n"
    front = parse_front_matter(text)
    assert [problem.code for problem in front.problems] == [code]
    assert (front.problems[0].line or 0) >= 3
    assert str(front.problems[0])
    assert front.source_of(front.problems[0]) in text
    values = {entry.key: entry.value for entry in front.data}
    assert values == {"Ville": "Lyon", **meant, "Nature": "Lieu"}
    assert (front.raw + front.body, front.body) == (text, "body\n")


def test_a_block_that_is_too_large_is_told_and_states_nothing() -> None:
    front = parse_front_matter(f"---\nA: {'b' * FRONT_MATTER_LIMIT}\n---\nbody\n")
    assert [problem.code for problem in front.problems] == ["front_matter_size"]
    assert front.data == []
    assert front.source_of(front.problems[0]) == front.raw


def test_many_odd_lines_are_counted() -> None:
    problems = parse_front_matter("---\nA: b\n" + "odd\n" * 100 + "---\n").problems
    assert len(problems) == PROBLEMS_LIMIT + 1
    assert problems[-1].params == {"count": str(100 - PROBLEMS_LIMIT)}


def test_a_block_may_be_one_mapping_in_braces() -> None:
    assert data_of("---\n{Ville: Lyon,\n Nature: Lieu}\n---\n") == {"Ville": "Lyon", "Nature": "Lieu"}


@pytest.mark.parametrize("block", ["[" * 60_000, "{a: " * 15_000, "- " * 30_000, "a: b\n" * 13_000, "? " * 30_000])
def test_its_time_is_bounded(block: str) -> None:
    start = time.process_time()
    parse_front_matter(f"---\nk: v\nA: {block}\n---\n")
    assert time.process_time() - start < 5


LINES = """---|---\t|...|A: b|- c|  d: e|A: 'x||# f|é: «g»|\ufeff|a:|-d|\t- e|odd
L: [[A]], [[B]]|M: [a, 'b']|N: {c: d}|  # g|P: "q" # r|Q: s : t|x:y"""
lines = st.sampled_from(LINES.replace("\n", "|").split("|"))


@given(st.lists(lines), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_it_preserves_the_text_byte_for_byte(parts: list[str], end: str, headed: bool) -> None:
    text = end.join(["---", *parts] if headed else parts)
    front = parse_front_matter(text)
    assert front.raw + front.body == text
    assert text[: len(front.raw)].count("\n") + 1 == front.body_line or not front.raw.endswith("\n")


@given(st.text())
def test_it_never_raises(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n", f"---\nA: {text}\n---\nb"):
        front = parse_front_matter(whole)
        assert front.raw + front.body == whole


@given(st.lists(lines), st.sampled_from(["\n", "\r\n", "\r"]))
def test_entries_are_the_block_and_values_stand_where_they_are_said_to_stand(parts: list[str], end: str) -> None:
    block = end.join(parts)
    entries = split_entries(block)
    assert "".join(entry.lines for entry in entries) == block
    text = f"---\nz: z\n{block}\n---\n"
    spans = list(value_spans(text))
    raw = parse_front_matter(text).raw
    read = [string for entry in split_entries(raw[4 : raw.rindex(raw.split()[-1])]) for string in strings_in(entry)]
    assert [span.text.removeprefix("[[").removesuffix("]]") for span in spans if span.text] == read
    assert all(text[span.start : span.end].strip("'\"") == span.text.strip("'\"") for span in spans)


def strings_in(entry: FrontMatterLines) -> list[str]:
    """Return the strings that an entry states, those in a list or a mapping too, where they stand in the text so."""
    if entry.kind != LineKind.KEY or form_of(entry)[0] == ValueForm.LINES:
        return []
    return flattened(value_of(entry)[0])


def flattened(value: FrontMatterValue) -> list[str]:
    """Return the strings of a value that are not empty."""
    if isinstance(value, str):
        return [value] if value else []
    return [string for item in (value.values() if isinstance(value, dict) else value) for string in flattened(item)]


words = st.text(st.characters(exclude_categories=["C"], include_characters="\n"), max_size=30).map(str.strip)
keys = words.filter(lambda key: key and "\n" not in key and ":" not in key) | st.sampled_from(["foaf:name", "a: b"])
values = st.one_of(words, st.lists(words), st.dictionaries(keys, words, min_size=1))


@given(st.dictionaries(keys, values, min_size=1, max_size=4))
def test_what_is_written_is_read(facts: dict[str, Any]) -> None:
    by_key = {fold(key): (key, value) for key, value in facts.items()}
    front = parse_front_matter(f"---\nz0: z\n{dump_yaml(dict(by_key.values()))}---\n")
    assert front.problems == []
    assert {entry.key: entry.value for entry in front.data} == {"z0": "z", **dict(by_key.values())}
