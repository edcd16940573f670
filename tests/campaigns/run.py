"""Runs one campaign: tests that search for faults with new seeds for as long as one lets them.

`make campaign NAME=examples [SEED=7] [MINUTES=10]`. The suite itself is the same at every run; a campaign is not, so
it prints the seed of each round: `SEED=` with that number repeats the round. The exit code is 1 when a round failed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.machine import postgres_programs
from tests.run import postgres


def _succeeds(command: Sequence[str], variables: Mapping[str, str] | None = None) -> bool:
    """Run Python with arguments in the root of the repository; whether its exit code was 0."""
    python = [sys.executable, "-W", "ignore::SyntaxWarning"]
    return (
        subprocess.run([*python, *command], cwd=ROOT, env=os.environ | (variables or {}), check=False).returncode == 0
    )


def examples(seed: int, minutes: float) -> bool:
    """Run all property-based tests (Hypothesis) with new examples from `seed`; whether they passed."""
    processes = str(min(os.cpu_count() or 1, 8))
    command = ["-m", "pytest", "-m", "hypothesis", f"--hypothesis-seed={seed}", "-n", processes]
    return _succeeds(command, {"MOVILAB_TEST_RANDOM": "1"})


def staleness(seed: int, minutes: float) -> bool:
    """Run a long random history, and one of two processes; whether each view was as if made afresh."""
    steps = {"MOVILAB_STALENESS_SEED": str(seed), "MOVILAB_STALENESS_STEPS": "250"}
    return _succeeds(["-m", "pytest", "tests/ask/test_stale_views.py", "-n", "2"], steps)


def attacks(seed: int, minutes: float) -> bool:
    """Attack a served wiki in several ways; whether no reader waited and no save was lost."""
    return _succeeds(["tests/campaigns/attacks.py", "--seed", str(seed)])


def crash(seed: int, minutes: float) -> bool:
    """Kill a served wiki 100 times while clients save, on SQLite and on PostgreSQL; whether nothing was lost."""
    command = ["tests/campaigns/crash.py", "--seed", str(seed)]
    print("--- on SQLite", flush=True)
    passed = _succeeds(command)
    programs = postgres_programs()
    if programs is None:
        print("--- PostgreSQL is not on this machine (apt install postgresql)")
        return passed
    print("--- on PostgreSQL", flush=True)
    with postgres(programs) as address:
        return _succeeds(command, {"MOVILAB_DATABASE": address}) and passed


def soak(seed: int, minutes: float) -> bool:
    """Use a served wiki for `minutes`; whether its memory stayed bounded and no answer was an error."""
    return _succeeds(["tests/campaigns/soak.py", "--seed", str(seed), "--minutes", str(minutes)])


CAMPAIGNS: dict[str, Callable[[int, float], bool]] = {
    "attacks": attacks,
    "crash": crash,
    "examples": examples,
    "soak": soak,
    "staleness": staleness,
}
MINUTES = {"soak": 15.0, "crash": 0.0, "attacks": 0.0}
"""After which no new round begins, unless said; a round of `soak` takes as long."""


def main(arguments: Sequence[str]) -> int:
    """Run rounds of one campaign until the time is over or a round fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(CAMPAIGNS))
    parser.add_argument("--seed", type=int, help="of the first round; a random one unless said")
    parser.add_argument("--minutes", type=float, help="after which no new round begins (default: 10, or one round)")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    minutes = MINUTES.get(options.name, 10.0) if options.minutes is None else options.minutes
    end = time.monotonic() + minutes * 60
    while True:
        print(f"--- {options.name}: seed {seed}", flush=True)
        if not CAMPAIGNS[options.name](seed, minutes):
            print(f"--- {options.name}: FAILED with seed {seed}")
            return 1
        if time.monotonic() >= end:
            return 0
        seed += 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
