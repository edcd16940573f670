"""Median and quartiles of the shares that places state, each place counted once, by its latest year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from wiki.network.economy_records import SHARE_NAMES, EconomyRecord, latest_of_places

PLACES_NEEDED = 3
"""With fewer places a median says little, and quartiles nothing."""


@dataclass(frozen=True, slots=True)
class ShareStatistics:
    """Quartiles of one share over the places that state it."""

    low: float
    median: float
    high: float
    place_count: int


@dataclass(frozen=True, slots=True)
class NetworkShares:
    """Statistics of each share, in the order of SHARE_NAMES; None where too few places state it."""

    shares: tuple[ShareStatistics | None, ...]
    place_count: int
    """Number of places with a readable record."""

    @property
    def is_known(self) -> bool:
        """Whether there are statistics of a share at least."""
        return any(self.shares)


def network_shares(records: Sequence[EconomyRecord]) -> NetworkShares:
    """Return the statistics over records, which have the newest first."""
    latest = latest_of_places(records)
    return NetworkShares(tuple(_statistics(latest, name) for name in SHARE_NAMES), len(latest))


@dataclass(frozen=True, slots=True)
class YearShares:
    """Statistics of the records of one year."""

    year: int
    network: NetworkShares


def shares_by_year(records: Sequence[EconomyRecord]) -> list[YearShares]:
    """Return the statistics of each year that a record states, newest first."""
    years = sorted({record.year for record in records if record.year is not None}, reverse=True)
    return [YearShares(year, network_shares([record for record in records if record.year == year])) for year in years]


def _statistics(records: Sequence[EconomyRecord], name: str) -> ShareStatistics | None:
    """Return the statistics of one share. What a place did not state is not counted as 0."""
    numbers = [number for record in records if (number := record.number(name)) is not None]
    if len(numbers) < PLACES_NEEDED:
        return None
    low, median, high = quantiles(numbers, n=4, method="inclusive")
    return ShareStatistics(low, median, high, len(numbers))
