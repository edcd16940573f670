"""The server and the demo, started by their commands."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from movilab.server import StoppableGranian, require_free_port
from tests.campaigns.process_tree import children, worker_of
from tests.databases import ROOT
from tests.instances import Instance, free_port


def variables(data: Path) -> dict[str, str]:
    """Return environment variables with only MOVILAB_DATA set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    return environment | {"MOVILAB_DATA": str(data)}


@contextmanager
def demo(data: Path, port: int) -> Iterator[tuple[str, OpenerDirector]]:
    """Run the demo; yields the HTML of its home page, and an opener with cookies."""
    command = [sys.executable, "-W", "ignore", "-m", "movilab.demo", "--port", str(port)]
    with (data.parent / "demo.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables(data), stdout=log, stderr=log)
        opener = build_opener(HTTPCookieProcessor(http.cookiejar.CookieJar()))
        try:
            yield _wait_for_home_page(process, opener, port, data.parent / "demo.log"), opener
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def _wait_for_home_page(process: subprocess.Popen[bytes], opener: OpenerDirector, port: int, log: Path) -> str:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with opener.open(f"http://127.0.0.1:{port}/") as response:
                home: str = response.read().decode()
                return home
        except URLError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.mark.slow
def test_the_demo_starts_and_edits_survive_a_restart(tmp_path: Path) -> None:
    data, port = tmp_path / "var", free_port()
    account = tomllib.loads((ROOT / "demo/accounts.toml").read_text(encoding="utf-8"))["account"][0]
    with demo(data, port) as (home, opener):
        assert "tiers-lieux" in home
        with opener.open(f"http://127.0.0.1:{port}/static/build/mermaid/mermaid.esm.min.mjs") as script:
            assert script.headers["Access-Control-Allow-Origin"] == "*", "frames of diagrams have no origin"
            assert script.headers["Content-Type"].startswith("text/javascript")
        printed = (tmp_path / "demo.log").read_text()
        assert f"http://127.0.0.1:{port}/" in printed
        assert account["password"] in printed
        base = f"http://127.0.0.1:{port}"
        _send(opener, f"{base}/account/login", {"username": account["name"], "password": account["password"]})
        page = re.findall(r'href="/wiki/([^"?#]+)"', home)[0]
        _send(opener, f"{base}/edit/{page}", {"text": "Le café est prêt.", "comment": "essai"})
    with demo(data, port) as (_, opener):
        assert "Writing the demo content" not in (tmp_path / "demo.log").read_text()
        with opener.open(f"{base}/wiki/{page}") as response:
            assert "Le café est prêt." in response.read().decode()


def _send(opener: OpenerDirector, address: str, fields: dict[str, str]) -> None:
    """Load the form at `address`, and send `fields` with its hidden fields."""
    with opener.open(address) as response:
        page = response.read().decode()
    fields = _hidden(page) | fields
    with opener.open(address, urlencode(fields).encode()) as response:
        assert response.url != address, "the form came back"


def _hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the forms that have a CSRF token."""
    found: dict[str, str] = {}
    for form in page.split("<form")[1:]:
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.split("</form>")[0]))
        if "csrfmiddlewaretoken" in fields:
            found |= fields
    return found


@pytest.mark.parametrize(
    "signal_handler", [StoppableGranian.signal_handler_interrupt, StoppableGranian.signal_handler_reload]
)
def test_repeated_signals_do_not_deadlock(signal_handler: Callable[[StoppableGranian], None]) -> None:
    server = StoppableGranian("movilab.wsgi:application")

    def handle_signal() -> None:
        with server.main_loop_interrupt._cond:  # the lock that is held while the event is set
            signal_handler(server)

    thread = threading.Thread(target=handle_signal, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert server.main_loop_interrupt.wait(timeout=10)


def test_a_used_port_is_an_error() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SystemExit, match="cannot be had"):
            require_free_port("127.0.0.1", other.getsockname()[1])


def test_missing_static_files_are_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "movilab.server", "--port", str(free_port())]
    result = subprocess.run(
        command, cwd=ROOT, env=variables(tmp_path / "var"), capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "collectstatic" in result.stderr
    assert result.stderr.count("\n") == 1


INDEX_SOMETHING = """
import sys, time
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search.models import OutboxEntry
page_writer.create(sys.argv[1], "Du pain.", Author(None, "x"))
deadline = time.monotonic() + 20
while OutboxEntry.objects.exists() and time.monotonic() < deadline:
    time.sleep(0.1)
print(OutboxEntry.objects.count())
"""


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_the_server_runs_a_worker_again_and_again_and_ends_with_all_its_processes(instance: Instance) -> None:
    def indexes(title: str) -> bool:
        out, errors = instance.script(INDEX_SOMETHING, title).communicate(timeout=60)
        assert not errors
        return out.strip() == "0"

    instance.manage("collectstatic", "--no-input", "--verbosity", "0")
    command = ("-W", "ignore", "-m", "movilab.server", "--workers", "2", "--port", str(free_port()))
    environment = instance.variables
    server = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    try:
        assert indexes("Moulin")
        worker = worker_of(instance.data)
        assert worker is not None
        assert len(set(children(server.pid)) - {worker}) == 2
        os.kill(worker, signal.SIGKILL)
        assert indexes("Fournil"), "the worker was started again"
        processes = children(server.pid)
        server.kill()
        deadline = time.monotonic() + 20
        while any(_is_alive(pid) for pid in processes) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(_is_alive(pid) for pid in processes)
    finally:
        server.kill()
        server.wait()
