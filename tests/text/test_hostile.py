"""Hostile texts: bounded time, no exceptions, no lost text."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wiki
from wiki.text.markup import parser_process
from wiki.text.markup.markdown_parser import NESTING_LIMIT, TEXT_LIMIT, parse
from wiki.text.markup.parser_process import parse_bounded

HOSTILE = {
    "8,000 [": "[" * 8_000,
    "200,000 [": "[" * 200_000,
    "[[ and no end": "[[" * 100_000,
    "[[…]] nested": "[[" * 5_000 + "]]" * 5_000,
    "links without an address": "[a](" * 30_000,
    "pictures without an end": "![" * 50_000,
    "100,000 *": "*" * 100_000,
    "* between words": "*a " * 50_000,
    "_ between words": "_a " * 50_000,
    "100,000 backticks": "`" * 100_000,
    "backticks between words": "`a " * 50_000,
    "backslashes": "\\" * 100_000,
    "calls without an end": "{{a " * 50_000,
    "nested calls": "{{" * 9_000 + "}}" * 9_000,
    "tags without an end": "<a " * 20_000,
    "nested tags": "<div>" * 20_000,
    "misnested tags": "<b></i>" * 20_000,
    "comments without an end": "<!-- " * 20_000,
    "a giant table": "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + ("|b" * 300 + "|\n") * 300,
    "a giant header": "|a" * 100_000 + "|\n" + "|-" * 100_000 + "|\n",
    "1 MB in one paragraph": "Lorem ipsum dolor " * 55_000,
    "50,000 links": "[[Foo|bar]] " * 50_000,
    "20,000 headings": "# a\n\n" * 20_000,
    "20,000 formulas": "$x$ " * 20_000,
    "a deep formula": "$" + "x^{" * 20_000 + "$",
    "a broken formula": "$" + "\\\\frac" * 300 + "$",
    "formulas without an end": "$a " * 30_000 + "\n\n" + "$$\na\n\n" * 10_000,
    "10,000 footnotes": "".join(f"[^{n}]: x[^{n}]\n\n" for n in range(10_000)),
    "fences": "```\n" * 50_001,
    "rules": "---\n" * 50_000,
    "front matter of brackets": "---\na: " + "[" * 60_000 + "\n---\n",
    "definitions": "a\n:   b\n\n" * 20_000,
    "emphasis in emphasis": "*a **b " * 20_000 + "** *" * 20_000,
    "abbreviations": "".join(f"*[a{n}]: b\n" for n in range(5_000)) + "\n" + "a1 " * 5_000,
    "entities": "&amp;" * 50_000,
    "includeonly after fences": "```x\n" * 50_000 + "<includeonly>",
    "includeonly without an end": "<includeonly>" * 50_000 + "`a `` " * 20_000,
    "calls without an end in a table": "|a|b|\n|-|-|\n|" + "{{a|" * 20_000 + "|\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_its_time_is_bounded(name: str) -> None:
    start = time.perf_counter()
    parsed = parse_bounded(HOSTILE[name], seconds=1)
    assert time.perf_counter() - start < 1 + 8  # a new process may have to start on a busy machine
    if parsed.is_source:
        assert [problem.code for problem in parsed.problems] == ["too_slow"]
        assert escape(HOSTILE[name]) in parsed.html


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("300 lists by indent", "\n".join(f"{'    ' * n}- a" for n in range(300))),
        ("300 lists in a line", "- " * 300 + "a"),
        ("300 numbered lists in a line", "1. " * 300 + "a"),
        ("300 quotes", ">" * 300 + " a"),
        ("300 quotes with spaces", "> " * 300 + "a"),
        ("lists in quotes", "> - " * 150 + "a"),
        ("tabs", "\n".join("\t" * n + "* a" for n in range(300))),
    ],
)
def test_it_shows_the_source_of_what_is_nested_too_deep(name: str, text: str) -> None:
    parsed = parse(text)
    assert parsed.is_source
    assert [problem.code for problem in parsed.problems] == ["nesting"]
    assert "- a" in parsed.html or "* a" in parsed.html or " a</pre>" in parsed.html or "1. a" in parsed.html


def test_it_parses_what_is_nested_less_deep() -> None:
    for text in ("\n".join(f"{'    ' * n}- a" for n in range(NESTING_LIMIT - 1)), "> " * (NESTING_LIMIT - 1) + "a"):
        parsed = parse(text)
        assert not parsed.is_source
        assert parsed.html.count("<ul>") + parsed.html.count("<blockquote>") == NESTING_LIMIT - 1


def test_rules_and_code_nest_nothing() -> None:
    text = f"a\n\n{'- ' * 50}\n\n{'* ' * 50}\n\n```\n{'>' * 50}\n{'    ' * 50}- b\n```\n"
    parsed = parse(text)
    assert not parsed.is_source
    assert parsed.html.count("<hr>") == 2
    assert parse(text + ">" * 50 + " c").is_source


def test_it_shows_the_source_of_a_text_that_is_too_long() -> None:
    parsed = parse("é" * (TEXT_LIMIT // 2 + 1))
    assert parsed.is_source
    assert [str(problem) for problem in parsed.problems] == [
        "The text is larger than 1000000 bytes, so only its source is shown. Divide it."
    ]
    assert not parse("é" * (TEXT_LIMIT // 2)).is_source
    assert parse("é" * (TEXT_LIMIT // 2) + "x").is_source, "one byte above the limit"


pieces = st.sampled_from(
    [
        "[[", "]]", "{{", "}}", "|", "::", "[", "](", ")", "![", "*", "**", "_", "`", "```\n", "~~~", "\n", "\n\n",
        "    ", "- ", "1. ", "> ", "# ", "<b>", "</b>", "<div>\n", "</div>", "<!--", "-->", "<a href=", "&lt;", "&",
        "\\", "[^1]", "[^1]: ", "*[a]: ", ":   ", "---\n", "a", "File:x.jpg", "Category:", "#REDIRECT ", "é",
        "https://e.org", "\x02", "\x03", "\x00", "\ud800", "\u2028", "wzxhzdk:0", "klzzwxh:0000", "<script>",
        "<img src=x>", "- [ ] ", "|-|-|\n", "|a|b|\n",
    ]
)  # fmt: skip


@given(st.lists(pieces, max_size=40).map("".join))
def test_it_never_raises_and_parses_any_syntax(text: str) -> None:
    parsed = parse(text)
    assert [p.code for p in parsed.problems if p.code == "not_laid_out"] == []
    html = parsed.fill(lambda placeholder: "")
    assert parsed.nonce not in html
    for harm in ("<script", "<img", "<style", "\x02wzxhzdk", "\x02klzzwxh"):
        assert harm not in html.lower()


@given(st.text(max_size=300))
def test_it_never_raises_on_any_text(text: str) -> None:
    parsed = parse(text)
    assert [p.code for p in parsed.problems if p.code == "not_laid_out"] == []
    assert pickle.loads(pickle.dumps(parsed)) == parsed


@given(st.lists(pieces, max_size=15).map("".join))
def test_bounded_and_unbounded_parsing_agree(text: str) -> None:
    assert parse_bounded(text, nonce="0" * 32) == parse(text, nonce="0" * 32)


def test_calls_that_exist_are_known_to_the_process() -> None:
    parsed = parse_bounded("{{#ask: [[Kind::Place]] | limit=5}}", calls={"#ask"})
    assert [placeholder.data["arguments"] for placeholder in parsed.placeholders.values()] == [
        [["", "[[Kind::Place]]"], ["limit", "5"]]
    ]


def test_a_killed_process_costs_one_text_and_no_more() -> None:
    parse_bounded("warm")
    for child in parser_process._pool.idle:
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
    assert not parse_bounded("# a").is_source


def test_threads_share_the_processes() -> None:
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(parse_bounded("# a [[b]]").is_source)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [False] * 12
    assert len(parser_process._pool.idle) <= parser_process.WORKERS


SCRIPT = """
import os, sys
from wiki.text.markup.parser_process import parse_bounded
assert not [name for name in sys.modules if name.split(".")[0] in ("django", "wagtail")], "Django was imported"
parse_bounded("before")
child = os.fork()
if child == 0:
    os._exit(0 if not parse_bounded("# in the child").is_source else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert not parse_bounded("# in the parent").is_source
"""


def test_it_works_after_a_fork_without_django_and_leaves_no_process_behind() -> None:
    root = Path(wiki.__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
