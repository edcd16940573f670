"""Import of a work with its history, and repeated imports of a longer history."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from wagtail.models import Page

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import ImportProblem
from wiki.exchange.importers import history_import, history_jsonl
from wiki.exchange.importers.history_import import HistoryImportOptions, import_history
from wiki.licenses import catalogue
from wiki.pages.media_models import Picture
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.text.markup.markdown_parser import TEXT_LIMIT

DATA = Path(__file__).resolve().parents[1] / "data"
EXCERPT, EXCERPT_MEDIA = DATA / "cahier-extrait.jsonl", DATA / "cahier"
WHOLE = DATA.parents[2] / "shared/data/poplab/history.jsonl"
WORKS = [pytest.param(EXCERPT, EXCERPT_MEDIA, id="excerpt")]
if WHOLE.exists():
    marks = [pytest.mark.slow, pytest.mark.only_on("sqlite")]
    WORKS.append(pytest.param(WHOLE, WHOLE.parent, id="whole", marks=marks))
SOMEONE = page_writer.Author(None, "Quelqu'un")

pytestmark = pytest.mark.django_db
Make = Callable[..., Path]


@pytest.fixture
def make_history(tmp_path: Path) -> Make:
    """`make_history((path, text), (path, text, {"date": …}), …)`: write a history file with these entries."""

    def make(*entries: tuple[Any, ...], name: str = "work.jsonl") -> Path:
        file = tmp_path / name
        lines = []
        for path, text, *more in entries:
            record = {"path": path, "date": "2020-01-01T10:00:00+01:00", "author": "Ada", "comment": "", "text": text}
            lines.append(json.dumps(record | (more[0] if more else {}), ensure_ascii=False))
        file.write_text("\n".join(lines) + "\n", "utf-8")
        return file

    return make


def page_at(path: str) -> WikiPage:
    """Return the page imported from the file `path`."""
    found: WikiPage = WikiPage.objects.get(origin__source__startswith="history:", origin__identifier=path)
    return found


def texts(path: str) -> list[str | None]:
    """Return the texts of all versions of the page of `path`, oldest first."""
    return [version.text() for version in page_at(path).versions.order_by("number")]


@pytest.mark.parametrize(("file", "media"), WORKS)
def test_it_keeps_every_entry_with_author_and_date_and_adds_nothing_the_second_time(file: Path, media: Path) -> None:
    entries = history_jsonl.read_history(file)
    options = HistoryImportOptions(media=media, source="github.com")
    report = import_history(file, options)
    assert report.versions == len(entries) == PageVersion.objects.count()
    for path in {entry.path for entry in entries}:
        file_entries = [entry for entry in entries if entry.path == path]
        versions = list(page_at(path).versions.order_by("number"))
        assert [(v.author_name, v.claimed_at, v.comment, v.text()) for v in versions] == [
            (entry.author, entry.date, entry.comment, entry.text) for entry in file_entries
        ]
        assert [v.origin_number for v in versions] == list(range(1, len(file_entries) + 1))
        assert page_at(path).created_at == file_entries[0].date
        assert page_at(path).edited_at == file_entries[-1].date
        assert all(v.is_imported and v.author is None and v.origin_host == "github.com" for v in versions)
    assert not any(Page.find_problems())
    before = PageVersion.objects.count(), Picture.objects.count(), Changeset.objects.count()
    report = import_history(file, options)
    assert (report.versions, report.pages, report.unchanged) == (0, 0, report.entries)
    assert (report.conflicts, report.rewritten, report.media.added) == ([], [], [])
    assert before == (PageVersion.objects.count(), Picture.objects.count(), Changeset.objects.count())


def test_it_names_pages_after_paths_and_readmes_after_folder_or_work() -> None:
    import_history(EXCERPT, HistoryImportOptions())
    assert set(WikiPage.objects.filter(title_key__isnull=False).values_list("full_title", flat=True)) == {
        "Cahier d'activité des Tiers-lieux",
        "cahier/chevalet",
        "cahier/ajoutactivité",
        "cahier/TAILLE DU LIEU",
    }


def test_a_rename_deletes_one_page_and_creates_another_with_a_merge_parent() -> None:
    import_history(EXCERPT, HistoryImportOptions())
    old, new = page_at("cahier/chevalet/index.md"), page_at("cahier/chevalet/README.md")
    assert old.is_deleted
    assert old.versions.count() == 2
    assert new.versions.get().merge_parent == old.versions.get(number=1)


def test_it_imports_pictures_and_reports_missing_ones(make_history: Make) -> None:
    file = make_history(("README.md", "# Œuvre\n\n![](tangram.jpg)\n\n![](absente.jpg)\n"))
    report = import_history(file, HistoryImportOptions(media=EXCERPT_MEDIA, license="CC-BY-4.0"))
    picture = Picture.objects.get()
    assert (picture.name, picture.license, picture.author) == ("Tangram.jpg", "CC-BY-4.0", "Ada (Œuvre)")
    assert picture.width > 100
    assert report.missing_pictures == ["Absente.jpg"]
    assert page_at("README.md").license == "CC-BY-4.0"


def test_it_reports_files_that_are_no_pictures(tmp_path: Path, make_history: Make) -> None:
    media = tmp_path / "pictures"
    (media / "deeper").mkdir(parents=True)
    shutil.copy(EXCERPT_MEDIA / "tangram.jpg", media / "deeper/tangram.jpg")
    (media / "broken.png").write_bytes(b"no picture")
    (media / "drawing.svg").write_text("<svg/>")
    report = import_history(make_history(("a.md", "A")), HistoryImportOptions(media=media))
    assert report.media.added == ["Tangram.jpg"]
    assert [name for name, _ in report.media.refused] == ["broken.png"]


def test_it_never_replaces_another_picture_of_that_name(tmp_path: Path, make_history: Make) -> None:
    media = tmp_path / "pictures"
    media.mkdir()
    shutil.copy(EXCERPT_MEDIA / "tangram.jpg", media / "a.jpg")
    import_history(make_history(("a.md", "A")), HistoryImportOptions(media=media))
    before = Picture.objects.get().sha256
    Image.new("RGB", (300, 200), "teal").save(media / "a.jpg")
    report = import_history(make_history(("a.md", "A")), HistoryImportOptions(media=media))
    assert [name for name, _ in report.media.refused] == ["a.jpg"]
    assert Picture.objects.get().sha256 == before


def test_it_keeps_the_order_when_dates_are_equal_or_decreasing(make_history: Make) -> None:
    late, early = {"date": "2020-05-01T10:00:00Z"}, {"date": "2019-05-01T10:00:00+02:00"}
    file = make_history(
        ("a.md", "1", late), ("a.md", "2", late), ("a.md", "2", early), ("a.md", None, late), ("a.md", "3")
    )
    import_history(file, HistoryImportOptions())
    assert texts("a.md") == ["1", "2", "2", None, "3"]
    assert not page_at("a.md").is_deleted
    dates = [version.claimed_at.year for version in page_at("a.md").versions.order_by("number")]
    assert dates == [2020, 2020, 2019, 2020, 2020]


def test_it_never_dates_a_version_after_its_import(make_history: Make) -> None:
    import_history(make_history(("a.md", "1", {"date": "2999-01-01T00:00:00Z"})), HistoryImportOptions())
    version = page_at("a.md").versions.get()
    assert version.claimed_at == version.recorded_at


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["README.md", "index.md"], ["Œuvre", "index"]),
        (["f/index.md", "f/README.md"], ["f/index", "f"]),
        (["f.md", "f/README.md"], ["f", "f/README"]),
        (["a.md", "a.txt", "A"], ["a", "a.txt", "A (Œuvre)"]),
        (["x/[1] #2|3.md"], ["x/［1］ ＃2｜3"]),
        (["Aide:a.md", "::b"], ["Aide：a", "：：b"]),
        (["./d.md", "/e.md"], ["d", "e"]),
        (["note v1.2"], ["note v1.2"]),
        (["é" * 120], ["é" * 98 + "…"]),
    ],
)
def test_it_gives_each_file_a_title_of_its_own(make_history: Make, paths: list[str], named: list[str]) -> None:
    import_history(make_history(*[(path, f"Texte {path}") for path in paths]), HistoryImportOptions(work="Œuvre"))
    assert [page_at(path).full_title for path in paths] == named


def test_it_avoids_titles_of_existing_pages(make_history: Make) -> None:
    make_page("a")
    import_history(make_history(("a.md", "A")), HistoryImportOptions(work="Œuvre"))
    assert page_at("a.md").full_title == "a.md"
    assert WikiPage.objects.get(full_title="a").source.text == "Un texte."


@pytest.mark.parametrize(
    ("source", "host", "url"),
    [
        ("", "my-work.jsonl", ""),
        ("github.com", "github.com", ""),
        ("https://github.com/le-poplab/cahier", "github.com", "https://github.com/le-poplab/cahier"),
        ("a <b>/c", "a-b-c", ""),
    ],
)
def test_versions_have_their_source(make_history: Make, source: str, host: str, url: str) -> None:
    import_history(make_history(("a.md", "A"), name="my work.jsonl"), HistoryImportOptions(source=source))
    assert page_at("a.md").versions.get().origin_host == host
    assert page_at("a.md").origin.url == url


def test_it_cleans_names_and_comments_of_control_characters(make_history: Make) -> None:
    import_history(
        make_history(("a.md", "A", {"author": "Ada\n\x07 L.", "comment": "un\x00\ndeux"})), HistoryImportOptions()
    )
    version = page_at("a.md").versions.get()
    assert (version.author_name, version.comment) == ("Ada L.", "un\ndeux")


def test_it_puts_pages_into_a_place(make_history: Make, bob: User) -> None:
    place = make_place("La Myne", bob)
    import_history(make_history(("README.md", "# Charte\n")), HistoryImportOptions(place="la Myne"))
    assert page_at("README.md").full_title == "La Myne:Charte"
    assert page_at("README.md").place == place


def test_it_adds_new_entries(make_history: Make) -> None:
    import_history(make_history(("README.md", "# Un\n"), ("a.md", "1")), HistoryImportOptions())
    longer = make_history(
        ("README.md", "# Un\n"), ("a.md", "1"), ("README.md", "# Deux\n"), ("a.md", "2"), ("b.md", "b")
    )
    report = import_history(longer, HistoryImportOptions())
    assert (report.versions, report.pages, report.unchanged) == (3, 1, 2)
    assert texts("a.md") == ["1", "2"]
    assert page_at("README.md").full_title == "Un"


def test_it_merges_new_entries_with_local_edits(make_history: Make) -> None:
    import_history(make_history(("a.md", "un\n\ndeux\n\ntrois\n")), HistoryImportOptions())
    page_moves.move(page_at("a.md"), "Comptine", SOMEONE)
    page_writer.edit(page_at("a.md"), "UN\n\ndeux\n\ntrois\n", SOMEONE)
    longer = [("a.md", "un\n\ndeux\n\ntrois\n"), ("a.md", "un\n\ndeux\n\nTROIS\n"), ("a.md", "un\n\nDEUX\n\nTROIS\n")]
    report = import_history(make_history(*longer), HistoryImportOptions())
    assert (report.versions, report.conflicts) == (2, [])
    assert page_at("a.md").source.text == "UN\n\nDEUX\n\nTROIS\n"
    assert page_at("a.md").full_title == "Comptine"
    again = import_history(make_history(*longer), HistoryImportOptions())
    assert (again.versions, again.unchanged, again.rewritten) == (0, 3, [])


def test_it_leaves_a_page_unchanged_on_a_merge_conflict(make_history: Make) -> None:
    import_history(make_history(("a.md", "un\n")), HistoryImportOptions())
    page_writer.edit(page_at("a.md"), "ici\n", SOMEONE)
    report = import_history(make_history(("a.md", "un\n"), ("a.md", "ailleurs\n")), HistoryImportOptions())
    assert (report.conflicts, report.versions) == (["a"], 0)
    report = import_history(make_history(("a.md", "un\n"), ("a.md", None)), HistoryImportOptions())
    assert (report.conflicts, report.versions) == (["a"], 0)
    assert page_at("a.md").source.text == "ici\n"


def test_it_leaves_a_deleted_page_deleted(make_history: Make) -> None:
    import_history(make_history(("a.md", "un\n")), HistoryImportOptions())
    page_writer.delete(page_at("a.md"), SOMEONE)
    report = import_history(make_history(("a.md", "un\n"), ("a.md", "deux\n")), HistoryImportOptions())
    assert report.deleted == ["a"]
    assert page_at("a.md").is_deleted


def test_it_skips_a_file_whose_history_was_rewritten(make_history: Make) -> None:
    import_history(make_history(("a.md", "un\n"), ("a.md", "deux\n")), HistoryImportOptions())
    report = import_history(
        make_history(("a.md", "eins\n"), ("a.md", "deux\n"), ("a.md", "drei\n")), HistoryImportOptions()
    )
    assert (report.rewritten, report.versions) == (["a.md"], 0)


def test_it_writes_long_histories_in_several_transactions(make_history: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_import, "CHUNK", 3)
    file = make_history(*[("a.md", f"a{n}") for n in range(7)], *[("b.md", f"b{n}") for n in range(4)])
    reported: list[int] = []
    import_history(file, HistoryImportOptions(), lambda done, total: reported.append(done))
    assert texts("a.md") == [f"a{n}" for n in range(7)]
    assert texts("b.md") == [f"b{n}" for n in range(4)]
    assert page_at("a.md").source.text == "a6"
    assert sum(reported) == 11
    assert len(reported) > 3


def test_it_continues_after_an_interruption(make_history: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_import, "CHUNK", 2)
    file = make_history(*[("a.md", f"a{n}") for n in range(5)])

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_history(file, HistoryImportOptions(), stop)
    assert len(texts("a.md")) == 2
    import_history(file, HistoryImportOptions())
    assert texts("a.md") == [f"a{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw.replace(b'"path"', b'"way"', 1), ("1", "path")),
        (lambda raw: raw.replace(b'"2018-01-23T09:25:33+01:00"', b'"2018-01-23T09:25:33"'), ("1", "2018-01-23")),
        (lambda raw: raw.replace(b'"2018-01-23T09:25:33+01:00"', b"12"), ("1", "date")),
        (lambda raw: raw.replace(b'"author": "pgno"', b'"author": ""', 1), ("1", "author")),
        (lambda raw: raw.replace(b'"cahier/chevalet/index.md"', b'"../index.md"'), ("../index.md",)),
        (lambda raw: raw.replace(b'"text": "# cah', b'"texte": "# cah'), ("1", "text")),
        (lambda raw: raw.decode().encode("latin-1", "replace"), ("UTF-8",)),
        (lambda raw: raw + b"{", ("15",)),
        (lambda raw: raw + b"[1]\n", ("15",)),
        (lambda raw: raw + b"[" * 100_000, ("15",)),
        (lambda raw: b"\n", ("work.jsonl",)),
    ],
)
def test_it_refuses_an_invalid_file_as_a_whole(
    tmp_path: Path, spoil: Callable[[bytes], bytes], said: tuple[str, ...]
) -> None:
    bad = tmp_path / "work.jsonl"
    bad.write_bytes(spoil(EXCERPT.read_bytes()))
    with pytest.raises(CommandError) as refusal:
        call_command("import_history", str(bad), "--media", str(EXCERPT_MEDIA), verbosity=0)
    assert all(word in str(refusal.value) for word in said), refusal.value
    assert not WikiPage.objects.exists()
    assert not Picture.objects.exists()
    assert not Changeset.objects.exists()


def test_it_refuses_a_place_that_is_none(make_history: Make) -> None:
    make_page("Une page")
    with pytest.raises(ImportProblem):
        import_history(make_history(("a.md", "A")), HistoryImportOptions(place="Une page"))


def test_it_refuses_a_licence_that_is_not_free(make_history: Make) -> None:
    with pytest.raises(catalogue.LicenseNotFree):
        import_history(make_history(("a.md", "A")), HistoryImportOptions(license="CC-BY-NC-4.0"))


def test_the_command_prints_a_report(make_history: Make) -> None:
    out = StringIO()
    call_command(
        "import_history",
        str(EXCERPT),
        "--media",
        str(EXCERPT_MEDIA),
        "--licence",
        "CC-BY-SA-4.0",
        verbosity=1,
        stdout=out,
    )
    assert "Cahier d'activité des Tiers-lieux" in out.getvalue()
    assert "14" in out.getvalue()


def test_it_takes_a_text_as_long_as_a_page_may_be_and_no_byte_longer(make_history: Make) -> None:
    longest = "é" * (TEXT_LIMIT // 2)
    assert [entry.text for entry in history_jsonl.read_history(make_history(("a.md", longest)))] == [longest]
    with pytest.raises(ImportProblem):
        history_jsonl.read_history(make_history(("a.md", longest + "x")))
