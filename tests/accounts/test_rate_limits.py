"""Rate limits per user and per network address."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.test import RequestFactory
from django.utils import timezone

from wiki.accounts import rate_limits, sign_in_limits
from wiki.accounts.rate_limits import counters
from wiki.errors import RateLimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from wiki.accounts.models import User

pytestmark = pytest.mark.only_on("sqlite")


def request_from(address: str, user: Any = None) -> HttpRequest:
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    request.user = user or AnonymousUser()
    return request


def count_until_refused(request: Callable[[], None], maximum: int = 1000) -> int:
    """Return how often `request` can be called before it raises RateLimitExceeded."""
    for count in range(maximum):
        try:
            request()
        except RateLimitExceeded:
            return count
    raise AssertionError(f"never refused in {maximum} calls")


def test_it_allows_the_limit_and_no_more() -> None:
    assert count_until_refused(lambda: rate_limits.count_against_limit("tea", 3, 60)) == 3


def test_keys_are_counted_separately() -> None:
    rate_limits.count_against_limit("tea", 1, 60)
    rate_limits.count_against_limit("coffee", 1, 60)


def test_counting_begins_again_when_the_window_ends() -> None:
    rate_limits.count_against_limit("tea", 1, 60)
    counters.touch("limit:tea:60", timeout=0)
    rate_limits.count_against_limit("tea", 1, 60)
    with pytest.raises(RateLimitExceeded):
        rate_limits.count_against_limit("tea", 1, 60)


def test_the_exception_names_the_limit() -> None:
    rate_limits.count_against_limit("tea", 1, 60)
    with pytest.raises(RateLimitExceeded, match="at most 1 times in 60 seconds") as caught:
        rate_limits.count_against_limit("tea", 1, 60)
    assert caught.value.status == 429


def test_an_account_can_save_sixty_changes_a_minute(alice: User, bob: User) -> None:
    assert count_until_refused(lambda: rate_limits.limit_edits(alice)) == 60
    rate_limits.limit_edits(bob)


def test_an_account_can_save_six_hundred_changes_an_hour(alice: User) -> None:
    def save_in_another_minute() -> None:
        counters.delete(f"limit:edit:{alice.pk}:60")
        rate_limits.limit_edits(alice)

    assert count_until_refused(save_in_another_minute) == 600


def test_administrators_have_no_limit(alice: User) -> None:
    alice.is_superuser = True
    for _ in range(700):
        rate_limits.limit_edits(alice)


def test_it_counts_previews_of_visitors_by_address() -> None:
    assert count_until_refused(lambda: rate_limits.limit_previews(request_from("192.0.2.1"))) == 30
    rate_limits.limit_previews(request_from("192.0.2.2"))


def test_it_counts_previews_of_accounts_by_account(alice: User) -> None:
    def preview() -> None:
        rate_limits.limit_previews(request_from("192.0.2.1", alice))

    assert count_until_refused(preview) == 120


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:aaaa::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "", True),
    ],
)
def test_addresses_of_one_ipv6_network_have_the_same_hash(one: str, other: str, same: bool) -> None:
    hashes = {rate_limits.address_hash(request_from(address)) for address in (one, other)}
    assert (len(hashes) == 1) is same


def test_addresses_are_hashed() -> None:
    hashed = rate_limits.address_hash(request_from("192.0.2.1"))
    assert len(hashed) == 64
    assert int(hashed, 16) > 0


VISITOR = request_from("192.0.2.1")


@pytest.mark.parametrize(
    ("act", "count", "seconds"),
    [
        (lambda number: rate_limits.limit_registrations(VISITOR), 20, 3600),
        (lambda number: rate_limits.limit_password_resets(VISITOR), 10, 3600),
        (lambda number: rate_limits.limit_suggestions(VISITOR), 5, 3600),
        (lambda number: rate_limits.limit_previews(VISITOR), 30, 60),
        (lambda number: sign_in_limits.limit_sign_ins(VISITOR, "alice"), 10, 600),
        (lambda number: sign_in_limits.limit_sign_ins(VISITOR, f"name {number}"), 100, 600),
    ],
    ids=["registrations", "resets", "suggestions", "previews", "one name", "many names"],
)
def test_it_allows_an_address_so_many_acts_in_so_many_seconds(
    act: Callable[[int], None], count: int, seconds: int
) -> None:
    for number in range(count):
        act(number)
    with pytest.raises(RateLimitExceeded) as caught:
        act(count)
    assert (caught.value.params["count"], caught.value.params["seconds"]) == (count, seconds)


def test_it_limits_the_changes_of_an_account_by_minute_and_hour(alice: User) -> None:
    limits = [(limit.count, limit.seconds) for limit in rate_limits.EDITS]
    assert limits == [(60, 60), (600, 3600)]
    for _ in range(60):
        rate_limits.limit_edits(alice)
    with pytest.raises(RateLimitExceeded) as caught:
        rate_limits.limit_edits(alice)
    assert caught.value.params["seconds"] == 60


def test_a_window_that_ends_between_two_steps_begins_anew_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = caches["limits"]
    count_on = kept.incr
    monkeypatch.setattr(kept, "incr", lambda name, by: count_on("limit:gone"))  # raises: there is no such count
    rate_limits.count_against_limit("tea", 1, 60)
    with pytest.raises(RateLimitExceeded):
        rate_limits.count_against_limit("coffee", 0, 60)
    rate_limits.count_against_limit("water", 2, 60)
    monkeypatch.setattr(kept, "incr", count_on)
    rate_limits.count_against_limit("water", 2, 60)
    with pytest.raises(RateLimitExceeded):
        rate_limits.count_against_limit("water", 2, 60)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/search?q=pain", "SEARCHES"),
        ("/search?when=ever&q=pain", "SEARCHES"),
        ("/needs?q=pain", "SEARCHES"),
        ("/needs?answered=yes", "SEARCHES"),
        ("/search/suggest?q=pa", "COMPLETIONS"),
        ("/search/feed?q=pain", "FEEDS"),
        ("/feeds/changes", "FEEDS"),
        ("/ask/count?rp=Ville&ro=any", "SEARCHES"),
        ("/api.php?action=ask&query=[[Ville::%2B]]", "SEARCHES"),
        ("/api.php?action=query&list=search&srsearch=pain", "SEARCHES"),
    ],
)
def test_searches_queries_and_feeds_are_limited(
    path: str, name: str, anna: AnonymousUser, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, name, dataclasses.replace(getattr(rate_limits, name), count=2))
    client = client_of(anna)
    statuses = [client.get(path) for _ in range(3)]
    assert [response.status_code for response in statuses[:2]] == [200, 200]
    assert statuses[2].status_code == 429 or statuses[2].json()["error"]["code"] == "ratelimited"
    other = client_of(anna)
    assert other.get(path, REMOTE_ADDR="10.9.8.7").status_code == 200, "each address has its own count"


def test_a_new_account_saves_less(alice: User, bob: User) -> None:
    alice.date_joined = timezone.now() - rate_limits.NEW_ACCOUNT + timedelta(minutes=1)
    bob.date_joined = timezone.now() - rate_limits.NEW_ACCOUNT
    for _ in range(20):
        rate_limits.limit_edits(alice)
    with pytest.raises(RateLimitExceeded, match="Your account is new"):
        rate_limits.limit_edits(alice)
    for _ in range(21):
        rate_limits.limit_edits(bob)
    windows = [limit.seconds for limit in rate_limits.EDITS_OF_NEW_ACCOUNTS]
    assert windows == [600, 86_400]
