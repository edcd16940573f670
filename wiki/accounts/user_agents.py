"""What a browser calls itself, in two words."""

from __future__ import annotations

from django.utils.translation import gettext

BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
"""A word of the header `User-Agent` and the browser's name; of those that name others, too, the first one."""
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(user_agent: str) -> str:
    """Return the names of the browser and of its system, as far as they are known."""
    names = [next((name for word, name in words if word in user_agent), "") for words in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in names if name) or gettext("another program")
