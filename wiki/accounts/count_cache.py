"""The cache of counts of rate limits: a file that all processes share, opened once in each thread."""

from __future__ import annotations

from diskcache import DjangoCache


class CountCache(DjangoCache):
    """A cache in a file whose connections stay open: Django closes those of all caches after each request."""

    def close(self, **_: object) -> None:
        """Keep the connection of this thread; opening it anew takes longer than all counts of a request."""
