"""`action=query`: runs the modules that `meta`, `prop`, `list` and `generator` name, and joins their answers.

The protocol is MediaWiki's (API:Query, API:Continue): a client sends its request again with what `continue` gave. Its
`continue` names, after `||`, the modules that have answered already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wiki.api import file_info, listed_pages, page_info, page_link_lists, page_sets, revision_list, search_list
from wiki.api.api_request import ApiRequest, unknown_value
from wiki.api.meta_modules import META_MODULES
from wiki.api.module_parameters import ModuleParameters, bad_continuation, cannot_use_with
from wiki.api.page_sets import PageSet

More = dict[str, Any]
"""Parameters that continue a module; empty when it has given everything."""


@dataclass(frozen=True, slots=True)
class PropModule:
    """A module that says something about each page; with `generate`, its pages can be the pages of the query."""

    prefix: str
    run: Callable[[ModuleParameters, PageSet], tuple[dict[str, dict[str, Any]], More]]
    generate: Callable[[ModuleParameters, PageSet], tuple[PageSet, More]] | None = None


@dataclass(frozen=True, slots=True)
class ListModule:
    """A module that lists pages; they can be the pages of the query too."""

    prefix: str
    run: Callable[[ModuleParameters], tuple[dict[str, Any], More]]
    generate: Callable[[ModuleParameters, PageSet], tuple[PageSet, More]]


PROP_MODULES = {
    "info": PropModule("in", page_info.info),
    "revisions": PropModule("rv", revision_list.revisions),
    "links": PropModule("pl", page_link_lists.outgoing, page_link_lists.generate_outgoing),
    "categories": PropModule("cl", page_link_lists.outgoing, page_link_lists.generate_outgoing),
    "images": PropModule("im", page_link_lists.outgoing, page_link_lists.generate_outgoing),
    "imageinfo": PropModule("ii", file_info.image_info),
    "linkshere": PropModule("lh", page_link_lists.incoming, page_link_lists.generate_incoming),
    "fileusage": PropModule("fu", page_link_lists.incoming, page_link_lists.generate_incoming),
}
LIST_MODULES = {
    "allpages": ListModule("ap", listed_pages.rows, listed_pages.generate),
    "backlinks": ListModule("bl", listed_pages.rows, listed_pages.generate),
    "categorymembers": ListModule("cm", listed_pages.rows, listed_pages.generate),
    "imageusage": ListModule("iu", listed_pages.rows, listed_pages.generate),
    "search": ListModule("sr", search_list.rows, search_list.generate),
}
UNSUPPORTED = ("converttitles", "export", "exportnowrap")
"""Parameters that would make another answer."""


def query(request: ApiRequest) -> dict[str, Any]:
    """Return the results of all modules that are named. Raises ApiError, TitleProblem."""
    request.refuse(*UNSUPPORTED)
    results: dict[str, Any] = {}
    for name in request.choices("meta", META_MODULES, module="query"):
        results |= META_MODULES[name](request)
    props = request.choices("prop", PROP_MODULES, module="query")
    lists = request.choices("list", LIST_MODULES, module="query")
    answered = _answered_modules(request)
    for name in answered:
        # The first request has warned of those that the module does not know.
        prefix = _parameters(request, name).prefix
        request.known.update(sent for sent in request.parameters if sent.startswith(prefix))
    found, next_pages = _pages(request)
    values, more_of_props = _values(request, found, [name for name in props if name not in answered])
    results |= _page_results(request, found, values)
    more_of_lists: dict[str, More] = {}
    for name in lists:
        if name not in answered:
            result, more_of_lists[name] = LIST_MODULES[name].run(_parameters(request, name))
            results |= result
    continuation = _continuation(request, next_pages, more_of_props, more_of_lists, answered)
    is_complete = not any(more_of_props.values())
    response: dict[str, Any] = {"batchcomplete": request.true} if is_complete else {}
    return response | ({"continue": continuation} if continuation else {}) | {"query": results}


def _parameters(request: ApiRequest, name: str, *, generator: bool = False) -> ModuleParameters:
    module: PropModule | ListModule = PROP_MODULES[name] if name in PROP_MODULES else LIST_MODULES[name]
    return ModuleParameters(request, name, "g" * generator + module.prefix)


def _pages(request: ApiRequest) -> tuple[PageSet, More]:
    """Return the pages that the request names, or those that its generator finds, and its continuation."""
    follow = request.flag("redirects")
    named = page_sets.load(request)
    if follow:
        named = page_sets.follow_redirects(request, named)
    name = request.get("generator")
    if not name:
        return named, {}
    module = PROP_MODULES.get(name) or LIST_MODULES.get(name)
    if module is None or module.generate is None:
        raise unknown_value("generator", name)
    if isinstance(module, ListModule) and (source := page_sets.source_of(request)):
        raise cannot_use_with(source, "generator")
    found, more = module.generate(_parameters(request, name, generator=True), named)
    if follow:
        found = page_sets.follow_redirects(request, found)
    found.notes = named.notes | found.notes
    return found, more


def _values(
    request: ApiRequest, found: PageSet, names: Iterable[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, More]]:
    """Return what the modules say about the pages, by title key, and the continuation of each module."""
    values: dict[str, dict[str, Any]] = {}
    more: dict[str, More] = {}
    for name in names:
        rows, more[name] = PROP_MODULES[name].run(_parameters(request, name), found)
        for key, row in rows.items():
            values[key] = values.get(key, {}) | row
    return values, more


def _page_results(request: ApiRequest, found: PageSet, values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the pages in the format version requested, and the ids of existing ones if `indexpageids` is set."""
    result = dict(found.notes)
    wants_ids = request.flag("indexpageids")
    if found.is_empty:
        return result
    rows = page_sets.rows_of(request, found, values)
    by_id = _by_id(rows)
    if wants_ids:
        result["pageids"] = list(by_id)
    return result | {"pages": rows if request.version == 2 else by_id}


def _by_id(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return pages in format version 1: by page id, missing ones by negative numbers from -1 on."""
    result, missing = {}, 0
    for row in rows:
        if "pageid" not in row:
            missing -= 1
        result[str(row.get("pageid", missing))] = row
    return result


def _answered_modules(request: ApiRequest) -> set[str]:
    """Return the modules that `continue` says to have answered already. Raises ApiError."""
    raw = request.get("continue")
    if not raw:
        return set()
    _, separator, names = raw.rpartition("||")
    answered = {name for name in names.split("|") if name}
    if not separator or not answered <= PROP_MODULES.keys() | LIST_MODULES.keys():
        raise bad_continuation()
    return answered


def _continuation(
    request: ApiRequest, next_pages: More, props: dict[str, More], lists: dict[str, More], answered: set[str]
) -> More:
    """Return what continues the query: the same pages until all is said about them, then the next ones."""
    more = {name: value for answers in (props, lists) for rest in answers.values() for name, value in rest.items()}
    of_these_pages = any(props.values())
    if not of_these_pages and next_pages:
        more = next_pages | more
        done = {name for name in answered if name in LIST_MODULES}
    elif more:
        sent = {name: request.get(name) for name in _generator_continuations(request) if request.get(name)}
        more = sent | more
        done = set(answered) | {name for name, rest in props.items() if not rest}
    else:
        return {}
    done |= {name for name, rest in lists.items() if not rest}
    first = next(iter(next_pages or more)) if request.get("generator") else "-"
    return more | {"continue": f"{first}||{'|'.join(sorted(done))}"}


def _generator_continuations(request: ApiRequest) -> list[str]:
    """Return the names of the parameters by which the pages of the generator go on."""
    name = request.get("generator")
    if not name:
        return []
    prefix = _parameters(request, name, generator=True).prefix
    return [f"{prefix}continue", f"{prefix}offset"]
