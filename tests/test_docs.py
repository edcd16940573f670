"""The documentation: links, anchors, repository paths and diagrams in all Markdown files of the repository."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("demo", "docs", "licenses", "movilab", "static/wiki", "templates", "tests", "wiki")
"""Folders whose names, with a slash, begin a path of the repository."""
DIAGRAMS = ("erDiagram", "flowchart", "sequenceDiagram", "stateDiagram-v2", "classDiagram")
_FENCE = re.compile(r"^([ ]*)(`{3,}|~{3,})([^\n]*)\n(.*?)(?:^[ ]*\2[`~]*[ ]*$|\Z)", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:[ ]{4}[^\n]*(?:\n|\Z))+")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}[ ]+(.+?)[ ]*#*$", re.MULTILINE)
_PATH = re.compile(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./@-]*")


def markdown_files() -> list[str]:
    """The Markdown files of the repository, those of the demo's content and of licences included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = listed.stdout.split("\n") if listed.returncode == 0 else []
    found = names or [str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))]
    # Files below demo/pages and the like are pages of the wiki, whose links lead to other pages.
    return [name for name in found if name and (ROOT / name).exists() and not re.match(r"demo/.+/", name)]


@cache
def source(name: str) -> str:
    """The text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def without_blocks(text: str) -> str:
    """`text` without blocks of code."""
    return _INDENTED.sub("", _FENCE.sub("", text))


def slug(heading: str) -> str:
    """The anchor that GitHub and GitLab make of a heading."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def anchors(name: str) -> frozenset[str]:
    """The anchors of a Markdown file; a repeated heading gets a number."""
    if not name.endswith(".md"):
        return frozenset()
    found: dict[str, int] = {}
    result = set()
    for match in _HEADING.finditer(_FENCE.sub("", source(name))):
        anchor = slug(match[1])
        count = found.get(anchor, 0)
        found[anchor] = count + 1
        result.add(f"{anchor}-{count}" if count else anchor)
    return frozenset(result)


def links(name: str) -> Iterator[str]:
    """The targets of the links and pictures in a file, code left out."""
    for match in _LINK.finditer(_CODE.sub("", without_blocks(source(name)))):
        yield match[1]


def broken_links(name: str) -> list[str]:
    """The relative links of a file that lead nowhere."""
    broken = []
    for target in links(name):
        if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
            continue
        path, _, anchor = unquote(target).partition("#")
        other = ((ROOT / name).parent / path if path else ROOT / name).resolve()
        is_there = other.exists() and other.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in anchors(str(other.relative_to(ROOT)))):
            broken.append(target)
    return broken


def missing_paths(name: str) -> list[str]:
    """The repository paths in `code` of a file that do not exist; those with `<…>`, `…` or `*` are patterns."""
    missing = []
    for match in _CODE.finditer(without_blocks(source(name))):
        words = [word for word in match[2].split() if _PATH.fullmatch(word)]
        missing += [word for word in words if not (ROOT / word).exists()]
    return missing


@pytest.mark.parametrize("name", markdown_files())
def test_its_links_and_anchors_resolve(name: str) -> None:
    assert broken_links(name) == []


@pytest.mark.parametrize("name", markdown_files())
def test_paths_of_the_repository_exist(name: str) -> None:
    assert missing_paths(name) == []


@pytest.mark.parametrize("name", markdown_files())
def test_diagrams_begin_with_a_known_keyword(name: str) -> None:
    for match in _FENCE.finditer(source(name)):
        if match[3].strip() == "mermaid":
            keyword = match[4].split(maxsplit=1)[0]
            assert keyword in DIAGRAMS
            assert keyword != "sequenceDiagram" or ";" not in match[4], "a semicolon ends a statement there"


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_names_of_the_code_exist(name: str) -> None:
    folders = {"wiki": "*.py", "movilab": "*.py", "tests": "*.py", "static/wiki": "*.js"}
    files = [path for folder, names in folders.items() for path in (ROOT / folder).rglob(names)]
    known = {path.stem for path in files}
    for path in files:
        known.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    code = re.findall(r"`([A-Za-z_][\w.]*(?:\(\))?)`", _FENCE.sub("", source(name)))
    names = {word for text in code for word in re.findall(r"[A-Z][a-z]+[A-Z]\w+|[a-z]+_\w+", text)}
    assert names - known == set()


def test_documents_are_linked_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in links("README.md")}
    assert {name for name in markdown_files() if name.startswith("docs/")} - linked == set()


def test_the_checks_find_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "a.md").write_text(
        "# One `two`\n\n[a](docs/b.md#here) [b](docs/c.md) [c](#one-two) [d](#one) [e](https://example.org/x)\n\n"
        "    [code](nowhere.md)\n\n`[code](nowhere.md)` `wiki/nothing.py` `wiki/<package>/x.py` `wiki.nothing`\n"
        "~~~text\n[code](nowhere.md) `wiki/no.py`\n~~~\n",
        encoding="utf-8",
    )
    (tmp_path / "docs/b.md").write_text("# Here\n", encoding="utf-8")
    monkeypatch.setattr("tests.test_docs.ROOT", tmp_path)
    source.cache_clear()
    anchors.cache_clear()
    try:
        assert broken_links("a.md") == ["docs/c.md", "#one"]
        assert missing_paths("a.md") == ["wiki/nothing.py"]
    finally:
        source.cache_clear()
        anchors.cache_clear()
