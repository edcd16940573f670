"""URLs of what forms ask about places on the map."""

from __future__ import annotations

from django.urls import path

from wiki.geography import views

urlpatterns = [path("communes", views.communes, name="communes")]
