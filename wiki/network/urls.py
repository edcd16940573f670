"""URLs of the network of places."""

from __future__ import annotations

from django.urls import path

from wiki.network import views

urlpatterns = [
    path("network", views.network, name="network"),
    path("network/economy", views.economy, name="network_economy"),
]
