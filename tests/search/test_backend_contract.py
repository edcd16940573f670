"""The engine keeps modelsearch's contract: its own tests of backends, in a project of their own, none left out."""

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
"""What modelsearch leaves out of its package."""


@pytest.mark.slow
@pytest.mark.django_db
def test_it_passes_modelsearchs_own_tests(tmp_path: Path) -> None:
    if not any((above / FIXTURE).is_file() for above in ROOT.parents):
        pytest.skip(f"modelsearch's fixture is not on this machine: {FIXTURE} beside the repository")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    variables |= {"MOVILAB_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.search.contract.settings"}
    if databases.on_postgres():
        variables["MOVILAB_DATABASE"] = databases.address("postgres")
    command = [sys.executable, "-W", "ignore", "-m", "django", "test", "--no-input", "tests.search.contract.cases"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    source = Path(modelsearch.__file__).with_name("tests") / "test_backends.py"
    contract = source.read_text(encoding="utf-8").partition("\nclass TestBackendLoader")[0]
    promised = re.findall(r"^    def test_", contract, re.MULTILINE)
    assert re.findall(r"^Ran (\d+) tests", done.stderr, re.MULTILINE) == [str(len(promised) + 1)]
    assert len(promised) >= 120
    assert "skipped" not in done.stderr
    assert "expected failures" not in done.stderr
