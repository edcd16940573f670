"""Finds the texts marked for translation in Python files and templates, as `xgettext` would."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

# Name of the call → positions of context, singular and plural among its arguments.
GETTEXT_FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}


@dataclass(frozen=True)
class Message:
    """One text to translate, and where it stands."""

    msgid: str
    plural: str | None
    context: str | None
    place: str


def messages_of(folder: Path) -> Iterator[Message]:
    """All messages under `folder`, file by file; tests and migrations hold none."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield from messages_of_python(path.read_text(encoding="utf-8"), str(path))
        elif path.suffix in (".html", ".txt", ".xml") and path.is_file():
            yield from messages_of_template(path.read_text(encoding="utf-8"), str(path))


def messages_of_python(source: str, place: str) -> Iterator[Message]:
    """The literal arguments of gettext's functions, and the values of a literal dict named PROBLEMS.

    PROBLEMS is how the rooms without Django name their texts: they are translated upstairs.
    """
    tree = ast.parse(source, place)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in GETTEXT_FUNCTIONS:
                yield from _message_of_call(node, GETTEXT_FUNCTIONS[name], f"{place}:{node.lineno}")
    for statement in tree.body:
        yield from _messages_of_table(statement, place)


def _message_of_call(node: ast.Call, shape: tuple[int | None, int, int | None], place: str) -> Iterator[Message]:
    context, single, plural = (_literal(node, position) for position in shape)
    if single is not None:
        yield Message(single, plural, context, place)


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
    """The texts of `translate` and `blocktranslate` tags, and of `_("…")` inside tags and variables."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type not in (TokenType.BLOCK, TokenType.VAR):
            continue
        yield from _marked_in(token, place)
        words = token.split_contents() if token.token_type == TokenType.BLOCK else []
        if words[:1] in (["translate"], ["trans"]):
            context = _unquoted(words[words.index("context") + 1]) if "context" in words else None
            text = _unquoted(words[1])
            if text is not None:
                yield Message(text.replace("%", "%%"), None, context, f"{place}:{token.lineno}")
        elif words[:1] in (["blocktranslate"], ["blocktrans"]):
            yield _block(words, tokens, f"{place}:{token.lineno}")


def _marked_in(token: Token, place: str) -> Iterator[Message]:
    for part in token.contents.split("_(")[1:]:
        quoted = part.split(")", 1)[0]
        text = _unquoted(quoted)
        if text is not None:
            yield Message(text, None, None, f"{place}:{token.lineno}")


def _unquoted(word: str) -> str | None:
    """The text of a quoted literal at the start of `word`, before any filter; None where there is none."""
    quoted = re.match(r"""(["'])((?:\\.|(?!\1).)*)\1(?=\||$)""", word, re.DOTALL)
    return quoted[2].replace(f"\\{quoted[1]}", quoted[1]) if quoted else None


def _block(words: list[str], tokens: Iterator[Token], place: str) -> Message:
    """The message of a blocktranslate, whose tokens are consumed up to its end."""
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
