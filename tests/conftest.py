"""Shared fixtures: users, databases, whole instances, and the browser."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from tests import databases, template_checks
from tests.instances import Instance
from tests.machine import chromium, must_run_everything

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

Standing = Callable[[], AbstractContextManager[None]]
PASSWORD = "le café est prêt"
OWN_DATABASE = pytest.StashKey[str]()
"""The name of the database of this process, once it is created."""
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "instance", "make_instance"}

SEEDED = bool(os.environ.get("MOVILAB_TEST_RANDOM"))
"""Whether Hypothesis uses random seeds, as in `make campaign NAME=examples`; otherwise runs are deterministic."""
hypothesis_settings.register_profile("same at every run", deadline=None, derandomize=True, database=None)
hypothesis_settings.register_profile("new seeds", deadline=None, database=None, print_blob=True)
template_checks.check_attributes()
hypothesis_settings.load_profile("new seeds" if SEEDED else "same at every run")


# --- Selection of tests ---------------------------------------------------------------------------
def uses_database(item: pytest.Item) -> bool:
    """Return whether a test reads or writes a database of the wiki."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


def runs_here(item: pytest.Item) -> bool:
    """Return whether a test runs on the database of this run: on PostgreSQL, tests that use none do not."""
    if marker := item.get_closest_marker("only_on"):
        return bool(marker.args == (("postgresql",) if databases.on_postgres() else ("sqlite",)))
    return not databases.on_postgres() or uses_database(item)


def commits(item: pytest.Item) -> bool:
    """Return whether a test commits rows, so that other threads and processes can see them."""
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(marker and marker.kwargs.get("transaction")) or bool(fixtures & {"transactional_db", "live_server"})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, select the tests that use the database; the others run with SQLite. Put slow tests first."""
    config.hook.pytest_deselected(items=[item for item in items if not runs_here(item)])
    items[:] = [item for item in items if runs_here(item)]
    items[:] = slow_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def slow_first(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Sort the tests such that each process starts with its share of the slow ones, and none runs one alone at the end.

    `--dist=worksteal` gives each process a section of the list; all sections have the same length.
    """
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = iter([item for item in items if not item.get_closest_marker("slow")])
    share, found = len(items) // processes, list[pytest.Item]()
    for process in range(processes):
        own = slow[process::processes]
        found += [*own, *itertools.islice(others, max(share - len(own), 0))]
    return [*found, *others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a test that committed, restore the database as migrated, with kinds and root page.

    Django would leave it empty.
    """
    yield
    if commits(item) and OWN_DATABASE in item.session.stash:  # not if the setup of the database failed
        databases.restore(item.session.stash[OWN_DATABASE])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the run fail if a test was skipped, where all tests must run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if must_run_everything() and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- Databases and whole instances ----------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """Create a migrated database for this process, as a copy of the template."""
    from django.db import connections

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"movilab_test_{worker}_{os.getpid()}" if databases.on_postgres() else str(settings.DATA / "test.sqlite3")
    databases.copy_template(name)
    with django_db_blocker.unblock():
        connections["default"].close()
        settings.DATABASES["default"]["NAME"] = name
        connections["default"].settings_dict["NAME"] = name
        request.session.stash[OWN_DATABASE] = name
        with pytest.MonkeyPatch.context() as patch:
            # Emptying a hundred tables would be in vain: after a test that committed, the whole database is replaced.
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: None)
            yield
        connections.close_all()
    databases.drop(name)


@pytest.fixture(scope="module")
def standing(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Standing]:
    """`with standing():` writes data that stays for all tests of a module; each test rolls back its own changes.

    It is for data that many tests only read; not for modules whose tests commit. Afterwards, the database is restored
    as migrated.
    """
    yield django_db_blocker.unblock
    databases.restore(request.session.stash[OWN_DATABASE])


@pytest.fixture(scope="module")
def standing_index(standing: Standing, tmp_path_factory: pytest.TempPathFactory) -> StandingIndex:
    """`with standing_index.filled():` as `standing`, and each test has a copy of the index of what is written there."""
    return StandingIndex(standing, tmp_path_factory.mktemp("standing"))


@dataclass(frozen=True)
class StandingIndex:
    """Data that stays for all tests of a module, with its index."""

    standing: Standing
    folder: Path

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Write data within the block; it is indexed at the end."""
        from wiki.pages import background_jobs

        folders = {f"{name}_ROOT": self.folder / name.lower() for name in ("INDEX", "TRIPLES", "MEDIA")}
        with self.standing(), override_settings(**folders):
            yield
            background_jobs.run_pending()


@pytest.fixture
def make_instance(tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    """Creates wikis outside this process, each with its own folder, migrated and empty database, and settings."""
    made: list[Instance] = []

    def make(*, small: bool = False, **settings: str) -> Instance:
        made.append(Instance.create(tmp_path / f"instance-{len(made)}", small=small, **settings))
        return made[-1]

    yield make
    for instance in made:
        instance.remove()


@pytest.fixture
def instance(make_instance: Callable[..., Instance]) -> Instance:
    """A wiki outside this process; its commands run as `instance.manage("rebuild")`."""
    return make_instance()


@pytest.fixture(autouse=True)
def _files_of_its_own(request: pytest.FixtureRequest) -> None:
    """Give each test that uses the database its own folders for uploads and index; other tests store nothing there."""
    if uses_database(request.node):
        settings, folder = request.getfixturevalue("settings"), request.getfixturevalue("tmp_path")
        settings.MEDIA_ROOT = folder / "media"
        settings.STAGING_ROOT = folder / "staging"
        settings.INDEX_ROOT = folder / "index"
        if "standing_index" in request.fixturenames:
            shutil.copytree(request.getfixturevalue("standing_index").folder / "index", settings.INDEX_ROOT)
        settings.TRIPLES_ROOT = folder / "triples"


@pytest.fixture(autouse=True)
def _no_triple_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker make no triple store, which takes half a second, except for tests that use `triple_store`."""
    if "triple_store" not in request.fixturenames:
        from wiki.linked_data.triple_job import TripleStoreJob

        monkeypatch.setattr(TripleStoreJob, "run", lambda job: False)


@pytest.fixture(scope="session", autouse=True)
def _mail_is_queued(django_test_environment: None) -> None:
    """Queue e-mails as in production, where Django's test runner would put them into `mail.outbox` at once."""
    settings.EMAIL_BACKEND = "wiki.mail.email_backends.QueueBackend"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Clear rate limits and caches before each test."""
    from django.core.cache import cache

    from wiki.accounts import slow_work
    from wiki.accounts.rate_limits import counters
    from wiki.directory import table_cache
    from wiki.needs import statement_cache
    from wiki.pages import slow_connections
    from wiki.pages.rendering.page_cache import RESPONSE_STORE

    cache.clear()
    counters.clear()
    slow_work._leases.clear()
    slow_work._slots = threading.BoundedSemaphore(slow_work.SLOTS)
    slow_connections.sending.clear()
    slow_connections.receiving.clear()
    RESPONSE_STORE.clear()
    table_cache.clear()
    statement_cache.clear()


# --- Users ----------------------------------------------------------------------------------------
def person(name: str, **more: Any) -> User:
    """Return the account called `name`; create it with the fields `more` if it does not exist. It is not a new one."""
    from wiki.accounts.models import User

    more = {"date_joined": datetime(2020, 1, 1, tzinfo=UTC)} | more
    return User.objects.filter(username=name).first() or User.objects.create_user(
        name, f"{name}@example.org", PASSWORD, **more
    )


@pytest.fixture
def alice(db: None) -> User:
    """Alice, a user: she may read, write and fork."""
    return person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Bob, a steward of the places that tests create in his name: he may also move and delete pages there."""
    return person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    """Charlie, a blocked user: he may only read."""
    return person("charlie", is_blocked=True, blocked_reason="spam")


@pytest.fixture
def anna() -> AnonymousUser:
    """Anna, an anonymous user."""
    return AnonymousUser()


@pytest.fixture
def client_of(db: None) -> Callable[..., Client]:
    """`client_of(user, language="fr")`: a test client, signed in as `user` unless anonymous."""

    def client(user: User | AnonymousUser, language: str = "fr", **options: Any) -> Client:
        test_client = Client(headers={"accept-language": language}, **options)
        if user.is_authenticated:
            test_client.force_login(user)
        return test_client

    return client


# --- The browser ----------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped if Chromium is not installed."""
    program = chromium()
    if not program:
        pytest.skip("Chromium is not on this machine: apt install chromium")
    from playwright.sync_api import expect, sync_playwright

    # Playwright runs an event loop in this thread, which makes Django assume asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    flags = ["--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", *quiet]
    if sys.platform == "linux" and os.geteuid() == 0:
        flags.append("--no-sandbox")
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=flags)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def tab(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A browser tab on the live server, in French; an error in a script of the page fails the test."""
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert not errors, errors
