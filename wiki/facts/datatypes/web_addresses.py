"""URL, Annotation URI, Email: addresses outside the wiki."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.texts import canonical_text, normalize_text, text_condition
from wiki.facts.value_conditions import EqualTo, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

SCHEMES = (
    "http", "https", "mailto", "tel", "ftp", "ftps", "sftp", "news", "urn", "telnet", "ldap", "gopher", "ssh", "git",
    "irc", "ircs", "xmpp", "sip", "geo", "doi", "magnet", "matrix",
)  # fmt: skip
"""What an address may begin with (SMW's list without `file:`, and what came since). Nothing that a browser runs."""
WITH_HOST = ("http", "https", "ftp", "ftps", "sftp", "telnet", "gopher", "ssh", "git", "irc", "ircs")
URL_LIMIT, EMAIL_LIMIT = 2_000, 248

_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):", re.IGNORECASE)
_PORT_FOLLOWS = re.compile(r"[a-z0-9.-]+:[0-9]{1,5}(?:[/?#]|\Z)", re.IGNORECASE)
_BAD = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff<>\"`{}|\\^]")
_HOST = re.compile(
    r"(?:[^\s@/?#]*@)?(?:\[[0-9a-f:.]+\]|[\w\u00a1-\uffff][\w.\-\u00a1-\U0010ffff]*)(?::[0-9]{0,5})?", re.IGNORECASE
)
_WEB = re.compile(r"https?://", re.IGNORECASE)


def read_address(text: str) -> str:
    """An address with its scheme and host in small letters; `http://` is added where there is none.

    Raises ValueRefused where it is none, or begins with what is not in `SCHEMES`.
    """
    if not text:
        raise InvalidQueryValue("value_empty")
    if len(text) > URL_LIMIT:
        raise InvalidQueryValue("value_too_long", limit=str(URL_LIMIT))
    found = _SCHEME.match(text)
    if found is None or (_PORT_FOLLOWS.match(text) and found[1].lower() not in SCHEMES):
        text, scheme = f"http://{text.removeprefix('//')}", "http"
    else:
        scheme = found[1].lower()
        text = scheme + text[len(scheme) :]
    if scheme not in SCHEMES:
        raise InvalidQueryValue("url_scheme", scheme=scheme[:30], allowed=", ".join(SCHEMES))
    if _BAD.search(text):
        raise InvalidQueryValue("url_unreadable")
    try:
        pieces = urlsplit(text)
    except ValueError:
        raise InvalidQueryValue("url_unreadable") from None
    if scheme not in WITH_HOST:
        if not text[len(scheme) + 1 :]:
            raise InvalidQueryValue("url_unreadable")
        return text
    if not text.startswith(f"{scheme}://") or not _HOST.fullmatch(pieces.netloc):
        raise InvalidQueryValue("url_unreadable")
    start = len(scheme) + 3
    return text[:start] + pieces.netloc.lower() + text[start + len(pieces.netloc) :]


def safe_address(text: str) -> str:
    """The address, or "" where it is none that may be linked."""
    try:
        return read_address(normalize_text(text))
    except InvalidQueryValue:
        return ""


class Url:
    """`word` is the address or its hash, `fold` the address without `http://`."""

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]]) -> None:
        self.id, self.names = id_, names

    def parse(self, raw: str, context: Context) -> Value:
        """An address of one of the schemes."""
        try:
            address = read_address(normalize_text(raw))
        except InvalidQueryValue as refusal:
            return Value(self.id, raw, problem=problem(refusal.code, raw, **refusal.params))
        return Value(self.id, raw, canonical_text(address), fold(_WEB.sub("", address, count=1)))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equality of the whole address; wildcards and order do not see `http://`."""
        text, same = normalize_text(text), EqualTo(())
        if comparator in ("", "!"):
            value = self.parse(text, context)
            if value.problem is not None:
                raise InvalidQueryValue(value.problem.code, **value.problem.params)
            same = EqualTo((value.canonical_value,))
        return text_condition(comparator, same, _WEB.sub("", text, count=1), self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The address."""
        return safe_address(value.raw) or value.raw

    def data(self, value: Value, context: Context) -> object:
        """The address."""
        return self.show(value, context)

    def link(self, value: Value, context: Context) -> str:
        """The address."""
        return safe_address(value.raw)


class Email:
    """`word` is `mailto:` and the address, `fold` the address."""

    id = "_ema"
    names = {"en": ("Email", "E-mail"), "fr": ("Adresse électronique", "Courriel")}

    def parse(self, raw: str, context: Context) -> Value:
        """An address, with `mailto:` before it or not."""
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
        """Equality, order and wildcards on the address."""
        same = EqualTo(())
        if comparator in ("", "!"):
            value = self.parse(text, context)
            if value.problem is not None:
                raise InvalidQueryValue(value.problem.code, **value.problem.params)
            same = EqualTo((value.canonical_value,))
        return text_condition(comparator, same, _bare_email(text), self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The address."""
        return value.canonical_value.removeprefix("mailto:") or value.raw

    def data(self, value: Value, context: Context) -> object:
        """`mailto:` and the address."""
        return value.canonical_value

    def link(self, value: Value, context: Context) -> str:
        """`mailto:` and the address."""
        return value.canonical_value


def _bare_email(text: str) -> str:
    """An address without `mailto:`, its host in small letters."""
    text = normalize_text(text)
    text = text[7:] if text[:7].lower() == "mailto:" else text
    name, at, host = text.rpartition("@")
    return f"{name}{at}{host.lower()}"
