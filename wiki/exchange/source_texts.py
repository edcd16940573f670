"""Writing source texts: front matter from plain values, as `wiki.text.frontmatter` reads it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from yaml.emitter import Emitter
from yaml.representer import SafeRepresenter
from yaml.resolver import BaseResolver
from yaml.serializer import Serializer


class _Dumper(Emitter, Serializer, SafeRepresenter, BaseResolver):
    """YAML in which every plain scalar is a string, as our reader takes it: `12` needs no quotes."""

    def __init__(self, stream: Any) -> None:
        Emitter.__init__(self, stream, allow_unicode=True, width=100_000)
        Serializer.__init__(self)
        SafeRepresenter.__init__(self, sort_keys=False, default_flow_style=False)
        BaseResolver.__init__(self)


def with_front_matter(facts: Mapping[str, str | list[str]], body: str) -> str:
    """The source text with `facts` as front matter, in their order, and `body` after it."""
    stream = io.StringIO()
    dumper = _Dumper(stream)
    dumper.open()
    dumper.represent(dict(facts))
    dumper.close()
    return f"---\n{stream.getvalue()}---\n{body}"
