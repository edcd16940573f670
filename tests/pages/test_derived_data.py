"""Updaters of derived data say what they need and give, and a wrong order is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from wiki.pages.writing import derived_data
from wiki.pages.writing.derived_data import DerivedDataUpdate, Inputs, ParsedVersion


class Counts(dict[str, int]):
    """An output of an updater."""


class Updater:
    """An updater that provides `output`, or reads it."""

    revision = 1

    def __init__(self, name: str, requires: Sequence[type[Any]] = (), provides: type[Any] | None = None) -> None:
        self.name, self.requires, self.provides = name, requires, provides
        self.received: list[Any] = []

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[Any]:
        return [None for _ in versions]

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[Any], moment: datetime | None, inputs: Inputs
    ) -> Any:
        self.received = [inputs.get(kind) for kind in self.requires]
        return Counts(facts=3) if self.provides is Counts else None

    def snapshot(self) -> list[tuple[Any, ...]]:
        return []


@pytest.fixture(autouse=True)
def _no_updaters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_data, "UPDATERS", [])


def test_an_output_reaches_the_updater_that_requires_it() -> None:
    giver, reader = Updater("giver", provides=Counts), Updater("reader", requires=[Counts])
    derived_data.register(giver)
    derived_data.register(reader)
    update = DerivedDataUpdate.prepare([])
    update.write(None)
    update.write(None)  # a transaction that is retried begins anew
    assert reader.received == [{"facts": 3}]


def test_a_wrong_order_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="«reader» requires Counts"):
        derived_data.register(Updater("reader", requires=[Counts]))
    assert derived_data.UPDATERS == []


def test_two_updaters_do_not_provide_the_same() -> None:
    derived_data.register(Updater("one", provides=Counts))
    with pytest.raises(ImproperlyConfigured, match="Two updaters provide Counts"):
        derived_data.register(Updater("two", provides=Counts))


def test_an_updater_is_registered_once() -> None:
    derived_data.register(Updater("one"))
    derived_data.register(Updater("one"))
    assert len(derived_data.UPDATERS) == 1


def test_an_updater_cannot_read_what_it_does_not_require() -> None:
    class Sneaky(Updater):
        def write(self, versions: Any, prepared: Any, moment: Any, inputs: Inputs) -> Any:
            return inputs.get(Counts)

    derived_data.register(Updater("giver", provides=Counts))
    derived_data.register(Sneaky("sneaky"))
    with pytest.raises(KeyError):
        DerivedDataUpdate.prepare([]).write(None)
