"""modelsearch's own backend tests, unchanged, on the Whoosh backend. Run by `test_backend_contract.py`."""

from __future__ import annotations

from django.test import TestCase
from modelsearch.test.testapp import models
from modelsearch.tests.test_backends import BackendTests


class TestWhooshBackend(BackendTests, TestCase):
    """All backend tests; the additional fixture has the records that newer tests need."""

    backend_path = "wiki.search.engine.backend"
    fixtures = [*BackendTests.fixtures, "newer_records"]

    def test_reset_indexes(self):
        """After a reset, the index is empty."""
        self.backend.reset_indexes()
        assert self.backend.search("JavaScript", models.Book).count() == 0
