"""Links that end e-mails without signing in, and the headers by which mail programs do it with one click (RFC 8058)."""

from __future__ import annotations

from django.core import signing


def one_click_headers(url: str) -> dict[str, str]:
    """Return the headers of an e-mail that a POST to `url` ends."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def make_token(number: int, salt: str) -> str:
    """Return the token of a link, for the primary key of what it ends."""
    return signing.dumps(number, salt=salt)


def read_token(token: str, salt: str) -> int | None:
    """Return the primary key in a token; None for one that was not made here."""
    try:
        return int(signing.loads(token, salt=salt))
    except (signing.BadSignature, ValueError, TypeError):
        return None
