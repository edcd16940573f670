"""The child process that answers one SPARQL query, and can be killed. It knows neither Django nor the wiki.

It reads a request as JSON from its input, and writes a line of JSON about the result, then the result. It can open no
socket, may take a bounded amount of time and memory, and reads a snapshot that nobody writes to.
"""

from __future__ import annotations

import contextlib
import csv
import ctypes
import io
import json
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

ROWS, BYTES = 10_000, 20_000_000
"""Rows or triples, and bytes of a result at most."""
CPU_SECONDS, MEMORY = 5, 2_000_000_000
_SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
"""The number of the system call `socket`, by machine."""
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
"""Constants of prctl(2)."""
RESULTS = "http://www.w3.org/2005/sparql-results#"


def limit_process() -> None:
    """Bound time and memory, and forbid sockets (seccomp; on Linux, as servers have it)."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    number = _SOCKET_CALL.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    # Load the number of the call; if it is `socket`, refuse it as not permitted; allow all others.
    program = ((0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if prctl(_SECCOMP, _FILTER, ctypes.byref(filters), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "sockets cannot be forbidden")


def main() -> None:
    """Answer the query of the request."""
    limit_process()
    request = json.load(sys.stdin)
    try:
        about, content = answer(request)
    except SyntaxError as error:
        about, content = {"error": "syntax", "message": str(error)[:2000]}, b""
    except (OSError, RuntimeError, ValueError) as error:
        about, content = {"error": "failed", "message": str(error)[:2000]}, b""
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + content)


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return what the result is, and the result in the format of the request."""
    import pyoxigraph

    store = pyoxigraph.Store.read_only(request["store"])
    graphs: dict[str, Any] = {"use_default_graph_as_union": True}
    if request["default_graphs"]:
        graphs = {"default_graph": [pyoxigraph.NamedNode(uri) for uri in request["default_graphs"]]}
    if request["named_graphs"]:
        graphs["named_graphs"] = [pyoxigraph.NamedNode(uri) for uri in request["named_graphs"]]
    result = store.query(request["query"], base_iri=request["base"], prefixes=request["prefixes"], **graphs)
    if isinstance(result, pyoxigraph.QueryBoolean):
        return _checked({"form": "boolean"}, write_boolean(bool(result), request["solutions"]), is_cut=False)
    if isinstance(result, pyoxigraph.QueryTriples):
        triples, is_cut = _first(result)
        syntax = pyoxigraph.RdfFormat.from_media_type(request["graphs"])
        content = pyoxigraph.serialize(triples, format=syntax, prefixes=request["prefixes"])
        return _checked({"form": "graph"}, content or b"", is_cut=is_cut)
    names = [variable.value for variable in result.variables]
    solutions, is_cut = _first(result)
    rows = [[solution[name] for name in names] for solution in solutions]
    return _checked({"form": "solutions"}, write_solutions(names, rows, request["solutions"]), is_cut=is_cut)


def _first(items: Iterable[Any]) -> tuple[list[Any], bool]:
    """Return the first ROWS items, and whether there are more."""
    found: list[Any] = []
    for item in items:
        if len(found) == ROWS:
            return found, True
        found.append(item)
    return found, False


def _checked(about: dict[str, Any], content: bytes, *, is_cut: bool) -> tuple[dict[str, Any], bytes]:
    if len(content) > BYTES:
        return {"error": "large", "message": ""}, b""
    return about | {"is_cut": is_cut}, content


# --- Results (SPARQL 1.1 Query Results: JSON, XML, CSV and TSV)
def write_boolean(value: bool, form: str) -> bytes:
    """Return the result of ASK."""
    text = str(value).lower()
    if form == "xml":
        return f'<?xml version="1.0"?>\n<sparql xmlns="{RESULTS}"><head/><boolean>{text}</boolean></sparql>'.encode()
    return json.dumps({"head": {}, "boolean": value}).encode() if form == "json" else text.encode()


def write_solutions(names: Sequence[str], rows: Sequence[Sequence[Any]], form: str) -> bytes:
    """Return the result of SELECT; None in a row is an unbound variable."""
    if form == "json":
        bindings = [
            {name: _to_json(term) for name, term in zip(names, row, strict=True) if term is not None} for row in rows
        ]
        return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}, ensure_ascii=False).encode()
    if form == "xml":
        return _to_xml(names, rows).encode()
    output = io.StringIO()
    if form == "csv":
        writer = csv.writer(output)
        writer.writerow(names)
        writer.writerows([["" if term is None else _plain(term) for term in row] for row in rows])
    else:
        output.write("\t".join(f"?{name}" for name in names) + "\n")
        output.writelines("\t".join("" if term is None else str(term) for term in row) + "\n" for row in rows)
    return output.getvalue().encode()


def _kind(term: Any) -> str:
    return {"NamedNode": "uri", "BlankNode": "bnode"}.get(type(term).__name__, "literal")


def _plain(term: Any) -> str:
    """Return a term for CSV."""
    return str(term) if _kind(term) == "bnode" or not hasattr(term, "value") else str(term.value)


def _to_json(term: Any) -> dict[str, str]:
    found = {"type": _kind(term), "value": str(term.value if hasattr(term, "value") else term)}
    if found["type"] == "literal" and getattr(term, "language", None):
        found["xml:lang"] = term.language
    elif found["type"] == "literal" and not _is_string(term):
        found["datatype"] = term.datatype.value
    return found


def _is_string(term: Any) -> bool:
    return not hasattr(term, "datatype") or str(term.datatype.value).endswith("XMLSchema#string")


def _to_xml(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    parts = [f'<?xml version="1.0"?>\n<sparql xmlns="{RESULTS}"><head>']
    parts += [f"<variable name={quoteattr(name)}/>" for name in names]
    parts.append("</head><results>")
    for row in rows:
        parts.append("<result>")
        for name, term in zip(names, row, strict=True):
            if term is not None:
                parts.append(f"<binding name={quoteattr(name)}>{_term_xml(_to_json(term))}</binding>")
        parts.append("</result>")
    return "".join(parts) + "</results></sparql>"


def _term_xml(term: dict[str, str]) -> str:
    kind, text = term["type"], escape(term["value"])
    attributes = f" xml:lang={quoteattr(term['xml:lang'])}" if "xml:lang" in term else ""
    attributes += f" datatype={quoteattr(term['datatype'])}" if "datatype" in term else ""
    return f"<{kind}{attributes}>{text}</{kind}>"


if __name__ == "__main__":
    main()
