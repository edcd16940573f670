"""Titles for the rows of a table: valid ones, in the chosen place, and a distinct one for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from django.conf import settings
from django.utils.translation import gettext

from wiki.exchange.table_import.import_fields import FieldSet
from wiki.exchange.table_import.table_rows import ReadRow, RemarkKind
from wiki.pages.error_middleware import message_for
from wiki.text import titles
from wiki.text.titles import TitleProblem

PLACE = "place"
NAME_BYTES, SUFFIX_BYTES = 150, 60
"""Bytes of a title, and of what distinguishes it from equal ones."""


def set_titles(rows: Sequence[ReadRow], fields: FieldSet, place_title: str) -> None:
    """Replace the title of each row by the full title of its page; rows without a valid one get a problem.

    Rows with the same title and different identifiers get the name of the commune, or more, after it; of rows that
    nothing distinguishes, only the first is kept.
    """
    by_key: dict[str, list[ReadRow]] = defaultdict(list)
    for row in rows:
        if row.problem:
            continue
        row.title = row.title or title_of_address(row.identifier)
        if not row.title:
            row.problem = gettext("The title is missing.")
            continue
        key = _try_title(row, _full_title(row.title, fields.kind_key, place_title))
        if key:
            by_key[key].append(row)
    for same in by_key.values():
        if len(same) > 1:
            _distinguish(same, fields)
    _refuse_same_identifiers(rows)


def title_of_address(address: str) -> str:
    """Return the title of the page of this wiki with an address; "" for another one."""
    start = f"{settings.BASE_ADDRESS}/wiki/"
    return unquote(address[len(start) :]).replace("_", " ") if address.startswith(start) else ""


def _full_title(title: str, kind_key: str, place_title: str) -> str:
    """Return the full title of a page: in the place, unless the title names it already."""
    is_place = kind_key == PLACE
    if len(title.encode()) > NAME_BYTES and is_place:
        title = title.encode()[: NAME_BYTES - 3].decode("utf-8", "ignore").rstrip() + "…"
    title = titles.replace_forbidden_characters(title, colon=is_place)
    if place_title and not titles.fold(title).startswith(f"{titles.fold(place_title)}:"):
        return f"{place_title}:{title}"
    return title


def _try_title(row: ReadRow, title: str) -> str:
    """Set the title of a row, and return its key; set its problem, and return "", if it is none."""
    try:
        clean, key = titles.clean_title(title), titles.key_of(title)
    except TitleProblem as problem:
        row.problem = message_for(problem)
        return ""
    if titles.split_namespace(clean)[0]:
        row.problem = gettext("«%(title)s» is a title of a namespace: tables make pages of a kind only.") % {
            "title": clean
        }
        return ""
    row.title = clean
    return key


def _distinguish(rows: Sequence[ReadRow], fields: FieldSet) -> None:
    """Give distinct titles to rows that have the same; without identifiers, refuse all but the first."""
    if not all(row.identifier for row in rows):
        for row in rows[1:]:
            row.problem = gettext(
                "Row %(number)d has the title «%(title)s» already. Give this one another title, or map a column of "
                "identifiers."
            ) % {"number": rows[0].number, "title": row.title}
        return
    if len({row.identifier for row in rows}) == 1:
        return
    for row in rows:
        others = ", ".join(str(other.number) for other in rows if other is not row)[:60]
        text = gettext("Other rows with this title: %(others)s. Is it the same?") % {"others": others}
        row.add(RemarkKind.QUESTION, "", row.title, text)
    parts = [_texts(row, fields) for row in rows]
    for level in range(3):
        suffixes = [part[level] for part in parts]
        if all(suffixes) and len(set(map(titles.fold, suffixes))) == len(rows):
            break
    for row, suffix in zip(rows, suffixes, strict=True):
        _try_title(row, f"{row.title} ({_shortened(suffix)})")


def _texts(row: ReadRow, fields: FieldSet) -> tuple[str, str, str]:
    """Return what may distinguish a row from others of its title: commune, commune with address, identifier."""
    town, street = (_value_of(row.values, fields, input_id) for input_id in ("commune", "address"))
    bare = titles.replace_forbidden_characters(f"{town}, {street}", colon=True) if town and street else ""
    identifier = titles.replace_forbidden_characters(row.identifier, colon=True)
    return titles.replace_forbidden_characters(town, colon=True), bare, identifier


def _value_of(values: Mapping[str, Sequence[str]], fields: FieldSet, input_id: str) -> str:
    one = fields.by_input(input_id)
    return next(iter(values.get(one.key, ())), "") if one is not None else ""


def _shortened(text: str) -> str:
    if len(text.encode()) <= SUFFIX_BYTES:
        return text
    return text.encode()[: SUFFIX_BYTES - 3].decode("utf-8", "ignore").rstrip() + "…"


def _refuse_same_identifiers(rows: Sequence[ReadRow]) -> None:
    """Refuse rows whose identifier another row had before."""
    first: dict[str, int] = {}
    for row in rows:
        if row.identifier and not row.problem:
            number = first.setdefault(row.identifier, row.number)
            if number != row.number:
                row.problem = gettext("Row %(number)d has the identifier “%(identifier)s” already.") % {
                    "number": number, "identifier": row.identifier,
                }  # fmt: skip
