"""Diagrams: what a text becomes, and the document of the frames in which the browser draws them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from movilab.middleware import public_policy
from tests.factories import make_page
from wiki.text.markup.code_blocks import code_html
from wiki.text.markup.sanitizer import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = pytest.mark.only_on("sqlite")
BLOCK = '<pre class="highlight" tabindex="0"><code class="language-mermaid">'


@pytest.fixture
def frame(client: Client) -> dict[str, str]:
    """The headers of the frame's document, and the document as `body`."""
    response = client.get("/diagram-frame")
    assert response.status_code == 200
    return {**response.headers, "body": response.content.decode()}


# --- The text -------------------------------------------------------------------------------------
def test_a_diagram_is_stored_as_a_block_of_code() -> None:
    assert code_html("a-->b\n<b>&", "Mermaid") == f"{BLOCK}a--&gt;b\n&lt;b&gt;&amp;</code></pre>"


def test_html_of_an_author_is_no_diagram() -> None:
    # The script looks for `pre.highlight`, whose class the sanitizer removes.
    assert clean('<pre class="highlight"><code class="language-mermaid">a</code></pre>', "placeholder-7f3a") == (
        '<pre><code class="language-mermaid">a</code></pre>'
    )


@pytest.mark.django_db
def test_pages_with_a_diagram_have_the_policy_of_all_pages(
    anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    make_page("Schéma", "```mermaid\nflowchart TD\n  a --> b\n```\n")
    response = client_of(anna).get("/wiki/Schéma")
    text = response.content.decode()
    assert f"{BLOCK}flowchart TD\n  a --&gt; b</code></pre>" in text
    assert response.headers["Content-Security-Policy"] == public_policy()
    assert response.headers["X-Frame-Options"] == "DENY"
    assert '<meta name="diagrams" content="/diagram-frame"' in text
    assert not re.search(r"<iframe|<script[^>]*(mermaid|diagram)", text)


# --- The frame ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_frame_has_no_origin_and_no_network(frame: dict[str, str]) -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in frame["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts",
    }


@pytest.mark.django_db
def test_only_our_pages_may_frame_it(frame: dict[str, str]) -> None:
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in frame["Content-Security-Policy"]


@pytest.mark.django_db
def test_it_is_the_same_for_everybody(
    frame: dict[str, str], alice: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    documents = [client_of(user).get("/diagram-frame?source=%3Cb%3E") for user in (alice, anna)]
    assert documents[0].content == documents[1].content
    assert b"<b>" not in documents[0].content
    assert not any(response.cookies for response in documents)
    assert frame["Cache-Control"] == "public, max-age=3600"
    assert re.findall(r"<script[^>]*>(.*?)</script>", frame["body"], re.DOTALL) == [""]


@pytest.mark.django_db
def test_it_takes_nothing(client: Client) -> None:
    assert client.post("/diagram-frame", {"source": "a"}).status_code == 405
