"""Reads settings from the environment and stops the start, with one sentence, at a value that makes no sense.

Each function takes the name of a variable and what holds when it is unset or empty.
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

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


def exit_with(sentence: str) -> NoReturn:
    """Stop the program with `sentence` and nothing else: an administrator needs no traceback."""
    raise SystemExit(f"Movilab cannot start: {sentence}")


def text(name: str, default: str = "") -> str:
    """The value of `name`, or the content of the file that `<name>_FILE` names (for secrets), stripped."""
    from_file = os.environ.get(f"{name}_FILE", "").strip()
    if from_file:
        try:
            return Path(from_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            exit_with(f"{name}_FILE names a file that cannot be read, {from_file} ({error}).")
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """True or False; anything that is not plainly one of them is refused."""
    value = text(name).lower()
    if not value:
        return default
    if value not in YES | NO:
        exit_with(f"{name} must be True or False, not {value!r}.")
    return value in YES


def number(name: str, default: int, least: int = 0) -> int:
    """A whole number, `least` at the least."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < least:
        exit_with(f"{name} must be a whole number, {least} or more, not {value!r}.")
    return int(value)


def folder(name: str, default: Path) -> Path:
    """An existing, writable folder, made when missing."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        exit_with(f"{name} names a folder that cannot be made, {path} ({error.strerror}).")
    if not os.access(path, os.W_OK | os.X_OK):
        exit_with(f"{name} names a folder that this user may not write to, {path}.")
    return path


def base_address(name: str, default: str) -> str:
    """The address people type, like `https://wiki.example.org`: scheme, host, perhaps a port, nothing after."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    try:
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        whole = False
    if not whole or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        exit_with(f"{name} must be an address like https://wiki.example.org, without a path, not {value!r}.")
    return value


@dataclass(frozen=True)
class Tiles:
    """Where maps get their background: pictures of the ground at `address`, thanks to `attribution`."""

    address: str
    attribution: str
    origin: str
    """What the Content-Security-Policy has to allow."""


def tiles(name: str) -> Tiles | None:
    """A tile server like `https://tile.example.org/{z}/{x}/{y}.png © its authors`, or None for none."""
    address, _, attribution = text(name).partition(" ")
    if not address:
        return None
    parts = urlsplit(address)
    host = parts.netloc.removeprefix("{s}.")
    known = all(mark in parts.path for mark in ("{z}", "{x}", "{y}"))
    if parts.scheme not in ("http", "https") or not known or not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        exit_with(f"{name} must be an address like https://tile.example.org/{{z}}/{{x}}/{{y}}.png, not {address!r}.")
    star = "*." if host != parts.netloc else ""
    return Tiles(address, attribution.strip() or "© OpenStreetMap", f"{parts.scheme}://{star}{host}")


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks like `10.0.0.0/8, fd00::/8`; none by default."""
    try:
        return [ipaddress.ip_network(one.strip()) for one in text(name).split(",") if one.strip()]
    except ValueError as error:
        exit_with(f"{name} must be networks like 10.0.0.0/8, separated by commas ({error}).")


def allowed_hosts(address: str) -> list[str]:
    """The host names under which the site answers: that of `address`, and its other names when it is this machine."""
    host = urlsplit(address).hostname or ""
    host = f"[{host}]" if ":" in host else host
    return LOOPBACK if host in LOOPBACK else [host]


def secret_key(name: str, data: Path) -> str:
    """The key that signs sessions: from the environment, else made once and kept in `data` for this user's eyes."""
    given = text(name)
    if given:
        if len(given) < 50:
            exit_with(f"{name} is too short to be safe: give at least 50 random characters, or leave it unset.")
        return given
    kept = data / "secret-key"
    if not kept.exists():
        _keep_new_key(kept)
    return _kept_key(kept)


def _keep_new_key(kept: Path) -> None:
    # Written whole under another name first: a process that starts beside this one never reads half a key.
    fresh = kept.with_name(f".secret-key-{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    with contextlib.suppress(FileExistsError):
        os.link(fresh, kept)
    fresh.unlink()


def _kept_key(kept: Path) -> str:
    try:
        key = kept.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        exit_with(f"the secret key kept in {kept} cannot be read ({error}).")
    if len(key) < 50:
        exit_with(f"the secret key kept in {kept} is damaged: delete that file, and people will have to sign in again.")
    return key


def database(name: str, data: Path) -> dict[str, Any]:
    """Django's description of the database: SQLite in `data`, or the PostgreSQL of a `postgres://` address."""
    value = text(name)
    return _postgres(name, value) if value else _sqlite(data)


def _sqlite(data: Path) -> dict[str, Any]:
    # IMMEDIATE: a transaction that reads and then writes never fails half-way because another wrote between.
    # FULL: what a person saw saved survives a power cut, at a few milliseconds a save.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": data / "wiki.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
        # A file, not memory: tests with several processes or a live server open the same one.
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
    options: dict[str, Any] = dict(parse_qsl(parts.query))
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
"""modelsearch's engines that are services, and the module that speaks to each."""


def search(name: str) -> dict[str, Any]:
    """modelsearch's description of the engine: `whoosh` (unset), `database`, or a service by its address.

    Changes reach any of them through the outbox alone, hence no AUTO_UPDATE.
    """
    value = text(name, "whoosh")
    if value == "whoosh":
        return {"BACKEND": "wiki.search.engine.backend", "AUTO_UPDATE": False}
    if value == "database":
        return {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}
    service, plus, address = value.partition("+")
    parts = urlsplit(address)
    if not plus or service not in SEARCH_SERVICES or parts.scheme not in ("http", "https") or not parts.hostname:
        some = ", ".join(SEARCH_SERVICES)
        exit_with(f"{name} must be whoosh, database, or like opensearch3+https://host:9200 (of {some}).")
    if importlib.util.find_spec(SEARCH_SERVICES[service]) is None:
        exit_with(f"{name} needs the Python package {SEARCH_SERVICES[service]}, which is not installed.")
    return {
        "BACKEND": f"modelsearch.backends.{service}",
        "AUTO_UPDATE": False,
        "URLS": [address],
        "INDEX_PREFIX": "movilab_",
        "TIMEOUT": 10,
    }


def mail(name: str) -> dict[str, Any]:
    """Django's EMAIL_… settings from an address like `smtp+tls://user:password@host:587`; unset: the console."""
    value = text(name)
    if not value:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in MAIL_PORTS or not parts.hostname or port == -1:
        exit_with(f"{name} must read like smtp+tls://user:password@host:587 (or smtp://… or smtps://…).")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }
