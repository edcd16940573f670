"""The real settings, and one more address, /ok, to compare a page's view with."""

from __future__ import annotations

from movilab.settings import *

ROOT_URLCONF = "tests.benchmarks.urls"
