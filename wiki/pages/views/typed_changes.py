"""What a text that is being written changes, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from wiki.accounts import slow_work
from wiki.pages.models import WikiPage
from wiki.pages.views import section_edit
from wiki.text.diffing.text_difference import Difference
from wiki.text.normalization import clean_text


def compare_typed(request: HttpRequest, page: WikiPage, data: Mapping[str, Any]) -> Difference:
    """Compare the text in a form of the editor with the version, or its section, that it was written from.

    Changes that others saved since are not in it. Raises RateLimitExceeded, ServerBusy, and Refused for a section that
    is not there.
    """
    slow_work.begin(request, "comparison")
    base = data.get("base", "")
    number = int(base) if base.isdecimal() and len(base) < 10 else page.version
    version = page.versions.filter(number=number).select_related("stored").first()
    stored = (version.text() if version else None) or ""
    if data.get("section"):
        stored = section_edit.section_text(stored, data["section"])
    return Difference.of(stored, clean_text(data.get("text", "")))
