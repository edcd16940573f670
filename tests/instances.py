"""Whole wikis outside the test process, run as in production: by commands and a server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from tests import databases
from tests.fork_server import ForkServer, Script

MANAGE = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Instance:
    """A wiki with its own MOVILAB_DATA and database."""

    data: Path
    database: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings besides the folder and the database."""

    @classmethod
    def create(cls, data: Path, *, small: bool = False, **settings: str) -> Instance:
        """Create a migrated, empty wiki in the folder `data`, on the database of this run; a `small` one on SQLite."""
        data.mkdir(parents=True)
        on_postgres = databases.on_postgres() and not small
        name = f"movilab_instance_{uuid.uuid4().hex}" if on_postgres else str(data / "wiki.sqlite3")
        databases.copy_template(name)
        return cls(data, name, settings)

    @classmethod
    @contextmanager
    def temporary(cls, **settings: str) -> Iterator[Instance]:
        """Create an instance in a folder of its own, and remove both at the end of the block."""
        with tempfile.TemporaryDirectory(prefix="movilab-") as folder:
            instance = cls.create(Path(folder) / "wiki", **settings)
            try:
                yield instance
            finally:
                instance.remove()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of this wiki's processes."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
        variables |= {"MOVILAB_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "movilab.settings"}
        variables |= self.settings
        address = databases.address(self.database)
        return variables | ({"MOVILAB_DATABASE": address} if address else {})

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Python with `arguments` as a process of this wiki, in the root of the repository, with text output."""
        command = [sys.executable, "-W", "ignore::SyntaxWarning", *arguments]
        return subprocess.Popen(
            command, cwd=databases.ROOT, env=self.variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def manage(self, *arguments: str, fails: bool = False) -> str:
        """Run `manage.py` and return its output. Raises AssertionError if it succeeds or fails contrary to `fails`."""
        script = self.script(MANAGE, *arguments)
        out, err = script.communicate(timeout=600)
        assert (script.returncode != 0) is fails, f"{arguments}: exit {script.returncode}\n{out}\n{err}"
        return out + err

    def python(self, code: str) -> str:
        """Run `code` in this wiki with Django set up, and return its output. Raises AssertionError if it fails."""
        script = self.script(code)
        out, err = script.communicate(timeout=600)
        assert script.returncode == 0, err
        return out

    @cached_property
    def _fork_server(self) -> ForkServer:
        return ForkServer(self.variables)

    def script(self, code: str, *arguments: str) -> Script:
        """Start `code` in a process of this wiki with Django set up, with `arguments` as `sys.argv[1:]`."""
        return self._fork_server.start(code, arguments)

    @contextmanager
    def served(self, processes: int = 1) -> Iterator[str]:
        """Serve the wiki as in production, at MOVILAB_URL or a free port; yields the URL."""
        with self.server(processes) as (address, _):
            yield address

    @contextmanager
    def server(self, processes: int = 1) -> Iterator[tuple[str, int]]:
        """Serve the wiki as `served` does; yields the URL and the id of the server's first process."""
        address = self.settings.get("MOVILAB_URL") or f"http://127.0.0.1:{free_port()}"
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        server = self.start_server(address, processes)
        try:
            yield address, server.pid
        finally:
            server.terminate()
            server.wait(timeout=30)

    def start_server(self, address: str, processes: int = 1) -> subprocess.Popen[bytes]:
        """Start the server, in a process group of its own, and wait until it answers; static files are collected."""
        port = str(urlsplit(address).port)
        command = [sys.executable, "-W", "ignore", "-m", "movilab.server", "--port", port, "--workers", str(processes)]
        environment = self.variables | {"MOVILAB_URL": address}
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(
            command, cwd=databases.ROOT, env=environment, stdout=quiet, stderr=quiet, start_new_session=True
        )
        for _ in range(600):
            try:
                urlopen(f"{address}/robots.txt").close()
                break
            except OSError:
                time.sleep(0.05)
        return server

    def remove(self) -> None:
        """Drop the database; the folder is deleted with that of the test."""
        if "_fork_server" in vars(self):
            self._fork_server.close()
        databases.drop(self.database)
