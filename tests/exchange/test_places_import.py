"""Import of places from the data set, and merges of its changes into edited pages."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.exchange.importers import place_pages, places_csv, places_import
from wiki.exchange.models import Origin
from wiki.pages.models import Changeset, PageVersion, Stewardship, WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.text.frontmatter import frontmatter_reader

DATA = Path(__file__).resolve().parents[1] / "data"
EXCERPT = DATA / "tiers-lieux-extrait.csv"
WHOLE = DATA.parents[2] / "shared/data/tiers-lieux-2019.csv"
ONCE = [pytest.mark.slow, pytest.mark.only_on("sqlite")]
FILES = [EXCERPT, *([pytest.param(WHOLE, marks=ONCE)] if WHOLE.exists() else [])]

pytestmark = pytest.mark.django_db
Change = Callable[..., Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """`changed(id, COLUMN=value)`: write the excerpt with other cells in one row."""
    with EXCERPT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def change(place_id: str, **cells: str) -> Path:
        next(row for row in rows if row["ID"] == place_id).update(cells)
        target = tmp_path / "places.csv"
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return target

    return change


def place(place_id: str) -> WikiPage:
    """Return the current page of a row."""
    found: WikiPage = WikiPage.objects.get(origin__source=places_import.SOURCE, origin__identifier=place_id)
    return found


def edit(place_id: str, old: str, new: str, by: User) -> WikiPage:
    """Edit the page of a row: replace `old` by `new`."""
    page = place(place_id)
    assert old in page.source.text
    page_writer.edit(page, page.source.text.replace(old, new), page_writer.Author.of(by))
    return place(place_id)


# Committed as by the command: in one long transaction PostgreSQL has no statistics and picks bad plans.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_makes_one_readable_page_per_row_and_nothing_the_second_time(file: Path) -> None:
    rows = places_csv.parse_csv(file)
    report = places_import.import_places(file)
    assert (report.added, report.unchanged) == (len(rows), 0)
    pages = {
        page.origin.identifier: page
        for page in WikiPage.objects.filter(is_place=True).select_related("origin", "source", "kind")
    }
    assert pages.keys() == {row.id for row in rows}
    for row in rows:
        page, front = pages[row.id], frontmatter_reader.parse_front_matter(pages[row.id].source.text)
        assert (page.is_place, page.license, page.kind.key) == (True, "etalab-2.0", "place")
        assert not front.problems
        assert front.get("Nom") == [row.name]
        assert front.get("Coordonnées") == [f"{row.latitude}, {row.longitude}"]
        assert page.shown_title.startswith(row.name)
    assert not any(Page.find_problems())
    again = places_import.import_places(file)
    assert (again.added, again.updated, again.merged, again.unchanged) == (0, 0, 0, len(rows))
    assert (
        PageVersion.objects.filter(page__is_place=True).count()
        == WikiPage.objects.filter(is_place=True).count()
        == len(rows)
    )


def test_it_makes_one_changeset_and_no_stewards() -> None:
    places_import.import_places(EXCERPT)
    places_import.import_places(EXCERPT)
    assert Changeset.objects.get().act == Changeset.Act.IMPORT
    assert not Stewardship.objects.exists()


def test_it_distinguishes_equal_names() -> None:
    places_import.import_places(EXCERPT)
    titles = {row_id: place(row_id).title for row_id in ("1", "12", "643", "1009", "915", "1509", "1464")}
    assert titles == {
        "1": "ADE Coworking",
        "12": "La Cordée (Lyon, 4 Quai Jean Moulin)",
        "643": "La Cordée (Annecy)",
        "1009": "La Cordée (Hauts de Bienne)",
        "915": "Onzième Lieu (Paris, 91 Rue Jean-Pierre Timbaud)",
        "1509": "ONZIEME LIEU (Paris, 1509)",
        "1464": "La REcyclerie",
    }


def test_it_keeps_odd_characters_in_the_display_title() -> None:
    places_import.import_places(EXCERPT)
    html = {(page.title, page.shown_title) for page in WikiPage.objects.exclude(display_title="")}
    assert html == {
        ("La Cantine Numérique ＃NWX", "La Cantine Numérique #NWX"),
        ("La Tribu Co working", "La Tribu Co_working"),
        ("ROCHER concept ｜ Coworking", "ROCHER concept | Coworking"),
        ("le ［ProtoLab］", "le [ProtoLab]"),
    }
    assert place("746").title == "LE 15/17"


def test_it_avoids_titles_of_existing_pages(bob: User) -> None:
    make_place("ADE Coworking", bob)
    make_page("LE 15/17:Charte")
    places_import.import_places(EXCERPT)
    assert place("1").title == "ADE Coworking (Nantes)"
    assert place("746").title == "LE 15/17 (Paris)"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Aide", "Aide (Nantes)"),
        ("..", ".. (Nantes)"),
        ("./", "Tiers-lieu (CGET, Tiers lieux 2019, 1)"),
        (": le lieu::ouvert", "： le lieu：：ouvert"),
        ("É" * 100, "É" * 73 + "…"),
    ],
)
def test_it_finds_a_title_for_any_name(changed: Change, name: str, title: str) -> None:
    places_import.import_places(changed("1", NOM_TL=name))
    page = place("1")
    assert page.title == title
    assert frontmatter_reader.parse_front_matter(page.source.text).get("Nom") == [name]


def test_it_ignores_cells_without_a_url() -> None:
    assert places_csv.web_address("Madame X") == ""
    assert places_csv.web_address("quelquun@example.org") == ""
    assert places_csv.web_address("www.example.org|le site") == "http://www.example.org"
    assert places_csv.web_address("https://example.org/a/b…") == "https://example.org/"
    places_import.import_places(EXCERPT)
    assert "en cours" not in place("240").source.text


def test_it_updates_an_untouched_page(changed: Change) -> None:
    places_import.import_places(EXCERPT)
    report = places_import.import_places(changed("1", ADRESSE="10 Rue Neuve"))
    assert (report.updated, report.unchanged) == (1, report.rows - 1)
    page = place("1")
    assert page.version == 2
    assert frontmatter_reader.parse_front_matter(page.source.text).get("Adresse") == ["10 Rue Neuve"]
    assert page.origin.version == 2


def test_it_merges_a_changed_row_into_an_edited_page(changed: Change, alice: User) -> None:
    places_import.import_places(EXCERPT)
    edit("1", "est un tiers-lieu", "est un beau tiers-lieu", alice)
    report = places_import.import_places(changed("1", CP="44100"))
    assert (report.merged, report.conflicts) == (1, [])
    text = place("1").source.text
    assert "est un beau tiers-lieu" in text
    assert "Code postal: 44100" in text
    assert place("1").versions.get(number=3).tags == ["import", "merged"]


def test_it_keeps_edits_through_a_second_merge(changed: Change, alice: User) -> None:
    places_import.import_places(EXCERPT)
    edit("1", "est un tiers-lieu", "est un beau tiers-lieu", alice)
    places_import.import_places(changed("1", CP="44100"))
    report = places_import.import_places(changed("1", CP="44200"))
    assert (report.merged, report.conflicts) == (1, [])
    text = place("1").source.text
    assert "est un beau tiers-lieu" in text
    assert "Code postal: 44200" in text
    report = places_import.import_places(changed("1", CP="44200"))
    assert report.unchanged == report.rows


def test_it_leaves_a_page_unchanged_on_a_conflict(changed: Change, alice: User) -> None:
    places_import.import_places(EXCERPT)
    before = edit("1", "Code postal: 44300", "Code postal: 44000", alice)
    report = places_import.import_places(changed("1", CP="44100"))
    assert report.conflicts == ["ADE Coworking"]
    assert place("1").source.text == before.source.text
    assert place("1").version == before.version


def test_it_merges_when_someone_saves_at_the_same_time(
    changed: Change, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    places_import.import_places(EXCERPT)
    store = places_import.store

    def store_too_late(*args: Any, **options: Any) -> list[PageVersion]:
        if place("1").version == 1:
            edit("1", "est un tiers-lieu", "est un beau tiers-lieu", alice)
        return store(*args, **options)

    monkeypatch.setattr(places_import, "store", store_too_late)
    report = places_import.import_places(changed("1", CP="44100"))
    assert (report.updated, report.merged) == (0, 1)
    assert "est un beau tiers-lieu" in place("1").source.text
    assert "Code postal: 44100" in place("1").source.text


def test_it_finds_a_renamed_page(changed: Change) -> None:
    places_import.import_places(EXCERPT)
    page_moves.move(place("1217"), "Le ProtoLab", page_writer.Author(None, "Quelqu'un"))
    report = places_import.import_places(changed("1217", CP="63100"))
    assert (report.added, report.updated) == (0, 1)
    page = place("1217")
    assert page.title == "Le ProtoLab"
    assert frontmatter_reader.parse_front_matter(page.source.text).get("Titre affiché") == ["le [ProtoLab]"]


def test_it_leaves_deleted_pages_deleted(changed: Change) -> None:
    places_import.import_places(EXCERPT)
    page_writer.delete(place("1"), page_writer.Author(None, "Quelqu'un"))
    report = places_import.import_places(changed("1", CP="44100"))
    assert report.deleted == ["ADE Coworking"]
    assert report.added == 0
    assert place("1").is_deleted


def test_it_reports_places_no_longer_in_the_file(tmp_path: Path) -> None:
    places_import.import_places(EXCERPT)
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("".join(EXCERPT.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert places_import.import_places(shorter).not_in_file == 1
    assert not place("1509").is_deleted


def test_a_dry_run_writes_nothing() -> None:
    out = StringIO()
    call_command("import_places", str(EXCERPT), "--dry-run", stdout=out)
    assert "17" in out.getvalue()
    assert not WikiPage.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw.replace(b"NOM_TL,", b"NOM,", 1), ("1", "NOM_TL")),
        (lambda raw: raw.replace(b",", b";"), ("1", "NOM_TL")),
        (lambda raw: raw.decode().encode("latin-1"), ("2", "UTF-8")),
        (lambda raw: raw.replace(b"48.869483", b'"48,869483"'), ("3", "LAT")),
        (lambda raw: raw.replace(b"48.869483", b"148.869483"), ("3", "148.869483")),
        (lambda raw: raw.replace(b"2.361539", b"nan"), ("3", "LONG")),
        (lambda raw: raw.replace(b",Anticaf\xc3\xa9,6 Rue", b",,6 Rue"), ("3", "NOM_TL")),
        (lambda raw: raw.replace(b"\n451,", b"\n2,"), ("6", "2", "3")),
        (lambda raw: raw.replace(b",9 Rue du Petit", b',"9 Rue du Petit'), ("2",)),
        (lambda raw: raw.splitlines(keepends=True)[0], ("places.csv",)),
        (lambda raw: b"", ("places.csv",)),
    ],
)
def test_it_refuses_an_invalid_file_as_a_whole(
    tmp_path: Path, spoil: Callable[[bytes], bytes], said: tuple[str, ...]
) -> None:
    bad = tmp_path / "places.csv"
    bad.write_bytes(spoil(EXCERPT.read_bytes()))
    with pytest.raises(CommandError) as refusal:
        call_command("import_places", str(bad), verbosity=0)
    assert all(word in str(refusal.value) for word in said), refusal.value
    assert not WikiPage.objects.exists()
    assert not Changeset.objects.exists()
    assert not Origin.objects.exists()


def test_it_reports_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        call_command("import_places", str(tmp_path / "nowhere.csv"), verbosity=0)


def test_it_writes_nothing_of_a_chunk_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Origin.objects, "bulk_create", break_off)
    with pytest.raises(RuntimeError):
        places_import.import_places(EXCERPT)
    assert not WikiPage.objects.filter(is_place=True).exists()


def test_it_contracts_french_articles_of_towns() -> None:
    rows = {row.id: row for row in places_csv.parse_csv(EXCERPT)}
    assert "est un tiers-lieu à dominante coworking, à Nantes (Pays de la Loire)." in place_pages.text_of(rows["1"])
    assert "est un tiers-lieu à Paris (Île-de-France)." in place_pages.text_of(rows["1464"])
    assert [place_pages.at_town(town) for town in ("Nantes", "Le Havre", "Les Ulis", "La Réole")] == [
        "à Nantes",
        "au Havre",
        "aux Ulis",
        "à La Réole",
    ]
