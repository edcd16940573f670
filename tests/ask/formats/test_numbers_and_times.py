"""Aggregates, frequencies, timelines, calendars and charts: by cases."""

from __future__ import annotations

from datetime import date, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from tests.ask.formats.building import (
    boolean,
    column,
    make_format_context,
    moment,
    number,
    page,
    render_in_page,
    result,
    text,
)
from wiki.ask.execution.results import QueryResult
from wiki.ask.formats import svg_charts
from wiki.ask.formats.aggregates import REDUCTIONS, reduce_exactly
from wiki.ask.formats.event_rows import build_events, date_columns, datetime_of_julian_day, is_whole_days

PARIS = ZoneInfo("Europe/Paris")
"""The time zone of the site in tests."""


# --- Numbers
@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("sum", [0.1, 0.2], 0.3),
        ("sum", [1e16, 1.0, -1e16], 1.0),
        ("average", [1, 2], 1.5),
        ("average", [1, 1, 2], 4 / 3),
        ("median", [3, 1, 2], 2),
        ("median", [4, 1, 2, 3], 2.5),
        ("min", [3, -1, 2], -1),
        ("max", [3, -1, 2], 3),
        ("product", [0.1, 3], 0.3),
        ("product", [1e300, 1e300], float("inf")),
    ],
)
def test_it_computes_exactly(name: str, numbers: list[float], expected: float) -> None:
    assert reduce_exactly(REDUCTIONS[name], numbers) == expected


def test_it_computes_what_is_printed() -> None:
    rows = [("A", [[number(1), number(2)], [text("x")]]), ("B", [[number(4.5)], []])]
    columns = [column("N", "_num"), column("T")]
    assert render_in_page(result(rows, columns, format="sum")) == '<span class="ask-number">7,5</span>'
    assert render_in_page(result(rows, columns, format="max")) == '<span class="ask-number">4,5</span>'
    assert render_in_page(result([], columns, format="sum", default="rien")) == '<div class="laid">rien</div>'


def test_it_labels_several_numbers() -> None:
    rows = [("A", [[number(1)], [number(10, "_qty")]]), ("B", [[number(2)], [number(20, "_qty")]])]
    output = render_in_page(result(rows, [column("N", "_num"), column("S", "_qty")], format="sum"))
    assert output.startswith('N\u00a0: <span class="ask-number">3</span>, S\u00a0: <span class="ask-number">')


def test_it_counts() -> None:
    assert render_in_page(result([("A", []), ("B", [])], format="count")) == '<span class="ask-number">2</span>'
    assert render_in_page(result([], format="count", default="rien")) == '<span class="ask-number">0</span>'
    output = result([("A", [])], format="count")
    output.total = 1234
    assert render_in_page(output) == '<span class="ask-number">1\u202f234</span>'


# --- Frequencies
def tags(**parameters: str) -> QueryResult:
    words = [["bois", "métal"], ["bois"], ["bois", "textile"], ["textile"]]
    return result(
        [(f"P{i}", [[text(word) for word in row]]) for i, row in enumerate(words)], [column("T")], **parameters
    )


def test_it_sizes_tags_by_frequency() -> None:
    output = render_in_page(tags(format="tagcloud"))
    assert output.index("bois") < output.index("métal") < output.index("textile")
    assert '<li class="ask-size-6">bois <span class="visually-hidden">(3 fois)</span></li>' in output
    assert '<li class="ask-size-1">métal' in output
    assert "métal" not in render_in_page(tags(format="tagcloud", mincount="2"))
    assert render_in_page(tags(format="tagcloud", maxtags="1")).count("<li") == 1


def test_it_ranks_values() -> None:
    output = render_in_page(tags(format="valuerank"))
    assert output == '<ol class="ask-list"><li>bois (3)</li><li>textile (2)</li><li>métal (1)</li></ol>'


# --- Time
def meetings(**parameters: str) -> QueryResult:
    return result(
        [
            ("Fête", [[moment("2026-06-12")], [moment("2026-06-14")], [text("Lyon")]]),
            ("Atelier", [[moment("2026-05-20T18:30:00")], [], []]),
            ("Ouverture", [[moment("2019")], [], []]),
            ("Sans date", [[], [], []]),
        ],
        [column("Début", "_dat"), column("Fin", "_dat"), column("Ville")],
        **parameters,
    )


def test_it_reads_julian_days() -> None:
    assert datetime_of_julian_day(2440587.5) == datetime(1970, 1, 1, tzinfo=PARIS)
    assert datetime_of_julian_day(2451544.5 + 0.25) == datetime(2000, 1, 1, 6, tzinfo=PARIS)
    assert datetime_of_julian_day(0.0) is None
    assert datetime_of_julian_day(9e9) is None
    assert is_whole_days(moment("2026-05-01"))
    assert is_whole_days(moment("2026"))
    assert not is_whole_days(moment("2026-05-01T10:00:00"))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [({}, (0, 1)), ({"start": "Fin", "end": "Début"}, (1, 0)), ({"start": "Ville"}, (0, 1)), ({"start": "9"}, (0, 1))],
)
def test_it_finds_the_dates(parameters: dict[str, str], expected: tuple[int, int]) -> None:
    assert date_columns(meetings(**parameters)) == expected


def test_it_knows_how_long_events_last() -> None:
    opening, workshop, feast = build_events(meetings())
    always = (date(1, 1, 1), date(9999, 12, 31))
    assert [len(event.days(*always)) for event in (feast, workshop, opening)] == [3, 1, 365]
    assert opening.days(date(2019, 12, 30), date(2020, 2, 1)) == [date(2019, 12, 30), date(2019, 12, 31)]
    assert feast.days(date(2026, 7, 1), date(2026, 7, 31)) == []
    assert feast.whole_days
    assert not workshop.whole_days


def test_it_draws_a_timeline_in_order() -> None:
    output = render_in_page(meetings(format="timeline", link="none"))
    assert output.index("2019") < output.index("Atelier") < output.index("Fête")
    assert '<p class="ask-year"><strong>2026</strong></p>' in output
    assert '<time datetime="2026-06-12">2026-06-12 – 2026-06-14</time>' in output
    assert '<div class="ask-details">Ville\u00a0: Lyon</div>' in output
    assert "Sans date" not in output


def test_it_shows_the_month_of_the_next_event() -> None:
    output = render_in_page(meetings(format="calendar", link="none"))
    assert "<caption>mai 2026</caption>" in output
    assert '<span class="ask-hour">18:30 </span>Atelier' in output
    assert 'href="/ask?month=2026-04"' in output
    assert 'href="/ask?month=2026-06"' in output
    assert '<td class="ask-today"><time datetime="2026-05-15">' in output


@pytest.mark.parametrize(
    ("month", "caption", "days"),
    [("2026-06", "juin 2026", 3), ("2019-02", "février 2019", 28), ("2026-13", "mai 2026", 1), ("x", "mai 2026", 1)],
)
def test_it_shows_the_month_of_the_parameter(month: str, caption: str, days: int) -> None:
    output = render_in_page(meetings(format="calendar", month=month, link="none"))
    assert f"<caption>{caption}</caption>" in output
    assert output.count("<ul><li>") == days


def test_it_shows_what_lasts_long_in_every_month() -> None:
    rows = [(f"P{i}", [[moment("0800-01-01")], [moment("9000-01-01")]]) for i in range(500)]
    output = render_in_page(
        result(rows, [column("D", "_dat"), column("F", "_dat")], format="calendar", month="2026-04")
    )
    assert output.count("<ul><li>") == 30
    assert output.count("494 de plus") == 30


def test_weeks_can_begin_on_sunday() -> None:
    output = render_in_page(meetings(format="calendar", firstday="sunday"))
    assert output.index("dimanche") < output.index("lundi")


def test_it_survives_odd_dates() -> None:
    odd = [moment("0001-01-01"), moment("9999-11-30")]
    for value in odd:
        for form in ("calendar", "timeline", "icalendar"):
            assert render_in_page(result([("A", [[value]])], [column("D", "_dat")], format=form, month="9999-12"))


# --- Charts
def sizes(**parameters: str) -> QueryResult:
    rows = [
        ("Un lieu au nom vraiment très long", [[number(3)], [number(1.5)]]),
        ("B & <b>", [[number(-1)], []]),
        ("C", [[number(7)], [number(2)]]),
    ]
    return result(rows, [column("Surface", "_num"), column("Gens", "_num")], format="chart", **parameters)


def svg_of(html: str) -> ElementTree.Element:
    begin, end = html.index("<svg role="), html.rindex("</svg>") + 6
    return ElementTree.fromstring(html[begin:end].replace("&#x27;", "'"))


@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
def test_it_draws_charts_that_have_a_name_and_figures(kind: str) -> None:
    output = render_in_page(sizes(charttype=kind, charttitle="Tailles"))
    drawn = svg_of(output)
    assert drawn.findtext("title") == "Tailles"
    assert drawn.attrib["aria-label"].startswith("Tailles. ")
    assert drawn.attrib["role"] == "img"
    assert "style" not in output
    assert "B &amp; &lt;b&gt;" in output
    assert output.count("<tr>") == 4
    assert "<figcaption>Tailles</figcaption>" in output


def test_it_draws_a_bar_for_each_number() -> None:
    drawn = svg_of(render_in_page(sizes(charttype="bar")))
    assert len(drawn.findall("rect")) == 5
    widths = [float(bar.attrib["width"]) for bar in drawn.findall("rect[@class='ask-s1']")]
    assert widths[2] == pytest.approx(7 * widths[1], rel=0.05)


def test_it_draws_slices_of_what_is_positive() -> None:
    drawn = svg_of(render_in_page(sizes(charttype="pie")))
    assert len(drawn.findall("path")) == 2


def test_it_places_a_line_in_time() -> None:
    days = ["2020-01-01", "2020-01-11", "2020-03-31"]
    rows = [(f"P{i}", [[moment(day)], [number(i)]]) for i, day in enumerate(days)]
    output = render_in_page(
        result(reversed(rows), [column("D", "_dat"), column("N", "_num")], format="chart", charttype="line")
    )
    across = [float(dot.attrib["cx"]) for dot in svg_of(output).findall("circle")]
    assert (across[2] - across[0]) == pytest.approx(9 * (across[1] - across[0]), rel=0.02)


def test_it_charts_how_often_values_occur() -> None:
    output = render_in_page(result([("A", [[text("x")]]), ("B", [[text("x")]])], [column("T")], format="chart"))
    assert '<th scope="row">x</th><td class="ask-right">2</td>' in output


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 5, 10]), (0, 7, [0, 2, 4, 6]), (-1, 1, [-1, -0.5, 0, 0.5, 1]), (0, 0.3, [0, 0.1, 0.2, 0.3])],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert svg_charts.ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("numbers", [[0.0], [1e308, 1e308, 1e308], [1e308, -1e308], [5e-324], [1e15, 1], [-3.0, -2.0]])
@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
def test_it_draws_odd_numbers(numbers: list[float], kind: str) -> None:
    rows = [(f"P{i}", [[number(n)]]) for i, n in enumerate(numbers)]
    output = render_in_page(result(rows, [column("N", "_num")], format="chart", charttype=kind))
    assert "nan" not in output
    assert "inf" not in svg_of(output).attrib["viewBox"]


def test_missing_values_show_a_note() -> None:
    for form in ("map", "timeline"):
        output = render_in_page(result([("A", [[text("x")]])], [column("T")], format=form))
        assert output.startswith('<p class="rows-note">')
    assert '<p class="rows-note">' in render_in_page(result([("A", [[]])], [column("N", "_num")], format="chart"))


def test_it_closes_what_it_opens() -> None:
    assert make_format_context().language == "fr"
    for kind in ("bar", "line", "pie"):
        checker = _Balance()
        checker.feed(render_in_page(sizes(charttype=kind)))
        assert checker.open == []


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_prints_booleans_and_pages_too() -> None:
    rows = [("A", [[boolean(True)], [page("Lyon")]])]
    output = render_in_page(result(rows, [column("B", "_boo"), column("V", "_wpg")], format="table", link="none"))
    assert "vrai" in output
    assert "Lyon" in output
