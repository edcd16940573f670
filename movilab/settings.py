"""Django settings. Environment variables, all optional, can change them: `docs/administration.md` lists these."""

from __future__ import annotations

import gc
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from movilab import env_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# The start creates a million permanent objects. Garbage collection at Python's default frequency would take a fifth of
# the start time, and a twentieth of the time of a save.
gc.set_threshold(50_000, 20, 50)

# --- Settings from the environment ----------------------------------------------------------------
DATA = env_settings.folder("MOVILAB_DATA", BASE_DIR / "var")
DEBUG = env_settings.boolean("MOVILAB_DEBUG", False)
BASE_ADDRESS = env_settings.base_address("MOVILAB_URL", "http://127.0.0.1:8000")
TRUST_PROXY = env_settings.boolean("MOVILAB_TRUST_PROXY", False)
TILES = env_settings.tiles("MOVILAB_TILES")
MAP_ARCHIVE = env_settings.map_archive(DATA)
VIDEO_HOSTS = env_settings.hosts("MOVILAB_VIDEO_HOSTS")
FORK_FROM = env_settings.networks("MOVILAB_FORK_FROM")
FORK_PORTS = env_settings.ports("MOVILAB_FORK_PORTS")
SITE_NAME = env_settings.text("MOVILAB_SITE_NAME", "Movilab")
SECRET_KEY = env_settings.secret_key("MOVILAB_SECRET_KEY", DATA)
DATABASES = {"default": env_settings.database("MOVILAB_DATABASE", DATA)}
OPENID = env_settings.openid_provider(
    "MOVILAB_OIDC_SERVER", "MOVILAB_OIDC_CLIENT", "MOVILAB_OIDC_SECRET", "MOVILAB_OIDC_NAME"
)

HOST = urlsplit(BASE_ADDRESS).hostname or ""
HTTPS = BASE_ADDRESS.startswith("https://")
ALLOWED_HOSTS = env_settings.allowed_hosts(BASE_ADDRESS)
CSRF_TRUSTED_ORIGINS = [BASE_ADDRESS]
EMAIL_BACKEND = "wiki.mail.email_backends.QueueBackend"
MAIL_DELIVERY_BACKEND: str
# Reset links are for the console of a developer, and not for the journal of a site.
globals().update(
    env_settings.mail("MOVILAB_MAIL", may_print=DEBUG or (not HTTPS and HOST in ("127.0.0.1", "localhost", "::1")))
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_settings.text("MOVILAB_MAIL_FROM", f"wiki@{HOST}")

# --- Applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "wiki",
    "reversion",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "wiki.accounts.apps.UsersConfig",  # wagtail.users, with the wiki's forms for users
    "wagtail.snippets",
    "wagtail.embeds",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_filters",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "movilab.middleware.ClientAddressMiddleware",
    "movilab.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "wiki.pages.rendering.page_cache.PageCacheMiddleware",
    "wiki.pages.slow_connections.SendingMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "wiki.pages.slow_connections.ReceivingMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wiki.accounts.known_devices.KnownDeviceMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wiki.accounts.slow_work.SlowWorkMiddleware",
    "wiki.pages.error_middleware.ErrorPageMiddleware",
]

ROOT_URLCONF = "movilab.urls"
WSGI_APPLICATION = "movilab.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "movilab.context_processors.site",
            ],
        },
    },
]

# --- Accounts -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "wiki.User"
PASSWORD_HASHERS = [  # the first one stores; hashes of the others are stored anew when their owners sign in
    "wiki.accounts.password_hashers.ModestArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "wiki.accounts.mediawiki_hashers.MediaWikiHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "wiki.accounts.account_backend.AccountBackend",
    "django.contrib.auth.backends.ModelBackend",  # for the sessions of earlier versions, which name it
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "wiki.accounts.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_PREVENT_ENUMERATION = "strict"  # an address that another account has is not refused: that would reveal it
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # the wiki's own limits, which its forms and adapter ask
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # a signed-in user can change to another account
ACCOUNT_CHANGE_EMAIL = True  # one address for each account
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_USER_DISPLAY = "wiki.accounts.models.label_of"
SOCIALACCOUNT_ADAPTER = "wiki.accounts.openid.OpenIDAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [OPENID] if OPENID else [], "OAUTH_PKCE_ENABLED": True}}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = True  # the Content-Security-Policy lets no form lead to another site
OPENID_NAME = OPENID.get("name", "")
MFA_ADAPTER = "wiki.accounts.second_factors.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address is optional, and not every wiki has a mail server
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are half a minute wrong
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers allow keys on this machine only then

# --- Languages and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "wiki/locale"]
TIME_ZONE = env_settings.time_zone("MOVILAB_TIME_ZONE", "Europe/Paris")
USE_I18N = USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
FILE_LIMIT = env_settings.number("MOVILAB_FILE_LIMIT", 50, least=1) * 1_000_000  # bytes of a file that is no picture
REQUEST_LIMIT = max(FILE_LIMIT, 128_000_000) + 10_000_000  # bytes of a request: a file, or an archive, and its form
STAGING_ROOT = DATA / "staging"
INDEX_ROOT = DATA / "index"
TRIPLES_ROOT = DATA / "triples"
_static_storage = "StaticFilesStorage" if DEBUG else "ManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"django.contrib.staticfiles.storage.{_static_storage}"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = True  # the frames of diagrams have no origin, and load scripts
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o644
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # as Wagtail recommends
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # a text of 1 MB, percent-encoded, and the two texts of a conflict

# --- Wagtail --------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = SITE_NAME
WAGTAILADMIN_BASE_URL = BASE_ADDRESS
WAGTAILIMAGES_IMAGE_MODEL = "wiki.Picture"
WAGTAILDOCS_DOCUMENT_MODEL = "wiki.File"
WAGTAILIMAGES_FORMAT_CONVERSIONS = {"jpeg": "webp", "webp": "webp"}  # copies; drawings in PNG stay without losses
WAGTAILIMAGES_EXTENSIONS = ["gif", "heic", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 20 * 1024 * 1024
WAGTAILDOCS_EXTENSIONS = [
    "3mf", "csv", "docx", "dxf", "flac", "gpx", "json", "m4a", "md", "mp3", "mp4", "odg", "odp", "ods", "odt", "oga",
    "ogg", "ogv", "opus", "pdf", "pptx", "stl", "svg", "txt", "wav", "webm", "xlsx", "zip",
]  # fmt: skip
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILIMAGES_IMAGE_FORM_BASE = "wiki.pages.admin.media_forms.PictureForm"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "wiki.pages.admin.media_forms.FileForm"
WAGTAILDOCS_INLINE_CONTENT_TYPES: list[str] = []  # documents are downloaded, including PDF
WAGTAILSEARCH_BACKENDS = {"default": env_settings.search("MOVILAB_SEARCH")}
WAGTAIL_WORKFLOW_ENABLED = False  # the wiki has its own page writer and moderation
WAGTAILADMIN_COMMENTS_ENABLED = False
WAGTAILADMIN_LOGIN_URL = LOGIN_URL
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # users do both at /account/
WAGTAIL_ENABLE_UPDATE_CHECK = False  # the admin sends no requests to third parties
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ALLOW_UNICODE_SLUGS = True
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
TAGGIT_CASE_INSENSITIVE = True

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default",
                "OPTIONS": {"MAX_ENTRIES": 50_000}},
    # Counts of rate limits: shared by all processes, and not in the database, which would be written at each search.
    "limits": {"BACKEND": "wiki.accounts.count_cache.CountCache", "LOCATION": DATA / "limits", "SHARDS": 1,
               "TIMEOUT": 86_400, "OPTIONS": {"size_limit": 64 * 1024 * 1024, "sqlite_cache_size": 256}},
}  # fmt: skip

# --- Security -------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
# HSTS for subdomains (W005) and browsers' preload lists (W021) would bind hosts that do not belong to this site.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Logging -------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO" if DEBUG else "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Log server errors, but no missing pages.
        "django.request": {"level": "ERROR"},
        # Bots that try other host names would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
CSRF_FAILURE_VIEW = "wiki.table_editing.views.csrf_failure"
