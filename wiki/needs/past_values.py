"""Which needs and offers of one page are over, for the page itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.utils import timezone

from wiki.facts.models import Fact
from wiki.needs.statement_details import DETAILS, julian_day, read_details

if TYPE_CHECKING:
    from wiki.pages.models import WikiPage


def find_past_values(page: WikiPage, rows: Mapping[int, str], keys: Collection[str]) -> dict[str, list[bool]]:
    """Return by key of a property, for each value of a page in its order, whether it is over. One query.

    `rows` has the keys of properties by primary key: of `keys`, and of the details.
    """
    properties = [row for row, key in rows.items() if key in keys or key in DETAILS]
    facts = Fact.objects.filter(page=page, property__in=properties, removed_in=None, part_of=None)
    values: dict[str, list[str]] = defaultdict(list)
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    stated: dict[int, list[tuple[str, str]]] = defaultdict(list)
    columns = ("subject_id", "subject__fragment", "property_id", "raw")
    for subject, fragment, row, raw in facts.order_by("position", "pk").values_list(*columns):
        key = rows[row]
        if key in DETAILS:
            texts[subject].setdefault(key, raw)
        elif fragment:
            stated[subject].append((key, raw))
        else:
            values[key].append(raw)
    today = julian_day(timezone.localdate())
    periods: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for subject, statements in stated.items():
        for statement in statements if texts[subject] else ():
            periods[statement].append(read_details(texts[subject], page.language).is_past(today))
    return {key: [all(periods.get((key, raw), [False])) for raw in raws] for key, raws in values.items()}
