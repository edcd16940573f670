"""The production settings with an additional URL, /ok, for comparison with page views."""

from __future__ import annotations

from movilab.settings import *

ROOT_URLCONF = "tests.benchmarks.urls"
