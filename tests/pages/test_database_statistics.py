"""SQLite's query planner knows how many rows there are, after the worker has run."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.factories import make_page
from wiki.pages import background_jobs
from wiki.pages.database_statistics import DatabaseStatisticsJob

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]  # PostgreSQL collects its own


def test_the_worker_collects_statistics_once_an_hour() -> None:
    make_page("Moulin", "Du pain.")
    job = DatabaseStatisticsJob()
    assert job.run() is False
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'wiki_fact'")
        assert cursor.fetchone()[0] > 0
        cursor.execute("DELETE FROM sqlite_stat1")
        job.run()
        cursor.execute("SELECT count(*) FROM sqlite_stat1")
        assert cursor.fetchone()[0] == 0, "not again within the hour"
    assert any(isinstance(job, DatabaseStatisticsJob) for job in background_jobs.JOBS)
