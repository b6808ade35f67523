"""The lists of paths of an API version: those that need no credential, are forbidden, or are alone allowed.

Beside them are paths that the definition answers, that are for a gateway's own requests, or have limits.
Source: gateway/api_definition.go:781, :1480 and :1678, gateway/model_urlspec.go:163 @v5.12.0;
recording operations/classic-lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy import cors
from mockserver.gateway.proxy.request_context import Answered, Rejected, RequestContext
from mockserver.golang import content_sniffing, regexps
from mockserver.http.answer_heads import canonical
from mockserver.http.messages import DropConnection, Reply

IGNORED, FORBIDDEN, ALLOWED = "ignored", "black_list", "white_list"
LISTS = (IGNORED, FORBIDDEN, ALLOWED)  # in the order of their precedence
_FORBIDDEN = partial(Rejected, "Requested endpoint is forbidden", 403)
_ANY = {"disabled": False, "method": "", "ignore_case": False, "method_actions": None}


def check_path_lists(context: RequestContext) -> None:
    """Look up a request in the lists of its version, and note if it is ignored, so needs no credential.

    Raises:
        Rejected: the path is forbidden, or is for the gateway's own requests, or is not one of those that
            are alone allowed.
        Answered: the definition itself answers requests for the path.
        DropConnection: that answer has no valid status.
    """
    if cors.passes_path_lists(context):
        context.is_ignored = True
        return
    if endpoint(context, "internal"):
        if not context.loops.levels:
            raise _FORBIDDEN("the path is for the gateway alone")
        return
    if reply := endpoint(context, "mock_response"):
        raise _answered(reply["code"], reply["body"], reply["headers"])
    entries = list(_entries(context.version_settings))
    for name, entry in entries:
        if _fits(context, entry):
            if name == FORBIDDEN:
                raise _FORBIDDEN(f"the path is forbidden by {entry['path']!r}")
            context.is_ignored = context.is_ignored or name == IGNORED
            return
    if any(name == ALLOWED for name, _ in entries):
        raise _FORBIDDEN("the path is none of those that are allowed")


def endpoint(context: RequestContext, name: str) -> Document | None:
    """The first entry of an extended list for the path and the very method of a request; None without one."""
    for entry in entries_of(context.version_settings, name):
        if entry["method"] == context.method and _fits_path(context, entry):
            return entry
    return None


def transformation(context: RequestContext, name: str, path: str, method: str = "") -> Document | None:
    """The first entry of a list of transformations for a path and a method; None without one.

    The method is that of the request if none is given. The listen path is taken from the path, whether or
    not that was done before, and the case of letters matters (gateway/model_apispec.go:173 @v5.14.0).
    """
    entries = entries_of(context.version_settings, name)
    if entries and not context.is_looped and context.api.listen_path != "/":
        path = context.api.stripped(path)
    for entry in entries:
        if entry["method"] == (method or context.method) and matches(context, entry["path"], path=path):
            return entry
    return None


def _answered(code: int, text: str, headers: Mapping[str, str] | None) -> Answered:
    """The answer of a definition to requests for a path."""
    pairs = [(canonical(name), value) for name, value in (headers or {}).items()]
    return Answered(typed(Reply(text.encode("utf-8", "surrogatepass"), valid_status(code), tuple(pairs))))


def valid_status(code: int) -> int:
    """The status of an answer that a definition gives.

    Raises:
        DropConnection: Go's server ends without an answer, for the code is no status (net/http/server.go).
    """
    if not 100 <= code <= 999:
        raise DropConnection
    return code


def typed(reply: Reply) -> Reply:
    """A reply whose type is guessed from its body, if it has none."""
    if not reply.body or any(name == "Content-Type" for name, _ in reply.headers):
        return reply
    return replace(
        reply, headers=(*reply.headers, ("Content-Type", content_sniffing.content_type(reply.body)))
    )


def entries_of(version: Document, name: str) -> list[Document]:
    """The entries of an extended list of a version that are not disabled."""
    if not version.get("use_extended_paths"):
        return []
    return [entry for entry in version["extended_paths"][name] or () if not entry["disabled"]]


def _entries(version: Document) -> Iterator[tuple[str, Document]]:
    for name in LISTS:
        yield from ((name, entry) for entry in entries_of(version, name))
        if not version["use_extended_paths"]:
            yield from ((name, {**_ANY, "path": path}) for path in version["paths"][name] or [])


def _fits(context: RequestContext, entry: Document) -> bool:
    """True if an entry is for the path and the method of a request.

    Raises:
        Rejected: the deprecated action for the method is neither to do nothing nor to reply.
        Answered: it is to reply.
    """
    if not _fits_path(context, entry):
        return False
    if entry["method_actions"] is None:
        return entry["method"] in ("", context.method)
    action = entry["method_actions"].get(context.method)
    if action is None:
        return False
    if action["action"] == "reply":
        raise _answered(action["code"], action["data"], action["headers"])
    if action["action"] != "no_action":
        raise _FORBIDDEN(f"the definition has an unknown action for {entry['path']!r}")
    return True


def _fits_path(context: RequestContext, entry: Document) -> bool:
    is_any_case = entry.get("ignore_case", False) or context.version_settings["ignore_endpoint_case"]
    return matches(context, entry["path"], is_any_case=is_any_case)


def matches(
    context: RequestContext, pattern: str, *, is_any_case: bool = False, path: str | None = None
) -> bool:
    """True if a path, or its part below the listen path or the version, matches a pattern.

    The path is that of the request if none is given.
    """
    options = context.gateway.config
    expression = path_expression(
        pattern,
        begins=options.http_server_options__enable_path_prefix_matching,
        ends=options.http_server_options__enable_path_suffix_matching,
    )
    if is_any_case:
        expression = f"(?i){expression}"
    path = context.url.path if path is None else path
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
