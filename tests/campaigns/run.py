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
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def examples(seed: int) -> bool:
    """Run all property-based tests (Hypothesis) with new examples from `seed`; whether they passed."""
    command = [
        sys.executable, "-W", "ignore::SyntaxWarning", "-m", "pytest", "-m", "hypothesis",
        f"--hypothesis-seed={seed}", "-n", str(min(os.cpu_count() or 1, 8)),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"MOVILAB_TEST_RANDOM": "1"}, check=False)
    return done.returncode == 0


def staleness(seed: int) -> bool:
    """Run a long random history, and one of two processes; whether each view was as if made afresh."""
    steps = {"MOVILAB_STALENESS_SEED": str(seed), "MOVILAB_STALENESS_STEPS": "250"}
    command = [
        sys.executable,
        "-W",
        "ignore::SyntaxWarning",
        "-m",
        "pytest",
        "tests/ask/test_stale_views.py",
        "-n",
        "2",
    ]
    return subprocess.run(command, cwd=ROOT, env=os.environ | steps, check=False).returncode == 0


CAMPAIGNS: dict[str, Callable[[int], bool]] = {"examples": examples, "staleness": staleness}


def main(arguments: Sequence[str]) -> int:
    """Run rounds of one campaign until the time is over or a round fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(CAMPAIGNS))
    parser.add_argument("--seed", type=int, help="of the first round; a random one unless said")
    parser.add_argument("--minutes", type=float, default=10, help="after which no new round begins (default: 10)")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    end = time.monotonic() + options.minutes * 60
    while True:
        print(f"--- {options.name}: seed {seed}", flush=True)
        if not CAMPAIGNS[options.name](seed):
            print(f"--- {options.name}: FAILED with seed {seed}")
            return 1
        if time.monotonic() >= end:
            return 0
        seed += 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
