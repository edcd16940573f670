"""Makes mutants of a module: its source with one small mistake each, such as a check removed or a boundary moved.

Strings, annotations, decorators and logging are not mutated, since a mistake there weakens no check.
"""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SWAPPED_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
SWAPPED_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
NARROWING = ("filter", "exclude", "get", "Q", "Exists")
"""Calls whose arguments restrict a queryset: each argument is left out once."""
STEPS = ("filter", "exclude", "distinct", "order_by")
"""Methods of a queryset whose calls are left out once."""
NOT_MUTATED = ("annotation", "returns", "decorator_list", "bases")
SHOWN = 160


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one mistake."""

    line: int
    function: str
    """The dotted name of the function or class that contains the mistake; empty at module level."""
    change: str
    """The source before and after the change."""
    lines: frozenset[int]
    """A test that runs one of these lines may find the mistake; empty if importing the module is enough."""
    code: types.CodeType


@dataclass(frozen=True, slots=True)
class Where:
    """The context of a node."""

    function: str = ""
    in_function: bool = False
    is_guard: bool = False
    """Whether a statement is in a branch of a function, not at its top level."""
    lines: frozenset[int] = frozenset()


def mutants(path: Path, name: str) -> list[Mutant]:
    """Return all mutants of a file, ordered by line."""
    tree = ast.parse(path.read_text("utf-8"))
    found = [*_in_children(tree, tree, Where(), name)]
    return sorted(found, key=lambda mutant: mutant.line)


def _in_children(tree: ast.Module, node: ast.AST, where: Where, name: str) -> Iterator[Mutant]:
    """Yield the mutants of the descendants of `node`."""
    for field, value in ast.iter_fields(node):
        if field in NOT_MUTATED or (isinstance(node, ast.ClassDef) and field == "keywords"):
            continue
        children = value if isinstance(value, list) else [value]
        for place, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            inner = _where(child, node, field, where)
            for other in _alternatives(child, inner):
                _put(node, field, place, other)
                yield _mutant(tree, child, other, inner, name)
                _put(node, field, place, child)
            yield from _in_children(tree, child, inner, name)


def _put(node: ast.AST, field: str, place: int, child: ast.AST) -> None:
    value = getattr(node, field)
    if isinstance(value, list):
        value[place] = child
    else:
        setattr(node, field, child)


def _mutant(tree: ast.Module, old: ast.AST, new: ast.AST, where: Where, name: str) -> Mutant:
    ast.copy_location(new, old)
    ast.fix_missing_locations(new)
    was, now = (" ".join(ast.unparse(_comparable(node)).split())[:SHOWN] for node in (old, new))
    line: int = getattr(old, "lineno", min(where.lines, default=0))
    return Mutant(line, where.function, f"{was} → {now}", where.lines, compile(tree, name, "exec"))


def _comparable(node: ast.AST) -> ast.AST:
    """Return the part of a node that is shown: the condition of a branch, else the node itself."""
    return node.test if isinstance(node, (ast.If, ast.While, ast.IfExp)) else node


def _is_left_alone(node: ast.AST) -> bool:
    """Whether nothing in `node` is mutated: messages, logging, imports, and code that only type checkers read."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert, ast.JoinedStr)):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) in ("Literal", "Callable", "dict", "list"):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return ast.unparse(targets[0]) in ("__all__", "__slots__")
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    if isinstance(node, ast.Expr):
        called = ast.unparse(node.value)
    return called.startswith(("logger.", "TypeVar", "gettext", "cast"))


def _where(child: ast.AST, node: ast.AST, field: str, where: Where) -> Where:
    """Return the context of `child`, which is in `field` of `node`."""
    function, in_function, is_guard, lines = where.function, where.in_function, where.is_guard, where.lines
    if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        function = f"{function}.{child.name}" if function else child.name
        in_function = in_function or not isinstance(child, ast.ClassDef)
        if in_function:  # whatever runs the body also uses the defaults of arguments
            lines = frozenset(range(child.body[0].lineno, (child.end_lineno or child.lineno) + 1))
    elif isinstance(child, ast.stmt) and in_function:
        lines = _head(child)
        is_guard = not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    elif isinstance(child, (ast.excepthandler, ast.match_case)):
        lines = frozenset(range(node.lineno, child.body[0].lineno + 1)) if isinstance(node, ast.stmt) else lines
    return Where(function, in_function, is_guard, lines)


def _head(statement: ast.stmt) -> frozenset[int]:
    """Return the lines of a statement, without those of nested statements."""
    body = getattr(statement, "body", None)
    end = max(body[0].lineno - 1, statement.lineno) if body else statement.end_lineno or statement.lineno
    return frozenset(range(statement.lineno, end + 1))


def _alternatives(node: ast.AST, where: Where) -> Iterator[ast.AST]:
    """Yield replacements of `node`, each with one mistake."""
    if isinstance(node, ast.stmt):
        yield from _other_statements(node, where)
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            yield _with(node, "ops", place, SWAPPED_COMPARISONS[type(operator)]())
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield from _shorter(node, "values")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED_OPERATORS:
        yield ast.BinOp(node.left, SWAPPED_OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.IfExp) and _is_negated(node.test):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield from (ast.comprehension(node.target, node.iter, ifs, 0) for ifs in _without_one(node.ifs))
    else:
        yield from _other_values(node, where)


def _other_values(node: ast.AST, where: Where) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant):
        yield from _other_constants(node)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, (ast.Set, ast.List, ast.Tuple)) and not where.in_function and len(node.elts) > 1:
        yield from _shorter(node, "elts")


def _other_statements(node: ast.stmt, where: Where) -> Iterator[ast.AST]:
    """Yield a statement left out, or with its condition negated."""
    leaves = isinstance(node, ast.Return) and where.is_guard
    goes_on = isinstance(node, (ast.Raise, ast.Continue, ast.Break, ast.AugAssign, ast.Delete))
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    states = isinstance(node, ast.Assign) and not where.in_function and bool(where.function)
    if leaves or goes_on or calls or states:
        yield ast.Pass()
    elif isinstance(node, (ast.If, ast.While)) and _is_negated(node.test):
        other = copy.copy(node)
        other.test = ast.UnaryOp(ast.Not(), node.test)
        yield other


def _is_negated(test: ast.expr) -> bool:
    """Whether to negate a condition as a whole: not if a mutant of its operator is equivalent to that."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return isinstance(test.ops[0], ORDERED)
    return not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))


def _other_constants(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        if node.value > 0:
            yield ast.Constant(node.value - 1)


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    """Yield a call without its method of a queryset, or without one of its restricting arguments."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if isinstance(node.func, ast.Attribute) and called in STEPS:
        yield node.func.value
    if called in NARROWING and len(node.keywords) + len(node.args) > 1:
        if called != "get":  # of a dictionary
            yield from (ast.Call(node.func, args, node.keywords) for args in _without_one(node.args))
        yield from (ast.Call(node.func, node.args, keywords) for keywords in _without_one(node.keywords))


def _with(node: ast.AST, field: str, place: int, value: Any) -> ast.AST:
    """Return a copy of `node` with another value at one index of a list."""
    other = copy.copy(node)
    setattr(other, field, [value if number == place else one for number, one in enumerate(getattr(node, field))])
    return other


def _shorter(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """Yield copies of `node` without one of its parts; of a Boolean operation with one part left, that part."""
    for rest in _without_one(getattr(node, field)):
        if isinstance(node, ast.BoolOp) and len(rest) == 1:
            yield copy.copy(rest[0])
        else:
            other = copy.copy(node)
            setattr(other, field, rest)
            yield other


def _without_one(values: list[Any]) -> Iterator[list[Any]]:
    return (values[:place] + values[place + 1 :] for place in range(len(values)))
