"""The rows of discussions in the permission matrix, with the threads that they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.factories import make_page
from tests.permission_rows import Row, everyone, refused_writing
from wiki.discussions.models import Post, Thread

if TYPE_CHECKING:
    from wiki.accounts.models import User
    from wiki.pages.models import WikiPage

PAGE, HIDDEN = "Atelier:Charte", "Atelier:Cachée"
THREAD, BOBS_THREAD, HIDDEN_THREAD = 80_001, 80_002, 80_003
"""Primary keys of threads by alice, by bob, and about a hidden page, and of their only posts."""
ON_PAGE = {"title": PAGE}


def talk_scene(page: WikiPage, hidden: WikiPage, alice: User, bob: User) -> None:
    """Create the threads of the rows, and an older discussion of `page`."""
    make_page("Discussion:Atelier:Charte", "# Avant\n\nUne question.", by=alice)
    for key, about, by in ((THREAD, page, alice), (BOBS_THREAD, page, bob), (HIDDEN_THREAD, hidden, bob)):
        thread = Thread.objects.create(pk=key, page=about, title="Où ?", author=by, author_name=by.label, last_number=1)
        Post.objects.create(
            pk=key, thread=thread, number=1, author=by, author_name=by.label, text="Ici ?", html="Ici ?"
        )


TALK_ROWS: dict[str, list[Row]] = {
    "talk": [
        everyone(title=PAGE),
        Row((200, 200, 200, 200), ON_PAGE, "?state=resolved"),
        everyone(302, title="Discussion:Atelier:Charte"),
        everyone(404, title="Atelier:Parti"),
        Row((404, 200, 404, 404), {"title": HIDDEN}),
    ],
    "all_threads": [everyone(), Row((200, 200, 200, 200), query="?state=open&before=1.0.1&after=x")],
    "place_threads": [everyone(title="Atelier"), everyone(404, title=PAGE)],
    "thread": [
        everyone(number=str(THREAD)),
        Row((200, 200, 200, 200), {"number": str(THREAD)}, "?reply=1&quote&p=9"),
        everyone(404, number="1"),
        everyone(404, number="9" * 30),
        Row((404, 200, 404, 404), {"number": str(HIDDEN_THREAD)}),
        Row((422, 422, 403, 403), {"number": str(THREAD)}, post=True),
        Row((404, 422, 404, 404), {"number": str(HIDDEN_THREAD)}, post=True),
    ],
    "post": [everyone(302, number=str(THREAD)), Row((404, 302, 404, 404), {"number": str(HIDDEN_THREAD)})],
    "post_history": [everyone(number=str(THREAD)), Row((404, 200, 404, 404), {"number": str(HIDDEN_THREAD)})],
    "feed_talk": [everyone()],
    "feed_page_talk": [everyone(title=PAGE), Row((404, 200, 404, 404), {"title": HIDDEN})],
    "start_thread": [
        *refused_writing(title=PAGE),
        Row((200, 200, 403, 302), ON_PAGE, "?passage=1.2.x"),
        Row((200, 200, 403, 302), ON_PAGE, "?words=autre texte"),
        Row((422, 422, 403, 403), ON_PAGE, post=True),
        Row((404, 200, 404, 404), {"title": HIDDEN}),
    ],
    "import_talk": [Row((302, 302, 403, 403), ON_PAGE, post=True), everyone(405, title=PAGE)],
    "thread_state": [
        Row((302, 302, 403, 403), {"number": str(THREAD)}, post=True),
        Row((403, 302, 403, 403), {"number": str(BOBS_THREAD)}, post=True),
        Row((404, 302, 404, 404), {"number": str(HIDDEN_THREAD)}, post=True),
    ],
    "edit_thread": [
        *refused_writing(number=str(THREAD)),
        Row((403, 200, 403, 302), {"number": str(BOBS_THREAD)}),
        Row((404, 200, 404, 302), {"number": str(HIDDEN_THREAD)}),
    ],
    "edit_post": [
        Row((200, 403, 403, 302), {"number": str(THREAD)}),
        Row((422, 403, 403, 403), {"number": str(THREAD)}, post=True),
        Row((404, 200, 404, 404), {"number": str(HIDDEN_THREAD)}),
    ],
    "delete_post": [
        *refused_writing(number=str(THREAD)),
        Row((403, 200, 403, 302), {"number": str(BOBS_THREAD)}),
        Row((302, 302, 403, 302), {"number": str(THREAD)}, post=True),
    ],
    "toggle_thanks": [
        Row((422, 302, 403, 403), {"number": str(THREAD)}, post=True),
        Row((404, 422, 404, 404), {"number": str(HIDDEN_THREAD)}, post=True),
    ],
}
