"""URL, Annotation URI, Email: addresses outside the wiki."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.texts import canonical_text, normalize_text, parsed_equality, text_condition
from wiki.facts.value_conditions import ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

SCHEMES = (
    "http", "https", "mailto", "tel", "ftp", "ftps", "sftp", "news", "urn", "telnet", "ldap", "gopher", "ssh", "git",
    "irc", "ircs", "xmpp", "sip", "geo", "doi", "magnet", "matrix",
)  # fmt: skip
"""Allowed schemes: SMW's list without `file:`, and newer ones. None of them makes a browser execute anything."""
WITH_HOST = ("http", "https", "ftp", "ftps", "sftp", "telnet", "gopher", "ssh", "git", "irc", "ircs")
URL_LIMIT, EMAIL_LIMIT = 2_000, 248

_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):", re.IGNORECASE)
_PORT_FOLLOWS = re.compile(r"[a-z0-9.-]+:[0-9]{1,5}(?:[/?#]|\Z)", re.IGNORECASE)
_BAD = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff<>\"\\]")
_ENCODED = str.maketrans({character: f"%{ord(character):02X}" for character in " {}|^`"})
"""Characters that people write in URLs, and that stand there percent-encoded."""
_HOST = re.compile(
    r"(?:[^\s@/?#]*@)?(?:\[[0-9a-f:.]+\]|[\w\u00a1-\uffff][\w.\-\u00a1-\U0010ffff]*)(?::[0-9]{0,5})?", re.IGNORECASE
)
_WEB = re.compile(r"https?://", re.IGNORECASE)


def read_address(text: str) -> str:
    """Return a URL with its scheme and host in lower case; `http://` is added if there is no scheme.

    Spaces, braces and bars after the host are percent-encoded.

    Raises InvalidQueryValue for an invalid URL or a scheme that is not in `SCHEMES`.
    """
    if not text:
        raise InvalidQueryValue("value_empty")
    if len(text) > URL_LIMIT:
        raise InvalidQueryValue("value_too_long", limit=str(URL_LIMIT))
    match = _SCHEME.match(text)
    if match is None or (_PORT_FOLLOWS.match(text) and match[1].lower() not in SCHEMES):
        text, scheme = f"http://{text.removeprefix('//')}", "http"
    else:
        scheme = match[1].lower()
        text = scheme + text[len(scheme) :]
    if scheme not in SCHEMES:
        raise InvalidQueryValue("url_scheme", scheme=scheme[:30], allowed=", ".join(SCHEMES))
    text = text.translate(_ENCODED)
    if _BAD.search(text):
        raise InvalidQueryValue("url_unreadable")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidQueryValue("url_unreadable") from None
    if scheme not in WITH_HOST:
        if not text[len(scheme) + 1 :]:
            raise InvalidQueryValue("url_unreadable")
        return text
    if not text.startswith(f"{scheme}://") or not _HOST.fullmatch(parts.netloc):
        raise InvalidQueryValue("url_unreadable")
    start = len(scheme) + 3
    return text[:start] + parts.netloc.lower() + text[start + len(parts.netloc) :]


def safe_address(text: str) -> str:
    """Return the URL, or "" if it is invalid or must not be linked."""
    try:
        return read_address(normalize_text(text))
    except InvalidQueryValue:
        return ""


class Url:
    """`canonical_value` is the URL or its hash, `folded_text` the URL without `http://`."""

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]]) -> None:
        self.id, self.names = id_, names

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a URL of one of the allowed schemes."""
        try:
            address = read_address(normalize_text(raw))
        except InvalidQueryValue as error:
            return Value(self.id, raw, problem=problem(error.code, raw, **error.params))
        return Value(self.id, raw, canonical_text(address), fold(_WEB.sub("", address, count=1)))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality of the whole URL, order and wildcards without `http://`.

        Raises InvalidQueryValue.
        """
        text = normalize_text(text)
        equal = parsed_equality(self, comparator, text, context)
        compared = _WEB.sub("", text, count=1).translate(_ENCODED)
        return text_condition(comparator, equal, compared, self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the URL."""
        return safe_address(value.raw) or value.raw

    def data(self, value: Value, context: Context) -> object:
        """Return the URL."""
        return self.show(value, context)

    def link(self, value: Value, context: Context) -> str:
        """Return the URL."""
        return safe_address(value.raw)


class Email:
    """`canonical_value` is `mailto:` and the address, `folded_text` the address."""

    id = "_ema"
    names = {"en": ("Email", "E-mail"), "fr": ("Adresse électronique", "Courriel")}

    def parse(self, raw: str, context: Context) -> Value:
        """Parse an address, with or without `mailto:` before it."""
        address = _bare_email(raw)
        if not address:
            return Value(self.id, raw, problem=problem("value_empty"))
        try:
            if len(address) > EMAIL_LIMIT:
                raise ValidationError("")
            validate_email(address)
        except ValidationError:
            return Value(self.id, raw, problem=problem("email_unreadable", raw))
        return Value(self.id, raw, f"mailto:{address}", fold(address))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality, order and wildcards on the address. Raises InvalidQueryValue."""
        equal = parsed_equality(self, comparator, text, context)
        return text_condition(comparator, equal, _bare_email(text), self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the address."""
        return value.canonical_value.removeprefix("mailto:") or value.raw

    def data(self, value: Value, context: Context) -> object:
        """Return `mailto:` and the address."""
        return value.canonical_value

    def link(self, value: Value, context: Context) -> str:
        """Return `mailto:` and the address."""
        return value.canonical_value


def _bare_email(text: str) -> str:
    """Return an address without `mailto:`, its host in lower case."""
    text = normalize_text(text)
    text = text[7:] if text[:7].lower() == "mailto:" else text
    name, at, host = text.rpartition("@")
    return f"{name}{at}{host.lower()}"
