"""What this machine offers to tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def must_run_everything() -> bool:
    """Whether a test that cannot run here is a failure: in CI, or when asked for."""
    return os.environ.get("MOVILAB_TEST_ALL") == "1" or os.environ.get("CI") == "true"


def chromium() -> str | None:
    """Where Chromium is, if it is; CHROMIUM names another one."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL server's programs, if there is one (Debian keeps it off the PATH)."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found.sort(key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return found[-1] if found else None
