"""URLs under `/account/`. Those of allauth have its names, which its code asks for, beside ours."""

from __future__ import annotations

from allauth.account import views as account_views
from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as key_views
from django.urls import path, re_path, reverse_lazy
from django.views.decorators.http import require_POST

from wiki.accounts import invitations, key_forms, openid, password_forms, second_factors, views

SCREENS = "wiki/accounts/"
sign_in = views.SignInView.as_view()
register = views.RegisterView.as_view()
sign_out = require_POST(account_views.LogoutView.as_view())
change_password = account_views.PasswordChangeView.as_view(
    form_class=password_forms.ChangePasswordForm, template_name=f"{SCREENS}password_change.html"
)
request_reset = views.RequestPasswordResetView.as_view()
reset_sent = account_views.PasswordResetDoneView.as_view(template_name=f"{SCREENS}password_reset_done.html")
new_password = account_views.PasswordResetFromKeyView.as_view(
    form_class=password_forms.NewPasswordForm, template_name=f"{SCREENS}password_reset_confirm.html",
    success_url=reverse_lazy("profile"),
)  # fmt: skip
set_password = account_views.PasswordSetView.as_view(
    form_class=password_forms.SetPasswordForm, template_name=f"{SCREENS}password_set.html"
)
confirm_password = account_views.ReauthenticateView.as_view(
    form_class=password_forms.ConfirmPasswordForm, template_name=f"{SCREENS}confirm_password.html"
)
confirm_email = account_views.ConfirmEmailView.as_view(template_name=f"{SCREENS}confirm_email.html")

urlpatterns = [
    path("", views.profile, name="profile"),
    path("register", register, name="register"),
    path("register", register, name="account_signup"),
    path("login", sign_in, name="login"),
    path("login", sign_in, name="account_login"),
    path("logout", sign_out, name="logout"),
    path("logout", sign_out, name="account_logout"),
    path("invitation/<token>", invitations.invitation, name="invitation"),
    path("password", change_password, name="password_change"),
    path("password", change_password, name="account_change_password"),
    path("password/set", set_password, name="account_set_password"),
    path("password/confirm", confirm_password, name="account_reauthenticate"),
    path("password/reset", request_reset, name="password_reset"),
    path("password/reset", request_reset, name="account_reset_password"),
    path("password/reset/sent", reset_sent, name="password_reset_done"),
    path("password/reset/sent", reset_sent, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$", new_password,
        name="account_reset_password_from_key",
    ),
    path("password/reset/<uidb64>/<token>", views.old_reset_link, name="password_reset_confirm"),
    path("email/send", views.confirm_address, name="confirm_address"),
    re_path(r"^email/(?P<key>[-:\w]+)$", confirm_email, name="account_confirm_email"),
]  # fmt: skip

urlpatterns += [
    path("sessions", views.SessionsView.as_view(), name="usersessions_list"),
    path(
        "second-factor", factor_views.IndexView.as_view(template_name=f"{SCREENS}second_factor.html"), name="mfa_index"
    ),
    path(
        "second-factor/code",
        factor_views.AuthenticateView.as_view(
            form_class=second_factors.SecondFactorForm,
            webauthn_form_class=key_forms.KeyFactorForm,
            template_name=f"{SCREENS}second_factor_code.html",
        ),
        name="mfa_authenticate",
    ),
    path(
        "second-factor/confirm",
        factor_views.ReauthenticateView.as_view(
            form_class=second_factors.ConfirmationCodeForm, template_name=f"{SCREENS}confirm_code.html"
        ),
        name="mfa_reauthenticate",
    ),
    path(
        "second-factor/app",
        app_views.ActivateTOTPView.as_view(
            form_class=second_factors.AppActivationForm, template_name=f"{SCREENS}app_add.html"
        ),
        name="mfa_activate_totp",
    ),
    path(
        "second-factor/app/remove",
        app_views.DeactivateTOTPView.as_view(template_name=f"{SCREENS}app_remove.html"),
        name="mfa_deactivate_totp",
    ),
    path(
        "recovery-codes",
        recovery_views.ViewRecoveryCodesView.as_view(template_name=f"{SCREENS}recovery_codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "recovery-codes/new",
        recovery_views.GenerateRecoveryCodesView.as_view(template_name=f"{SCREENS}recovery_codes_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "keys",
        key_views.ListWebAuthnView.as_view(template_name=f"{SCREENS}keys.html"),
        name="mfa_list_webauthn",
    ),
    path(
        "keys/new",
        key_views.AddWebAuthnView.as_view(form_class=key_forms.KeyForm, template_name=f"{SCREENS}key_add.html"),
        name="mfa_add_webauthn",
    ),
    path(
        "keys/confirm",
        key_views.ReauthenticateWebAuthnView.as_view(
            form_class=key_forms.ConfirmationKeyForm, template_name=f"{SCREENS}confirm_key.html"
        ),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "keys/<int:pk>/remove",
        key_views.RemoveWebAuthnView.as_view(template_name=f"{SCREENS}key_remove.html"),
        name="mfa_remove_webauthn",
    ),
    path("provider/<provider_id>/login", openid.sign_in, name="openid_connect_login"),
    path("provider/<provider_id>/callback", openid.callback, name="openid_connect_callback"),
    path("passkey", views.PasskeySignInView.as_view(), name="mfa_login_webauthn"),
]
