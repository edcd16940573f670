"""The permission matrix: the status code of each URL for each user. `test_codebase.py` fails for a URL without a row.

Alice is a user, bob a steward of the place "Atelier", charlie blocked, anna anonymous. `scene` creates the pages of the
rows. 200 is a page, 302 a redirect (for anna: to sign in), 403 a missing permission, 404 a missing page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from tests.discussions.talk_rows import TALK_ROWS, talk_scene
from tests.exchange.archives import make_picture
from tests.factories import make_page, make_place
from tests.permission_rows import Row, accounts_only, everyone, refused_writing, same, stewards_only
from wiki.exchange.models import TableImport
from wiki.exchange.table_import.row_plans import dump_plans
from wiki.exchange.table_import.table_content import FileRow, Table
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.moderation.models import Proposal
from wiki.notifications.models import Notification, NotificationSettings
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing import page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

CAST = ("alice", "bob", "charlie", "anna")
PAGE, FORK, PROPOSAL, TASK, TABLE = "Atelier:Charte", "Atelier:Notre charte", 77_000, 78_000, 79_000
PERSON, HIDDEN = "Atelier:Dora", "Atelier:Cachée"
NOTIFICATION, FEED_TOKEN = 80_000, "secret-address-of-the-feed"
PICTURE, OWN_PICTURE = "Etabli.jpg", "Four.jpg"


def scene(alice: User, bob: User) -> None:
    """Create the pages of the rows: a place with the steward bob, and pages and a background task by alice."""
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "# Charte\n\nUn texte.", by=alice, place=place)
    page_writer.edit(page, "# Charte\n\nUn autre texte.", Author.of(alice))
    fork_creation.fork(page, ForkTarget(place, title="Notre charte"), Author.of(alice))
    Proposal.objects.create(pk=PROPOSAL, page=page, base=2, text="Autre", by=alice, by_name="alice", message="Mieux")
    make_page("Venue d'ailleurs")
    Notification.objects.create(pk=NOTIFICATION, recipient=alice, kind="change", key="page", page=page)
    NotificationSettings.objects.create(user=alice, feed_token=FEED_TOKEN)
    BackgroundTask.objects.create(pk=TASK, kind="import of a remote page", lane="fetches", person=alice, language="fr")
    table = Table(("Nom",), (FileRow(2, ("Le Comptoir",)),))
    TableImport.objects.create(
        pk=TABLE, person=alice, kind_key="place", license="etalab-2.0", language="fr", file_name="lieux.csv",
        content=table.dumped(), mapping=["title"], preview=dump_plans([]),
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    make_picture(PICTURE)
    make_picture(OWN_PICTURE, uploaded_by_user=alice)
    make_page("Dora", "---\nNature: Personne\n---\nUn portrait.", by=bob, place=place)
    hidden = make_page("Cachée", "---\nNature: Personne\n---\nCachée.", by=bob, place=place)
    page_hiding.hide(hidden, Author.of(bob))
    talk_scene(page, hidden, alice, bob)
    page_writer.delete(make_page("Parti", by=alice, place=place), Author.of(bob))


ON_PAGE = {"title": PAGE}
ROWS: dict[str, list[Row]] = {
    # Reading is public
    "home": [everyone()],
    "communes": [everyone(), Row((200, 200, 200, 200), {}, "?q=Lyon")],
    "page": [
        everyone(title=PAGE),
        everyone(title="Atelier"),
        Row((200, 200, 200, 200), ON_PAGE, "?version=1"),
        Row((200, 200, 200, 200), ON_PAGE, "?at=2100-01-01"),
        Row((404, 404, 404, 404), {"title": "Atelier:Parti"}, "?at=2100-01-01"),
        everyone(404, title="Atelier:Parti"),
        everyone(404, title="Rien"),
        Row((404, 200, 404, 404), {"title": HIDDEN}),
    ],
    "page_data": [everyone(title=f"{PAGE}.ttl"), everyone(title=f"{PAGE}.md"), everyone(404, title=f"{PAGE}.exe")],
    "opensearch": [everyone()],
    "web_manifest": [everyone()],
    "favicon": [everyone(302)],
    "oembed": [
        Row((200, 200, 200, 200), query="?url=http://127.0.0.1:8000/wiki/Atelier:Charte"),
        Row((404, 404, 404, 404), query="?url=https://elsewhere.example/wiki/Atelier:Charte"),
    ],
    "open_data": [everyone()],
    "sparql": [
        everyone(),
        Row((503, 503, 503, 503), query="?query=ASK%7B%7D"),
        Row((403, 403, 403, 403), query="?update=x"),
    ],
    "kind_data": [everyone(kind="place", name="geojson"), everyone(404, kind="practice", name="mednum.csv")],
    "dcat": [everyone(ending="ttl"), everyone(404, ending="exe")],
    "all_pages": [everyone()],
    "directory": [
        everyone(kind="place"),
        everyone(404, kind="nothing"),
        Row((200, 200, 200, 200), {"kind": "practice"}, "?q=texte&embed=1"),
    ],
    "needs": [
        everyone(),
        Row((200, 200, 200, 200), query="?of=offers&q=bois&place=Atelier&p=9"),
        Row((200, 200, 200, 200), query="?of=practices&place=Nulle part"),
    ],
    "assemble": [
        everyone(title=PAGE),
        Row((200, 200, 200, 200), ON_PAGE, "?place=Atelier&within=près"),
        everyone(404, title="Atelier:Parti"),
        Row((404, 200, 404, 404), {"title": HIDDEN}),
    ],
    "place_needs": [everyone(title="Atelier"), everyone(404, title=PAGE), everyone(404, title="Rien")],
    "feed_needs": [
        everyone(title="Atelier"),
        Row((200, 200, 200, 200), {"title": "Atelier"}, "?within=loin"),
        everyone(404, title=PAGE),
    ],
    "offer_emails": [
        Row((302, 302, 403, 302), {"title": "Atelier"}, post=True),
        everyone(405, title="Atelier"),
        Row((404, 404, 404, 404), {"title": HIDDEN}, post=True),
    ],
    "confirm_offer_emails": [everyone(404, token="x"), Row((404, 404, 404, 404), {"token": "x"}, post=True)],
    "stop_offer_emails": [everyone(404, token="x"), Row((404, 404, 404, 404), {"token": "x"}, post=True)],
    "directory_markers": [
        Row((200, 200, 200, 200), {"kind": "place"}, "?bbox=40,-5,51,9&z=5"),
        everyone(400, kind="place"),
    ],
    "search": [
        everyone(),
        Row((200, 200, 200, 200), query="?q=charte&kind=article&p=2"),
        Row((200, 200, 200, 200), query="?q=texte&when=ever&page=Atelier:Charte"),
    ],
    "feed_search": [everyone(), Row((200, 200, 200, 200), query="?q=charte")],
    "searches": [Row((200, 200, 200, 302))],
    "save_search": [Row((404, 404, 404, 302), post=True), Row((405, 405, 405, 302))],
    "forget_search": [Row((404, 404, 404, 302), {"number": "1"}, post=True)],
    "search_suggest": [everyone(), Row((200, 200, 200, 200), query="?q=cha")],
    "orphans": [everyone()],
    "wanted": [everyone()],
    "categories": [everyone()],
    "links_to": [everyone(title=PAGE)],
    "sitemap": [everyone()],
    "sitemap_part": [everyone(part="1")],
    "robots": [everyone()],
    "diagram_frame": [everyone()],
    "licenses": [everyone()],
    "license": [everyone(license_id="CC-BY-SA-4.0"), everyone(404, license_id="Rien")],
    "media": [everyone(404, path="rien.jpg")],
    "map_archive": [everyone(404)],
    "thumbnail": [everyone(302, name=PICTURE), everyone(404, name="rien.jpg")],
    "set_language": [Row((302, 302, 302, 302), post=True)],
    # So is the history of readable pages
    "history": [
        everyone(title=PAGE),
        everyone(404, title="Atelier:Parti"),
        Row((404, 200, 404, 404), {"title": HIDDEN}),
    ],
    "authors": [everyone(title=PAGE), everyone(404, title="Atelier:Parti")],
    "compare": [Row((200, 200, 200, 200), ON_PAGE, "?from=1&to=2"), everyone(404, title="Atelier:Parti")],
    "changes": [everyone()],
    "place_changes": [everyone(place="Atelier")],
    "contributions": [everyone(username="alice")],
    "contributions_by_name": [Row((200, 200, 200, 200), query="?name=Quelqu'un")],
    "feed_changes": [everyone()],
    "feed_place": [everyone(title="Atelier")],
    "feed_page": [everyone(title=PAGE), everyone(404, title="Atelier:Parti")],
    "feed_contributions": [everyone(username="alice")],
    "feed_contributions_by_name": [Row((200, 200, 200, 200), query="?name=Quelqu'un")],
    # So are exports
    "credits": [everyone(title=PAGE), everyone(title="Atelier"), everyone(404, title="Atelier:Parti")],
    "export": [everyone(title=PAGE), everyone(404, title="Atelier:Parti")],
    "export_download": [everyone(title=PAGE), everyone(404, title="Atelier:Parti")],
    "forks": [everyone(title=PAGE)],
    "touch": [
        everyone(title=PAGE),
        everyone(title=FORK),
        Row((404, 404, 403, 403), {"title": FORK}, post=True),
        everyone(404, title="Atelier:Parti"),
    ],
    "proposals": [everyone(title=PAGE), everyone(404, title="Atelier:Parti")],
    "block": [
        Row((403, 403, 403, 302), {"username": "alice"}),
        Row((403, 403, 403, 302), {"username": "alice"}, post=True),
    ],
    "clean_up": [
        Row((403, 403, 403, 302), {"username": "alice"}),
        Row((403, 403, 403, 302), {"username": "alice"}, post=True),
    ],
    "protect": [*stewards_only(302, title=PAGE)],
    "patrol": [Row((403, 200, 403, 302)), Row((403, 302, 403, 302), post=True)],
    "restore_posts": [Row((403, 403, 403, 302), {"number": "1"}, post=True), everyone(405, number="1")],
    "report": [
        everyone(title=PAGE),
        Row((422, 422, 422, 422), ON_PAGE, post=True),
        Row((404, 200, 404, 404), {"title": HIDDEN}),
    ],
    "waiting": [Row((403, 200, 403, 302))],
    "settle_report": [Row((403, 403, 403, 302), {"number": "1"}, post=True), everyone(405, number="1")],
    "log": [everyone()],
    "proposal": [
        everyone(number=str(PROPOSAL)),
        everyone(404, number="1"),
        Row((422, 422, 403, 403), {"number": str(PROPOSAL)}, post=True),
    ],
    # Writing needs an account that is not blocked
    "edit": [
        *refused_writing(title=PAGE),
        *refused_writing(title="Nouveau"),
        Row((302, 302, 403, 403), ON_PAGE, post=True),
    ],
    "preview": [Row((200, 200, 200, 200), post=True)],
    "call_answers": [Row((200, 200, 200, 200), post=True)],
    "create": refused_writing(),
    "create_place": refused_writing(),
    "form": [
        *refused_writing(title="Atelier"),
        Row((302, 302, 403, 302), ON_PAGE),
        Row((302, 302, 403, 403), {"title": "Atelier"}, post=True),
    ],
    "network": [everyone()],
    "network_economy": [everyone(), Row((200, 200, 200, 200), query="?year=2025")],
    "forms": [everyone()],
    "new_kind": [Row((302, 302, 302, 302), query="?name=Four")],
    "field_list": [
        Row((403, 200, 403, 302), {"name": "practice"}),
        Row((403, 422, 403, 403), {"name": "practice"}, post=True),
        Row((403, 200, 403, 302), {"name": "Une catégorie"}, "?of=category"),
    ],
    "form_csv": [everyone(name="practice"), everyone(404, name="rien")],
    "upload": refused_writing(),
    "picture_details": [
        Row((403, 403, 403, 302), {"name": PICTURE}),
        Row((200, 403, 403, 302), {"name": OWN_PICTURE}),
        Row((404, 404, 403, 302), {"name": "rien.jpg"}),
    ],
    "replace_file": [
        Row((403, 403, 403, 302), {"name": PICTURE}),
        Row((200, 403, 403, 302), {"name": OWN_PICTURE}),
        Row((404, 404, 403, 302), {"name": "rien.jpg"}),
    ],
    "rename_file": [
        Row((403, 403, 403, 302), {"name": PICTURE}),
        Row((200, 403, 403, 302), {"name": OWN_PICTURE}),
        Row((404, 404, 403, 302), {"name": "rien.jpg"}),
    ],
    "edit_picture": [
        Row((403, 403, 403, 302), {"name": PICTURE}),
        Row((200, 403, 403, 302), {"name": OWN_PICTURE}),
        Row((404, 404, 403, 302), {"name": "rien.jpg"}),
    ],
    "restore_file": [
        Row((405, 405, 405, 405), {"name": PICTURE, "number": "1"}),
        Row((403, 403, 403, 403), {"name": PICTURE, "number": "1"}, post=True),
        Row((422, 403, 403, 403), {"name": OWN_PICTURE, "number": "1"}, post=True),
    ],
    "fork": refused_writing(title=PAGE),
    "pull": [
        *refused_writing(title=FORK),
        Row((302, 302, 403, 403), {"title": FORK}, post=True),
        Row((404, 404, 403, 302), ON_PAGE),
    ],
    "propose": [
        *refused_writing(title=FORK),
        Row((422, 422, 403, 403), {"title": FORK}, post=True),
        Row((404, 404, 403, 302), ON_PAGE),
    ],
    "import_archive": refused_writing(),
    # A table that waits is seen by who uploaded it
    "import_table": refused_writing(),
    "table_columns": [
        Row((200, 404, 404, 302), {"number": str(TABLE)}),
        Row((422, 404, 404, 302), {"number": str(TABLE)}, post=True),
    ],
    "table_preview": [Row((200, 404, 404, 302), {"number": str(TABLE)}), Row((404, 404, 404, 302), {"number": "1"})],
    "table_report": [Row((200, 404, 404, 302), {"number": str(TABLE)})],
    "my_forks": [Row((200, 200, 200, 302))],
    # Notifications and watches are those of the account; watching needs no more than reading
    "notifications": [Row((200, 200, 200, 302)), Row((302, 302, 302, 302), post=True)],
    "open_notification": [
        Row((302, 404, 404, 302), {"number": str(NOTIFICATION)}),
        Row((404, 404, 404, 302), {"number": "1"}),
    ],
    "notification_settings": [Row((200, 200, 200, 302)), Row((422, 422, 422, 302), post=True)],
    "watching": [Row((200, 200, 200, 302)), Row((422, 422, 422, 302), post=True)],
    "watch": [
        Row((200, 200, 200, 302), query=f"?kind=page&name={PAGE}"),
        Row((422, 422, 422, 302), query=f"?kind=page&name={PAGE}", post=True),
        Row((404, 200, 404, 302), query=f"?kind=page&name={HIDDEN}"),
        Row((404, 404, 404, 302), query="?kind=page&name=Rien"),
        Row((404, 404, 404, 302), query=f"?kind=place&name={PAGE}"),
        Row((200, 200, 200, 302), query="?kind=person&name=bob"),
        Row((200, 200, 200, 302), query="?kind=kind&name=practice"),
        Row((404, 404, 404, 302), query="?kind=kind&name=nothing"),
        Row((404, 404, 404, 302), query="?kind=other&name=x"),
        Row((404, 404, 404, 302)),
    ],
    "stop_notification_emails": [everyone(404, token="x"), Row((404, 404, 404, 404), {"token": "x"}, post=True)],
    "feed_notifications": [everyone(404, token="x"), everyone(token=FEED_TOKEN)],
    "suggest": [Row((302, 302, 302, 200), ON_PAGE), everyone(404, title="Atelier:Parti")],
    "elsewhere": refused_writing(),
    "ask_original": [Row((302, 302, 403, 403), {"title": FORK}, post=True)],
    # A background task is seen by its person
    "task": [Row((200, 404, 404, 302), {"number": str(TASK)}), Row((404, 404, 404, 302), {"number": "1"})],
    "task_state": [Row((200, 404, 404, 302), {"number": str(TASK)})],
    "cancel_task": [Row((302, 404, 404, 302), {"number": str(TASK)}, post=True)],
    "undo_batch": [Row((200, 200, 403, 302), {"number": "1"}), Row((404, 404, 403, 302), {"number": "999"})],
    "restore": [Row((200, 200, 403, 302), ON_PAGE, "?version=1")],
    "undo": [Row((200, 200, 403, 302), ON_PAGE, "?version=2")],
    # Managing a place needs a steward of it
    "move": stewards_only(200, title=PAGE),
    "delete": stewards_only(302, title=PAGE),
    "hide": [
        *stewards_only(302, title=PERSON),
        Row((403, 403, 403, 302), ON_PAGE),
        Row((404, 200, 404, 302), {"title": HIDDEN}),
    ],
    "unhide": [
        Row((404, 302, 404, 404), {"title": HIDDEN}, post=True),
        Row((403, 302, 403, 403), {"title": PERSON}, post=True),
        everyone(405, title=HIDDEN),
    ],
    "fields": stewards_only(200, title=PAGE),
    "stewards": stewards_only(200, title="Atelier"),
    "undelete": [
        Row((403, 302, 403, 403), {"title": "Atelier:Parti"}, post=True),
        everyone(405, title="Atelier:Parti"),
    ],
    "unmake_place": [Row((403, 422, 403, 403), {"title": "Atelier"}, post=True), everyone(405, title="Atelier")],
    # Semantic queries
    "ask": [everyone(), Row((200, 200, 200, 200), query="?q=[[Kind::Place]]")],
    "ask_file": [everyone(404), Row((200, 200, 200, 200), query="?q=[[Kind::Place]]&format=csv")],
    "ask_parameters": [everyone(), Row((200, 200, 200, 200), query="?format=map")],
    "ask_count": [everyone(), Row((200, 200, 200, 200), query="?rp=Kind&ro=is&rv=Place")],
    "ask_edit": [
        everyone(302),  # without a question
        Row((200, 200, 403, 302), query="?q=[[Kind::Place]]&po=?City"),
        Row((302, 302, 403, 403), query="?q=[[Kind::Place]]&po=?City", post=True),  # an empty form changes nothing
    ],
    "directory_edit": [
        *refused_writing(kind="place"),
        everyone(404, kind="nothing"),
        Row((302, 302, 403, 403), {"kind": "place"}, post=True),
    ],
    "ask_complete": [everyone(), Row((200, 200, 200, 200), query="?kind=value&property=Kind&q=p")],
    "browse": [everyone(title=PAGE), everyone(404, title="Atelier:Parti"), everyone(404, title="Rien")],
    "properties": [everyone()],
    "unused_properties": [everyone()],
    "wanted_properties": [everyone()],
    "property": [everyone(title="Kind"), everyone(404, title="Rien")],
    "search_by_property": [everyone(), Row((200, 200, 200, 200), query="?property=Kind&value=Place")],
    "types": [everyone()],
    "concepts": [everyone()],
    "problems": [everyone()],
    "special_page": [everyone(302, name="Browse/Atelier"), everyone(404, name="Rien")],
    # The API: errors are in the response
    "api": [everyone(), Row((200, 200, 200, 200), post=True)],
    "api_w": [everyone(), Row((200, 200, 200, 200), post=True)],
    # Accounts
    "profile": [accounts_only()],
    **same(("register", "account_signup"), Row((302, 302, 302, 200))),
    **same(("login", "account_login"), everyone()),
    **same(("logout", "account_logout"), Row((302, 302, 302, 302), post=True), everyone(405)),
    **same(("password_change", "account_change_password"), accounts_only()),
    "account_set_password": [Row((302, 302, 302, 302))],  # they have one
    "invite": [Row((403, 200, 403, 302)), Row((403, 200, 403, 302), post=True)],
    "invitation": [everyone(302, token="x")],
    "account_reauthenticate": [accounts_only()],
    **same(("password_reset", "account_reset_password"), everyone()),
    **same(("password_reset_done", "account_reset_password_done"), everyone()),
    "password_reset_confirm": [everyone(302, uidb64="MQ", token="set-password")],
    "account_reset_password_from_key": [everyone(uidb36="1", key="set-password")],
    "confirm_address": [Row((302, 302, 302, 302), post=True), Row((405, 405, 405, 302))],
    "account_confirm_email": [everyone(key="x"), Row((404, 404, 404, 404), {"key": "x"}, post=True)],
    "usersessions_list": [accounts_only()],
    "mfa_index": [accounts_only()],
    "mfa_authenticate": [everyone(302)],  # after a password only
    "mfa_reauthenticate": [everyone(302)],  # to the password, without a second factor
    **same(  # to confirm the password
        ("mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"),
        everyone(302),
        Row((302, 302, 302, 302), post=True),
    ),
    "mfa_deactivate_totp": [Row((404, 404, 404, 302))],
    "mfa_view_recovery_codes": [Row((404, 404, 404, 302))],
    "mfa_list_webauthn": [accounts_only()],
    "mfa_reauthenticate_webauthn": [everyone(302)],
    "mfa_remove_webauthn": [everyone(302, pk="1"), Row((302, 302, 302, 302), {"pk": "1"}, post=True)],
    **same(("openid_connect_login", "openid_connect_callback"), everyone(404, provider_id="oidc")),  # none is set
    "mfa_login_webauthn": [everyone(302), Row((302, 302, 302, 302), post=True)],
    **TALK_ROWS,
}
