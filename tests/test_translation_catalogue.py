"""Extraction of messages without gettext, and checks of the French catalogue."""

from __future__ import annotations

import textwrap
from pathlib import Path

import polib
import pytest
from django.template import Context, Template
from django.utils.translation import override

from movilab import translation_catalogue
from movilab.message_extraction import Message, messages_of, messages_of_python, messages_of_template


def short(found: object) -> list[tuple[str, str | None, str | None]]:
    """Return text, plural and context of each message."""
    assert not isinstance(found, Message)
    return [(message.msgid, message.plural, message.context) for message in found]  # type: ignore[attr-defined]


def test_messages_of_python() -> None:
    source = textwrap.dedent(
        """
        from django.utils.translation import gettext as _, ngettext, pgettext, npgettext_lazy
        PROBLEMS: dict[str, str] = {"deep": "Too deep: %(n)s"}
        OTHER = {"deep": "not marked"}
        def f(name):
            _("One") + ngettext("%(n)d page", "%(n)d pages", 2)
            pgettext("verb", "Fork")
            npgettext_lazy("list", "a", "b")
            _("joined "
              "text")
            _(name)
            translation.gettext("Dotted")
        """
    )
    assert sorted(short(messages_of_python(source, "x.py"))) == [
        ("%(n)d page", "%(n)d pages", None),
        ("Dotted", None, None),
        ("Fork", None, "verb"),
        ("One", None, None),
        ("Too deep: %(n)s", None, None),
        ("a", "b", "list"),
        ("joined text", None, None),
    ]


TEMPLATE = """{% load i18n %}{% translate "Sign in" %} {% trans 'It"s' context "verb" %}
{# translate "not this" #}{{ _("Given") }} {% if x == _("In a tag") %}{% endif %}
{% translate "100 %" %}{% translate variable %}
{% blocktranslate trimmed count n=n %}
  One page
  of {{ place }}
{% plural %}
  {{ n }} pages at 100 %
{% endblocktranslate %}"""


def test_messages_of_templates() -> None:
    assert short(messages_of_template(TEMPLATE, "x.html")) == [
        ("Sign in", None, None),
        ('It"s', None, "verb"),
        ("Given", None, None),
        ("In a tag", None, None),
        ("100 %%", None, None),
        ("One page of %(place)s", "%(n)s pages at 100 %%", None),
    ]


def test_messages_are_those_that_django_looks_up(monkeypatch: pytest.MonkeyPatch) -> None:
    requested: set[str] = set()

    def spy(*texts: object) -> str:
        requested.update(text for text in texts if isinstance(text, str))
        return str(texts[0])

    template = Template(TEMPLATE)
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        monkeypatch.setattr(f"django.utils.translation.{name}", spy)
        monkeypatch.setattr(f"django.templatetags.i18n.translation.{name}", spy)
    with override("fr"):
        template.render(Context({"n": 2, "place": "La Myne", "variable": "Other"}))
    found = {message.msgid for message in messages_of_template(TEMPLATE, "x.html") if message.plural}
    assert found <= requested


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one Python file, in place of the repository."""
    (tmp_path / "wiki").mkdir()
    (tmp_path / "wiki/views.py").write_text('_("Page")\n_("By %(name)s")\nngettext("%(n)d cat", "%(n)d cats", 2)\n')
    monkeypatch.setattr(translation_catalogue, "BASE_DIR", tmp_path)
    monkeypatch.setattr(translation_catalogue, "CATALOGUE", tmp_path / "wiki/locale/fr/LC_MESSAGES/django.po")
    return tmp_path


def test_update_adds_new_messages_and_removes_unused_ones(repository: Path) -> None:
    translation_catalogue.update_catalogue()
    catalogue = polib.pofile(str(translation_catalogue.CATALOGUE))
    assert [entry.msgid for entry in catalogue] == ["%(n)d cat", "By %(name)s", "Page"]
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Parti"))
    catalogue.find("Page").msgstr = "Page"
    catalogue.save()
    translation_catalogue.update_catalogue()
    assert [
        (entry.msgid, entry.msgstr)
        for entry in polib.pofile(str(translation_catalogue.CATALOGUE))
        if not entry.msgid_plural
    ] == [
        ("By %(name)s", ""),
        ("Page", "Page"),
    ]


def test_problems_are_reported(repository: Path) -> None:
    translation_catalogue.update_catalogue()
    catalogue = polib.pofile(str(translation_catalogue.CATALOGUE))
    catalogue.find("By %(name)s").msgstr = "Par %(nom)s"
    catalogue.find("%(n)d cat").msgstr_plural = {0: "%(n)d chat", 1: "%(n)d chats"}
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Parti"))
    catalogue.save()
    (repository / "wiki/new.py").write_text('_("New")')
    lines = translation_catalogue.problems()
    assert len(lines) == 4
    assert lines[0].startswith("not in the catalogue: 'New'")
    assert "other placeholders in French: 'By %(name)s' (name, nom)" in lines
    assert "untranslated or doubtful: 'Page'" in lines
    assert "nothing asks for it: 'Gone'" in lines


def test_compilation(repository: Path) -> None:
    translation_catalogue.update_catalogue()
    catalogue = polib.pofile(str(translation_catalogue.CATALOGUE))
    catalogue.find("Page").msgstr = "Feuille"
    catalogue.save()
    translation_catalogue.compile_catalogue()
    assert polib.mofile(str(translation_catalogue.CATALOGUE.with_suffix(".mo"))).find("Page").msgstr == "Feuille"


def test_all_source_files_are_read() -> None:
    found = [
        message
        for source in translation_catalogue.SOURCES
        for message in messages_of(translation_catalogue.BASE_DIR / source)
    ]
    assert len(found) > 100
    assert all(Path(message.place.rsplit(":", 1)[0]).exists() for message in found)


def test_messages_may_contain_a_bar(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("{% load i18n %}{% translate 'Write [[Title|words]].' %}", encoding="utf-8")
    assert [message.msgid for message in messages_of(tmp_path)] == ["Write [[Title|words]]."]


@pytest.mark.parametrize(
    ("french", "is_correct"),
    [
        ("«\u202fBois\u202f»\u00a0: oui\u202f!", True),
        ("http://exemple.org", True),
        ("« Bois »", False),
        ("Oui !", False),
        ("Ici : non", False),
    ],
)
def test_breaking_spaces_beside_french_punctuation_are_found(french: str, is_correct: bool) -> None:
    entry = polib.POEntry(msgid="x", msgstr=french)
    assert (translation_catalogue._typography_problems(entry) == []) is is_correct
