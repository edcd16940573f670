"""The signal of this package."""

from __future__ import annotations

from django.dispatch import Signal

post_published = Signal()
"""Sent with `post` (a `Post`) within the transaction that stores a new post, after its mentions are stored."""
