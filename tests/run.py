"""Runs every test that this machine can run, on SQLite and on a PostgreSQL of its own; `make test` calls it.

What could not be run is named at the end. With CI=true or MOVILAB_TEST_ALL=1 nothing may be left out. Further
arguments go to pytest: `make test ARGS="tests/text -k merge"`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.machine import chromium, must_run_everything, postgres_programs

NO_TESTS = 5  # pytest's answer when a choice of tests leaves none, as with `-k` on the other database
SAID = {0: "passed", NO_TESTS: "no such tests"}


def main(arguments: Sequence[str]) -> int:
    """Run all; 0 when what ran passed and what had to run was there."""
    programs, left_out = postgres_programs(), []
    if not chromium():
        left_out.append("the browser's tests (apt install chromium)")
    if not programs:
        left_out.append("the tests on PostgreSQL (apt install postgresql)")
    if left_out and must_run_everything():
        print("Nothing may be left out here, and this machine lacks what is needed for " + " and ".join(left_out))
        return 1
    codes = {"SQLite": run("SQLite", arguments, {})}
    if programs:
        with postgres(programs) as address:
            codes["PostgreSQL"] = run("PostgreSQL", arguments, {"MOVILAB_DATABASE": address})
    print()
    for name, code in codes.items():
        print(f"{name}: {SAID.get(code, 'FAILED')}")
    print("Left out: " + "; ".join(left_out) + "." if left_out else "Nothing was left out.")
    return max(code for code in codes.values() if code != NO_TESTS) if set(codes.values()) - {NO_TESTS} else NO_TESTS


def run(database: str, arguments: Sequence[str], variables: dict[str, str]) -> int:
    """Run pytest in as many processes as there are cores; its exit code."""
    print(f"\n--- Tests on {database}", flush=True)
    start = time.monotonic()
    workers = [] if "-n" in arguments else ["-n", str(min(os.cpu_count() or 1, 8))]
    command = [sys.executable, "-W", "ignore::SyntaxWarning", "-m", "pytest", *workers, "--dist=worksteal", *arguments]
    code = subprocess.run(command, cwd=ROOT, env=os.environ | variables, check=False).returncode
    print(f"--- {time.monotonic() - start:.0f} s", flush=True)
    return code


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """A PostgreSQL server of this run's own, thrown away after it; yields what MOVILAB_DATABASE must say.

    It refuses to run as root, so that root lends it to the user `postgres`, or `nobody`.
    """
    folder = Path(tempfile.mkdtemp(prefix="movilab-postgres-"))
    owner = _lent_to(folder)
    data = ["-D", folder / "data"]
    # Not kept, hence not flushed to disk. No port: only a socket in this folder.
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200"
    try:
        _as(owner, folder, programs / "initdb", *data, "-U", "wiki", "-A", "trust", "-E", "UTF8", "--no-sync")
        _as(owner, folder, programs / "pg_ctl", *data, "-l", folder / "log", "-o", options, "-w", "start")
        yield f"postgres://wiki@/postgres?host={folder}"
    finally:
        if (folder / "data/postmaster.pid").exists():
            _as(owner, folder, programs / "pg_ctl", *data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _lent_to(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    owner = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, owner)
    folder.chmod(0o711)  # others may reach the socket
    return owner


def _as(owner: str | None, folder: Path, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=owner, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"PostgreSQL's {command[0]} failed:\n{done.stdout}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
