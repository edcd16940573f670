"""Reads settings from environment variables; invalid values stop the program with a one-sentence message.

Each function takes the name of a variable, and the default for when it is unset or empty.
"""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


def exit_with(sentence: str) -> NoReturn:
    """Exit with the message `sentence`, without a traceback."""
    raise SystemExit(f"Movilab cannot start: {sentence}")


def text(name: str, default: str = "") -> str:
    """Return the value of `name`, or the content of the file that `<name>_FILE` names (for secrets), stripped."""
    from_file = os.environ.get(f"{name}_FILE", "").strip()
    if from_file:
        try:
            return Path(from_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            exit_with(f"{name}_FILE names a file that cannot be read, {from_file} ({error}).")
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """Return a boolean (see YES and NO)."""
    value = text(name).lower()
    if not value:
        return default
    if value not in YES | NO:
        exit_with(f"{name} must be True or False, not {value!r}.")
    return value in YES


def number(name: str, default: int, least: int = 0) -> int:
    """Return an integer of at least `least`."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < least:
        exit_with(f"{name} must be a whole number, {least} or more, not {value!r}.")
    return int(value)


def folder(name: str, default: Path) -> Path:
    """Return a writable folder, which is created if missing."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        exit_with(f"{name} names a folder that cannot be made, {path} ({error.strerror}).")
    if not os.access(path, os.W_OK | os.X_OK):
        exit_with(f"{name} names a folder that this user may not write to, {path}.")
    return path


def base_address(name: str, default: str) -> str:
    """Return the base URL of the site, like `https://wiki.example.org`: scheme, host and optional port, but no path."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    try:
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_valid = False
    if not is_valid or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        exit_with(f"{name} must be an address like https://wiki.example.org, without a path, not {value!r}.")
    return value


def openid_provider(server: str, client: str, secret: str, name: str) -> dict[str, Any]:
    """Return the OpenID Connect provider that four variables describe, for allauth; {} if there is none.

    `server` is its issuer, like `https://login.example.org/realms/one`; `name` is what the button to sign in says.
    """
    address = text(server).rstrip("/")
    if not address:
        return {}
    parts = urlsplit(address)
    is_local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
        exit_with(f"{server} must be an address like https://login.example.org/realms/one, not {address!r}.")
    if not text(client) or not text(secret):
        exit_with(f"{server} needs {client} and {secret}, which the provider gives.")
    return {
        "provider_id": "oidc",
        "name": text(name, parts.hostname),
        "client_id": text(client),
        "secret": text(secret),
        "settings": {"server_url": address},
    }


@dataclass(frozen=True)
class Tiles:
    """A tile server for maps: its URL template and the attribution to show."""

    address: str
    attribution: str
    origin: str
    """The image source that the Content-Security-Policy has to allow."""


def tiles(name: str) -> Tiles | None:
    """Parse a tile server, like `https://tile.example.org/{z}/{x}/{y}.png © its authors`; return None if unset."""
    address, _, attribution = text(name).partition(" ")
    if not address:
        return None
    parts = urlsplit(address)
    host = parts.netloc.removeprefix("{s}.")
    has_placeholders = all(placeholder in parts.path for placeholder in ("{z}", "{x}", "{y}"))
    if parts.scheme not in ("http", "https") or not has_placeholders or not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        exit_with(f"{name} must be an address like https://tile.example.org/{{z}}/{{x}}/{{y}}.png, not {address!r}.")
    wildcard = "*." if host != parts.netloc else ""
    return Tiles(address, attribution.strip() or "© OpenStreetMap", f"{parts.scheme}://{wildcard}{host}")


def map_archive(folder: Path) -> Path | None:
    """Return the first PMTiles archive of a folder, by name; None if there is none."""
    return next((file for file in sorted(folder.glob("*.pmtiles")) if file.is_file()), None)


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return IP networks, from a value like `10.0.0.0/8, fd00::/8`; none if unset."""
    try:
        return [ipaddress.ip_network(network.strip()) for network in text(name).split(",") if network.strip()]
    except ValueError as error:
        exit_with(f"{name} must be networks like 10.0.0.0/8, separated by commas ({error}).")


def ports(name: str) -> list[range]:
    """Return ranges of ports, from a value like `8000, 8080-8090`; none if unset."""
    found = []
    for part in filter(None, (part.strip() for part in text(name).split(","))):
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= 65_535:
            exit_with(f"{name} must be ports like 8000 or 8080-8090, separated by commas, not {part!r}.")
        found.append(range(first, last + 1))
    return found


def hosts(name: str) -> list[str]:
    """Return names of hosts in lower case, from a value like `tube.example.org, video.example.net`; none if unset."""
    found = [host.strip().lower() for host in text(name).split(",") if host.strip()]
    for host in found:
        if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", host):
            exit_with(f"{name} must be names of hosts like tube.example.org, separated by commas, not {host!r}.")
    return found


def time_zone(name: str, default: str) -> str:
    """Return a time zone by its name in the IANA database, such as `Indian/Reunion`."""
    value = text(name, default)
    if value not in available_timezones():
        exit_with(f"{name} must be a time zone like {default} or Indian/Reunion, not {value!r}.")
    return value


def allowed_hosts(address: str) -> list[str]:
    """Return Django's ALLOWED_HOSTS: the host of `address`, or all names of the local host if it is one of these."""
    host = urlsplit(address).hostname or ""
    host = f"[{host}]" if ":" in host else host
    return LOOPBACK if host in LOOPBACK else [host]


def secret_key(name: str, data: Path) -> str:
    """Return Django's SECRET_KEY: from the environment, or from a file in `data`, created on first use (mode 600)."""
    value = text(name)
    if value:
        if len(value) < 50:
            exit_with(f"{name} is too short to be safe: give at least 50 random characters, or leave it unset.")
        return value
    path = data / "secret-key"
    if not path.exists():
        _store_new_key(path)
    return _read_key(path)


def _store_new_key(path: Path) -> None:
    # Written under a temporary name first: a process that starts at the same time never reads a partial key.
    temporary = path.with_name(f".secret-key-{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()


def _read_key(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        exit_with(f"the secret key kept in {path} cannot be read ({error}).")
    if len(key) < 50:
        exit_with(f"the secret key kept in {path} is damaged: delete that file, and people will have to sign in again.")
    return key


def database(name: str, data: Path) -> dict[str, Any]:
    """Return Django's database settings: SQLite in `data`, or PostgreSQL from a `postgres://` URL."""
    value = text(name)
    return _postgres(name, value) if value else _sqlite(data)


def _sqlite(data: Path) -> dict[str, Any]:
    # IMMEDIATE: a transaction that reads and then writes does not fail because another one wrote in between.
    # FULL: a committed save survives a power failure, at the cost of a few milliseconds.
    # 600 s: an open connection does not notice new statistics of its query planner (`database_statistics`).
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": data / "wiki.sqlite3",
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-4000;",
        },
        # A file, not memory: tests with several processes or a live server open the same database.
        "TEST": {"NAME": data / "test.sqlite3"},
    }


def _postgres(name: str, value: str) -> dict[str, Any]:
    example = "postgres://user:password@host:5432/name"
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        exit_with(f"{name} has a port that is not a number; it must read like {example}.")
    if parts.scheme not in ("postgres", "postgresql") or len(parts.path) < 2:
        exit_with(f"{name} must read like {example} (leave it unset for SQLite).")
    # No JIT: queries are short with many joins, and where estimates are too high, PostgreSQL compiled some of them for
    # more than the two seconds that a query may take.
    options: dict[str, Any] = {"options": "-c jit=off"} | dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


SEARCH_SERVICES = {
    "elasticsearch7": "elasticsearch", "elasticsearch8": "elasticsearch", "elasticsearch9": "elasticsearch",
    "opensearch2": "opensearchpy", "opensearch3": "opensearchpy",
}  # fmt: skip
"""modelsearch backends that need a service, and the client library of each."""


def search(name: str) -> dict[str, Any]:
    """Return modelsearch's backend settings: for `whoosh` (the default), `database`, or a service given by its URL.

    AUTO_UPDATE is off, since indexes are updated only from the outbox (`wiki.search.outbox`).
    """
    value = text(name, "whoosh")
    if value == "whoosh":
        return {"BACKEND": "wiki.search.engine.backend", "AUTO_UPDATE": False}
    if value == "database":
        return {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}
    service, plus, address = value.partition("+")
    parts = urlsplit(address)
    if not plus or service not in SEARCH_SERVICES or parts.scheme not in ("http", "https") or not parts.hostname:
        services = ", ".join(SEARCH_SERVICES)
        exit_with(f"{name} must be whoosh, database, or like opensearch3+https://host:9200 (of {services}).")
    if importlib.util.find_spec(SEARCH_SERVICES[service]) is None:
        exit_with(f"{name} needs the Python package {SEARCH_SERVICES[service]}, which is not installed.")
    return {
        "BACKEND": f"modelsearch.backends.{service}",
        "AUTO_UPDATE": False,
        "URLS": [address],
        "INDEX_PREFIX": "movilab_",
        "TIMEOUT": 10,
    }


def mail(name: str, *, may_print: bool) -> dict[str, Any]:
    """Return MAIL_DELIVERY_BACKEND and Django's EMAIL_… settings, from a URL like `smtp+tls://user:password@host:587`.

    If unset, e-mails are printed on the console where `may_print`, else discarded.
    """
    value = text(name)
    if not value:
        printing, discarding = (
            "django.core.mail.backends.console.EmailBackend",
            "wiki.mail.email_backends.DiscardBackend",
        )
        return {"MAIL_DELIVERY_BACKEND": printing if may_print else discarding}
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in MAIL_PORTS or not parts.hostname or port == -1:
        exit_with(f"{name} must read like smtp+tls://user:password@host:587 (or smtp://… or smtps://…).")
    return {
        "MAIL_DELIVERY_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
