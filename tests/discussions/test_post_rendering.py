"""The HTML of posts: what of Markdown they have, and what hostile texts become."""

from __future__ import annotations

import re

import pytest

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.discussions.post_rendering import render_post
from wiki.pages.models import WikiPage

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
CASES = [
    ("**gras** et `code`", "<p><strong>gras</strong> et <code>code</code></p>"),
    ("---\nkind: Lieu\n---\ncorps", "kind: Lieu"),
    ("#REDIRECT [[Pain]]", '#REDIRECT <a href="/wiki/Pain">Pain</a>'),
    ("{{#ask: [[A::b]]}} {{Modèle|x}}", "<code>{{#ask: [[A::b]]}}</code> <code>{{Modèle|x}}</code>"),
    ("[[Catégorie:Bois]] [[Prop::valeur]]", '<a href="/wiki/Cat%C3%A9gorie:Bois">Catégorie:Bois</a> valeur'),
    ("![plan](File:plan.png)", '<a href="/wiki/File:plan.png">plan</a>'),
    ("<includeonly>caché</includeonly>", "&lt;includeonly&gt;caché&lt;/includeonly&gt;"),
    ("`<includeonly>`", "<code>&lt;includeonly&gt;</code>"),
    ("[[Charte]] [[Pain#Cuire|cuire]]", '<a href="/wiki/Atelier:Charte">Charte</a> <a href="/wiki/Pain#s-cuire">cuire'),
    ("[[../../..]] [[#Venir]]", '<a href="/wiki/Atelier:R%C3%A8gles#s-venir">'),
    ("<!-- rien -->", "&lt;!-- rien --&gt;"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
]
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
    "<a href='data:text/html,x'>y</a>",
    "<svg onload=alert(1)>", "<h-00 n='0'></h-00>", "[[<script>]]", "@[<script>alert(1)</script>]",
    "<iframe srcdoc='<script>1</script>'></iframe>", "<div style='position:fixed' onclick=x>a</div>", "> " * 500 + "x",
    "[" * 5_000, "\x00\x02\x03", "<form action=/><input name=a></form>", "![x](https://elsewhere.example/x.png)",
    "```\n</code></pre><script>1</script>\n```", "$<script>$", "{{#set: A=b}}{{{{{{", "<p id=content class=post>x</p>",
]  # fmt: skip


@pytest.fixture
def page(bob: User) -> WikiPage:
    """A page in a place that has a page «Charte»."""
    place = make_place("Atelier", by=bob)
    make_page("Charte", place=place)
    return make_page("Règles", place=place)


@pytest.mark.parametrize(("text", "html"), CASES)
def test_a_post_is_markdown_and_no_page(text: str, html: str, page: WikiPage) -> None:
    assert html in render_post(text, page).html


def test_hostile_texts_do_nothing(page: WikiPage) -> None:
    for text in [*HOSTILE, "\n\n".join(HOSTILE)]:
        html = render_post(text, page).html
        assert html.strip(), text
        tags = re.findall(r"<(?:[^<>\"]|\"[^\"]*\")*>", html)
        assert not [tag for tag in tags if re.match(r"</?(?:script|svg|iframe|form|input|img|style|h-)", tag)], text
        assert not [tag for tag in tags if re.search(r" (?:on\w+|style)=|(?:javascript|data):", tag)], text
        assert not [tag for tag in tags if re.search(r' id="(?![0-9a-f]{8}-)', tag)], text


def test_two_posts_of_one_screen_share_no_ids(page: WikiPage) -> None:
    text = "# Titre\n\nUn[^1].\n\n[^1]: note"
    first, second = (render_post(text, page).html for _ in range(2))
    ids = [set(re.findall(r' id="([^"]+)"', html)) for html in (first, second)]
    assert len(ids[0]) == 3
    assert not ids[0] & ids[1]
    assert set(re.findall(r' href="#([^"]+)"', first)) <= ids[0]
    assert not re.search(r"<h[1-3]", first), "headings of posts are below those of the screen"


def test_mentions_are_links(page: WikiPage, alice: User) -> None:
    rendered = render_post("@alice, @personne et `@alice`", page)
    assert rendered.mentioned == [alice]
    assert rendered.html.count("mention") == 1
