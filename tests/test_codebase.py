"""Checks of the codebase: layers, migrations, documentation, translation, permissions and headings."""

from __future__ import annotations

import os
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
from tests.permission_matrix import CAST, ROWS, scene
from tests.permission_rows import Row

ROOT = Path(__file__).resolve().parent.parent
ADMINISTRATION = (ROOT / "docs/administration.md").read_text(encoding="utf-8")
WAGTAIL_PREFIXES = ("admin/", "documents/")
"""Prefixes of Wagtail's own URLs, whose permissions Wagtail tests; `tests/admin` tests their pages."""


def test_imports_respect_the_layers() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_there_is_no_pending_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_private_key_is_in_git() -> None:
    begins = rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"  # no match for itself
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    assert len(paths) > 500
    assert [path.name for path in paths if path.is_file() and re.search(begins, path.read_bytes())] == []


def test_exactly_the_existing_settings_are_documented() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "movilab").glob("*.py"))
    settings = set(re.findall(r'"(MOVILAB_[A-Z_]+)"', code))
    documented = set(re.findall(r"^\| `(MOVILAB_[A-Z_]+)`", ADMINISTRATION, re.MULTILINE))
    assert settings == documented


def test_every_command_is_documented() -> None:
    commands = {path.stem for path in (ROOT / "wiki/management/commands").glob("[a-z]*.py")}
    assert {command for command in commands if f"manage.py {command}" not in ADMINISTRATION} == set()


def test_every_make_target_is_documented() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    listed = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    assert {target for target in targets - {"help", "compiled"} if f"make {target}" not in listed} == set()


OLDEST_PYTHON = "3.11.2"
"""The version of Debian 12: `make lock` on a newer Python may pin packages that do not support it."""


@pytest.mark.parametrize("pins", ["requirements.txt", "requirements-dev.txt"])
def test_pinned_packages_support_the_oldest_python(pins: str) -> None:
    packages = re.findall(r"^([\w.-]+)==", (ROOT / pins).read_text(encoding="utf-8"), re.MULTILINE)
    specifiers = {name: metadata.metadata(name).get("Requires-Python") for name in packages}
    assert len(specifiers) > 20
    assert {
        name for name, specifier in specifiers.items() if specifier and OLDEST_PYTHON not in SpecifierSet(specifier)
    } == set()


def test_the_french_catalogue_is_complete() -> None:
    assert translation_catalogue.problems() == []


def test_django_loads_the_french_catalogue() -> None:
    from django.utils.translation import gettext, override

    translation_catalogue.compile_catalogue()
    with override("fr"):
        assert gettext("Places") == "Lieux"


def test_all_requirements_are_pinned_with_hashes_and_without_an_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)
        named = re.findall(r"^[a-z0-9]\S*", text, re.MULTILINE)
        assert len(pinned) == len(named) > 20
        assert not re.search(r"^--|https?://|file://", text, re.MULTILINE)


# --- The permission matrix ------------------------------------------------------------------------
def named_addresses(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Iterate over the names and routes of all URLs under `patterns`, without Wagtail's."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(WAGTAIL_PREFIXES):
            continue
        if isinstance(pattern, URLResolver):
            yield from named_addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or "", route


def test_every_url_has_rows_in_the_permission_matrix() -> None:
    names = dict(named_addresses(get_resolver().url_patterns))
    assert "" not in names, f"an address without a name: {names.get('')}"
    assert set(names) == set(ROWS)


def rows() -> list[Any]:
    """Return each row of the matrix as a test case."""
    return [
        pytest.param(name, row, id=f"{name}{'-post' if row.post else ''}{row.query}")
        for name, url_rows in ROWS.items()
        for row in url_rows
    ]


@pytest.fixture(scope="module")
def standing_scene(standing: Standing) -> None:
    """The pages of the rows of the matrix."""
    with standing():
        scene(person("alice"), person("bob"))


@pytest.mark.django_db
@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("name", "row"), rows())
def test_status_codes_are_those_of_the_permission_matrix(
    name: str, row: Row, standing_scene: None, request: pytest.FixtureRequest, client_of: Callable[..., Client]
) -> None:
    people = {user_name: request.getfixturevalue(user_name) for user_name in CAST}
    address = reverse(name, kwargs=row.arguments) + row.query
    statuses = {}
    for user_name, user in people.items():
        client = client_of(user)
        with transaction.atomic():
            response = client.post(address) if row.post else client.get(address)
            transaction.set_rollback(True)  # undo the changes before the next user
        statuses[user_name] = response.status_code
        if response.streaming:
            b"".join(response.streaming_content)  # an export holds a share of the slow work until it is sent
        if not response.streaming and b"<html" in response.content and name != "diagram_frame":  # no screen
            assert response.content.count(b"<h1") == 1, f"{address}: one h1 per page"
    assert tuple(statuses.values()) == row.statuses, f"{address}: {statuses}"
