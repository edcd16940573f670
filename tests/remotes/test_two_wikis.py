"""Two running wikis with separate databases: each forks a page of the other, pulls, and proposes."""

from __future__ import annotations

import ipaddress
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_page, make_place
from tests.forks.fork_factories import change, fork_status_of, make_practice, merge_of, text_of
from tests.instances import Instance, free_port
from tests.tasks import follow
from wiki.accounts.models import User
from wiki.errors import Refused
from wiki.moderation import proposals
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import Fork, WikiPage
from wiki.remotes import mirror_polling
from wiki.remotes.http_client import Unreachable
from wiki.remotes.mirror_polling import MirrorPollJob

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
NEAR = "127.0.0.0/8, ::1/128"
PORTS = "1024-65535"
HEAD = """
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
zoe = User.objects.filter(username="zoe").first() or User.objects.create_superuser("zoe")
by = page_writer.Author.of(zoe)
def change(title, old, new):
    page = page_lookup.find_by_key(title)
    assert old in page.source.text
    page_writer.edit(page, page.source.text.replace(old, new), by)
"""


@pytest.fixture
def far(make_instance: Any) -> Instance:
    """A second wiki, always on SQLite, with an account «zoe», her place and a page of hers."""
    url = f"http://127.0.0.1:{free_port()}"
    instance: Instance = make_instance(small=True, MOVILAB_URL=url, MOVILAB_FORK_FROM=NEAR, MOVILAB_FORK_PORTS=PORTS)
    instance.python(
        f"{HEAD}page_writer.create_place('Le Fournil', 'Un lieu.', by)\npage_writer.create('Gâteau', 'Du sucre.', by)"
    )
    return instance


@pytest.mark.slow
def test_they_fork_and_propose_to_each_other(
    far: Instance, live_server: Any, settings: Any, alice: User, bob: User, client_of: Any
) -> None:
    settings.BASE_ADDRESS = live_server.url
    settings.FORK_FROM = [ipaddress.ip_network(one) for one in NEAR.split(", ")]
    settings.FORK_PORTS = [range(1024, 65_536)]
    bread, place = make_practice(alice), make_place("La Cale", by=bob)
    with far.served() as there:
        # A remote page is mirrored here, and its new versions are found
        client = client_of(bob)
        response = follow(client, client.post("/elsewhere", {"address": f"{there}/wiki/Gâteau"}))
        data = {"place": place.full_title, "title": "Gâteau", "license": "CC-BY-SA-4.0"}
        assert client.post(response["Location"], data).status_code == 302
        fork = page_lookup.find("La Cale:Gâteau", bob)
        assert fork is not None
        assert Fork.objects.get(page=fork).upstream_url == f"{there}/wiki/G%C3%A2teau"
        assert authors_of(fork) == ["zoe", "bob"]
        assert MirrorPollJob().run() is False  # it was polled just now
        far.python(f"{HEAD}change('Gâteau', 'sucre.', 'sucre, du beurre.')")
        Mirror.objects.update(polled_at=timezone.now() - timedelta(days=1))
        assert MirrorPollJob().run() is True
        assert [node.number for node in fork_status_of(fork, bob).behind] == [2]
        mirror = Mirror.objects.get()
        assert mirror_polling.poll(mirror) is False
        # A local page is forked there, edited, and proposed here
        output = far.manage(
            "fork", f"{live_server.url}/wiki/Pain", "--into", "Le Fournil", "--by", "zoe", "--format", "json"
        )
        assert json.loads(output)["title"] == "Le Fournil:Pain"
        far.python(f"{HEAD}change('Le Fournil:Pain', 'Au four.', 'Au feu de bois.')")
        change(bread, alice, ("Une nuit", "Deux nuits"))
        response = follow(client, client.post("/elsewhere", {"address": f"{there}/wiki/Le_Fournil:Pain"}))
        assert b"de bois" in client.get(response["Location"]).content
        merge = merge_of(bread, Mirror.objects.get(title="Le Fournil:Pain").page)
        proposal = proposals.propose(merge, merge.merged.text or "", "Au bois", bob)
        proposals.accept(proposal, proposal.text, alice, is_whole=True, base=2)
        assert "Au feu de bois." in text_of(bread)
        assert "Deux nuits" in text_of(bread)
        assert authors_of(bread) == ["alice", "zoe"]
        # The accepted version is pulled there
        output = far.manage("pull", "Le Fournil:Pain", "--by", "zoe", "--format", "json")
        assert json.loads(output)["changed"] is True
        text = far.python(f"{HEAD}print(page_lookup.find_by_key('Le Fournil:Pain').source.text)")
        assert "Deux nuits" in text
        assert "Au feu de bois." in text
        # A page renamed there is still found
        far.python(
            f"{HEAD}from wiki.pages.writing import page_moves\n"
            "page_moves.move(page_lookup.find_by_key('Gâteau'), 'Grand gâteau', by)\n"
            "change('Grand gâteau', 'du beurre.', 'du beurre salé.')"
        )
        mirror.refresh_from_db()
        assert mirror_polling.poll(mirror) is True
        assert "du beurre salé." in text_of(mirror.page)
        assert Mirror.objects.get(pk=mirror.pk).url == f"{there}/wiki/Grand_g%C3%A2teau"
        mirror.refresh_from_db()
        # A missing page, or one without an archive, is reported
        far.python(f"{HEAD}page_writer.delete(page_lookup.find_by_key('Grand gâteau'), by)")
        with pytest.raises(Unreachable, match=r"\(4(04|10)\)"):
            mirror_polling.poll(mirror)
        with pytest.raises(Refused, match="No archive"):
            mirror_polling.fetch_mirror(f"{there}/", bob)
    with pytest.raises(Unreachable):
        mirror_polling.poll(mirror)
    assert "ne répond pas" in client.get("/touch/La_Cale:G%C3%A2teau").content.decode()
    assert fork_status_of(fork, bob).upstream == WikiPage.objects.get(pk=mirror.page_id)


@pytest.mark.slow
def test_pulls_across_sites_are_known_to_both(
    far: Instance, live_server: Any, settings: Any, alice: User, bob: User, client_of: Any
) -> None:
    settings.BASE_ADDRESS = live_server.url
    settings.FORK_FROM = [ipaddress.ip_network(one) for one in NEAR.split(", ")]
    settings.FORK_PORTS = [range(1024, 65_536)]
    bread = make_page("Pain", "Un.\n\nDeux.\n\nTrois.\n", by=alice)
    title = "Le Fournil:Pain"
    with far.served() as there:
        far.manage("fork", f"{live_server.url}/wiki/Pain", "--into", "Le Fournil", "--by", "zoe")
        change(bread, alice, ("Un.", "Un. Une phrase de passage."))
        assert json.loads(far.manage("pull", title, "--by", "zoe", "--format", "json"))["changed"]
        far.python(f"{HEAD}change('{title}', 'Trois.', 'Trois, autrement.')")
        change(bread, alice, (" Une phrase de passage.", ""))
        mirror = mirror_polling.fetch_mirror(f"{there}/wiki/Le_Fournil:Pain", bob)
        merge = merge_of(bread, mirror.page)
        assert merge.merged.text == "Un.\n\nDeux.\n\nTrois, autrement.\n", (
            "what was removed after the pull stays removed"
        )
        # The accepted proposal comes back as nothing new but the removal
        proposal = proposals.propose(merge, merge.merged.text or "", "", bob)
        proposals.accept(proposal, proposal.text, alice, is_whole=True, base=page_lookup.reload_page(bread.pk).version)
        assert json.loads(far.manage("pull", title, "--by", "zoe", "--format", "json"))["changed"]
        show = f"{HEAD}print(page_lookup.find_by_key('{title}').source.text, end='')"
        assert far.python(show) == text_of(bread)
        # A clash that was settled there is no clash here
        change(bread, alice, ("Deux.", "Deux, dit Alice."))
        far.python(f"{HEAD}change('{title}', 'Deux.', 'Deux, dit Zoé.')")
        far.manage("pull", title, "--by", "zoe", "--ours")
        assert mirror_polling.poll(Mirror.objects.get(pk=mirror.pk)) is True
        merge = merge_of(bread, Mirror.objects.get(pk=mirror.pk).page)
        assert merge.merged.conflicts == []
        assert merge.merged.text == far.python(show)
