"""Runs all tests that this machine can run, on SQLite and on a temporary PostgreSQL server; `make test` calls it.

At the end, it lists the tests that could not run. With CI=true or MOVILAB_TEST_ALL=1, these are a failure. Further
arguments are passed to pytest: `make test ARGS="tests/text -k merge"`.
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

NO_TESTS = 5  # pytest's exit code if no test is selected, as with `-k` on the other database
RESULTS = {0: "passed", NO_TESTS: "no such tests"}


def main(arguments: Sequence[str]) -> int:
    """Run all tests; return 0 if they passed and all required programs are installed."""
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
        print(f"{name}: {RESULTS.get(code, 'FAILED')}")
    print("Left out: " + "; ".join(left_out) + "." if left_out else "Nothing was left out.")
    return max(code for code in codes.values() if code != NO_TESTS) if set(codes.values()) - {NO_TESTS} else NO_TESTS


def run(database: str, arguments: Sequence[str], variables: dict[str, str]) -> int:
    """Run pytest with a process per core; return its exit code."""
    print(f"\n--- Tests on {database}", flush=True)
    start = time.monotonic()
    workers = [] if "-n" in arguments else ["-n", str(min(os.cpu_count() or 1, 8))]
    command = [sys.executable, "-W", "ignore::SyntaxWarning", "-m", "pytest", *workers, "--dist=worksteal", *arguments]
    environment = os.environ | variables
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a run starts hundreds of processes, and each would compile all
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print(f"--- {time.monotonic() - start:.0f} s", flush=True)
    return code


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """Run a temporary PostgreSQL server within the block; yields the value of MOVILAB_DATABASE.

    PostgreSQL refuses to run as root, so that it runs as the user `postgres` or `nobody` then.
    """
    folder = Path(tempfile.mkdtemp(prefix="movilab-postgres-"))
    owner = _owned_by_other_user(folder)
    data = ["-D", folder / "data"]
    # The data is temporary, hence no fsync. The server has no port, only a socket in this folder.
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200"
    try:
        _run_as(owner, folder, programs / "initdb", *data, "-U", "wiki", "-A", "trust", "-E", "UTF8", "--no-sync")
        _run_as(owner, folder, programs / "pg_ctl", *data, "-l", folder / "log", "-o", options, "-w", "start")
        yield f"postgres://wiki@/postgres?host={folder}"
    finally:
        if (folder / "data/postmaster.pid").exists():
            _run_as(owner, folder, programs / "pg_ctl", *data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _owned_by_other_user(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    owner = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, owner)
    folder.chmod(0o711)  # others may reach the socket
    return owner


def _run_as(owner: str | None, folder: Path, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=owner, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"PostgreSQL's {command[0]} failed:\n{done.stdout}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
