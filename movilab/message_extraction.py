"""Finds the messages marked for translation in Python files and templates, as `xgettext` would."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

# By function name, the positions of context, singular and plural among the arguments.
GETTEXT_FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}


@dataclass(frozen=True)
class Message:
    """A message to translate; `place` is its position in the source, as `file:line`."""

    msgid: str
    plural: str | None
    context: str | None
    place: str


def messages_of(folder: Path) -> Iterator[Message]:
    """Iterate over the messages of all files under `folder`, without migrations."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield from messages_of_python(path.read_text(encoding="utf-8"), str(path))
        elif path.suffix in (".html", ".txt", ".xml") and path.is_file():
            yield from messages_of_template(path.read_text(encoding="utf-8"), str(path))


def messages_of_python(source: str, place: str) -> Iterator[Message]:
    """Iterate over the literal arguments of gettext functions, and the values of a literal dict named PROBLEMS.

    Packages that do not import Django list their messages in PROBLEMS; higher layers translate them.
    """
    tree = ast.parse(source, place)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in GETTEXT_FUNCTIONS:
                yield from _message_of_call(node, GETTEXT_FUNCTIONS[name], f"{place}:{node.lineno}")
    for statement in tree.body:
        yield from _messages_of_table(statement, place)


def _message_of_call(node: ast.Call, positions: tuple[int | None, int, int | None], place: str) -> Iterator[Message]:
    context, singular, plural = (_literal(node, position) for position in positions)
    if singular is not None:
        yield Message(singular, plural, context, place)


def _literal(node: ast.Call, position: int | None) -> str | None:
    if position is None or position >= len(node.args):
        return None
    argument = node.args[position]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _messages_of_table(statement: ast.stmt, place: str) -> Iterator[Message]:
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Dict) and any(isinstance(t, ast.Name) and t.id == "PROBLEMS" for t in targets):
        for text in value.values:
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield Message(text.value, None, None, f"{place}:{text.lineno}")


def messages_of_template(source: str, place: str) -> Iterator[Message]:
    """Iterate over the messages of `translate` and `blocktranslate` tags, and of `_("…")` in tags and variables."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type not in (TokenType.BLOCK, TokenType.VAR):
            continue
        yield from _messages_in_tag(token, place)
        words = token.split_contents() if token.token_type == TokenType.BLOCK else []
        if words[:1] in (["translate"], ["trans"]):
            context = _unquoted(words[words.index("context") + 1]) if "context" in words else None
            text = _unquoted(words[1])
            if text is not None:
                yield Message(text.replace("%", "%%"), None, context, f"{place}:{token.lineno}")
        elif words[:1] in (["blocktranslate"], ["blocktrans"]):
            yield _block(words, tokens, f"{place}:{token.lineno}")


def _messages_in_tag(token: Token, place: str) -> Iterator[Message]:
    for part in token.contents.split("_(")[1:]:
        quoted = part.split(")", 1)[0]
        text = _unquoted(quoted)
        if text is not None:
            yield Message(text, None, None, f"{place}:{token.lineno}")


def _unquoted(word: str) -> str | None:
    """Return the text of the quoted literal that `word` consists of, before any filter; None if it is no literal."""
    quoted = re.match(r"""(["'])((?:\\.|(?!\1).)*)\1(?=\||$)""", word, re.DOTALL)
    return quoted[2].replace(f"\\{quoted[1]}", quoted[1]) if quoted else None


def _block(words: list[str], tokens: Iterator[Token], place: str) -> Message:
    """Return the message of a blocktranslate tag; consumes its tokens up to the end tag."""
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents.split()[0] == "plural":
            parts.append([])
        elif token.token_type == TokenType.BLOCK:
            break
        elif token.token_type == TokenType.VAR:
            parts[-1].append(f"%({token.contents.strip()})s")
        else:
            parts[-1].append(token.contents.replace("%", "%%"))
    texts = ["".join(part) for part in parts]
    if "trimmed" in words:
        texts = [" ".join(line.strip() for line in text.splitlines() if line.strip()) for text in texts]
    context = _unquoted(words[words.index("context") + 1]) if "context" in words else None
    return Message(texts[0], texts[1] if len(texts) > 1 else None, context, place)
