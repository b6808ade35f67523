"""The lists of paths of an API version: those that need no credential, are forbidden, or are alone allowed.

Source: gateway/api_definition.go:781, :1480 and :1678, gateway/model_urlspec.go:163 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.proxy.request_context import Answered, Rejected, RequestContext
from mockserver.golang import content_sniffing, regexps
from mockserver.http.messages import DropConnection, Reply

IGNORED, FORBIDDEN, ALLOWED = "ignored", "black_list", "white_list"
LISTS = (IGNORED, FORBIDDEN, ALLOWED)  # in the order of their precedence
ANSWERED = "mock_response"  # before all of them
_FORBIDDEN = Rejected("Requested endpoint is forbidden", 403)
_ANY = {"disabled": False, "method": "", "ignore_case": False, "method_actions": None}


def check_path_lists(context: RequestContext, version: dict[str, Any]) -> None:
    """Look up a request in the lists of a version, and note if it is ignored, so that it needs no credential.

    Raises:
        Rejected: the path is forbidden, or is not one of those that are alone allowed.
        Answered: the definition has the reply to the request.
    """
    entries = list(_entries(version))
    for name, entry in entries:
        if _fits(context, entry, ignores_case=version["ignore_endpoint_case"]):
            if name == FORBIDDEN:
                raise _FORBIDDEN
            if name == ANSWERED:
                raise _answer(entry["code"], entry["body"], entry["headers"])
            context.is_ignored = context.is_ignored or name == IGNORED
            return
    if any(name == ALLOWED for name, _ in entries):
        raise _FORBIDDEN


def _entries(version: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not version["use_extended_paths"]:
        for name in LISTS:
            yield from ((name, {**_ANY, "path": path}) for path in version["paths"][name] or [])
        return
    lists = version["extended_paths"]
    for name in (ANSWERED, *LISTS):
        yield from ((name, {**_ANY, **entry}) for entry in lists.get(name) or [] if not entry["disabled"])


def _answer(status: int, text: str, headers: dict[str, str] | None) -> Exception:
    """The reply of a definition; a status that is none closes the connection."""
    if not 100 <= status <= 999:
        return DropConnection()
    body, names = text.encode(), {name.lower() for name in headers or {}}
    sniffed = [] if "content-type" in names else [("Content-Type", content_sniffing.content_type(body))]
    return Answered(Reply(body, status, (*sniffed, *(headers or {}).items())))


def _fits(context: RequestContext, entry: dict[str, Any], *, ignores_case: bool) -> bool:
    """True if an entry is for the path and the method of a request.

    Raises:
        Answered: the deprecated action for the method is to reply.
        Rejected: that action is unknown.
    """
    if not _fits_path(context, entry, ignores_case=ignores_case):
        return False
    if entry["method_actions"] is None:
        return entry["method"] in ("", context.method)
    action = entry["method_actions"].get(context.method)
    if action is None:
        return False
    if action["action"] == "reply":
        raise _answer(action["code"], action["data"], action["headers"])
    if action["action"] != "no_action":
        raise _FORBIDDEN
    return True


def _fits_path(context: RequestContext, entry: dict[str, Any], *, ignores_case: bool) -> bool:
    options = context.gateway.config
    expression = path_expression(
        entry["path"],
        begins=options.http_server_options__enable_path_prefix_matching,
        ends=options.http_server_options__enable_path_suffix_matching,
    )
    if ignores_case or entry["ignore_case"]:
        expression = f"(?i){expression}"
    path = context.url.path
    stripped = context.api.stripped(path)
    paths = dict.fromkeys((_without_version(context, stripped), stripped, path))
    try:
        return any(context.gateway.match_cache.search(expression, path) for path in paths)
    except regexps.BadExpression:
        return False


def _without_version(context: RequestContext, path: str) -> str:
    """A path without its first segment, if the API takes the version from there (:2052)."""
    definition = context.api.fields["definition"]
    segment = path.strip("/").partition("/")[0]
    if not (definition["strip_versioning_data"] or definition["strip_path"]):
        return path
    if pattern := definition["url_versioning_pattern"]:
        try:
            if not context.gateway.match_cache.search(pattern, segment):
                return path
        except regexps.BadExpression:
            pass
    return path.replace(f"/{segment}/", "/", 1)
