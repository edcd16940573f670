"""Measures the parser: pages of the demo and of real works, and hostile texts; `make bench` calls it.

Milliseconds of CPU for one text, after the first; KB per second in all.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.text.test_hostile import HOSTILE
from wiki.text.conversion.mediawiki_markup import looks_like_mediawiki
from wiki.text.markup.markdown_parser import parse
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS

ROUNDS = 5
HOSTILE_SIZE = 100_000
"""Characters of a hostile text."""


def cpu_of(text: str, rounds: int = ROUNDS) -> float:
    """Return the mean CPU time of a parse in ms."""
    start = time.process_time()
    for _ in range(rounds):
        parse(text, calls=PARSER_FUNCTIONS)
    return (time.process_time() - start) / rounds * 1000


def main() -> None:
    """Parse the texts, and print the figures."""
    texts = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted(ROOT.glob("demo/texts/**/*.md"))
    }
    parse(next(iter(texts.values())))
    times = {name: cpu_of(text) for name, text in texts.items()}
    size = sum(len(text.encode()) for text in texts.values())
    mean, speed = sum(times.values()) / len(times), size / sum(times.values())
    print(f"{len(texts)} texts of the demo: mean {mean:.2f} ms, {speed:.0f} KB/s")
    longest = max(texts, key=lambda name: len(texts[name]))
    print(f"the longest ({longest}, {len(texts[longest].encode()) / 1000:.1f} KB): {times[longest]:.1f} ms")
    everything = "\n\n".join(texts.values())[:HOSTILE_SIZE]
    print(f"all in one text of {len(everything.encode()) / 1000:.0f} KB: {cpu_of(everything, 2):.0f} ms")
    start = time.process_time()
    looks_like_mediawiki(everything)
    print(f"whether that is MediaWiki's markup: {(time.process_time() - start) * 1000:.1f} ms")
    slowest = sorted(((cpu_of(text[:HOSTILE_SIZE], 1), name) for name, text in HOSTILE.items()), reverse=True)
    print(f"{len(slowest)} hostile texts of {HOSTILE_SIZE // 1000} KB at most; the slowest:")
    for milliseconds, name in slowest[:5]:
        print(f"    {name:<40} {milliseconds:.0f} ms")


if __name__ == "__main__":
    main()
