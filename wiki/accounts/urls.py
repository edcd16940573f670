"""URLs under `/account/`."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from wiki.accounts import views

urlpatterns = [
    path("", views.profile, name="profile"),
    path("register", views.RegisterView.as_view(), name="register"),
    path("login", views.SignInView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("password", views.ChangePasswordView.as_view(), name="password_change"),
    path("password/reset", views.RequestPasswordResetView.as_view(), name="password_reset"),
    path("password/reset/sent", views.PasswordResetSentView.as_view(), name="password_reset_done"),
    path("password/reset/<uidb64>/<token>", views.SetPasswordView.as_view(), name="password_reset_confirm"),
]
