"""Headers of the upstream's answers that the definition of an API adds, removes and rewrites.

Source: gateway/server.go:1084, gateway/res_handler_header_injector.go:51 and
gateway/res_handler_header_transform.go:46 @v5.12.0; recordings transforms/responses and
transforms/processors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy import path_lists
from mockserver.gateway.proxy.header_transforms import header_value
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.proxy.variables import LONGEST, TOO_LONG
from mockserver.golang import absolute_urls
from mockserver.http.answer_heads import canonical

Headers = list[tuple[str, str]]
_INJECTOR, _REWRITER = "header_injector", "header_transform"  # processors by their names; others do nothing
_CLEANUP = "rev_proxy_header_cleanup"


def changed_answer(context: RequestContext, headers: Iterable[tuple[str, str]], path: str) -> Headers:
    """The headers of an answer as the definition changes them.

    The path is that at the upstream, or that of the request if the definition answers or has rewritten it.
    Headers of one path or of all are changed first if a version has such headers, else in the place of their
    first processor.

    Raises:
        Rejected: a value would be too long.
    """
    path = context.answer_path or path
    processors: Sequence[Document] = context.api.fields["response_processors"] or ()
    result, is_injected = list(headers), _has_headers(context.api.fields["version_data"]["versions"] or {})
    if is_injected:
        result = _injected(context, result, path, processors)
    for processor in processors:
        if processor["name"] == _INJECTOR and not is_injected:
            result, is_injected = _injected(context, result, path, processors), True
        elif processor["name"] == _REWRITER:
            try:
                result = _rewritten(context, result, path, processor["options"])
            except absolute_urls.BadUrl:
                break
    return result


def _has_headers(versions: Mapping[str, Document]) -> bool:
    """True if any version changes headers of answers."""
    return any(
        (
            not version["global_response_headers_disabled"]
            and (version["global_response_headers"] or version["global_response_headers_remove"])
        )
        or any(
            entry["add_headers"] or entry["delete_headers"]
            for entry in path_lists.entries_of(version, "transform_response_headers")
        )
        for version in versions.values()
    )


def _injected(
    context: RequestContext, headers: Headers, path: str, processors: Iterable[Document]
) -> Headers:
    """The headers as the path, then the version, then the processors change them."""
    version = context.version_settings
    if entry := path_lists.transformation(context, "transform_response_headers", path, context.answer_method):
        headers = _changed(context, headers, entry["delete_headers"], entry["add_headers"])
    if version.get("global_response_headers_disabled", True):
        return headers
    headers = _changed(
        context, headers, version["global_response_headers_remove"], version["global_response_headers"]
    )
    return _changed(context, headers, *_of_processors(processors))


def _changed(
    context: RequestContext, headers: Headers, removed: Iterable[str] | None, added: Mapping[str, str] | None
) -> Headers:
    """The headers without those that are removed, and with one of each name that is added."""
    new = {canonical(name): header_value(context, text) for name, text in (added or {}).items()}
    dropped = {name.lower() for name in (*(removed or ()), *new)}
    return [*(header for header in headers if header[0].lower() not in dropped), *new.items()]


def _of_processors(processors: Iterable[Document]) -> tuple[list[str], dict[str, str]]:
    """The names that the processors for headers remove, and the headers that they add.

    A later one changes what those before it have; what has a wrong type is skipped (mapstructure, Decode).
    """
    removed: list[str] = []
    added: dict[str, str] = {}
    for processor in processors:
        if processor["name"] == _INJECTOR:
            adds = _option(processor["options"], "add_headers")
            if isinstance(adds, dict):
                added |= {name: value for name, value in adds.items() if isinstance(value, str)}
            names = _texts(_option(processor["options"], "remove_headers"))
            removed = [*names, *removed[len(names) :]]
    return removed, added


def _rewritten(context: RequestContext, headers: Headers, path: str, options: Any) -> Headers:
    """The headers in which URLs of the upstream become those of the gateway.

    Raises:
        BadUrl: the host to name is no URL.
        Rejected: a value would be too long.
    """
    cleanup, api = _option(options, _CLEANUP), context.api
    host = _option(cleanup, "target_host")
    public = absolute_urls.parse(host if isinstance(host, str) else "")
    target, listen_path = api.target, api.listen_path
    strips = api.fields["proxy"]["strip_listen_path"]
    old, new = (target.path, listen_path) if target.path else (path, listen_path + path)
    changes = [(target.scheme, public.scheme), (target.authority, public.authority)]
    if strips or target.path:
        changes.append((old, new if strips else "/"))
    for name in map(canonical, _texts(_option(cleanup, "headers"))):
        if value := next((value for key, value in headers if key == name), ""):
            for text, replacement in changes:
                if len(value) + value.count(text) * (len(replacement) - len(text)) > LONGEST:
                    raise Rejected(TOO_LONG.format(LONGEST), 500)
                value = value.replace(text, replacement)
            headers = [*(header for header in headers if header[0] != name), (name, value)]
    return headers


def _texts(values: Any) -> list[str]:
    return [value if isinstance(value, str) else "" for value in values] if isinstance(values, list) else []


def _option(options: Any, name: str) -> Any:
    """An option by its name, or else by one that differs in the case of letters alone; None without one."""
    if not isinstance(options, dict):
        return None
    return options.get(name, next((value for key, value in options.items() if key.lower() == name), None))
