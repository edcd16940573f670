"""Background tasks that ask other sites: to bring a page here as a mirror, and to poll the upstream of a fork."""

from __future__ import annotations

from urllib.parse import urlencode

from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.pages import background_tasks
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskKind, TaskResult, TaskRun
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address, view_address
from wiki.pages.task_models import BackgroundTask
from wiki.remotes import mirror_polling
from wiki.remotes.http_client import check_url

FETCHES = Lane("fetches", threads=2)
"""The lane of people's requests to other sites: one that takes its time leaves a thread for the next."""


def enqueue_import(url: str, person: User) -> BackgroundTask:
    """Enqueue the import of the page at `url` as a mirror.

    Raises Refused (it is no URL that may be fetched), and what `background_tasks.enqueue` raises.
    """
    check_url(url)
    back = f"{view_address('elsewhere')}?{urlencode({'address': url})}"
    return background_tasks.enqueue(REMOTE_IMPORT.name, person, {"url": url}, back)


def enqueue_poll(mirror: Mirror, fork: WikiPage, person: User) -> BackgroundTask:
    """Enqueue a poll of a mirror, which is the upstream of `fork`.

    Raises Refused (the mirror came as a file), and what `background_tasks.enqueue` raises.
    """
    mirror_polling.require_confirmed(mirror)
    arguments = {"mirror": mirror.pk, "fork": fork.full_title}
    return background_tasks.enqueue(MIRROR_POLL.name, person, arguments, address("touch", fork.full_title))


def next_step(mirror: Mirror, person: User) -> TaskResult:
    """Return where a person goes with a new mirror, and why.

    It is the form to fork it or, when the mirror is a fork of a readable local page, the form to propose its changes.
    """
    page = WikiPage.objects.get(pk=mirror.page_id)
    upstream = WikiPage.objects.readable_by(person).filter(forks__page=page).first()
    if upstream is None:
        return TaskResult(address("fork", page.full_title))
    message = gettext("This is a fork of «%(title)s»: propose here what was changed there.")
    return TaskResult(address("propose", page.full_title), message % {"title": upstream.full_title})


def _import(run: TaskRun) -> TaskResult:
    url = run.arguments["url"]
    message = gettext("The page is fetched from %(host)s, and stored here with its history.")
    run.say(message % {"host": check_url(url).netloc})
    return next_step(mirror_polling.fetch_mirror(url, run.person, run.report_progress), run.person)


def _poll(run: TaskRun) -> TaskResult:
    mirror = Mirror.objects.select_related("page").filter(pk=run.arguments["mirror"]).first()
    if mirror is None:
        raise Refused(gettext_noop("The original of this page is not on another site."))
    run.say(gettext("%(host)s is asked for new versions.") % {"host": mirror.host})
    has_moved = mirror_polling.poll(mirror, run.person, run.report_progress)
    message = gettext("The original has moved.") if has_moved else gettext("The original has not moved since.")
    return TaskResult(address("touch", run.arguments["fork"]), message)


REMOTE_IMPORT = TaskKind("import of a remote page", gettext_noop("A page of another site"), FETCHES, _import)
MIRROR_POLL = TaskKind("poll of an original", gettext_noop("What is new at the original"), FETCHES, _poll)
