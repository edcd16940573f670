"""Starts the demo: prepares database, content and static files, then runs the server. `make demo` runs it.

Each step writes a digest of its inputs to MOVILAB_DATA and is skipped while they are unchanged, so that a second start
takes seconds. Edits made in between are not lost: `load_demo` changes no page that was edited.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def main() -> None:
    """Prepare the demo, print its address, and serve it until stopped."""
    parser = argparse.ArgumentParser(description="Start the wiki with its demo content.")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movilab.settings")
    os.environ.setdefault("MOVILAB_URL", f"http://127.0.0.1:{port}")
    # Imported only now, since settings are read from the environment at import.
    from movilab.server import require_free_port, serve

    require_free_port("127.0.0.1", port)
    prepare()
    announce()
    serve("127.0.0.1", port)


def prepare() -> None:
    """Migrate, load the demo content and collect static files; each step only if its inputs changed."""
    import django

    django.setup()
    from django.core.management import call_command

    requirements = BASE_DIR / "requirements.txt"
    if _changed("migrate", [requirements, *BASE_DIR.glob("wiki/migrations/*.py")]):
        print("Preparing the database ...", flush=True)
        is_upgrade = _digest_file("migrate").exists()
        call_command("migrate", verbosity=0)
        if is_upgrade:  # the database is of an older version: derived data may have changed
            print("Deriving again from history ...", flush=True)
            call_command("rebuild", verbosity=0)
        _save_digest("migrate", [requirements, *BASE_DIR.glob("wiki/migrations/*.py")])
    content = [BASE_DIR / "wiki/management/commands/load_demo.py", *sorted((BASE_DIR / "demo").rglob("*"))]
    if _changed("content", content):
        print("Writing the demo content ...", flush=True)
        call_command("load_demo")
        _save_digest("content", content)
    static = [requirements, *sorted((BASE_DIR / "static").rglob("*"))]
    if _changed("static", static):
        print("Collecting static files ...", flush=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        _save_digest("static", static)


def announce() -> None:
    """Print the address and the demo accounts."""
    from django.conf import settings

    accounts = tomllib.loads((BASE_DIR / "demo/accounts.toml").read_text(encoding="utf-8"))["account"]
    print(f"\nThe wiki is at {settings.BASE_ADDRESS}/  (Ctrl+C stops it)\n\nDemo accounts:")
    for account in accounts:
        print(f"  {account['name']:<8} password: {account['password']:<20} {account['role']}")
    print(f"\nWhat it writes lies in {settings.DATA}\n", flush=True)


def _digest_file(step: str) -> Path:
    from django.conf import settings

    return Path(settings.DATA) / f"demo-{step}.stamp"


def _digest(files: Iterable[Path]) -> str:
    from django.conf import settings

    database = settings.DATABASES["default"]
    digest = hashlib.sha256(f"{database['ENGINE']} {database['NAME']} {database.get('HOST')}".encode())
    for file in files:
        if file.is_file() and file.suffix != ".pyc":
            digest.update(str(file.relative_to(BASE_DIR)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _changed(step: str, files: Iterable[Path]) -> bool:
    digest_file = _digest_file(step)
    return not digest_file.exists() or digest_file.read_text() != _digest(files)


def _save_digest(step: str, files: Iterable[Path]) -> None:
    _digest_file(step).write_text(_digest(files))


if __name__ == "__main__":
    main()
