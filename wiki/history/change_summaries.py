"""What changed, in a few lines of HTML for a feed: escaped, short, and made once per version."""

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
"""Bytes of a text beyond which a feed says nothing of its lines."""
SECONDS = 1.5
"""Spent on all comparisons of one answer; what is left out then comes with the next."""
CACHE_SECONDS = 7 * 24 * 3600
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def strip_control_characters(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold (section 2.2)."""
    return _CONTROLS.sub("", text)


def summarize_changes(lines: Sequence[RecentChange]) -> list[str]:
    """The HTML body of each line, in order. At most one query, for the texts."""
    singles = [line.version for line in lines if line.changeset is None]
    differences = _differences(singles)
    return [
        strip_control_characters(_of_changeset(line) if line.changeset else _of_version(line.version, differences))
        for line in lines
    ]


def _of_version(version: PageVersion, differences: dict[int, str]) -> SafeString:
    """Comment, size and lines of one version."""
    change = f"{version.size_change:+d}".replace("-", "−")
    facts = gettext("Version %(number)d, %(change)s bytes") % {
        "number": version.number,
        "change": change,
    }
    if version.is_imported:
        facts = f"{facts} · {gettext('imported, not verified')}"
    comment = format_html("<p><em>{}</em></p>", version.comment) if version.comment else ""
    # What the cache holds was made by `_summary` from escaped pieces.
    lines = SafeString(differences.get(version.pk, ""))
    return format_html("{}<p>{}</p>{}", comment, facts, lines)


def _of_changeset(line: RecentChange) -> SafeString:
    """Comment and first titles of a changeset."""
    items = format_html_join("", "<li>{}</li>", ((row.title,) for row in line.versions))
    rest = gettext("and %(rest)d more") % {"rest": line.rest} if line.rest > 0 else ""
    comment = line.changeset.comment if line.changeset else ""
    return format_html("<p><em>{}</em></p><ul>{}</ul><p>{}</p>", comment, items, rest)


def _differences(versions: Sequence[PageVersion]) -> dict[int, str]:
    """HTML of the changed lines, by key of the version; only for texts of a bearable size."""
    small = [version for version in versions if max(version.size, version.size - version.size_change) <= SIZE_LIMIT]
    names = {_cache_key(version): version for version in small}
    known = {names[name].pk: html for name, html in cache.get_many(names).items()}
    missing = [version for version in small if version.pk not in known]
    if not missing:
        return known
    texts = _texts(missing)
    deadline = time.monotonic() + SECONDS
    for version in missing:
        if time.monotonic() > deadline:
            break
        old = texts.get((version.page_id, version.number - 1), "")
        html = _summary(old, texts.get((version.page_id, version.number), ""))
        cache.set(_cache_key(version), str(html), CACHE_SECONDS)
        known[version.pk] = html
    return known


def _cache_key(version: PageVersion) -> str:
    """A version never changes, so neither does its summary."""
    return f"history-summary:{version.stored_id}:{version.sha256[:16]}"


def _texts(versions: Sequence[PageVersion]) -> dict[tuple[int, int], str]:
    """The texts of `versions` and of those before them, by page and number. One query."""
    wanted = Q()
    for version in versions:
        wanted |= Q(page=version.page_id, number__in=(version.number - 1, version.number))
    rows = PageVersion.objects.filter(wanted).select_related("stored")
    return {(row.page_id, row.number): row.text() or "" for row in rows}


def _summary(old: str, new: str) -> SafeString:
    """The first lines that differ, with the words marked."""
    shown: list[tuple[SafeString]] = []
    changed = 0
    for row in line_diff.compare(old, new, context=0):
        if row.kind in ("same", "gap"):
            continue
        changed += 1
        if changed <= LINES:
            shown.append((format_html("{}{}", _line(row.old, "del"), _line(row.new, "ins")),))
    more = "<p>…</p>" if changed > LINES else ""
    return format_html("{}{}", format_html_join("", "{}", shown), SafeString(more))


def _line(spans: Sequence[Span], mark: str) -> SafeString | str:
    """One side of a row; what differs stands in `<del>` or `<ins>`."""
    pieces: list[tuple[SafeString | str]] = []
    left = LINE_LENGTH
    for span in spans:
        text = span.text[:left]
        left -= len(text)
        if text:
            pieces.append((_marked(text, mark) if span.marked else text,))
        if left <= 0:
            pieces.append(("…",))
            break
    return format_html("<p>{}</p>", format_html_join("", "{}", pieces)) if pieces else ""


def _marked(text: str, mark: str) -> SafeString:
    """`text` in `<del>` or `<ins>`."""
    return format_html("<del>{}</del>", text) if mark == "del" else format_html("<ins>{}</ins>", text)
