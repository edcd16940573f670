"""The server and the demo, started as people start them."""

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
from tests.databases import ROOT
from tests.instances import free_port


def variables(data: Path) -> dict[str, str]:
    """An environment with no setting but the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    return kept | {"MOVILAB_DATA": str(data)}


@contextmanager
def demo(data: Path, port: int) -> Iterator[tuple[str, OpenerDirector]]:
    """The demo, up: its home page and a browser of sorts."""
    command = [sys.executable, "-W", "ignore", "-m", "movilab.demo", "--port", str(port)]
    with (data.parent / "demo.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables(data), stdout=log, stderr=log)
        opener = build_opener(HTTPCookieProcessor(http.cookiejar.CookieJar()))
        try:
            yield _first_answer(process, opener, port, data.parent / "demo.log"), opener
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def _first_answer(process: subprocess.Popen[bytes], opener: OpenerDirector, port: int, log: Path) -> str:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with opener.open(f"http://127.0.0.1:{port}/") as answer:
                home: str = answer.read().decode()
                return home
        except URLError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.mark.slow
def test_it_brings_the_demo_up_and_keeps_what_was_written(tmp_path: Path) -> None:
    data, port = tmp_path / "var", free_port()
    account = tomllib.loads((ROOT / "demo/accounts.toml").read_text(encoding="utf-8"))["account"][0]
    with demo(data, port) as (home, opener):
        assert "tiers-lieux" in home
        printed = (tmp_path / "demo.log").read_text()
        assert f"http://127.0.0.1:{port}/" in printed
        assert account["password"] in printed
        base = f"http://127.0.0.1:{port}"
        _send(opener, f"{base}/account/login", {"username": account["name"], "password": account["password"]})
        page = re.findall(r'href="/wiki/([^"?#]+)"', home)[0]
        _send(opener, f"{base}/edit/{page}", {"text": "Le café est prêt.", "comment": "essai"})
    with demo(data, port) as (_, opener):
        assert "Writing the demo content" not in (tmp_path / "demo.log").read_text()
        with opener.open(f"{base}/wiki/{page}") as answer:
            assert "Le café est prêt." in answer.read().decode()


def _send(opener: OpenerDirector, address: str, fields: dict[str, str]) -> None:
    """Load the form at `address` and send `fields`, beside those that it holds hidden."""
    with opener.open(address) as answer:
        page = answer.read().decode()
    fields = _hidden(page) | fields
    with opener.open(address, urlencode(fields).encode()) as answer:
        assert answer.url != address, "the form came back"


def _hidden(page: str) -> dict[str, str]:
    """The hidden fields of the forms that carry a token."""
    found: dict[str, str] = {}
    for form in page.split("<form")[1:]:
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.split("</form>")[0]))
        if "csrfmiddlewaretoken" in fields:
            found |= fields
    return found


@pytest.mark.parametrize(
    "signal_handler", [StoppableGranian.signal_handler_interrupt, StoppableGranian.signal_handler_reload]
)
def test_a_signal_that_meets_another_one_is_no_deadlock(signal_handler: Callable[[StoppableGranian], None]) -> None:
    server = StoppableGranian("movilab.wsgi:application")

    def meet() -> None:
        with server.main_loop_interrupt._cond:  # what whoever sets the event holds, and is interrupted
            signal_handler(server)

    met = threading.Thread(target=meet, daemon=True)
    met.start()
    met.join(timeout=10)
    assert not met.is_alive()
    assert server.main_loop_interrupt.wait(timeout=10)


def test_it_refuses_a_port_that_another_program_has() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SystemExit, match="cannot be had"):
            require_free_port("127.0.0.1", other.getsockname()[1])


def test_it_refuses_to_serve_without_collected_files(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "movilab.server", "--port", str(free_port())]
    done = subprocess.run(
        command, cwd=ROOT, env=variables(tmp_path / "var"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "collectstatic" in done.stderr
    assert done.stderr.count("\n") == 1
