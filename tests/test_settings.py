"""Settings from the environment: invalid values stop the start with a one-sentence message."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from movilab import env_settings

ROOT = Path(__file__).resolve().parent.parent
VALUE = "MOVILAB_TESTED"

PRODUCTION = {
    "MOVILAB_URL": "https://wiki.example.org",
    "MOVILAB_TRUST_PROXY": "True",
    "MOVILAB_DATABASE": "postgres://movilab@/movilab?host=/run/postgresql",
    "MOVILAB_MAIL": "smtp+tls://wiki:secret@mail.example.org:587",
}


def manage(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with these settings only."""
    return python(tmp_path, str(ROOT / "manage.py"), *arguments, **variables)


def python(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these settings only."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MOVILAB_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-W", "ignore::SyntaxWarning", *arguments],
        env=environment | {"MOVILAB_DATA": str(tmp_path / "var")} | variables,
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "names"),
    [
        ("MOVILAB_DEBUG", "perhaps", "True or False"),
        ("MOVILAB_OIDC_SERVER", "login.example.org", "https://login.example.org"),
        ("MOVILAB_OIDC_SERVER", "http://login.example.org", "https://login.example.org"),
        ("MOVILAB_OIDC_SERVER", "https://login.example.org", "MOVILAB_OIDC_CLIENT"),
        ("MOVILAB_TRUST_PROXY", "2", "True or False"),
        ("MOVILAB_URL", "wiki.example.org", "https://wiki.example.org"),
        ("MOVILAB_URL", "https://wiki.example.org/wiki", "without a path"),
        ("MOVILAB_URL", "https://wiki.example.org:x", "https://wiki.example.org"),
        ("MOVILAB_DATABASE", "mysql://a:b@localhost/wiki", "postgres://"),
        ("MOVILAB_DATABASE", "postgres://a:b@localhost:x/wiki", "port"),
        ("MOVILAB_MAIL", "mail.example.org", "smtp+tls://"),
        ("MOVILAB_SECRET_KEY", "short", "50"),
        ("MOVILAB_TILES", "tile.example.org/{z}/{x}/{y}.png", "https://tile.example.org"),
        ("MOVILAB_TILES", "https://tile.example.org/{z}.png", "{x}"),
        ("MOVILAB_TILES", "https://a;script-src/{z}/{x}/{y}.png", "https://tile.example.org"),
        ("MOVILAB_FORK_FROM", "10.0.0.1/8", "10.0.0.0/8"),
        ("MOVILAB_FORK_PORTS", "8000, 8090-8080", "8080-8090"),
        ("MOVILAB_FORK_PORTS", "0", "8080-8090"),
        ("MOVILAB_FORK_PORTS", "65536", "8080-8090"),
        ("MOVILAB_FORK_PORTS", "http", "8080-8090"),
        ("MOVILAB_FILE_LIMIT", "0", "1 or more"),
        ("MOVILAB_VIDEO_HOSTS", "tube.example.org, 'self'", "tube.example.org, separated"),
        ("MOVILAB_TIME_ZONE", "Paris", "Indian/Reunion"),
        ("MOVILAB_SEARCH", "lucene", "opensearch3+https://host:9200"),
        ("MOVILAB_SEARCH", "opensearch3+ftp://host", "opensearch3+https://host:9200"),
        ("MOVILAB_SEARCH", "elasticsearch8+https://search.example.org:9200", "package elasticsearch"),
        ("MOVILAB_SECRET_KEY_FILE", "/nowhere", "/nowhere"),
        ("MOVILAB_DATA", "/proc/nowhere", "/proc/nowhere"),
    ],
)
def test_invalid_values_stop_the_start_with_a_sentence(tmp_path: Path, name: str, value: str, names: str) -> None:
    done = manage(tmp_path, "check", **{name: value})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Movilab cannot start: {name}")
    assert names in done.stderr


def test_it_starts_without_any_setting(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_the_production_example_passes_the_deployment_checks(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_secret_key_is_created_once_and_private(tmp_path: Path) -> None:
    first = env_settings.secret_key(VALUE, tmp_path)
    assert len(first) >= 50
    assert env_settings.secret_key(VALUE, tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_a_damaged_secret_key_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(SystemExit, match="damaged"):
        env_settings.secret_key(VALUE, tmp_path)


def test_a_secret_can_be_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("k" * 60 + "\n")
    monkeypatch.setenv(f"{VALUE}_FILE", str(tmp_path / "key"))
    assert env_settings.secret_key(VALUE, tmp_path) == "k" * 60


def test_postgres_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VALUE, "postgres://us%40er:p%2Fw@db.example.org:5433/wi%20ki?sslmode=require")
    read = env_settings.database(VALUE, tmp_path)
    parts = [read[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")]
    assert parts == ["us@er", "p/w", "db.example.org", "5433", "wi ki", {"options": "-c jit=off", "sslmode": "require"}]


def test_postgres_url_with_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VALUE, "postgres:///wiki?host=/run/postgresql&options=-c%20jit%3Don")
    read = env_settings.database(VALUE, tmp_path)
    assert (read["HOST"], read["NAME"]) == ("/run/postgresql", "wiki")
    assert read["OPTIONS"] == {"options": "-c jit=on"}  # what the address states wins


@pytest.mark.parametrize(
    ("address", "port", "tls", "ssl"),
    [
        ("smtp://localhost", 25, False, False),
        ("smtp+tls://u:p@mail.example.org", 587, True, False),
        ("smtps://u:p@mail.example.org:4650", 4650, False, True),
    ],
)
def test_mail_url(monkeypatch: pytest.MonkeyPatch, address: str, port: int, tls: bool, ssl: bool) -> None:
    monkeypatch.setenv(VALUE, address)
    read = env_settings.mail(VALUE, may_print=True)
    assert read["MAIL_DELIVERY_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (read["EMAIL_PORT"], read["EMAIL_USE_TLS"], read["EMAIL_USE_SSL"]) == (port, tls, ssl)


@pytest.mark.parametrize(
    ("variables", "backend"),
    [
        ({}, "console"),
        ({"MOVILAB_URL": "http://localhost:8011"}, "console"),
        ({"MOVILAB_URL": "http://[::1]"}, "console"),
        ({"MOVILAB_URL": "https://localhost"}, "discard"),
        ({"MOVILAB_URL": "https://wiki.example.org"}, "discard"),
        ({"MOVILAB_URL": "http://wiki.example.org"}, "discard"),
        ({"MOVILAB_URL": "https://wiki.example.org", "MOVILAB_DEBUG": "1"}, "console"),
        ({"MOVILAB_URL": "https://wiki.example.org", "MOVILAB_MAIL": "smtp://localhost"}, "smtp"),
    ],
)
def test_a_public_site_prints_no_emails(tmp_path: Path, variables: dict[str, str], backend: str) -> None:
    show = "from django.conf import settings; print(settings.MAIL_DELIVERY_BACKEND, settings.EMAIL_BACKEND)"
    done = python(tmp_path, "-c", show, DJANGO_SETTINGS_MODULE="movilab.settings", **variables)
    delivery, queue = done.stdout.split()
    assert backend in delivery.lower()
    assert queue == "wiki.mail.email_backends.QueueBackend"


@pytest.mark.parametrize(
    ("address", "says"), [("https://wiki.example.org", "movilab.W001"), ("http://localhost", "movilab.W002")]
)
def test_the_deployment_checks_warn_of_a_site_without_mail(tmp_path: Path, address: str, says: str) -> None:
    variables = {name: value for name, value in PRODUCTION.items() if name != "MOVILAB_MAIL"}
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **variables | {"MOVILAB_URL": address})
    assert done.returncode == 1
    assert says in done.stderr
    assert "MOVILAB_MAIL" in done.stderr


def test_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VALUE, "1, 8080-8090,65535,")
    assert env_settings.ports(VALUE) == [range(1, 2), range(8080, 8091), range(65_535, 65_536)]
    monkeypatch.setenv(VALUE, "")
    assert env_settings.ports(VALUE) == []


def test_allowed_hosts() -> None:
    assert env_settings.allowed_hosts("https://wiki.example.org") == ["wiki.example.org"]
    assert env_settings.allowed_hosts("http://[::1]:8000") == env_settings.LOOPBACK
    assert "localhost" in env_settings.allowed_hosts("http://127.0.0.1:8011")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        (
            "https://tile.example.org/{z}/{x}/{y}.png © Nous tous",
            env_settings.Tiles("https://tile.example.org/{z}/{x}/{y}.png", "© Nous tous", "https://tile.example.org"),
        ),
        (
            "https://{s}.tile.example.org:8443/{z}/{x}/{y}.png",
            env_settings.Tiles(
                "https://{s}.tile.example.org:8443/{z}/{x}/{y}.png",
                "© OpenStreetMap",
                "https://*.tile.example.org:8443",
            ),
        ),
    ],
)
def test_tile_server(monkeypatch: pytest.MonkeyPatch, value: str, expected: object) -> None:
    monkeypatch.setenv(VALUE, value)
    assert env_settings.tiles(VALUE) == expected


def test_search_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VALUE, "")
    assert env_settings.search(VALUE)["BACKEND"] == "wiki.search.engine.backend"
    monkeypatch.setenv(VALUE, "database")
    assert env_settings.search(VALUE) == {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}
    monkeypatch.setattr(env_settings, "SEARCH_SERVICES", {"opensearch3": "json"})  # an installed module
    monkeypatch.setenv(VALUE, "opensearch3+https://u:p@search.example.org:9200")
    read = env_settings.search(VALUE)
    assert (read["BACKEND"], read["URLS"]) == (
        "modelsearch.backends.opensearch3",
        ["https://u:p@search.example.org:9200"],
    )
