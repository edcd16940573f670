"""Pictures that are added while one writes: chosen, dropped or pasted, described, and shown as the page shows them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import SOURCE, sign_in, write_as_source
from tests.browser.test_visual_editor import EDITOR, TEXT, open_editor, place_cursor, saved
from tests.factories import make_page
from tests.pages.test_media import drawn
from tests.pages.test_picture_upload import heic, send
from wiki.pages.media_models import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from playwright.sync_api import FilePayload, Page, Route

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
BUTTON = "[data-picture-button]"
SHOWN = f"{EDITOR} .wiki-picture img"
LINE = ".upload"
FIELD = "textarea[name=text]"
HAND_OVER = """(target, [kind, files, html]) => {
  const data = new DataTransfer();
  for (const [name, type, content] of files) {
    data.items.add(new File([Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0))], name, { type }));
  }
  if (html) data.setData("text/html", html);
  const { left, top } = target.getBoundingClientRect();
  const options = { bubbles: true, cancelable: true, clientX: left + 2, clientY: top + 2 };
  target.dispatchEvent(kind === "drop" ? new DragEvent(kind, { ...options, dataTransfer: data })
    : new ClipboardEvent(kind, { ...options, clipboardData: data }));
}"""


@pytest.fixture
def page(alice: User) -> Any:
    """A page with signs that no serializer would write."""
    return make_page("Établi", TEXT, by=alice)


def file(name: str = "Le_four.jpg", size: tuple[int, int] = (60, 40)) -> FilePayload:
    """Return a picture as a chooser of files gives it."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": drawn(size=size)}


def choose(tab: Page, *files: FilePayload) -> None:
    """Choose files by the button of the toolbar."""
    with tab.expect_file_chooser() as chooser:
        tab.click(BUTTON)
    assert chooser.value.is_multiple()
    chooser.value.set_files(list(files))


def hand_over(tab: Page, selector: str, kind: str, *files: FilePayload, html: str = "") -> None:
    """Drop or paste files onto an element."""
    data = [[file["name"], file["mimeType"], base64.b64encode(file["buffer"]).decode()] for file in files]
    tab.locator(selector).first.evaluate(HAND_OVER, [kind, data, html])


def hold_uploads(tab: Page) -> Callable[[], None]:
    """Keep uploads waiting; the function that is returned lets them go on."""
    held: list[Route] = []
    tab.route("**/upload", lambda route: held.append(route))

    def go_on() -> None:
        for route in held:
            route.continue_()
        tab.unroute("**/upload")

    return go_on


def test_a_picture_that_is_chosen_stands_behind_the_paragraph(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    choose(tab, file())
    expect(tab.locator(SHOWN)).to_have_js_property("complete", True)
    expect(tab.locator(SHOWN)).to_have_js_property("naturalWidth", 60)
    expect(tab.locator(SHOWN)).to_have_attribute("alt", "Le four")
    expect(tab.locator(SHOWN)).to_have_attribute("loading", "lazy")
    expect(tab.locator(f"{EDITOR} .wiki-caption")).to_have_text("Le four")
    expect(tab.locator(LINE)).to_contain_text("CC BY-SA 4.0")
    expect(tab.locator(LINE)).to_contain_text("alice")
    expect(tab.locator(f"{LINE} a")).to_have_attribute("href", "/wiki/File:Le_four.jpg")
    text = saved(tab, alice)
    assert text == TEXT.replace("hêtre.\n", "hêtre.\n\n![Le four](File:Le_four.jpg)\n")
    assert 'alt="Le four"' in tab.content()


def test_the_text_can_be_written_meanwhile(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    go_on = hold_uploads(tab)
    choose(tab, file())
    expect(tab.locator(".picture-place")).to_have_text("Le_four.jpg")
    expect(tab.locator(f"{LINE}[role=status] progress")).to_be_visible()
    place_cursor(tab, "p")
    tab.keyboard.type(" Et lourd.")
    tab.keyboard.press("Enter")
    tab.keyboard.type("Fin.")
    tab.press("button[name=save]", "Enter")  # a mouse may miss it: the page moves as the editor loses the cursor
    expect(tab.locator("[data-editor-note]")).not_to_be_empty()
    assert tab.url.endswith("/edit/%C3%89tabli"), "the text is held back until its picture is there"
    go_on()
    expect(tab.locator(SHOWN)).to_be_visible()
    expect(tab.locator(".picture-place")).to_have_count(0)
    expected = TEXT.replace("hêtre.\n", "hêtre. Et lourd.\n\nFin.\n\n![Le four](File:Le_four.jpg)\n")
    assert saved(tab, alice) == expected


def test_two_are_dropped_and_one_is_pasted(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    hand_over(tab, f"{EDITOR} h2", "drop", file("a.jpg"), file("b (1).jpg", (61, 40)))
    expect(tab.locator(SHOWN)).to_have_count(2)
    place_cursor(tab, "td")
    hand_over(tab, EDITOR, "paste", {"name": "image.png", "mimeType": "image/png", "buffer": drawn("PNG", (62, 40))})
    expect(tab.locator(SHOWN)).to_have_count(3)
    two = "![Image de alice](File:A.jpg)\n\n![Image de alice](File:B_(1).jpg)\n\n"
    expected = TEXT.replace("# Établi\n\n", f"# Établi\n\n{two}")
    expected = expected.replace("2    |\n", "2    |\n\n![Image de alice](File:Image.png)\n")
    assert saved(tab, alice) == expected.replace("Image de alice", Picture.objects.get(name="A.jpg").description)


def test_a_file_that_is_no_picture_shows_its_name_and_type(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    hand_over(tab, EDITOR, "drop", {"name": "le_plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    chip = tab.locator(f"{EDITOR} [data-kind=file]")
    expect(chip).to_have_text("le plan")
    expect(chip).to_have_attribute("data-type", "PDF")
    chip.click()
    assert tab.locator(".picture-panel a").get_attribute("href") == "/wiki/File:Le_plan.pdf"
    assert "![le plan](File:Le_plan.pdf)\n" in saved(tab, alice)
    expect(tab.locator(".file-box")).to_contain_text("Document (PDF)")


def test_words_that_come_with_a_picture_are_pasted(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    hand_over(tab, EDITOR, "paste", file("image.jpg"), html="<p>Un <b>mot</b></p>")
    hand_over(tab, EDITOR, "paste", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(tab.locator(f"{LINE}[data-kind=failed]")).to_contain_text("a.txt")
    hand_over(tab, EDITOR, "paste", html="<hr>")
    assert saved(tab, alice, "Lampe") == "Un **mot**\n\n---\n"
    assert not Picture.objects.exists()


def test_an_error_says_which_file_and_loses_nothing(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    choose(tab, {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}, file())
    expect(tab.locator(SHOWN)).to_have_count(1)
    failed = tab.locator(f"{LINE}[data-kind=failed]")
    expect(failed).to_contain_text("notes.jpg")
    expect(failed).to_contain_text("HEIC")
    expect(failed.locator("button")).to_have_count(1)
    expect(tab.locator(".picture-place")).to_have_count(0)
    failed.locator("button").click()
    expect(failed).to_have_count(0)
    assert saved(tab, alice) == TEXT.replace("hêtre.\n", "hêtre.\n\n![Le four](File:Le_four.jpg)\n")


def test_after_a_lost_connection_one_tries_again(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    tab.route("**/upload", lambda route: route.abort())
    choose(tab, file())
    failed = tab.locator(f"{LINE}[data-kind=failed]")
    expect(failed.locator("button")).to_have_count(2)
    expect(tab.locator(".picture-place")).to_have_count(1)
    tab.unroute("**/upload")
    failed.locator("button >> nth=0").click()
    expect(tab.locator(SHOWN)).to_be_visible()
    assert saved(tab, alice) == TEXT.replace("hêtre.\n", "hêtre.\n\n![Le four](File:Le_four.jpg)\n")


def test_an_answer_that_is_no_json_is_an_error_too(tab: Page, page: Any) -> None:
    open_editor(tab)
    tab.route("**/upload", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway"))
    choose(tab, file())
    expect(tab.locator(f"{LINE}[data-kind=failed] button")).to_have_count(2)
    expect(tab.locator(LINE)).not_to_contain_text("gateway")


def test_an_upload_can_be_cancelled(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    hold_uploads(tab)
    choose(tab, file(), file("b.jpg"))
    expect(tab.locator(".picture-place")).to_have_count(2)
    for left in (1, 0):
        tab.click(f"{LINE} >> nth=0 >> button")
        expect(tab.locator(".picture-place")).to_have_count(left)
        expect(tab.locator(LINE)).to_have_count(left)
    assert saved(tab, alice) == TEXT
    assert not Picture.objects.exists()


def test_in_an_empty_paragraph_one_writes_on_below_the_picture(tab: Page, page: Any, alice: User) -> None:
    open_editor(tab)
    place_cursor(tab, "p")
    tab.keyboard.press("Enter")
    choose(tab, file("Étagère.jpg"))
    expect(tab.locator(SHOWN)).to_be_visible()
    tab.locator(EDITOR).focus()
    tab.keyboard.type("Suite.")
    expected = TEXT.replace("hêtre.\n", "hêtre.\n\n![Étagère](File:Étagère.jpg)\n\nSuite.\n")
    assert saved(tab, alice) == expected


def test_a_picture_is_described_and_deleted(tab: Page, alice: User, client_of: Callable[..., Client]) -> None:
    send(client_of(alice), drawn(size=(61, 40)), "b.png")
    text = "Avant *tout* .\n\n![un *vieux* four](File:rien.jpg)"
    make_page("Four", f"{text}\n\n![b](https://example.org/b.jpg)", by=alice)
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    open_editor(tab, "/edit/Four")
    expect(tab.locator(f"{EDITOR} [data-kind=picture]")).to_have_count(2)
    assert not any("example.org" in url for url in requests)
    place_cursor(tab, "p >> nth=0")
    choose(tab, file())
    tab.click(SHOWN)
    expect(tab.locator(".picture-panel a")).to_have_attribute("href", "/wiki/File:Le_four.jpg")
    expect(tab.locator(".picture-panel a")).to_have_attribute("target", "_blank")
    tab.locator(".picture-panel input").fill("Le [four] de _Zoé_")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    expect(tab.locator(".picture-panel input")).to_have_value("Le [four] de _Zoé_")
    tab.keyboard.press("Escape")
    tab.click(f"{EDITOR} [data-kind=picture] >> nth=0")
    expect(tab.locator(".picture-panel input")).to_have_value("un vieux four")
    tab.locator(".picture-panel input").fill("autre")
    tab.keyboard.press("Escape")
    tab.click(f"{EDITOR} [data-kind=picture] >> nth=1")
    tab.click(".picture-panel button")
    text = text.replace(" .\n", " .\n\n![Le \\[four\\] de \\_Zoé\\_](File:Le_four.jpg)\n")
    assert saved(tab, alice, "Four").rstrip("\n") == text
    assert 'alt="Le [four] de _Zoé_"' in tab.content()


def test_pictures_are_shown_however_they_are_written(tab: Page, alice: User, client_of: Callable[..., Client]) -> None:
    send(client_of(alice), drawn(size=(61, 40)), "b c.jpg")
    written = ("![[b c.jpg|300]]", "[[Fichier:B c.jpg|vignette|Un four]]", "![un four](File:b c.jpg)", "![[Page]]")
    text = "Avant.\n\n" + "\n\n".join(written) + "\n\n![[rien.jpg]]\n"
    make_page("Four", text, by=alice)
    open_editor(tab, "/edit/Four")
    expect(tab.locator(SHOWN)).to_have_count(3)
    expect(tab.locator(SHOWN).nth(1)).to_have_attribute("alt", "Un four")
    expect(tab.locator(SHOWN).nth(2)).to_have_js_property("naturalWidth", 61)
    expect(tab.locator(f"{EDITOR} .wiki-unit[data-kind=picture]")).to_have_count(2)
    place_cursor(tab, "p >> nth=0")
    tab.keyboard.type(" Là.")
    assert saved(tab, alice, "Four") == text.replace("Avant.", "Avant. Là.")


def test_in_the_source_the_markdown_comes_behind_the_line(
    tab: Page, page: Any, alice: User, client_of: Callable[..., Client]
) -> None:
    send(client_of(alice), drawn(size=(61, 40)), "b.jpg", description="Vu d'en [bas")
    open_editor(tab)
    write_as_source(tab)
    tab.click(".cm-line:has-text('hêtre')")
    choose(tab, file())
    expect(tab.locator(f"{LINE}[data-kind=done]")).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    hand_over(tab, SOURCE, "paste", file("b.jpg", (61, 40)))
    two = "![Le four](File:Le_four.jpg)\n\n![Vu d'en \\[bas](File:B.jpg)\n"
    expect(tab.locator(FIELD)).to_have_value(TEXT.replace("hêtre.\n", f"hêtre.\n\n{two}"))
    assert Picture.objects.count() == 2


@pytest.mark.parametrize("is_styled", [True, False], ids=["editor", "field alone"])
def test_the_place_in_the_source_is_kept_while_one_writes_before_it(
    tab: Page, page: Any, alice: User, is_styled: bool
) -> None:
    if not is_styled:
        tab.route("**/source_editor.js", lambda route: route.abort())
    open_editor(tab)
    tab.click("[data-mode=source]")
    place = tab.locator(SOURCE if is_styled else FIELD)
    expect(place).to_be_visible()
    go_on = hold_uploads(tab)
    put_cursor(tab, "hêtre.", is_styled)
    choose(tab, file())
    expect(tab.locator(LINE)).to_be_visible()
    expect(tab.locator(".picture-place")).to_have_count(1 if is_styled else 0)
    put_cursor(tab, "# Établi", is_styled)
    tab.keyboard.type("\n\nAvant.")
    put_cursor(tab, "* marteau", is_styled)
    tab.keyboard.type(" lourd")
    go_on()
    expect(tab.locator(f"{LINE}[data-kind=done]")).to_be_visible()
    tab.keyboard.type(" et neuf")
    expected = TEXT.replace("# Établi\n", "# Établi\n\nAvant.\n").replace("marteau", "marteau lourd et neuf")
    assert saved(tab, alice) == expected.replace("hêtre.\n", "hêtre.\n\n![Le four](File:Le_four.jpg)\n")


def put_cursor(tab: Page, words: str, is_styled: bool) -> None:
    """Put the cursor behind words of the source, in its editor or in the field."""
    if is_styled:
        tab.click(f".cm-line:has-text({words!r})")
        tab.keyboard.press("End")
        return
    place = """(field, words) => {
      const at = field.value.indexOf(words) + words.length;
      field.focus();
      field.setSelectionRange(at, at);
    }"""
    tab.locator(FIELD).evaluate(place, words)


def test_the_menu_offers_a_picture(tab: Page, alice: User) -> None:
    open_editor(tab, "/edit/Lampe")
    tab.click(EDITOR)
    tab.keyboard.type("/ima")
    with tab.expect_file_chooser() as chooser:
        tab.click("[role=option]")
    chooser.value.set_files([{"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": heic(orientation=6)}])
    expect(tab.locator(SHOWN)).to_have_js_property("naturalWidth", 200)
    tab.keyboard.type("Suite.")
    description = Picture.objects.get().description
    assert saved(tab, alice, "Lampe") == f"![{description}](File:IMG_1.jpg)\n\nSuite.\n"


def test_without_an_account_pictures_are_not_offered(tab: Page, page: Any) -> None:
    tab.goto("/suggest/Établi")
    expect(tab.locator(EDITOR)).to_be_visible()
    expect(tab.locator("[data-command=strong]").first).to_be_visible()
    expect(tab.locator(BUTTON)).to_have_count(0)
    tab.click(f"{EDITOR} p >> nth=0")
    tab.keyboard.press("End")
    tab.keyboard.press("Enter")
    tab.keyboard.type("/ima")
    expect(tab.locator(".editor-menu")).to_be_hidden()
    hand_over(tab, EDITOR, "paste", file())
    expect(tab.locator(LINE)).to_have_count(0)


def test_on_a_phone(tab: Page, alice: User) -> None:
    make_page("Four", "Avant.", by=alice)
    tab.set_viewport_size({"width": 390, "height": 844})
    sign_in(tab, "alice")
    tab.goto("/edit/Four")
    place_cursor(tab, "p")
    choose(tab, file("Un_nom_de_fichier_bien_trop_long_pour_un_petit_écran_de_téléphone.jpg", (1200, 800)))
    expect(tab.locator(SHOWN)).to_be_visible()
    tab.click(SHOWN)
    for selector in (SHOWN, ".picture-panel", LINE, f"{LINE} button"):
        box = tab.locator(selector).bounding_box()
        assert box is not None
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= 390, selector
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
