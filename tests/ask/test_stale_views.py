"""No view is stale in random histories of a small wiki."""

from __future__ import annotations

import os

import pytest

from tests.campaigns.staleness import StaleViewSearch
from tests.instances import Instance

SEED = int(os.environ.get("MOVILAB_STALENESS_SEED", "1"))
STEPS = int(os.environ.get("MOVILAB_STALENESS_STEPS", "12"))
"""`make campaign NAME=staleness` chooses another seed and more steps."""


@pytest.mark.slow
@pytest.mark.django_db
def test_every_view_of_a_random_history_is_as_if_made_afresh() -> None:
    search = StaleViewSearch(SEED)
    search.set_up()
    for _ in range(STEPS):
        assert search.step(), search.fault
    assert search.view_count == STEPS * search.views_per_step


SETUP = """
from django.contrib.staticfiles.storage import staticfiles_storage
staticfiles_storage.hashed_files, _ = staticfiles_storage.load_manifest()  # made after Django was set up
"""
WRITE_AND_READ = (
    SETUP
    + """
from tests.campaigns.staleness import StaleViewSearch
search = StaleViewSearch({seed})
for _ in range({steps}):
    search.change()
    search.read_some()
"""
)
COMPARE_ALL = (
    SETUP
    + """
from tests.campaigns.staleness import StaleViewSearch, existing_titles
search = StaleViewSearch(0)
for title in existing_titles():
    assert search.compare(title), search.fault
"""
)


@pytest.mark.slow
def test_what_two_processes_cached_while_both_wrote_is_as_if_made_afresh(instance: Instance) -> None:
    instance.manage("collectstatic", "--no-input", "--verbosity", "0")
    instance.python(f"from tests.campaigns.staleness import StaleViewSearch\nStaleViewSearch({SEED}).set_up()")
    for number in range(max(STEPS // 20, 1)):
        codes = [WRITE_AND_READ.format(seed=1000 * SEED + 2 * number + one, steps=8) for one in range(2)]
        for process in [instance.script(code) for code in codes]:
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors
        instance.python(COMPARE_ALL)
