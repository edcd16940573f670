"""modelsearch's own tests of a backend, unchanged, on our engine. Run by `test_backend_contract.py`."""

from __future__ import annotations

from django.test import TestCase
from modelsearch.test.testapp import models
from modelsearch.tests.test_backends import BackendTests


class TestWhooshBackend(BackendTests, TestCase):
    """All of them; the fixture has the records that the newer tests want beside."""

    backend_path = "wiki.search.engine.backend"
    fixtures = [*BackendTests.fixtures, "newer_records"]

    def test_reset_indexes(self):
        """What each of modelsearch's engines promises: nothing is found after a reset."""
        self.backend.reset_indexes()
        assert self.backend.search("JavaScript", models.Book).count() == 0
