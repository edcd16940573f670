"""What changed in a version, as some lines of HTML for a feed: escaped, short, and cached per version."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from django.core.cache import cache
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.history.recent_changes import RecentChange
from wiki.pages.models import PageVersion
from wiki.text.diffing import line_diff
from wiki.text.diffing.line_diff import Span

LINES = 12
LINE_LENGTH = 300
SIZE_LIMIT = 100_000
"""Bytes of a text beyond which a feed shows no lines."""
SECONDS = 1.5
"""Time for all comparisons of one response; summaries that are left out come with the next response."""
CACHE_SECONDS = 7 * 24 * 3600
"""How long summaries are cached."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def strip_control_characters(text: str) -> str:
    """Return `text` without the characters that XML 1.0 forbids (section 2.2)."""
    return _CONTROLS.sub("", text)


def summarize_changes(changes: Sequence[RecentChange]) -> list[str]:
    """Return the HTML of each change, in order. Costs one query at most, for the texts."""
    versions = [line.version for line in changes if line.changeset is None]
    differences = _differences(versions)
    return [
        strip_control_characters(_changeset_html(line) if line.changeset else _version_html(line.version, differences))
        for line in changes
    ]


def _version_html(version: PageVersion, differences: dict[int, str]) -> SafeString:
    """Return comment, size and changed lines of a version."""
    change = f"{version.size_change:+d}".replace("-", "−")
    facts = gettext("Version %(number)d, %(change)s bytes") % {
        "number": version.number,
        "change": change,
    }
    if version.is_imported:
        facts = f"{facts} · {gettext('imported, not verified')}"
    comment = format_html("<p><em>{}</em></p>", version.comment) if version.comment else ""
    # Safe: `_summary` built it from escaped strings.
    lines = SafeString(differences.get(version.pk, ""))
    return format_html("{}<p>{}</p>{}", comment, facts, lines)


def _changeset_html(line: RecentChange) -> SafeString:
    """Return comment and first titles of a changeset."""
    items = format_html_join("", "<li>{}</li>", ((row.title,) for row in line.versions))
    rest = gettext("and %(rest)d more") % {"rest": line.rest} if line.rest > 0 else ""
    comment = line.changeset.comment if line.changeset else ""
    return format_html("<p><em>{}</em></p><ul>{}</ul><p>{}</p>", comment, items, rest)


def _differences(versions: Sequence[PageVersion]) -> dict[int, str]:
    """Return the HTML of the changed lines by primary key of the version; only for texts up to SIZE_LIMIT."""
    small = [version for version in versions if max(version.size, version.size - version.size_change) <= SIZE_LIMIT]
    names = {_cache_key(version): version for version in small}
    summaries = {names[name].pk: html for name, html in cache.get_many(names).items()}
    missing = [version for version in small if version.pk not in summaries]
    if not missing:
        return summaries
    texts = _texts(missing)
    deadline = time.monotonic() + SECONDS
    for version in missing:
        if time.monotonic() > deadline:
            break
        old = texts.get((version.page_id, version.number - 1), "")
        html = _summary(old, texts.get((version.page_id, version.number), ""))
        cache.set(_cache_key(version), str(html), CACHE_SECONDS)
        summaries[version.pk] = html
    return summaries


def _cache_key(version: PageVersion) -> str:
    """Return the cache key of a version. A version never changes, so its summary needs no invalidation."""
    return f"history-summary:{version.stored_id}:{version.sha256[:16]}"


def _texts(versions: Sequence[PageVersion]) -> dict[tuple[int, int], str]:
    """Return the texts of `versions` and of the versions before them, by page and number. One query."""
    condition = Q()
    for version in versions:
        condition |= Q(page=version.page_id, number__in=(version.number - 1, version.number))
    rows = PageVersion.objects.filter(condition).select_related("stored")
    return {(row.page_id, row.number): row.text() or "" for row in rows}


def _summary(old: str, new: str) -> SafeString:
    """Return the first changed lines, with the changed words marked."""
    lines: list[tuple[SafeString]] = []
    changed = 0
    for row in line_diff.compare(old, new, context=0):
        if row.kind in ("same", "gap"):
            continue
        changed += 1
        if changed <= LINES:
            lines.append((format_html("{}{}", _line_html(row.old, "del"), _line_html(row.new, "ins")),))
    more = "<p>…</p>" if changed > LINES else ""
    return format_html("{}{}", format_html_join("", "{}", lines), SafeString(more))


def _line_html(spans: Sequence[Span], tag: str) -> SafeString | str:
    """Return one side of a diff row; what differs is in `<del>` or `<ins>`."""
    pieces: list[tuple[SafeString | str]] = []
    remaining = LINE_LENGTH
    for span in spans:
        text = span.text[:remaining]
        remaining -= len(text)
        if text:
            pieces.append((_mark(text, tag) if span.marked else text,))
        if remaining <= 0:
            pieces.append(("…",))
            break
    return format_html("<p>{}</p>", format_html_join("", "{}", pieces)) if pieces else ""


def _mark(text: str, tag: str) -> SafeString:
    """Return `text` in `<del>` or `<ins>`."""
    return format_html("<del>{}</del>", text) if tag == "del" else format_html("<ins>{}</ins>", text)
