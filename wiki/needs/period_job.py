"""The background job that renews cached pages of places on the day when a need or an offer of theirs is over."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wiki.needs.models import PeriodCheck
from wiki.needs.statement_cache import current_needs
from wiki.needs.statement_details import julian_day
from wiki.pages.models import WikiPage


class PeriodJob:
    """Changes the `cache_version` of places that show a need or an offer which is over since the day looked at last."""

    name = "periods of needs"

    def run(self) -> bool:
        """Look at the days since the last run, once a day; there is never more."""
        today = timezone.localdate()
        last = PeriodCheck.objects.order_by("pk").values_list("day", flat=True).first()
        if last is None:
            PeriodCheck.objects.create(day=today)
        elif last < today:
            _renew(last, today)
        return False


@transaction.atomic
def _renew(last: date, today: date) -> None:
    """Renew the places of which something ended since `last`, and store that."""
    after, before = julian_day(last), julian_day(today)
    ended = {
        one.page.pk
        for one in current_needs().past
        if one.details.end is not None and one.details.end.ends is not None and after < one.details.end.ends <= before
    }
    WikiPage.objects.filter(pk__in=ended).update(cache_version=F("cache_version") + 1)
    PeriodCheck.objects.update(day=today)
