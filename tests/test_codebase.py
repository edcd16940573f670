"""Guards of the house: floors, migrations, documentation, French, rights and headings."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from packaging.specifiers import SpecifierSet

from movilab import translation_catalogue
from tests.conftest import Standing, person
from tests.permission_matrix import CAST, ROWS, Row, scene

ROOT = Path(__file__).resolve().parent.parent
ADMINISTRATION = (ROOT / "docs/administration.md").read_text(encoding="utf-8")
FOREIGN = ("admin/", "documents/")
"""Wagtail's own addresses, whose rights Wagtail tests; `test_admin` walks them."""


def test_it_keeps_the_floors() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_it_has_no_pending_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_it_documents_every_setting_and_only_those() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "movilab").glob("*.py"))
    settings = set(re.findall(r'"(MOVILAB_[A-Z_]+)"', code))
    documented = set(re.findall(r"^\| `(MOVILAB_[A-Z_]+)`", ADMINISTRATION, re.MULTILINE))
    assert settings == documented


def test_it_documents_every_command() -> None:
    commands = {path.stem for path in (ROOT / "wiki/management/commands").glob("[a-z]*.py")}
    assert {command for command in commands if f"manage.py {command}" not in ADMINISTRATION} == set()


def test_it_documents_every_make_target() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    listed = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    assert {target for target in targets - {"help", "compiled"} if f"make {target}" not in listed} == set()


OLDEST_PYTHON = "3.11.2"
"""What Debian 12 has: `make lock` on a newer Python may pin what that one cannot install."""


@pytest.mark.parametrize("pins", ["requirements.txt", "requirements-dev.txt"])
def test_it_pins_only_what_the_oldest_python_can_install(pins: str) -> None:
    names = re.findall(r"^([\w.-]+)==", (ROOT / pins).read_text(encoding="utf-8"), re.MULTILINE)
    wanted = {name: metadata.metadata(name).get("Requires-Python") for name in names}
    assert len(wanted) > 20
    assert {name for name, asked in wanted.items() if asked and OLDEST_PYTHON not in SpecifierSet(asked)} == set()


def test_it_speaks_french_throughout() -> None:
    assert translation_catalogue.problems() == []


def test_it_loads_its_french() -> None:
    from django.utils.translation import gettext, override

    translation_catalogue.compile_catalogue()
    with override("fr"):
        assert gettext("Places") == "Lieux"


def test_it_pins_every_requirement_with_hashes_and_names_no_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)
        named = re.findall(r"^[a-z0-9]\S*", text, re.MULTILINE)
        assert len(pinned) == len(named) > 20
        assert not re.search(r"^--|https?://|file://", text, re.MULTILINE)


# --- The rights matrix ----------------------------------------------------------------------------
def named_addresses(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The name and route of every address under `patterns` that is ours."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(FOREIGN):
            continue
        if isinstance(pattern, URLResolver):
            yield from named_addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or "", route


def test_it_has_a_row_of_rights_for_every_address() -> None:
    names = dict(named_addresses(get_resolver().url_patterns))
    assert "" not in names, f"an address without a name: {names.get('')}"
    assert set(names) == set(ROWS)


def rows() -> list[Any]:
    """Each row of the matrix as one case."""
    return [
        pytest.param(name, row, id=f"{name}{'-post' if row.post else ''}{row.query}")
        for name, several in ROWS.items()
        for row in several
    ]


@pytest.fixture(scope="module")
def standing_scene(standing: Standing) -> None:
    """What the rows of the matrix speak of."""
    with standing():
        scene(person("alice"), person("bob"))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "row"), rows())
def test_it_answers_each_of_the_cast_as_the_matrix_says(
    name: str, row: Row, standing_scene: None, request: pytest.FixtureRequest, client_of: Callable[..., Client]
) -> None:
    people = {one: request.getfixturevalue(one) for one in CAST}
    address = reverse(name, kwargs=row.arguments) + row.query
    answers = {}
    for one, user in people.items():
        client = client_of(user)
        with transaction.atomic():
            answer = client.post(address) if row.post else client.get(address)
            transaction.set_rollback(True)  # what one does is not there for the next
        answers[one] = answer.status_code
        if not answer.streaming and b"<html" in answer.content:
            assert answer.content.count(b"<h1") == 1, f"{address}: one h1 per page"
    assert tuple(answers.values()) == row.answers, f"{address}: {answers}"
