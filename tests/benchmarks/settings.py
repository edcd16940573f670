"""The real settings, and one more address, /ok, to compare a page's view with."""

from __future__ import annotations

from movilab.settings import *  # noqa: F403  all of them

ROOT_URLCONF = "tests.benchmarks.urls"
