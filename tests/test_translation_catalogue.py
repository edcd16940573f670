"""The texts to translate are found without gettext, and gaps of the French catalogue are named."""

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
    """Message by message: text, plural, context."""
    assert not isinstance(found, Message)
    return [(m.msgid, m.plural, m.context) for m in found]  # type: ignore[attr-defined]


def test_it_finds_the_calls_of_python() -> None:
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


def test_it_finds_the_tags_of_templates() -> None:
    assert short(messages_of_template(TEMPLATE, "x.html")) == [
        ("Sign in", None, None),
        ('It"s', None, "verb"),
        ("Given", None, None),
        ("In a tag", None, None),
        ("100 %%", None, None),
        ("One page of %(place)s", "%(n)s pages at 100 %%", None),
    ]


def test_it_finds_what_django_asks_for_when_it_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def spy(*texts: object) -> str:
        asked.update(text for text in texts if isinstance(text, str))
        return str(texts[0])

    template = Template(TEMPLATE)
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        monkeypatch.setattr(f"django.utils.translation.{name}", spy)
        monkeypatch.setattr(f"django.templatetags.i18n.translation.{name}", spy)
    with override("fr"):
        template.render(Context({"n": 2, "place": "La Myne", "variable": "Other"}))
    found = {m.msgid for m in messages_of_template(TEMPLATE, "x.html") if m.plural}
    assert found <= asked


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one Python file and a catalogue, in place of the repository."""
    (tmp_path / "wiki").mkdir()
    (tmp_path / "wiki/views.py").write_text('_("Page")\n_("By %(name)s")\nngettext("%(n)d cat", "%(n)d cats", 2)\n')
    monkeypatch.setattr(translation_catalogue, "BASE_DIR", tmp_path)
    monkeypatch.setattr(translation_catalogue, "CATALOGUE", tmp_path / "wiki/locale/fr/LC_MESSAGES/django.po")
    return tmp_path


def test_it_adds_what_is_asked_for_and_drops_the_rest(house: Path) -> None:
    translation_catalogue.update_catalogue()
    catalogue = polib.pofile(str(translation_catalogue.CATALOGUE))
    assert [e.msgid for e in catalogue] == ["%(n)d cat", "By %(name)s", "Page"]
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Parti"))
    catalogue.find("Page").msgstr = "Page"
    catalogue.save()
    translation_catalogue.update_catalogue()
    assert [(e.msgid, e.msgstr) for e in polib.pofile(str(translation_catalogue.CATALOGUE)) if not e.msgid_plural] == [
        ("By %(name)s", ""),
        ("Page", "Page"),
    ]


def test_it_names_each_gap(house: Path) -> None:
    translation_catalogue.update_catalogue()
    catalogue = polib.pofile(str(translation_catalogue.CATALOGUE))
    catalogue.find("By %(name)s").msgstr = "Par %(nom)s"
    catalogue.find("%(n)d cat").msgstr_plural = {0: "%(n)d chat", 1: "%(n)d chats"}
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Parti"))
    catalogue.save()
    (house / "wiki/new.py").write_text('_("New")')
    lines = translation_catalogue.problems()
    assert len(lines) == 4
    assert lines[0].startswith("not in the catalogue: 'New'")
    assert "other placeholders in French: 'By %(name)s' (name, nom)" in lines
    assert "untranslated or doubtful: 'Page'" in lines
    assert "nothing asks for it: 'Gone'" in lines


def test_it_compiles_what_django_loads(house: Path) -> None:
    translation_catalogue.update_catalogue()
    catalogue = polib.pofile(str(translation_catalogue.CATALOGUE))
    catalogue.find("Page").msgstr = "Feuille"
    catalogue.save()
    translation_catalogue.compile_catalogue()
    assert polib.mofile(str(translation_catalogue.CATALOGUE.with_suffix(".mo"))).find("Page").msgstr == "Feuille"


def test_it_reads_every_file_of_the_house() -> None:
    found = [
        m for source in translation_catalogue.SOURCES for m in messages_of(translation_catalogue.BASE_DIR / source)
    ]
    assert len(found) > 100
    assert all(Path(m.place.rsplit(":", 1)[0]).exists() for m in found)


def test_it_finds_a_text_that_holds_a_bar(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("{% load i18n %}{% translate 'Write [[Title|words]].' %}", encoding="utf-8")
    assert [message.msgid for message in messages_of(tmp_path)] == ["Write [[Title|words]]."]


@pytest.mark.parametrize(
    ("french", "fine"),
    [
        ("«\u202fBois\u202f»\u00a0: oui\u202f!", True),
        ("http://exemple.org", True),
        ("« Bois »", False),
        ("Oui !", False),
        ("Ici : non", False),
    ],
)
def test_it_finds_breaking_spaces_beside_french_punctuation(french: str, fine: bool) -> None:
    entry = polib.POEntry(msgid="x", msgstr=french)
    assert (translation_catalogue._typography_problems(entry) == []) is fine
