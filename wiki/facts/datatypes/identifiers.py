"""External identifier: a name in an external catalogue."""

from __future__ import annotations

import re
from urllib.parse import quote

from wiki.facts.datatypes.texts import Text, normalize_text
from wiki.facts.datatypes.web_addresses import safe_address
from wiki.facts.values import Context, Value

_PARAMETERS = re.compile(r"\{((?:[^{}\\]|\\.)*)\}\s*\Z")
_COMMA = re.compile(r"(?<!\\),")


class ExternalIdentifier(Text):
    """A name in an external catalogue; the formatter of the declaration makes a URL of it."""

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the identifier as written; with `-` without its `{further,parameters}`."""
        text = normalize_text(value.raw)
        return text if form != "-" else _parameters(text)[0]

    def link(self, value: Value, context: Context) -> str:
        """Return the formatter with `$1` replaced by the identifier, `$2`… by the parameters in braces.

        Return "" where a parameter is missing.
        """
        parameters = _parameters(normalize_text(value.raw))
        address = context.declaration.formatter
        used = {int(number) for number in re.findall(r"\$([1-9])", address)}
        if not used or max(used) > len(parameters):
            return ""
        address = re.sub(r"\$([1-9])", lambda found: quote(parameters[int(found[1]) - 1], safe="-._~:/"), address)
        return safe_address(address)


def _parameters(text: str) -> list[str]:
    r"""Return the identifier and the parameters in braces after it; `\\,` is a comma."""
    match = _PARAMETERS.search(text[-1000:]) if text.endswith("}") else None
    if match is None:
        return [text]
    head = text[: len(text) - len(match[0])].strip()
    return [head, *(part.replace("\\,", ",").strip() for part in _COMMA.split(match[1]))]
