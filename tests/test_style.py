"""Rules for names, sizes and words that no linter checks: see `CONTRIBUTING.md` and `docs/glossary.md`."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("wiki", "movilab")
FILE_LIMIT, FUNCTION_LIMIT = 400, 40
REPEATED_FILES = {"__init__", "models", "urls", "views", "forms", "apps", "admin", "base", "registry"}
"""Django's file names, and those of plug-ins."""
REPEATED_CLASSES = {"Meta", "Command", "Act", "Way", "State"}
"""Inner classes of models, and Django's name for commands."""
CALLED_BY_LIBRARIES = {
    "WikiConfig", "tree_viewsets", "read_only_api", "explorer_pages", "chooser_pages", "hide_menu_items",
    "work_report_menu_item", "forms_menu_item",
}  # fmt: skip
"""Top-level names that Django and Wagtail find by themselves: an app's configuration, and functions with `@hooks`."""
OLD_WORDS = re.compile(
    r"\b(rooms?|upstairs|doors?|gates?|the house|holes?|trays?|chores?|derivers?|looms?|weaves?|woven|weaving|heirs?"
    r"|shel(f|ve[sd]?)|sieves?|footprints?|wish(es)?|mend(s|ed|ing)?|keepers?|tell(s|ing)?|told)\b",
    re.IGNORECASE,
)
"""Words of the code's old dialect; `docs/glossary.md` has the standard terms."""
OLD_WORD_LINES = re.compile(
    r"gettext|_\(|_noop|translate|def tell\(self\)|\.tell\(|\"tell\"|'tell'|dispatch_uid|wish to be named"
)
"""Lines that may hold such a word: screen texts, form fields, and the position in a file."""


def python_files(*folders: str) -> list[Path]:
    """Return the Python files in these folders of the repository, without migrations."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """Return the path within the repository."""
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield all functions and methods of a file."""
    yield from (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef))


def test_class_names_are_unique() -> None:
    places = defaultdict(list)
    for path in python_files(*PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name_of(path))
    assert {name: files for name, files in places.items() if len(files) > 1 and name not in REPEATED_CLASSES} == {}


def test_file_names_are_unique() -> None:
    names = Counter(path.stem for path in python_files(*PACKAGES))
    assert {name for name, count in names.items() if count > 1} <= REPEATED_FILES


def test_files_are_short() -> None:
    lengths = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in python_files(*PACKAGES, "tests")}
    assert {name: length for name, length in lengths.items() if length > FILE_LIMIT} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{name_of(path)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in python_files(*PACKAGES)
        for node in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LIMIT} == {}


def test_nothing_in_production_is_there_for_tests_only() -> None:
    used = Counter[str]()
    sources = [*python_files(*PACKAGES), *(ROOT / "templates").rglob("*.*"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    for path in sources:
        used.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    unused = {
        f"{name_of(path)}: {node.name}"
        for path in python_files(*PACKAGES)
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and used[node.name] == 1
        if node.name not in CALLED_BY_LIBRARIES
    }
    assert unused == set()


@pytest.mark.parametrize("folder", [*PACKAGES, "tests", "templates", "docs"])
def test_the_old_words_are_gone(folder: str) -> None:
    own = Path(__file__)
    paths = python_files(folder) or [
        path for kind in ("html", "txt", "md") for path in (ROOT / folder).rglob(f"*.{kind}")
    ]
    found = [
        f"{name_of(path)}:{number}: {match[0]}"
        for path in paths
        if path != own
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := OLD_WORDS.search(line)) and not OLD_WORD_LINES.search(line)
    ]
    assert found == []


def test_the_version_is_that_of_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == version
