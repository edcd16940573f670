"""Diagrams in a browser: drawn in sandboxed frames, with their source beside them; broken ones stay blocks of code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.utils.translation import gettext, override
from playwright.sync_api import expect

from tests.ask.formats.standing import open_page
from tests.factories import make_page
from wiki.text.markup.code_blocks import code_html

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from playwright.sync_api import Browser, Frame, FrameLocator, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

SOURCE = "flowchart TD\n  accTitle: Une idée\n  A[Idée] --> B[Essai]\n"
HOSTILE = """%%{init: {"securityLevel": "loose", "maxTextSize": 1, "theme": "forest"}}%%
flowchart TD
  A["<b>gras</b><script>top.hit = 1</script>"] --> B["<a href='https://elsewhere.invalid/a' target='_top'>lien</a>"]
  click A "https://elsewhere.invalid/b" _top
  click B call hit()
"""
FOREST = "#cde498"
"""A colour of the theme that HOSTILE asks for, which could not be read in the dark."""
PICTURE = 'flowchart TD\n  A@{ img: "https://elsewhere.invalid/picture.png", label: "Image" }\n'


@pytest.fixture(autouse=True)
def _static_files_as_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let documents without an origin load scripts, as WhiteNoise does (`tests/test_server.py`)."""
    serve = StaticFilesHandler.serve

    def serve_to_all(handler: StaticFilesHandler, request: HttpRequest) -> HttpResponseBase:
        response = serve(handler, request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    monkeypatch.setattr(StaticFilesHandler, "serve", serve_to_all)


def diagram(source: str) -> str:
    """Return the stored HTML of a diagram."""
    return code_html(source, "mermaid")


def drawn(tab: Page, number: int = 0) -> FrameLocator:
    """Return the document of a drawn diagram."""
    expect(tab.locator("details.diagram-source").nth(number)).to_be_attached()
    return tab.frame_locator("iframe.diagram").nth(number)


def watch_console(tab: Page) -> list[str]:
    """Return a list that collects the errors that the console shows."""
    errors: list[str] = []
    tab.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    return errors


def test_a_diagram_is_drawn_beside_its_source(tab: Page) -> None:
    errors = watch_console(tab)
    make_page("Schéma", f"Un.\n\n```mermaid\n{SOURCE}```\n\nDeux.\n\n```python\nx = 1\n```\n")
    tab.goto("/wiki/Schéma")
    svg = drawn(tab).locator("svg")
    expect(svg).to_contain_text("Essai")
    expect(svg.locator("title")).to_have_text("Une idée")
    frame = tab.locator("iframe.diagram")
    with override("fr"):
        expect(frame).to_have_attribute("title", gettext("Diagram"))
    expect(frame).to_have_attribute("sandbox", "allow-scripts")
    assert 60 < int(frame.get_attribute("height") or 0) < 400
    source = tab.locator("details.diagram-source")
    expect(source.locator("pre")).not_to_be_visible()
    source.locator("summary").click()
    expect(source.locator("pre")).to_contain_text("A[Idée] --> B[Essai]")
    expect(tab.locator("pre:visible")).to_have_count(2)
    assert Axe().run(tab).response["violations"] == []
    assert errors == []


def test_a_broken_diagram_stays_a_block_of_code(tab: Page) -> None:
    errors = watch_console(tab)
    open_page(tab, diagram("flowchart TD\n  A -->\n") + diagram(SOURCE))
    expect(drawn(tab).locator("svg")).to_contain_text("Essai")
    note = tab.locator(".text .rows-note")
    expect(note).to_have_count(1)
    expect(note.locator("code")).to_contain_text("Parse error")
    expect(tab.locator("pre:visible")).to_have_text("flowchart TD\n  A -->\n")
    expect(tab.locator("iframe.diagram")).to_have_count(1)
    assert errors == []


def test_a_text_that_is_too_long_is_not_drawn(tab: Page) -> None:
    open_page(tab, diagram("flowchart TD\n" + "%% a remark\n" * 1_700))
    expect(tab.locator(".text .rows-note")).to_have_count(1)
    expect(tab.locator("iframe")).to_have_count(0)


STARTS = "<script>for (const name of ['ready', 'loaded']) parent.postMessage({ [name]: true }, '*');</script>"


@pytest.mark.parametrize(("document", "seconds"), [("", 60), (STARTS, 10)])
def test_a_diagram_that_is_never_drawn_is_given_up(tab: Page, document: str, seconds: int) -> None:
    tab.clock.install()
    tab.route("**/diagram-frame", lambda route: route.fulfill(body=document, content_type="text/html"))
    open_page(tab, diagram(SOURCE))
    expect(tab.locator("iframe")).to_have_count(1)
    tab.wait_for_load_state("networkidle")
    tab.clock.fast_forward((seconds - 2) * 1000)
    expect(tab.locator("iframe")).to_have_count(1)
    tab.clock.fast_forward(3_000)
    expect(tab.locator(".text .rows-note")).to_have_count(1)
    expect(tab.locator("iframe")).to_have_count(0)
    expect(tab.locator("pre:visible")).to_have_text(SOURCE)


def test_the_source_stays_where_mermaid_cannot_be_fetched(tab: Page) -> None:
    tab.route("**/mermaid.esm.min.mjs", lambda route: route.abort())
    open_page(tab, diagram(SOURCE))
    expect(tab.locator(".text .rows-note")).to_have_count(1)
    expect(tab.locator("pre:visible")).to_have_text(SOURCE)


def test_nothing_is_fetched_for_a_page_without_a_diagram_or_far_from_it(tab: Page) -> None:
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    open_page(tab, code_html("x = 1", "python") + "<p>Un</p>")
    tab.wait_for_load_state("networkidle")
    assert not [url for url in requests if "drawing" in url or "mermaid" in url]
    open_page(tab, "<p>Un</p>" * 100 + diagram(SOURCE))
    tab.wait_for_load_state("networkidle")
    assert not [url for url in requests if "mermaid" in url or "diagram-frame" in url]
    tab.locator("pre").scroll_into_view_if_needed()
    expect(drawn(tab).locator("svg")).to_contain_text("Essai")


def test_a_hostile_diagram_reaches_neither_the_page_nor_the_network(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(base_url=live_server.url, locale="fr-FR")
    tab = context.new_page()
    requests: list[str] = []
    tab.route("**elsewhere.invalid/**", lambda route: (requests.append(route.request.url), route.abort())[1])
    open_page(tab, diagram(PICTURE) + diagram(HOSTILE))
    document = drawn(tab)
    expect(document.locator("svg")).to_contain_text("lien")
    assert FOREST not in document.locator("svg").inner_html()
    expect(document.locator("body script")).to_have_count(0)
    expect(document.locator("body :is([href], [onclick])")).to_have_count(0)
    document.locator("svg").get_by_text("gras").click()
    tab.wait_for_timeout(300)
    assert tab.url.endswith("/standing")
    assert tab.evaluate("'hit' in window") is False
    assert requests == []
    inside = next(frame for frame in tab.frames if frame.url.endswith("/diagram-frame"))
    assert inside.evaluate("self.origin") == "null"
    context.close()


def document_of(tab: Page, selector: str) -> Frame:
    """Return the document of a frame."""
    found = tab.locator(selector).element_handle().content_frame()
    assert found is not None
    return found


OBSERVE = """frame => {
  window.heights = [];
  new MutationObserver(() => window.heights.push(frame.height)).observe(frame, { attributeFilter: ["height"] });
}"""


def test_messages_of_others_and_odd_heights_change_nothing(tab: Page) -> None:
    open_page(tab, diagram(SOURCE))
    expect(drawn(tab).locator("svg")).to_contain_text("Essai")
    frame = tab.locator("iframe.diagram")
    frame.evaluate(OBSERVE)
    tab.evaluate("window.postMessage({ height: 999 }, '*')")
    document_of(tab, "iframe.diagram").evaluate(
        "for (const height of ['777', NaN, Infinity]) parent.postMessage({ height }, '*')"
    )
    svg = '<svg viewBox="0 0 300 300"><text>odd</text></svg>'
    document_of(tab, "iframe.diagram-drawer").evaluate(
        "svg => { for (let i = 0; i < 2; i += 1) parent.frames[i].postMessage({ svg, dark: false }, '*'); }", svg
    )
    tab.wait_for_timeout(300)
    assert set(tab.evaluate("window.heights")) <= {frame.get_attribute("height")}
    expect(drawn(tab).locator("svg")).to_contain_text("Essai")


def test_a_diagram_may_be_high_and_wide_within_bounds(tab: Page) -> None:
    high = "flowchart TD\n" + "".join(f"  n{number} --> n{number + 1}\n" for number in range(30))
    open_page(tab, diagram(high) + diagram(high.replace("TD", "LR")))
    expect(drawn(tab, 1).locator("svg")).to_contain_text("n30")
    expect(tab.locator("iframe.diagram").first).to_have_attribute("height", "1200")
    wide = tab.frames[-1]
    assert wide.evaluate("document.documentElement.scrollWidth > innerWidth && document.body.tabIndex === 0")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_diagram_follows_the_colours_of_the_page(tab: Page) -> None:
    open_page(tab, diagram(SOURCE))
    dark = drawn(tab).locator("html.dark")
    expect(dark).to_have_count(0)
    tab.locator("[data-theme-switch]").first.click()
    expect(dark).to_have_count(1)
    expect(drawn(tab).locator("svg")).to_contain_text("Essai")


def test_the_source_is_shown_without_javascript(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    open_page(page, diagram(SOURCE))
    expect(page.locator("pre:visible")).to_contain_text("A[Idée] --> B[Essai]")
    expect(page.locator("iframe")).to_have_count(0)
    context.close()
