"""Guessing passwords: limits by name, by network and by both, and the devices that are known."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import signing
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import PASSWORD, person
from wiki.accounts import known_devices, sign_in_limits
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.accounts.sign_in_limits import FREE_ATTEMPTS, LONGEST_WAIT, limit_sign_ins, reset_failed_sign_ins
from wiki.errors import RateLimitExceeded

pytestmark = pytest.mark.only_on("sqlite")
REFUSED = "Too many attempts with this name. Please wait"


def visitor(number: int = 0) -> HttpRequest:
    """Return a request from a network of its own."""
    return visitor_at(f"198.51.{number // 256}.{number % 256}")


def visitor_at(address: str) -> HttpRequest:
    return RequestFactory().post("/", REMOTE_ADDR=address)


def seconds_to_wait(number: int, name: str = "alice") -> int:
    """Try to sign in from a network of its own; return the seconds to wait, 0 if the password would be checked."""
    try:
        limit_sign_ins(visitor(number), name)
    except RateLimitExceeded as error:
        return int(error.params["seconds"])
    return 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass, also for the cache."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


# --- One name from all networks -------------------------------------------------------------------
def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    waits = [sign_in_limits.wait_after(attempts) for attempts in range(8, 23)]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert sign_in_limits.wait_after(10**9) == LONGEST_WAIT == 900


def test_after_ten_failures_from_anywhere_the_name_has_to_wait(clock: Callable[[float], None]) -> None:
    assert [seconds_to_wait(number) for number in range(10)] == [0] * 10
    assert seconds_to_wait(10) == 1
    assert seconds_to_wait(11, "bob") == 0, "another name"
    assert seconds_to_wait(12, "ALICE") == 1, "the same name"
    clock(1)
    assert seconds_to_wait(13) == 0
    assert seconds_to_wait(14) == 2
    clock(1.5)
    assert seconds_to_wait(15) == 1
    clock(0.5)
    assert seconds_to_wait(16) == 0
    assert seconds_to_wait(17) == 4, "attempts during a wait do not count"


def test_a_day_of_guessing_from_everywhere_is_about_a_hundred_attempts(clock: Callable[[float], None]) -> None:
    attempts = elapsed = number = 0
    while elapsed < 24 * 3600:
        number += 1
        if wait := seconds_to_wait(number):
            clock(wait)
            elapsed += wait
        else:
            attempts += 1
    assert 100 < attempts < 120


def test_failures_are_forgotten_a_day_after_the_last_one(clock: Callable[[float], None]) -> None:
    for number in range(11):
        clock(3600)
        assert seconds_to_wait(number) == 0
    clock(24 * 3600 - 1)
    assert seconds_to_wait(20) == 0
    assert seconds_to_wait(21) == 4, "the twelfth"
    clock(24 * 3600 + 1)
    assert [seconds_to_wait(number) for number in range(30, 40)] == [0] * 10


def test_of_attempts_at_the_same_moment_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        assert seconds_to_wait(number) == 0
    stored = caches["limits"]
    add, others = stored.add, []

    def add_late(name: str, *arguments: Any) -> bool:
        if name.endswith(":wait") and not others:
            others.append("began before")
            others.append(seconds_to_wait(20))  # begins and goes on between the two steps of this one
        return bool(add(name, *arguments))

    monkeypatch.setattr(stored, "add", add_late)
    assert seconds_to_wait(9) > 0
    assert others[1] == 0
    key = sign_in_limits._attempts_key("", "alice")
    assert counters.get(f"{key}:count") == 10, "who was refused is not counted"


def test_a_count_that_is_forgotten_between_two_steps_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = caches["limits"]
    incr = stored.incr
    monkeypatch.setattr(stored, "incr", lambda name, by: incr("gone" if "sign-in-name" in name else name))
    assert seconds_to_wait(0) == 0
    assert counters.get(f"{sign_in_limits._attempts_key('', 'alice')}:count") == 1
    counters.delete(f"{sign_in_limits._attempts_key('', 'alice')}:count")
    monkeypatch.undo()
    reset_failed_sign_ins(visitor(), "alice")  # nothing to take back


def test_a_success_is_taken_back_and_others_failures_stay() -> None:
    for number in range(9):
        assert seconds_to_wait(number) == 0
    for number in range(100, 105):  # the owner, from new devices
        assert seconds_to_wait(number) == 0
        reset_failed_sign_ins(visitor(number), "alice")
    assert seconds_to_wait(9) == 0
    assert seconds_to_wait(10) == 1, "that was the tenth failure"


def test_successes_from_one_network_are_no_failures() -> None:
    for _ in range(12):
        limit_sign_ins(visitor(), "alice")
        reset_failed_sign_ins(visitor(), "alice")


def test_a_wait_that_ends_now_is_a_second() -> None:
    counters.set(f"{sign_in_limits._attempts_key('', 'alice')}:wait", time.time() - 5, 60)
    assert seconds_to_wait(0) == 1


# --- Networks -------------------------------------------------------------------------------------
def test_a_site_has_fewer_attempts_than_its_networks_together() -> None:
    def attempt(network: int, site: str) -> None:
        request = RequestFactory().post("/", REMOTE_ADDR=f"2001:db8:{site}:{network:x}::1")
        limit_sign_ins(request, f"{site} {network}")

    for number in range(300):
        attempt(number * 200, "2")
    for network in (0, 0xFFFF):
        with pytest.raises(RateLimitExceeded, match="from your network") as caught:
            attempt(network, "2")
        assert (caught.value.params["count"], caught.value.params["seconds"]) == (300, 600)
    attempt(0, "3")


# --- Known devices --------------------------------------------------------------------------------
def sign_in(client: Client, name: str = "alice", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/account/login", {"username": name, "password": password}, **more)


def new_device() -> Client:
    return Client(headers={"accept-language": "en"})


def guess_from_everywhere(name: str = "alice") -> None:
    for number in range(FREE_ATTEMPTS + 2):
        sign_in(new_device(), name, "x", REMOTE_ADDR=f"203.0.113.{number}")


def device_of(*names: str) -> Client:
    """Return a device on which these accounts signed in, and out again."""
    client = new_device()
    for name in names:
        assert sign_in(client, name).status_code == 302
        client.post("/account/logout")
    return client


def test_who_guesses_cannot_lock_the_owner_out_of_a_known_device(alice: User) -> None:
    owner = device_of("alice")
    guess_from_everywhere()
    response = sign_in(new_device())
    assert response.status_code == 429
    assert REFUSED in response.text
    assert sign_in(owner).status_code == 302


def test_neither_can_who_guesses_from_the_same_network(alice: User) -> None:
    owner = device_of("alice")
    for number in range(110):
        sign_in(new_device(), "alice" if number < 15 else f"name {number}", "x")
    assert sign_in(new_device()).status_code == 429
    assert sign_in(owner).status_code == 302
    key = f"limit:{sign_in_limits._name_and_address_key(visitor_at('127.0.0.1'), 'alice')}:600"
    assert counters.get(key) == 10 + 5, "they get no new attempts by it"


def test_a_device_is_known_for_its_accounts_only(alice: User, bob: User) -> None:
    guess_from_everywhere()
    assert sign_in(device_of("bob")).status_code == 429
    shared = device_of("bob")
    cookie = shared.cookies[known_devices.COOKIE].value
    assert known_devices.device_id_for(request_with(cookie), "bob")
    assert not known_devices.device_id_for(request_with(cookie), "alice")
    assert not known_devices.device_id_for(request_with(cookie), "nobody")


def request_with(cookie: str) -> HttpRequest:
    request = visitor()
    request.COOKIES[known_devices.COOKIE] = cookie
    return request


@pytest.mark.parametrize("value", ["", "x", "W1wieFwiLFsxXV0:1:2", "signed otherwise", "not a pair"])
def test_a_forged_cookie_is_no_cookie(alice: User, value: str) -> None:
    if value == "signed otherwise":
        value = signing.dumps(["x", [alice.pk]], salt="another")
    elif value == "not a pair":
        value = signing.dumps(3, salt=known_devices._SALT)
    assert known_devices.device_id_for(request_with(value), "alice") == ""
    owner = new_device()
    owner.cookies[known_devices.COOKIE] = value
    assert sign_in(owner).status_code == 302
    assert known_devices.device_id_for(request_with(owner.cookies[known_devices.COOKIE].value), "alice")


def test_a_cookie_is_good_for_a_year(alice: User, clock: Callable[[float], None]) -> None:
    cookie = device_of("alice").cookies[known_devices.COOKIE].value
    clock(365 * 24 * 3600 - 60)
    assert known_devices.device_id_for(request_with(cookie), "alice")
    clock(120)
    assert not known_devices.device_id_for(request_with(cookie), "alice")


def test_who_has_a_known_device_cannot_guess_without_limit(alice: User, clock: Callable[[float], None]) -> None:
    stolen, owner = device_of("alice"), device_of("alice")
    for _ in range(FREE_ATTEMPTS):
        assert sign_in(stolen, password="x").status_code == 200
    assert sign_in(stolen).status_code == 429
    assert sign_in(owner).status_code == 302, "another device"
    clock(1)
    assert sign_in(stolen).status_code == 302
    for _ in range(FREE_ATTEMPTS):
        assert sign_in(stolen, password="x").status_code == 200, "a success begins anew"


def test_a_known_device_does_not_forget_what_others_failed(alice: User) -> None:
    owner = device_of("alice")
    guess_from_everywhere()
    assert sign_in(owner).status_code == 302
    assert sign_in(new_device()).status_code == 429


def test_the_cookie_is_private_and_outlives_the_session(alice: User, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    client = new_device()
    sign_in(client, password="x")
    assert known_devices.COOKIE not in client.cookies
    sign_in(client)
    cookie = client.cookies[known_devices.COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["max-age"], cookie["path"]) == (365 * 24 * 3600, "/")
    assert "alice" not in signing.b64_decode(cookie.value.split(":")[0].encode()).decode()
    client.post("/account/logout")
    assert known_devices.device_id_for(request_with(client.cookies[known_devices.COOKIE].value), "alice")


@pytest.mark.django_db
def test_a_shared_device_knows_its_last_accounts() -> None:
    names = [person(f"user{number}").username for number in range(6)]
    client = device_of(*names[:5])
    cookie = client.cookies[known_devices.COOKIE].value
    ids = {known_devices.device_id_for(request_with(cookie), name) for name in names[:5]}
    assert len(ids) == 1
    assert ids != {""}
    for name in (names[0], names[0], names[5]):  # the first one again, so the second one is the oldest
        sign_in(client, name)
    cookie = client.cookies[known_devices.COOKIE].value
    known = [bool(known_devices.device_id_for(request_with(cookie), name)) for name in names]
    assert known == [True, False, True, True, True, True]
    assert known_devices.device_id_for(request_with(cookie), names[5]) in ids


def test_two_devices_are_not_the_same(alice: User) -> None:
    cookies = [device_of("alice").cookies[known_devices.COOKIE].value for _ in range(2)]
    assert len({known_devices.device_id_for(request_with(cookie), "alice") for cookie in cookies}) == 2


# --- Every way to sign in -------------------------------------------------------------------------
def api_login(client: Client, password: str) -> Any:
    data = {"action": "login", "format": "json", "lgname": "alice", "lgpassword": password}
    address = reverse("api")
    token = client.post(address, data).json()["login"]["token"]
    return client.post(address, {**data, "lgtoken": token}).json()["login"]


def test_the_api_has_the_same_limit_and_knows_devices(alice: User) -> None:
    bot = new_device()
    assert api_login(bot, PASSWORD)["result"] == "Success"
    guess_from_everywhere()
    refused = api_login(new_device(), PASSWORD)
    assert refused["result"] == "Failed"
    assert REFUSED in refused["reason"]
    bot.cookies.pop("sessionid")
    assert api_login(bot, PASSWORD)["result"] == "Success"


def test_attempts_through_the_api_count(alice: User) -> None:
    for _ in range(FREE_ATTEMPTS):
        assert REFUSED not in api_login(new_device(), "x")["reason"]
    assert sign_in(new_device(), REMOTE_ADDR="203.0.113.1").status_code == 429


@pytest.mark.django_db
def test_a_new_account_knows_its_device() -> None:
    client = new_device()
    phrase = "une phrase bien longue"
    client.post("/account/register", {"username": "frida", "password1": phrase})
    assert known_devices.device_id_for(request_with(client.cookies[known_devices.COOKIE].value), "frida")


# --- What an answer reveals -----------------------------------------------------------------------
def test_unknown_names_cost_and_answer_the_same(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("frida")  # without a password
    encoded: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *a: (encoded.append(a[1]), encode(*a))[1])
    found = []
    for name in ("alice", "nobody", "frida"):
        answers = []
        for number in range(FREE_ATTEMPTS + 1):
            encoded.clear()
            with CaptureQueriesContext(connection) as queries:
                response = sign_in(new_device(), name, "x", REMOTE_ADDR=f"203.0.113.{number}")
            errors = response.context["form"].non_field_errors()
            answers.append((response.status_code, list(errors), len(encoded), len(queries)))
        found.append(answers)
    assert found[0] == found[1] == found[2]
    assert [status for status, *_ in found[0]] == [200] * FREE_ATTEMPTS + [429]
    assert [count for _, _, count, _ in found[0]] == [1] * FREE_ATTEMPTS + [0]
