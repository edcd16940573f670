"""Queries and transclusions within pages: their results, the result cache, and its invalidation."""
