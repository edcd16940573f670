"""Whose words they are follows from the history alone, not from the order in which Python walks sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from wiki.history.word_attribution import PassageLifetime, _attribute_remaining
def passage(rank, text, added_in):
    words = text.split()
    return PassageLifetime("paragraph", str(rank), text, str(rank), added_in, rank, words=words,
                           word_sources=[(added_in,)] * len(words), origin=(None, added_in, rank))
letters = "abcdefghijklmnopqrstuvwxyz"
source = [passage(0, " ".join(f"autre{n}" for n in range(40)), 1)]
source += [passage(n, " ".join(letters[(3 * n + k) % 26] for k in range(13)), 1) for n in range(1, 8)]
new = passage(9, " ".join(letters), 5)
_attribute_remaining([new], source, 77)
print(new.word_sources)
"""


def test_attribution_is_the_same_under_every_hash_seed() -> None:
    found = set()
    for seed in ("1", "2", "3", "4"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1
    assert "77" in found.pop(), "some words come from the source"
