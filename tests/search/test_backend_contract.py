"""Runs modelsearch's own backend tests on the Whoosh backend, in a separate project, without any exception."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import modelsearch
import pytest

from tests import databases

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = "shared/data/modelsearch/search.json"
"""The fixture that modelsearch's package does not contain."""


@pytest.mark.only_on("sqlite")
@pytest.mark.slow
@pytest.mark.django_db
def test_modelsearch_backend_tests_pass(tmp_path: Path) -> None:
    if not any((parent / FIXTURE).is_file() for parent in ROOT.parents):
        pytest.skip(f"modelsearch's fixture is not on this machine: {FIXTURE} beside the repository")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    variables |= {"MOVILAB_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.search.contract.settings"}
    if databases.on_postgres():
        variables["MOVILAB_DATABASE"] = databases.address("postgres")
    command = [sys.executable, "-W", "ignore", "-m", "django", "test", "--no-input", "tests.search.contract.cases"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    source = Path(modelsearch.__file__).with_name("tests") / "test_backends.py"
    backend_tests = source.read_text(encoding="utf-8").partition("\nclass TestBackendLoader")[0]
    test_names = re.findall(r"^    def test_", backend_tests, re.MULTILINE)
    assert re.findall(r"^Ran (\d+) tests", done.stderr, re.MULTILINE) == [str(len(test_names) + 1)]
    assert len(test_names) >= 120
    assert "skipped" not in done.stderr
    assert "expected failures" not in done.stderr
