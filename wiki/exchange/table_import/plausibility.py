"""Questions on values that are not plausible: points far from the others, postal codes of other towns, future dates."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from django.utils import timezone
from django.utils.translation import gettext

from wiki.exchange.table_import.import_fields import FieldSet, ImportField
from wiki.exchange.table_import.table_rows import ReadRow, RemarkKind, TableColumns
from wiki.facts.datatypes import registry
from wiki.facts.values import Context
from wiki.geography.commune_table import folded_name
from wiki.geography.communes import Commune, communes_by_keys
from wiki.text.titles import fold

FAR_FROM_COMMUNE = 50.0
"""Kilometres from the centre of the commune."""
FAR_FROM_OTHERS = 1_500.0
"""Kilometres from the middle of all points."""
POINTS_NEEDED = 5
JULIAN_DAY_OF_1970 = 2_440_587.5
Point = tuple[float, float]


def ask_questions(rows: Sequence[ReadRow], columns: TableColumns, fields: FieldSet) -> None:
    """Add a question to each row for each value that is not plausible. Reads the communes that rows name."""
    usable = [row for row in rows if not row.problem]
    town, code = (_of_input(columns, fields, input_id) for input_id in ("commune", "postal-code"))
    communes = communes_by_keys(_commune_keys(usable, town, code)) if town is not None else {}
    found = {row.number: _communes_of(row, town, communes) for row in usable}
    if code is not None and town is not None:
        for row in usable:
            _ask_of_postal_code(row, code, columns.column_of(code.key), found[row.number], communes.keys())
    point = _of_input(columns, fields, "coordinates")
    if point is not None:
        _PointQuestions(usable, point, columns).ask(found)
    for one in columns.fields.values():
        if one.declaration.datatype == "_dat" and fields.kind_key != "event":
            _ask_of_future_dates(usable, one, columns)


def _of_input(columns: TableColumns, fields: FieldSet, input_id: str) -> ImportField | None:
    one = fields.by_input(input_id)
    return one if one is not None and one.key in columns.fields else None


def _commune_keys(rows: Sequence[ReadRow], town: ImportField, code: ImportField | None) -> set[str]:
    """Return the folded names of the communes of rows, and their postal codes."""
    names = {folded_name(name) for row in rows for name in row.values.get(town.key, ())}
    codes = {text for row in rows for text in row.values.get(code.key, ())} if code is not None else set()
    return names | codes


def _communes_of(row: ReadRow, town: ImportField | None, communes: dict[str, list[Commune]]) -> list[Commune]:
    name = next(iter(row.values.get(town.key, ())), "") if town is not None else ""
    return communes.get(folded_name(name), []) if name else []


def _ask_of_postal_code(
    row: ReadRow, code: ImportField, column: str, communes: Sequence[Commune], used: Set[str]
) -> None:
    """Ask of a postal code that no commune of the name has. A CEDEX code has to fit the département."""
    value = next(iter(row.values.get(code.key, ())), "")
    if not value or not communes or any(value in one.postal_codes for one in communes):
        return
    starts = tuple("20" if one.department_code in ("2A", "2B") else one.department_code[:2] for one in communes)
    if value not in used and value.startswith(starts):
        return
    known = ", ".join(sorted({postal for one in communes for postal in one.postal_codes})[:5])
    text = gettext("%(town)s has other postal codes: %(codes)s.") % {"town": communes[0].name, "codes": known}
    row.add(RemarkKind.QUESTION, column, value, text, code.key)


class _PointQuestions:
    """Questions on the points of rows, compared with the others and with their communes."""

    def __init__(self, rows: Sequence[ReadRow], point: ImportField, columns: TableColumns) -> None:
        self.rows, self.point = rows, point
        self.column = columns.column_of(point.key)
        context = Context(columns.language, point.declaration)
        self.points: dict[int, Point] = {}
        for row in rows:
            text = next(iter(row.values.get(point.key, ())), "")
            value = registry.parse(text, context) if text else None
            if value is not None and value.lat is not None and value.lon is not None:
                self.points[row.number] = (value.lat, value.lon)
        self.middle = _middle(list(self.points.values()))

    def ask(self, communes: dict[int, list[Commune]]) -> None:
        """Ask of all points, and of rows with one point and nearly one title."""
        for row in self.rows:
            point = self.points.get(row.number)
            if point is not None and (text := self._question(point, communes[row.number])):
                row.add(RemarkKind.QUESTION, self.column, f"{point[0]}, {point[1]}", text, self.point.key)
        for row, other in _twins(self.rows, self.points):
            values = {"number": other.number, "title": other.title}
            text = gettext("Row %(number)d, «%(title)s», is at the same point: is it the same place?") % values
            row.add(RemarkKind.QUESTION, "", row.title, text)

    def _question(self, point: Point, communes: Sequence[Commune]) -> str:
        """Return what is not plausible of a point; "" for nothing."""
        if abs(point[0]) < 0.01 and abs(point[1]) < 0.01:
            return gettext("This is the point 0, 0 in the Gulf of Guinea: is it missing?")
        swapped = (point[1], point[0])
        centres = [(one.latitude, one.longitude) for one in communes]
        near = [(lat, lon) for lat, lon in centres if lat is not None and lon is not None]
        if near:
            distance = min(_kilometres(point, centre) for centre in near)
            if distance <= FAR_FROM_COMMUNE:
                return ""
            if min(_kilometres(swapped, centre) for centre in near) <= FAR_FROM_COMMUNE:
                return gettext("Latitude and longitude seem to be exchanged.")
            values = {"distance": round(distance), "town": communes[0].name}
            return gettext("This is %(distance)d km from %(town)s.") % values
        if self.middle is None or (distance := _kilometres(point, self.middle)) <= FAR_FROM_OTHERS:
            return ""
        if _kilometres(swapped, self.middle) <= FAR_FROM_OTHERS:
            return gettext("Latitude and longitude seem to be exchanged.")
        return gettext("This is %(distance)d km from the middle of the other rows: is it in another country?") % {
            "distance": round(distance)
        }


def _middle(points: Sequence[Point]) -> Point | None:
    """Return the median of points; None for few."""
    if len(points) < POINTS_NEEDED:
        return None
    return statistics.median(lat for lat, _ in points), statistics.median(lon for _, lon in points)


def _kilometres(one: Point, other: Point) -> float:
    """Return the distance of two points on a sphere."""
    (lat, lon), (other_lat, other_lon) = (tuple(map(math.radians, point)) for point in (one, other))
    inner = math.sin((lat - other_lat) / 2) ** 2
    inner += math.cos(lat) * math.cos(other_lat) * math.sin((lon - other_lon) / 2) ** 2
    return 12_742 * math.asin(min(1.0, math.sqrt(inner)))


def _twins(rows: Sequence[ReadRow], points: dict[int, Point]) -> Iterator[tuple[ReadRow, ReadRow]]:
    """Yield rows with an earlier row at the same point, of which one title holds the other."""
    at: dict[Point, list[ReadRow]] = defaultdict(list)
    for row in rows:
        point = points.get(row.number)
        if point is None:
            continue
        spot = (round(point[0], 5), round(point[1], 5))
        name = fold(row.title).replace(" ", "")
        for other in at[spot][:20]:
            other_name = fold(other.title).replace(" ", "")
            if name in other_name or other_name in name:
                yield row, other
                break
        at[spot].append(row)


def _ask_of_future_dates(rows: Sequence[ReadRow], one: ImportField, columns: TableColumns) -> None:
    """Ask of dates that are not yet."""
    now = timezone.now().timestamp() / 86_400 + JULIAN_DAY_OF_1970
    context = Context(columns.language, one.declaration)
    for row in rows:
        for text in row.values.get(one.key, ()):
            value = registry.parse(text, context)
            if value.number is not None and value.number > now + 1:
                question = gettext("This date is in the future.")
                row.add(RemarkKind.QUESTION, columns.column_of(one.key), text, question, one.key)
