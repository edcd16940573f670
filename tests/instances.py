"""Whole wikis apart from the test's own process, run as an administrator runs them: by commands and a server."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests import databases


@dataclass(frozen=True)
class Instance:
    """A wiki with its own MOVILAB_DATA and database."""

    data: Path
    database: str

    @classmethod
    def create(cls, data: Path) -> Instance:
        """A migrated, empty wiki in the folder `data`."""
        data.mkdir(parents=True)
        name = f"movilab_instance_{uuid.uuid4().hex}" if databases.on_postgres() else str(data / "wiki.sqlite3")
        databases.copy_template(name)
        return cls(data, name)

    @property
    def variables(self) -> dict[str, str]:
        """The environment in which this wiki's processes run."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
        kept |= {"MOVILAB_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "movilab.settings"}
        address = databases.address(self.database)
        return kept | ({"MOVILAB_DATABASE": address} if address else {})

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Python with `arguments` as a process of this wiki, from the repository's top; its output is text."""
        command = [sys.executable, "-W", "ignore::SyntaxWarning", *arguments]
        return subprocess.Popen(
            command, cwd=databases.ROOT, env=self.variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def manage(self, *arguments: str, fails: bool = False) -> str:
        """What `manage.py` with `arguments` prints; AssertionError when it ends otherwise than `fails` says."""
        process = self.start("manage.py", *arguments)
        out, err = process.communicate(timeout=600)
        assert (process.returncode != 0) is fails, f"{arguments}: exit {process.returncode}\n{out}\n{err}"
        return out + err

    def python(self, code: str) -> str:
        """What `code` prints, run in this wiki with Django set up; AssertionError when it fails."""
        process = self.start("-c", f"import django; django.setup()\n{code}")
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        return out

    def remove(self) -> None:
        """Drop the database; the folder goes with the test's own."""
        databases.drop(self.database)
