"""Programs for tests that are installed on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def must_run_everything() -> bool:
    """Return whether a test that cannot run on this machine is a failure: in CI, or with MOVILAB_TEST_ALL=1."""
    return os.environ.get("MOVILAB_TEST_ALL") == "1" or os.environ.get("CI") == "true"


def chromium() -> str | None:
    """Return the path of Chromium, or None; the environment variable CHROMIUM overrides it."""
    configured = os.environ.get("CHROMIUM")
    return configured or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs, or None (on Debian, it is not in PATH)."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    folders.sort(key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return folders[-1] if folders else None
