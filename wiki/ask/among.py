"""Long lists in one parameter: see `wiki.pages.among`."""

from __future__ import annotations

from wiki.pages.among import among

__all__ = ["among"]
