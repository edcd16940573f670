"""Forks of pages: creation, status against the upstream, pulls of upstream changes, and the fork network."""
