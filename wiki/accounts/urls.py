"""Addresses under `/account/`."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from wiki.accounts import views

urlpatterns = [
    path("", views.profile, name="profile"),
    path("register", views.Register.as_view(), name="register"),
    path("login", views.SignIn.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("password", views.PasswordChange.as_view(), name="password_change"),
    path("password/reset", views.PasswordReset.as_view(), name="password_reset"),
    path("password/reset/sent", views.PasswordResetDone.as_view(), name="password_reset_done"),
    path("password/reset/<uidb64>/<token>", views.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
]
