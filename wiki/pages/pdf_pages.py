"""How many pages a PDF has.

A PDF of an unknown person is read by a process of its own, whose time and memory are bounded; the page tree says the
number (PDF 32000-1, 7.7.3).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.core.files.base import File

SECONDS, MEMORY = 5, 600_000_000
"""What the process may take: of a core's time, and bytes."""
PAGES_LIMIT = 100_000


def count_pages(content: File[Any]) -> int | None:
    """Return the number of pages of a PDF, which is copied to a file; None if it cannot be read within the limits."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as copy:
        content.seek(0)
        for chunk in content.chunks():
            copy.write(chunk)
        content.seek(0)
        copy.flush()
        return _count_in_process(copy.name)


def _count_in_process(path: str) -> int | None:
    command = [sys.executable, "-P", "-W", "ignore", str(Path(__file__)), path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS * 2, check=False)  # noqa: S603  our own
    except (subprocess.TimeoutExpired, OSError):
        return None
    said = done.stdout.strip()
    return int(said) if done.returncode == 0 and said.isdigit() and int(said) <= PAGES_LIMIT else None


def main(path: str) -> None:
    """Print the number that the root of the page tree says."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from pypdf import PdfReader

    root: Any = PdfReader(path).trailer["/Root"]
    print(int(root["/Pages"]["/Count"]))


if __name__ == "__main__":
    main(sys.argv[1])
