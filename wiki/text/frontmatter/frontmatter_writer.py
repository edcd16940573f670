"""Front matter written from plain values, as `frontmatter` reads it: every plain scalar is a string."""

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

    def ignore_aliases(self, data: Any) -> bool:
        """No anchors, which front matter may not hold, where a value stands twice."""
        return True


def dump_yaml(facts: Mapping[str, Any]) -> str:
    """`facts` (strings, lists and mappings of them) as lines of YAML in their order, without the `---` around them."""
    stream = io.StringIO()
    dumper = _Dumper(stream)
    dumper.open()
    dumper.represent(dict(facts))
    dumper.close()
    return stream.getvalue()


def with_front_matter(facts: Mapping[str, str | list[str]], body: str) -> str:
    """The source text with `facts` as front matter, in their order, and `body` after it."""
    return f"---\n{dump_yaml(facts)}---\n{body}"
