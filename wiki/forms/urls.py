"""URLs of forms: pages written by their fields, new places, lists of fields."""

from __future__ import annotations

from django.urls import path

from wiki.forms import field_list_views, views

urlpatterns = [
    path("form/<path:title>", views.form, name="form"),
    path("create-place", views.create_place, name="create_place"),
    path("forms", field_list_views.forms_index, name="forms"),
    path("forms/new", field_list_views.new_kind, name="new_kind"),
    path("forms/<str:name>/fields", field_list_views.field_list, name="field_list"),
    path("forms/<str:name>/table.csv", field_list_views.csv_template, name="form_csv"),
]
