"""Template tags, and checks of all templates and styles: names of icons and URLs, contrast of colours, inline code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import Client
from django.urls import get_resolver

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages.models import Kind, WikiPage
from wiki.templatetags import wiki_tags

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static/wiki").rglob("*.css"))
SPRITE = set(re.findall(r'<symbol id="([a-z-]+)"', (ROOT / "static/wiki/icons.svg").read_text("utf-8")))
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\);")
TOKENS = {name: (light, dark) for name, light, dark in PAIR.findall((ROOT / "static/wiki/base.css").read_text("utf-8"))}
KINDS = ("teal", "indigo", "ochre", "plum", "blue", "rose", "olive", "grey")
COLOUR_PAIRS = [
    *[(ink, background) for ink in ("ink", "muted", "link", "red") for background in ("paper", "surface", "sunken")],
    *[(f"k-{colour}", f"k-{colour}-soft") for colour in KINDS],
    *[(tone, f"{tone}-soft") for tone in ("red", "green", "amber", "blue")],
    *[("ink", f"{tone}-soft") for tone in ("red", "green", "amber", "blue")],
    *[("ink", background) for background in ("ins", "ins-strong", "del", "del-strong")],
    *[(f"c-{part}", "sunken") for part in ("word", "name", "string", "number", "note", "odd")],
]


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb or #rgb, as WCAG 2.2 defines it."""
    colour = "#" + "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 else colour
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ink", "background"), COLOUR_PAIRS)
def test_colours_have_enough_contrast_in_light_and_dark(ink: str, background: str) -> None:
    for theme in (0, 1):
        assert contrast(TOKENS[ink][theme], TOKENS[background][theme]) >= 4.5


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_have_no_inline_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<[^>{%]*\s(style|on[a-z]+)=", text)
    assert not re.search(r"<script(?![^>]*(src=|application/ld\+json))", text)
    assert "<style" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_icons_and_static_files_in_templates_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    assert set(re.findall(r'{% icon "([a-z-]+)"', text)) <= SPRITE
    for name in re.findall(r"{% static '([^']+)'", text):
        assert finders.find(name), name


def test_url_names_in_templates_exist() -> None:
    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)} | {"wagtailadmin_home"}
    used = {
        name for path in TEMPLATES for name in re.findall(r"""{% address ['"]([a-z_]+)['"]""", path.read_text("utf-8"))
    }
    assert used <= known


def test_styles_load_no_files() -> None:
    for path in STYLES:
        assert not re.search(r"url\(|@import", path.read_text("utf-8")), path.name


@pytest.mark.django_db
def test_every_kind_has_an_existing_icon_and_colour() -> None:
    for kind in Kind.objects.all():
        assert kind.icon in SPRITE
        assert kind.colour in KINDS


@pytest.mark.django_db
def test_the_theme_cookie_is_validated(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert '<html lang="fr" data-theme="dark">' in client.get("/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme=" not in client.get("/").content.decode()


@pytest.mark.django_db
def test_address(alice: User) -> None:
    page: WikiPage = make_page("Four à pain", "Texte", by=alice)
    assert wiki_tags.address("history", page) == "/history/Four_%C3%A0_pain"
    assert wiki_tags.address("create", title="A b", place=None) == "/create?title=A+b"
    assert wiki_tags.address("no_such_view") == ""


def test_filters_of_sizes_and_names() -> None:
    assert [wiki_tags.signed(number) for number in (12, 0, -3)] == ["+12", "0", "−3"]
    assert wiki_tags.short_category("Category:Vie du lieu") == "Vie du lieu"
    assert "BY-SA 4.0" in wiki_tags.license_words("CC-BY-SA-4.0 OR LAL-1.3")
    assert wiki_tags.license_words("Rien") == "Rien"
    assert wiki_tags.has({"move"}, "move")
    assert not wiki_tags.has(None, "move")


def test_icon_labels_are_escaped() -> None:
    html = Template("{% load wiki_tags %}{% icon 'edit' label %}").render(Context({"label": '"><b>'}))
    assert "<b>" not in html
    assert 'role="img"' in html
