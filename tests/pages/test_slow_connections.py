"""Slow connections hold a bounded share of the threads, and slow readers hold no slot of slow work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import FileResponse, HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.test import Client, RequestFactory

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.accounts.rate_limits import address_hash
from wiki.pages import slow_connections
from wiki.pages.slow_connections import (
    IN_MEMORY,
    RECEIVED_AT_ONCE,
    RECEIVED_FROM_ONE,
    SENT_AT_ONCE,
    SENT_TO_ONE,
    ReceivingMiddleware,
    SendingMiddleware,
)

LONG = IN_MEMORY + 200_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_connections, "PATIENCE", 0.01)


def pieces(size: int) -> Iterator[bytes]:
    """Yield `size` bytes in small pieces."""
    for start in range(0, size, 1000):
        yield b"x" * min(1000, size - start)


def send(rf: RequestFactory, response: HttpResponse | StreamingHttpResponse, address: str = "10.0.0.1") -> Any:
    """Return what is sent of a response to an address."""
    return SendingMiddleware(lambda _: response)(rf.get("/", REMOTE_ADDR=address))


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY - 1])
def test_a_short_response_is_one_chunk(rf: RequestFactory, size: int) -> None:
    for _ in range(SENT_AT_ONCE + 1):
        chunks = list(send(rf, StreamingHttpResponse(pieces(size))))
        assert [len(chunk) for chunk in chunks] == [size]


def test_a_feed_is_one_chunk(rf: RequestFactory) -> None:
    response = HttpResponse()
    for piece in pieces(50_000):
        response.write(piece)
    assert [len(chunk) for chunk in send(rf, response)] == [50_000]


def test_few_long_responses_are_sent_at_once(rf: RequestFactory) -> None:
    running = [send(rf, StreamingHttpResponse(pieces(LONG)), f"10.0.0.{n}") for n in range(SENT_AT_ONCE)]
    assert [response.status_code for response in running] == [200] * SENT_AT_ONCE
    closed: list[bool] = []
    late = StreamingHttpResponse(pieces(LONG))
    late._resource_closers.append(lambda: closed.append(True))  # type: ignore[attr-defined]
    refused = send(rf, late, "10.0.1.1")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert closed, "the file of what is not sent is closed"
    assert send(rf, StreamingHttpResponse(pieces(100)), "10.0.1.1").status_code == 200
    head = SendingMiddleware(lambda _: StreamingHttpResponse(pieces(LONG)))(rf.head("/"))
    assert head.status_code == 200, "nothing is sent"
    assert b"".join(running[0]) == b"x" * LONG
    running[0].close()
    assert send(rf, StreamingHttpResponse(pieces(LONG)), "10.0.1.1").status_code == 200


def test_one_address_does_not_hold_all(rf: RequestFactory) -> None:
    for _ in range(SENT_TO_ONE):
        assert send(rf, StreamingHttpResponse(pieces(LONG))).status_code == 200
    assert send(rf, StreamingHttpResponse(pieces(LONG))).status_code == 503
    assert send(rf, StreamingHttpResponse(pieces(LONG)), "10.0.0.2").status_code == 200


def receive(rf: RequestFactory, address: str = "10.0.0.1") -> Any:
    """Return the response to a form whose text is returned."""
    request = rf.post("/", {"text": "Bonjour"}, REMOTE_ADDR=address)
    return ReceivingMiddleware(lambda received: HttpResponse(received.POST["text"]))(request)


def test_few_bodies_are_received_at_once(rf: RequestFactory) -> None:
    for number in range(RECEIVED_AT_ONCE + 1):
        assert receive(rf).content == b"Bonjour", number
    for number in range(RECEIVED_AT_ONCE):
        assert slow_connections.receiving.acquire(f"client {number}")
    refused = receive(rf)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    get = ReceivingMiddleware(lambda _: HttpResponse("page"))(rf.get("/"))
    assert get.content == b"page"
    slow_connections.receiving.release("client 0")
    assert receive(rf).content == b"Bonjour"


def test_one_address_does_not_hold_all_that_are_received(rf: RequestFactory) -> None:
    client = address_hash(rf.get("/", REMOTE_ADDR="10.0.0.1"))
    for _ in range(RECEIVED_FROM_ONE):
        assert slow_connections.receiving.acquire(client)
    assert receive(rf).status_code == 503
    assert receive(rf, "10.0.0.2").status_code == 200


def test_a_client_that_goes_away_gives_its_place_back(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise UnreadablePostError("gone")

    for _ in range(RECEIVED_AT_ONCE + 1):
        request = rf.post("/", {"text": "Bonjour"})
        with monkeypatch.context() as patched:
            patched.setattr(type(request), "POST", property(fail))
            assert ReceivingMiddleware(lambda _: HttpResponse("page"))(request).status_code == 400
    assert receive(rf).content == b"Bonjour"


@pytest.mark.django_db
def test_the_api_says_it_in_json(alice: User) -> None:
    make_page("Fournil", by=alice)
    for number in range(RECEIVED_AT_ONCE):
        slow_connections.receiving.acquire(f"client {number}")
    refused = Client().post("/api.php", {"action": "query", "titles": "Fournil", "format": "json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "readonly")
    assert Client().get("/wiki/Fournil").status_code == 200


@pytest.mark.django_db
def test_an_archive_that_nobody_takes_holds_no_slot_of_slow_work(alice: User, client: Client) -> None:
    make_page("Fournil", by=alice)
    for number in range(3):
        response = client.get("/archive/Fournil.zip", REMOTE_ADDR=f"10.0.0.{number}")
        assert response.status_code == 200, "none was read before"
        assert isinstance(response, FileResponse)
        assert list(Path(django_settings.STAGING_ROOT).iterdir()) == [], "its file has no name"
    content = b"".join(response.streaming_content)  # type: ignore[arg-type]
    assert (content[:2], response.headers["Content-Length"]) == (b"PK", str(len(content)))
