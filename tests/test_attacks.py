"""Some attacks of `make campaign NAME=attacks` in a short form: nobody who reads waits, and what is saved is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.campaigns import attacks
from tests.instances import Instance


@pytest.mark.slow
@pytest.mark.only_on("sqlite")
def test_no_reader_waits_and_no_save_is_lost(make_instance: Callable[..., Instance]) -> None:
    instance = make_instance(small=True, **attacks.SETTINGS)
    # Without the bounds, a reader waits as long as the attack: the limit allows for other tests at the same time.
    assert attacks.attack(instance, seed=7, seconds=4, chosen=["slow downloads", "slow forms"], limit=2.5) == []
