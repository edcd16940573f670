"""Subjects are found by the values that name them, however many there are."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.ask.sample_wikis import Claim, SampleWiki
from wiki.ask.execution import subject_lookup
from wiki.ask.execution.fact_scope import FactScope


@pytest.mark.django_db
def test_it_finds_more_subobjects_than_one_query_names(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"part{number}" for number in range(5)]
    SampleWiki({"Alpha": ""}, [Claim("Alpha", "Nombre", "1", name) for name in names]).store()
    monkeypatch.setattr(subject_lookup, "SLICE_SIZE", 2)
    values = [f"Alpha#{name}" for name in names]
    assert set(subject_lookup.find_subjects_by_value(FactScope(AnonymousUser()), values)) == set(values)
