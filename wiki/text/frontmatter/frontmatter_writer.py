"""Writing front matter as `frontmatter_reader` reads it: every plain scalar is a string."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from yaml.emitter import Emitter
from yaml.representer import SafeRepresenter
from yaml.resolver import BaseResolver
from yaml.serializer import Serializer

TEXT = "tag:yaml.org,2002:str"


class _Dumper(Emitter, Serializer, SafeRepresenter, BaseResolver):
    """YAML dumper for a reader that takes every plain scalar as a string: `12` needs no quotes."""

    def __init__(self, stream: Any) -> None:
        Emitter.__init__(self, stream, allow_unicode=True, width=100_000)
        Serializer.__init__(self)
        SafeRepresenter.__init__(self, sort_keys=False, default_flow_style=False)
        BaseResolver.__init__(self)

    def ignore_aliases(self, data: Any) -> bool:
        """Return True: write a repeated value in full, since front matter may not contain anchors."""
        return True


def _quote_dashes(dumper: _Dumper, text: str) -> Any:
    """Quote what begins with a dash: the reader takes `-0:` below another name for an item of its list."""
    return dumper.represent_scalar(TEXT, text, style="'" if text.startswith("-") else None)


_Dumper.add_representer(str, _quote_dashes)


def dump_yaml(facts: Mapping[str, Any]) -> str:
    """Return `facts` (strings, lists and mappings of them) as lines of YAML in their order, without the `---` lines."""
    stream = io.StringIO()
    dumper = _Dumper(stream)
    dumper.open()
    dumper.represent(dict(facts))
    dumper.close()
    return stream.getvalue()


def with_front_matter(facts: Mapping[str, str | list[str]], body: str) -> str:
    """Return a source text with `facts` as front matter, in their order, followed by `body`."""
    return f"---\n{dump_yaml(facts)}---\n{body}"
