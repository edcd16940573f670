"""Queries and transclusions within pages: their results, the cache of these, and its invalidation."""
