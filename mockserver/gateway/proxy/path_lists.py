"""The lists of paths of an API version: those that need no credential, are forbidden, or are alone allowed.

Source: gateway/api_definition.go:781, :1480 and :1678, gateway/model_urlspec.go:163 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, rejection
from mockserver.golang import regexps

IGNORED, FORBIDDEN, ALLOWED = "ignored", "black_list", "white_list"
LISTS = (IGNORED, FORBIDDEN, ALLOWED)  # in the order of their precedence
_FORBIDDEN = rejection("Requested endpoint is forbidden", 403)
_ANY = {"disabled": False, "method": "", "ignore_case": False, "method_actions": None}


def check_path_lists(context: RequestContext, version: dict[str, Any]) -> None:
    """Look up a request in the lists of a version, and note if it is ignored, so that it needs no credential.

    Raises:
        Rejected: the path is forbidden, or is not one of those that are alone allowed.
    """
    entries = list(_entries(version))
    for name, entry in entries:
        if _fits(context, entry, ignores_case=version["ignore_endpoint_case"]):
            if name == FORBIDDEN:
                raise _FORBIDDEN
            context.is_ignored = context.is_ignored or name == IGNORED
            return
    if any(name == ALLOWED for name, _ in entries):
        raise _FORBIDDEN


def _entries(version: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in LISTS:
        if version["use_extended_paths"]:
            yield from (
                (name, entry) for entry in version["extended_paths"][name] or [] if not entry["disabled"]
            )
        else:
            yield from ((name, {**_ANY, "path": path}) for path in version["paths"][name] or [])


def _fits(context: RequestContext, entry: dict[str, Any], *, ignores_case: bool) -> bool:
    """True if an entry is for the path and the method of a request.

    Raises:
        Rejected: the deprecated action for the method is another one than to do nothing.
    """
    if not _fits_path(context, entry, ignores_case=ignores_case):
        return False
    if entry["method_actions"] is None:
        return entry["method"] in ("", context.method)
    action = entry["method_actions"].get(context.method)
    if action is None:
        return False
    if action["action"] == "reply":
        raise Rejected("this mock does not judge a path that is answered by its API definition", 501)
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
