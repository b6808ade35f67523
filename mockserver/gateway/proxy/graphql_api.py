"""Requests to an API with GraphQL (gateway/mw_graphql.go @v5.12.0)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.proxy import upstream
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang.json_size import TOO_MANY_OF_UPSTREAM, has_too_many_values
from mockserver.http.messages import JSON, DropConnection, Reply
from mockserver.service.large_json import turn_of

if TYPE_CHECKING:
    from mockserver.gateway.graphql.judgement import Query

TOO_MUCH = "this mock does not write so long an answer"
NOT_PROXIED = partial(Rejected, "there was a problem proxying the request", 500)
_VERSIONS = ("", "1", "2")
_UNSUPPORTED_VERSION = "3-preview"
_EXECUTED = "2"  # the version whose queries the gateway executes; those of older ones go to the upstream
_PROXY_ONLY, _ENGINE = "proxyOnly", "executionEngine"  # modes; version 1 takes unknown ones for the first
_FEDERATED = ("supergraph", "subgraph")
_SUBPROTOCOLS = ("graphql-ws", "graphql-transport-ws")
_FRAMING = ("content-length", "transfer-encoding")


def settings_of(api: Api) -> Mapping[str, Any] | None:
    """The member graphql of a definition; None if the API has no GraphQL."""
    settings = api.document.get("graphql")
    return settings if isinstance(settings, dict) and settings.get("enabled") is True else None


def answer(context: RequestContext) -> Reply | None:
    """The gateway's own answer to a request; None if the request goes to the upstream as it is.

    Raises:
        Rejected: the body is no valid GraphQL request for the schema, or the session has no right to it.
    """
    settings = settings_of(context.api)
    if settings is None:
        return None
    query, mode = _query(context, settings), settings.get("execution_mode", "")
    if (
        context.method == "OPTIONS"
    ):  # a question of a browser (internal/graphengine/engine_v1.go:169 @v5.14.0)
        if mode != _PROXY_ONLY:
            raise upstream.NOT_REACHED(f"OPTIONS passes with graphql.execution_mode {_PROXY_ONLY} alone")
        return None
    if query.is_introspection:
        headers = (("Content-Type", JSON), ("Transfer-Encoding", "chunked"))
        return upstream.in_place(context, Reply(query.schema_text.encode(), 200, headers))
    if mode == _ENGINE:
        raise _unsupported("execution_mode", mode)
    return _executed(context, query) if settings.get("version") == _EXECUTED else None


def _executed(context: RequestContext, query: Query) -> Reply:
    """The answer of the upstream in the shape of the query (internal/graphengine/engine_v2.go:275 @v5.12.0).

    The upstream gets a request to its own path, of the client's method, with the query that is left to it.
    """
    from mockserver.gateway.graphql.printing import upstream_text
    from mockserver.gateway.graphql.resolution import TooMuch, WrongType, resolved

    operation, request = query.executed, query.request
    if operation is None:
        raise upstream.NOT_REACHED("no operation of the document has the given name")
    if operation.kind == "subscription":
        raise Rejected("this mock does not execute subscriptions", 501)
    received, headers = Reply(b"", 200), [("Content-Type", JSON)]
    try:
        if sent := upstream_text(request, operation):
            received = upstream.forward(_of_query(context, sent), path=_path(context.api))
            headers = [header for header in received.headers if header[0].lower() not in _FRAMING]
            if has_too_many_values(received.body):
                raise Rejected(TOO_MANY_OF_UPSTREAM, 500)
        with turn_of(received.body):
            text = resolved(query.schema, operation, request.variables, received.body)
    except TooMuch:
        raise Rejected(TOO_MUCH, 500) from None
    except (WrongType, RecursionError):
        raise upstream.NOT_REACHED("the answer of the upstream is not as the schema says") from None
    body = text.encode("utf-8", "surrogatepass")
    return Reply(body, received.status, (*headers, ("Content-Length", str(len(body)))))


def _of_query(context: RequestContext, body: str) -> RequestContext:
    """The context with the body and the headers of the request to the upstream."""
    context.body = body.encode()
    for name in ("Accept", "Content-Type"):
        context.set_header(name, JSON)
    context.drop_header("accept-encoding")  # the answer must be readable
    return context


def _path(api: Api) -> str:
    """The path and the query of an API's target."""
    query = f"?{api.target.query}" if api.target.query else ""
    return (api.target.path or "/") + query


def _query(context: RequestContext, settings: Mapping[str, Any]) -> Query:
    """The query in a request, which the session may make."""
    _check_settings(settings)
    from mockserver.gateway.graphql.judgement import judge
    from mockserver.gateway.graphql.refusals import BadRequest, InvalidQuery, Panic, Unprocessable
    from mockserver.gateway.graphql.schemas import schema_of

    schema = schema_of(str(settings.get("schema", "")))
    if schema is None:
        raise NOT_PROXIED("the schema of the API cannot be read")
    _check_upgrade(context, settings)
    context.check_values()
    try:
        query = judge(schema, context.body)
        if not (context.api.fields["use_keyless"] or context.is_ignored):
            _check_rights(context, query)
    except BadRequest as error:
        raise Rejected(str(error), 400) from None
    except Unprocessable as error:
        raise NOT_PROXIED(str(error)) from None
    except Panic:
        raise DropConnection from None
    except InvalidQuery as refusal:
        raise Rejected(str(refusal), 400, body=refusal.text.encode()) from None
    return query


def _check_upgrade(context: RequestContext, settings: Mapping[str, Any]) -> None:
    """Refuse a WebSocket, which would carry subscriptions (gateway/mw_graphql.go:189 @v5.12.0)."""
    if not (_lists(context, "Connection", "upgrade") and _lists(context, "Upgrade", "websocket")):
        return
    is_enabled = context.gateway.config.http_server_options__enable_websockets
    if not is_enabled or settings.get("version") != _EXECUTED:
        raise Rejected("websockets are not allowed", 422)
    if context.header("Sec-WebSocket-Protocol") not in _SUBPROTOCOLS:
        text = "invalid websocket protocol for upgrading to a graphql websocket connection"
        raise Rejected(text, 400)
    raise Rejected("this mock does not execute subscriptions", 501)


def _lists(context: RequestContext, name: str, token: str) -> bool:
    """True if a header lists a token, in any case."""
    return token in {part.strip().lower() for part in context.header(name).split(",")}


def _check_settings(settings: Mapping[str, Any]) -> None:
    """Check that the mock knows the version and the mode.

    Raises:
        Rejected: it does not.
        DropConnection: a gateway panics, as it knows no such mode of version 2.
    """
    version, mode = settings.get("version", ""), settings.get("execution_mode", "")
    if version == _UNSUPPORTED_VERSION:
        raise _unsupported("version", version)
    if version not in _VERSIONS:
        raise NOT_PROXIED(f"there is no graphql.version {version!r}")
    if mode in _FEDERATED:
        raise _unsupported("execution_mode", mode)
    if version == _EXECUTED and mode not in (_PROXY_ONLY, _ENGINE):
        raise DropConnection


def _unsupported(member: str, value: str) -> Rejected:
    return Rejected(f"this mock does not judge such requests to an API with graphql.{member} {value}", 501)


def _check_rights(context: RequestContext, query: Query) -> None:
    """Check depth, introspection and fields (gateway/mw_graphql_complexity.go:36 @v5.12.0 and next to it)."""
    assert context.session is not None
    right: Document | None = (context.session["access_rights"] or {}).get(context.api.id)
    limit = context.session if right is None or is_empty(right["limit"]) else right["limit"]
    if query.is_too_deep(limit["max_query_depth"], (right or {}).get("field_access_rights") or ()):
        raise Rejected("depth limit exceeded", 403)
    if right is None:
        return
    if query.asks_for_schema:
        if right["disable_introspection"]:
            raise Rejected("introspection is disabled", 403, is_sniffed=True)
        return
    query.check_fields(right)
