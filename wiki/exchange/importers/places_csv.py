"""The file «Tiers lieux 2019» read row by row, checked whole before anything is written.

Format: CSV (RFC 4180) in UTF-8, with the columns of the data set of the Commissariat général à
l'égalité des territoires (CGET), Mission Coworking, repository `anct-carto/mission_coworking`.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wiki.errors import ImportProblem, gettext_noop
from wiki.text import titles

COLUMNS = (
    *("ID", "NOM_TL", "ADRESSE", "CP", "COMINIT", "INSEECOM", "NOMCOM", "WEB", "TWITTER"),
    *("FACEBOOK", "TYPO", "LAT", "LONG", "NOMREG", "NOM_ZE", "INSEEMETRO", "NOMCOMMETRO"),
)
"""The columns that we read; others are left alone."""

BYTE_LIMIT = 50_000_000
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WEB = re.compile(r"(?:https?://|www\.)[^\s|<>\"]+|^[\w-]+(?:\.[\w-]+)+(?:/[^\s|<>\"]*)?$", re.IGNORECASE)
_HANDLE = re.compile(r"(?:^|\s)@?(\w{2,15})$")
_FACEBOOK_PATH = re.compile(r"/?((?:pages/|groups/)?[\w.%-]+(?:/\d+)?)/?")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place as the data set describes it: empty where it says nothing."""

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
    """All places of the file. Raises ImportProblem, with the line, when anything is wrong."""
    seen: dict[str, int] = {}
    rows = []
    for number, cells in _records(_decoded(path)):
        row = _row(number, cells)
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


def _decoded(path: Path) -> str:
    """The file's text. Raises ImportProblem when it cannot be read as UTF-8."""
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


def _records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each record. Raises ImportProblem on a broken one."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    start = 1
    try:
        for cells in reader:
            number, start = start, reader.line_num + 1
            if not header:
                header = _header(cells)
            elif len(cells) == len(header):
                yield number, dict(zip(header, cells, strict=True))
            elif cells:
                raise ImportProblem(
                    gettext_noop("Line %(line)d has %(found)d cells where the first line names %(wanted)d columns."),
                    line=number,
                    found=len(cells),
                    wanted=len(header),
                )
    except csv.Error as error:
        raise ImportProblem(
            gettext_noop("Line %(line)d cannot be read as CSV: %(reason)s."), line=start, reason=str(error)
        ) from error


def _header(cells: list[str]) -> list[str]:
    """The names of the columns. Raises ImportProblem when some that we need are missing."""
    names = [cell.strip() for cell in cells]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ImportProblem(
            gettext_noop(
                "Line 1: these columns are missing: %(missing)s. The file has to be CSV with commas, "
                "and the columns of «Tiers lieux 2019»."
            ),
            missing=", ".join(missing),
        )
    return names


def _row(line: int, cells: dict[str, str]) -> PlaceRow:
    """The place that a record describes. Raises ImportProblem."""
    cell = {name: clean_cell(cells[name]) for name in COLUMNS}
    for column in ("ID", "NOM_TL"):
        if not cell[column] or len(cell[column]) > 255:
            raise ImportProblem(
                gettext_noop("Line %(line)d: the column %(column)s is empty or too long."), line=line, column=column
            )
    latitude, longitude = _coordinates(line, cell["LAT"], cell["LONG"])
    town, code = _town(cell)
    postal_code = "" if cell["CP"] == "0" else cell["CP"]
    # The source joined its overseas places to the nearest region of mainland France: wrong.
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
        job_area="" if overseas else _capitals(cell["NOM_ZE"]),
        type=cell["TYPO"],
        website=web_address(cell["WEB"]),
        twitter=_twitter(cell["TWITTER"]),
        facebook=_facebook(cell["FACEBOOK"]),
        latitude=latitude,
        longitude=longitude,
    )


def clean_cell(raw: str) -> str:
    """A cell without doubled encoding (`ThÃ©Ã¢tre` → `Théâtre`), its spaces made single."""
    try:
        mended = raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        mended = raw
    return unicodedata.normalize("NFC", _CONTROL.sub("", _SPACES.sub(" ", mended)).strip())


def _coordinates(line: int, latitude: str, longitude: str) -> tuple[str, str]:
    """Both as written, or both empty. Raises ImportProblem when they are on no globe."""
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


def _town(cell: dict[str, str]) -> tuple[str, str]:
    """Name and INSEE code of the commune.

    133 rows do not name it (NOMCOM); then it is what their maker typed (COMINIT), and where that
    is missing or says the same, the commune around the coordinates (NOMCOMMETRO).
    """
    code = "" if cell["INSEECOM"] == "0" else cell["INSEECOM"]
    if cell["NOMCOM"]:
        return cell["NOMCOM"], code
    typed, around = cell["COMINIT"], cell["NOMCOMMETRO"]
    if not typed or _letters(typed) == _letters(around):
        return around, code or cell["INSEEMETRO"]
    return typed, code


def _letters(name: str) -> str:
    """The letters of a name alone, to compare «Saint Lizier» and «SAINT-LIZIER»."""
    return re.sub(r"\W", "", titles.fold(name))


def _capitals(name: str) -> str:
    """`CLERMONT-FERRAND` as `Clermont-Ferrand`; small words in the middle stay small."""
    words = re.split(r"([\s'-]+)", name.lower())
    small = {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "sur", "sous"}
    return "".join(word if index and word in small else word[:1].upper() + word[1:] for index, word in enumerate(words))


def web_address(raw: str) -> str:
    """The first web address in a cell, with its scheme; empty when there is none.

    Some cells hold a person's name, a mail address or «en cours» instead: they are left out. An
    address that the source has cut off («…») leads only to its site.
    """
    found = _WEB.search(raw)
    if not found or "@" in found.group(0).split("/")[0]:
        return ""
    address = found.group(0).rstrip(".,;)")
    if not address.lower().startswith(("http://", "https://")):
        address = f"http://{address}"
    if address.endswith("…"):
        scheme, _, rest = address.partition("//")
        address = f"{scheme}//{rest.partition('/')[0]}/"
    return address


def _twitter(raw: str) -> str:
    """The address of an account: some cells hold only `@name`."""
    if address := web_address(raw):
        return address
    handle = _HANDLE.search(raw)
    return f"https://twitter.com/{handle.group(1)}" if handle else ""


def _facebook(raw: str) -> str:
    """The address of a page: some cells hold only its name in the address, or its title."""
    if address := web_address(raw):
        return address
    path = _FACEBOOK_PATH.fullmatch(raw)
    return f"https://www.facebook.com/{path.group(1)}" if path else raw
