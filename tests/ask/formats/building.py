"""Results built by hand: no database, no query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.html import format_html
from django.utils.safestring import SafeString

from wiki.ask.execution.results import Column, PageRef, QueryResult, ResultRow
from wiki.ask.formats import registry
from wiki.ask.formats.base import FormatContext, ResultFile, Thumbnail
from wiki.ask.language.query_ast import ChainLink, Conjunction, Printout, Query
from wiki.facts.values import Context, Declaration, Value
from wiki.text import titles

HOSTILE = "<script>alert(1)</script>\"'&</td>"
EPOCH = 2440587.5
"""The Julian day of 1970-01-01 0h."""


def page_ref(title: str, **more: Any) -> PageRef:
    """Return a page with this title."""
    namespace = titles.split_namespace(title)[0]
    fields = {"url": f"/wiki/{titles.quote_title(title)}", "namespace": namespace, "shown_title": title} | more
    return PageRef(title.replace(" ", "_"), title, **fields)


def page(title: str) -> Value:
    """Return a page value."""
    return Value("_wpg", title, canonical_value=title.replace(" ", "_"))


def text(raw: str, datatype: str = "_txt") -> Value:
    """Return a text value, or another value whose raw text is its canonical value."""
    return Value(datatype, raw, canonical_value=raw[:255], folded_text=raw.casefold())


def number(amount: float, datatype: str = "_num", raw: str = "") -> Value:
    """Return a number value."""
    return Value(datatype, raw or f"{amount:g}", canonical_value=repr(float(amount)), number=float(amount))


def boolean(truth: bool) -> Value:
    """Return a boolean value."""
    return Value("_boo", "true" if truth else "false", canonical_value="1" if truth else "0", number=float(truth))


def place(lat: float, lon: float) -> Value:
    """Return a coordinates value."""
    return Value("_geo", f"{lat}, {lon}", lat=lat, lon=lon)


def moment(raw: str) -> Value:
    """Return a date value from `2026-05-01`, `2026-05`, `2026` or `2026-05-01T10:30:00` (UTC)."""
    if "T" in raw:
        begin = datetime.fromisoformat(raw).replace(tzinfo=UTC)
        day = EPOCH + begin.timestamp() / 86400
        return Value("_dat", raw, canonical_value=raw, number=day, number_end=day + 1 / 86400)
    parts = [int(part) for part in raw.split("-")]
    start = date(*[*parts, 1, 1][:3])
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    after = date(year + month // 12, month % 12 + 1, 1)
    end = start.toordinal() + 1 if len(parts) == 3 else after.toordinal()
    base = EPOCH - date(1970, 1, 1).toordinal()
    return Value("_dat", raw, canonical_value=raw, number=base + start.toordinal(), number_end=base + end)


def column(label: str, datatype: str = "_txt", form: str = "", **more: Any) -> Column:
    """Return the column of a printout `?label#format`."""
    options = more.pop("options", {})
    declaration = Declaration(label.replace(" ", "_"), label, datatype, **more)
    return Column(
        Printout((ChainLink(label),), label, form, options=options), label, declaration, Context("fr", declaration)
    )


def result(
    rows: Iterable[tuple[str | PageRef, list[list[Value]]]] = (),
    columns: Iterable[Column] = (),
    pages: Iterable[PageRef] = (),
    more: bool = False,
    **parameters: str,
) -> QueryResult:
    """Return a result with these rows: `("Page", [[values of the first column], …])`."""
    columns = list(columns)
    query = Query(Conjunction(()), [one.printout for one in columns], parameters=parameters, source="[[+]]")
    result_rows = [
        ResultRow(page_ref(subject) if isinstance(subject, str) else subject, tuple(tuple(cell) for cell in cells))
        for subject, cells in rows
    ]
    return QueryResult(query, columns, result_rows, more, {one.key: one for one in pages})


def make_format_context(templates: Mapping[str, str] | None = None, **more: Any) -> FormatContext:
    """Return a format context with URLs under `/ask`; `render_markdown` only wraps its input."""
    sources = templates or {}

    def markdown(text: str) -> SafeString:
        return format_html('<div class="laid">{}</div>', text)

    def url_with(parameters: Mapping[str, str]) -> str:
        return f"/ask?{urlencode(parameters)}"

    def pictures(names: Iterable[str]) -> dict[str, Thumbnail]:
        return {name: Thumbnail(f"/media/{name}", 400, 225, name) for name in names if name and "missing" not in name}

    fields: dict[str, Any] = {
        "language": "fr",
        "url_with": url_with,
        "more_url": "/ask?offset=2",
        "base_url": "https://wiki.example",
        "template_source": sources.get,
        "render_markdown": markdown,
        "page_html": lambda pk: format_html("<p>page {}</p>", pk),
        "pictures": pictures,
        "today": date(2026, 5, 15),
    }
    return FormatContext(**fields | more)


def render_in_page(query_result: QueryResult, **more: Any) -> str:
    """Render a result for a page."""
    return str(registry.render_html(query_result, make_format_context(**more)))


def download(query_result: QueryResult, **more: Any) -> ResultFile:
    """Return the download of a result."""
    file = registry.render_file(query_result, make_format_context(**more))
    assert file is not None
    return file


def content(query_result: QueryResult, **more: Any) -> bytes:
    """Return the content of a result's download."""
    file = download(query_result, **more)
    return file.content if isinstance(file.content, bytes) else b"".join(file.content)
