"""A real worker asks a site that takes its time: the index goes on, kill -9 and SIGTERM lose nothing."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.instances import Instance
from tests.tasks import Held, wait_until

BEGIN = """
from django.utils import translation
from wiki.accounts.models import User
from wiki.remotes import fetch_tasks
with translation.override("fr"):
    print(fetch_tasks.enqueue_import("{url}", User.objects.create_user("zoe")).pk)
"""
SAVE = """
from wiki.pages.writing import page_writer
page_writer.create("Page {number}", "Un texte.", page_writer.Author(None, "zoe"))
"""
STATE = """
import json
from wiki.pages.task_models import BackgroundTask
task = BackgroundTask.objects.get()
print(json.dumps([task.state, task.attempts, task.result.get("address", ""), task.error + task.message]))
"""
WAITING = "from wiki.search.models import OutboxEntry\nprint(OutboxEntry.objects.count())"


class SlowGarden(BaseHTTPRequestHandler):
    """A page of a Federated Wiki that drips until it is released; another one is never sent."""

    held: Held

    def do_GET(self) -> None:
        """Send the page, one byte every quarter of a second while it is held."""
        body = json.dumps({"title": "How to Bake", "story": []}).encode()
        if self.path == "/never.json":
            self.held.wait()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.held.begun.release()
        for position in range(len(body)):
            self.wfile.write(body[position : position + 1])
            self.held.release.wait(0.25)

    def log_message(self, *args: Any) -> None:
        """Do not log."""


@pytest.fixture
def slow_garden(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Held]]:
    """Serve a page slowly; yields its URL, and what says that it is asked and lets it go on."""
    held = Held()
    monkeypatch.setattr(SlowGarden, "held", held, raising=False)
    monkeypatch.setattr(ThreadingHTTPServer, "handle_error", lambda *_: None)  # the killed worker closes connections
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowGarden) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/how-to-bake.json", held
        held.release.set()
        server.shutdown()


def start_worker(instance: Instance) -> subprocess.Popen[str]:
    return instance.start("manage.py", "work", "--server")


def stop_cleanly(worker: subprocess.Popen[str]) -> None:
    """Stop a worker; it ends soon, and without an error."""
    started = time.monotonic()
    worker.terminate()
    assert worker.stderr is not None
    errors = worker.stderr.read()
    assert (worker.wait(timeout=30), errors) == (0, "")
    assert time.monotonic() - started < 10


@pytest.mark.only_on("sqlite")
@pytest.mark.slow
def test_a_real_worker_does_not_wait_and_takes_up_what_it_left(
    make_instance: Any, slow_garden: tuple[str, Held]
) -> None:
    url, held = slow_garden
    instance = make_instance(MOVILAB_FORK_FROM="127.0.0.0/8", MOVILAB_FORK_PORTS="1024-65535")
    instance.python(BEGIN.format(url=url))
    worker = start_worker(instance)
    try:
        assert held.begun.acquire(timeout=60)
        assert wait_until(lambda: instance.python(WAITING) == "0\n"), "what the start left to index"
        # The index goes on while the site drips
        instance.python(SAVE.format(number=1))
        assert wait_until(lambda: instance.python(WAITING) == "0\n", 5.0)
        assert json.loads(instance.python(STATE))[:2] == ["running", 1]
        # A worker that is killed leaves the task to the next one
        worker.kill()
        worker.wait(timeout=30)
        worker = start_worker(instance)
        assert held.begun.acquire(timeout=60)
        assert json.loads(instance.python(STATE))[:2] == ["running", 2]
        stop_cleanly(worker)
        assert json.loads(instance.python(STATE))[:2] == ["waiting", 1], "a clean stop is no attempt"
        held.release.set()
        worker = start_worker(instance)
        assert wait_until(lambda: json.loads(instance.python(STATE))[0] not in ("waiting", "running"))
        state, attempts, address, said = json.loads(instance.python(STATE))
        assert (state, attempts) == ("done", 2), said
        assert address.startswith("/fork/Elsewhere:127.0.0.1-")
    finally:
        worker.kill()


@pytest.mark.slow
@pytest.mark.only_on("sqlite")
def test_a_worker_ends_soon_while_a_site_is_silent(make_instance: Any, slow_garden: tuple[str, Held]) -> None:
    url, held = slow_garden
    instance = make_instance(small=True, MOVILAB_FORK_FROM="127.0.0.0/8", MOVILAB_FORK_PORTS="1024-65535")
    instance.python(BEGIN.format(url=url.replace("how-to-bake", "never")))
    worker = start_worker(instance)
    try:
        assert held.begun.acquire(timeout=60)
        stop_cleanly(worker)
        assert json.loads(instance.python(STATE))[:2] == ["running", 1]
    finally:
        worker.kill()
