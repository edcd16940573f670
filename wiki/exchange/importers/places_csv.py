"""Parser of the file «Tiers lieux 2019», which is validated as a whole before anything is written.

Format: CSV (RFC 4180) in UTF-8, with the columns of the data set of the Commissariat général à
l'égalité des territoires (CGET), Mission Coworking, repository `anct-carto/mission_coworking`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wiki.errors import ImportProblem, gettext_noop
from wiki.exchange.table_import.csv_tables import csv_rows
from wiki.text import titles

COLUMNS = (
    *("ID", "NOM_TL", "ADRESSE", "CP", "COMINIT", "INSEECOM", "NOMCOM", "WEB", "TWITTER"),
    *("FACEBOOK", "TYPO", "LAT", "LONG", "NOMREG", "NOM_ZE", "INSEEMETRO", "NOMCOMMETRO"),
)
"""The columns that are read; others are ignored."""

BYTE_LIMIT = 50_000_000
_WEB = re.compile(r"(?:https?://|www\.)[^\s|<>\"]+|^[\w-]+(?:\.[\w-]+)+(?:/[^\s|<>\"]*)?$", re.IGNORECASE)
_HANDLE = re.compile(r"(?:^|\s)@?(\w{2,15})$")
_FACEBOOK_PATH = re.compile(r"/?((?:pages/|groups/)?[\w.%-]+(?:/\d+)?)/?")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place of the data set; empty strings for missing values."""

    line: int
    id: str
    name: str
    street: str
    postal_code: str
    town: str
    town_code: str
    """INSEE code of the commune (or of the arrondissement of Paris, Lyon, Marseille)."""
    region: str
    job_area: str
    type: str
    website: str
    twitter: str
    facebook: str
    latitude: str
    longitude: str


def parse_csv(path: Path) -> list[PlaceRow]:
    """Parse the file; return its places. Raises ImportProblem with the line of the first error."""
    seen: dict[str, int] = {}
    rows = []
    for number, cells in _parse_records(_read_text(path)):
        row = _parse_row(number, cells)
        if row.id in seen:
            raise ImportProblem(
                gettext_noop("Line %(line)d: the ID “%(id)s” stands already on line %(earlier)d."),
                line=number,
                id=row.id,
                earlier=seen[row.id],
            )
        seen[row.id] = number
        rows.append(row)
    if not rows:
        raise ImportProblem(gettext_noop("The file “%(file)s” holds no places."), file=path.name)
    return rows


def _read_text(path: Path) -> str:
    """Return the text of the file. Raises ImportProblem when it is too large or not UTF-8."""
    try:
        if path.stat().st_size > BYTE_LIMIT:
            raise ImportProblem(gettext_noop("The file “%(file)s” is larger than 50 MB."), file=path.name)
        raw = path.read_bytes()
    except OSError as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."),
            file=str(path),
            reason=error.strerror or str(error),
        ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportProblem(
            gettext_noop("Line %(line)d is not in UTF-8: save the file in this encoding and try again."),
            line=raw.count(b"\n", 0, error.start) + 1,
        ) from error


def _parse_records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, {column: cell}) of each record. Raises ImportProblem for a malformed one."""
    header: list[str] = []
    for row in csv_rows(text, ","):
        if row.problem:
            raise ImportProblem(
                gettext_noop("Line %(line)d cannot be read as CSV: %(reason)s"), line=row.number, reason=row.problem
            )
        if not header:
            header = _check_header(row.cells)
        elif len(row.cells) == len(header):
            yield row.number, dict(zip(header, row.cells, strict=True))
        else:
            raise ImportProblem(
                gettext_noop("Line %(line)d has %(found)d cells where the first line names %(wanted)d columns."),
                line=row.number,
                found=len(row.cells),
                wanted=len(header),
            )


def _check_header(names: Sequence[str]) -> list[str]:
    """Return the names of the columns. Raises ImportProblem when required ones are missing."""
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ImportProblem(
            gettext_noop(
                "Line 1: these columns are missing: %(missing)s. The file has to be CSV with commas, "
                "and the columns of «Tiers lieux 2019»."
            ),
            missing=", ".join(missing),
        )
    return list(names)


def _parse_row(line: int, cells: dict[str, str]) -> PlaceRow:
    """Return the place of a record. Raises ImportProblem."""
    cell = {name: " ".join(cells[name].split()) for name in COLUMNS}
    for column in ("ID", "NOM_TL"):
        if not cell[column] or len(cell[column]) > 255:
            raise ImportProblem(
                gettext_noop("Line %(line)d: the column %(column)s is empty or too long."), line=line, column=column
            )
    latitude, longitude = _coordinates(line, cell["LAT"], cell["LONG"])
    town, code = _town_and_code(cell)
    postal_code = "" if cell["CP"] == "0" else cell["CP"]
    # The source assigns overseas places to the nearest region of mainland France, which is wrong.
    overseas = postal_code.startswith(("97", "98"))
    return PlaceRow(
        line=line,
        id=cell["ID"],
        name=cell["NOM_TL"],
        street=cell["ADRESSE"],
        postal_code=postal_code,
        town=town,
        town_code=code,
        region="" if overseas else cell["NOMREG"],
        job_area="" if overseas else _capitalize(cell["NOM_ZE"]),
        type=cell["TYPO"],
        website=web_address(cell["WEB"]),
        twitter=_twitter(cell["TWITTER"]),
        facebook=_facebook(cell["FACEBOOK"]),
        latitude=latitude,
        longitude=longitude,
    )


def _coordinates(line: int, latitude: str, longitude: str) -> tuple[str, str]:
    """Return both coordinates as written, or two empty strings. Raises ImportProblem when one is out of range."""
    if not latitude and not longitude:
        return "", ""
    for value, limit, column in ((latitude, 90, "LAT"), (longitude, 180, "LONG")):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not abs(number) <= limit:
            raise ImportProblem(
                gettext_noop(
                    "Line %(line)d: “%(value)s” in the column %(column)s is no number of degrees from "
                    "-%(limit)d to %(limit)d."
                ),
                line=line,
                value=value,
                column=column,
                limit=limit,
            )
    return latitude, longitude


def _town_and_code(cell: dict[str, str]) -> tuple[str, str]:
    """Return the name and INSEE code of the commune.

    133 rows have no NOMCOM: they get the name typed by their author (COMINIT) or, when that is missing or has the same
    letters, the commune at the coordinates (NOMCOMMETRO).
    """
    code = "" if cell["INSEECOM"] == "0" else cell["INSEECOM"]
    if cell["NOMCOM"]:
        return cell["NOMCOM"], code
    typed, located = cell["COMINIT"], cell["NOMCOMMETRO"]
    if not typed or _letters(typed) == _letters(located):
        return located, code or cell["INSEEMETRO"]
    return typed, code


def _letters(name: str) -> str:
    """Return only the letters of a name, so that «Saint Lizier» equals «SAINT-LIZIER»."""
    return re.sub(r"\W", "", titles.fold(name))


def _capitalize(name: str) -> str:
    """Return `CLERMONT-FERRAND` as `Clermont-Ferrand`; articles and prepositions in the middle stay lower case."""
    words = re.split(r"([\s'-]+)", name.lower())
    lower_words = {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "sur", "sous"}
    return "".join(
        word if index and word in lower_words else word[:1].upper() + word[1:] for index, word in enumerate(words)
    )


def web_address(raw: str) -> str:
    """Return the first URL in a cell, with its scheme; "" when there is none.

    Some cells hold a person's name, an e-mail address or «en cours» instead: these give "". A URL that the source has
    truncated («…») is reduced to its site.
    """
    match = _WEB.search(raw)
    if not match or "@" in match.group(0).split("/")[0]:
        return ""
    address = match.group(0).rstrip(".,;)")
    if not address.lower().startswith(("http://", "https://")):
        address = f"http://{address}"
    if address.endswith("…"):
        scheme, _, rest = address.partition("//")
        address = f"{scheme}//{rest.partition('/')[0]}/"
    return address


def _twitter(raw: str) -> str:
    """Return the URL of an account; some cells hold only `@name`."""
    if address := web_address(raw):
        return address
    handle = _HANDLE.search(raw)
    return f"https://twitter.com/{handle.group(1)}" if handle else ""


def _facebook(raw: str) -> str:
    """Return the URL of a page; some cells hold only the path of the URL. Other text is returned unchanged."""
    if address := web_address(raw):
        return address
    path = _FACEBOOK_PATH.fullmatch(raw)
    return f"https://www.facebook.com/{path.group(1)}" if path else raw
