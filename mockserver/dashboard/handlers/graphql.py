"""GraphQL over HTTP: queries and mutations in the body of POST, queries in the parameters of GET.

Source of statuses and media types: GraphQL over HTTP, draft of the GraphQL Foundation. The library is loaded
by the first request.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from mockserver.dashboard.handlers.registration import Call, handles
from mockserver.golang import json_writer
from mockserver.http.messages import Reply
from mockserver.service.fault import Fault, FaultedReply, delay_of
from mockserver.service.registry import always

if TYPE_CHECKING:
    from mockserver.dashboard.graphql.execution import Query

PLAIN, GRAPHQL = "application/json", "application/graphql-response+json"
MAX_ACCEPT = 1000  # characters of Accept, which takes time that grows with their square


class BadRequest(Exception):
    """A request that is none of GraphQL over HTTP, with the status of its reply."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@handles("graphql", waits=always)
def graphql(call: Call) -> Reply:
    """Execute a query or a mutation."""
    return _answer(call, is_get=False)


@handles("graphqlByGet", waits=always)
def graphql_by_get(call: Call) -> Reply:
    """Execute a query; a mutation is refused."""
    return _answer(call, is_get=True)


def _answer(call: Call, *, is_get: bool) -> Reply:
    from mockserver.dashboard.graphql.execution import RequestError

    media_type = PLAIN
    try:
        media_type = _media_type(call.request.header("accept"))
        response, faults = _response(call, is_get=is_get)
        return _with_faults(_reply(response, 200, media_type), faults)
    except BadRequest as error:
        return _reply({"errors": [{"message": error.message}]}, error.status, media_type)
    except RequestError as error:
        return _reply({"errors": error.errors}, 400 if media_type == GRAPHQL else 200, media_type)


def _with_faults(reply: Reply, faults: list[Fault]) -> Reply:
    """The reply with the delays of the faults that root fields have met, and the first that answered."""
    if not faults:
        return reply
    fault = next((fault for fault in faults if fault.status), faults[0])
    return FaultedReply(reply.body, reply.status, reply.headers, delay=delay_of(faults), fault=fault)


def _response(call: Call, *, is_get: bool) -> tuple[dict[str, Any], list[Fault]]:
    """The response to a request, and the faults that root fields have met."""
    from mockserver.dashboard.graphql.execution import prepare, run
    from mockserver.dashboard.graphql.schema import Context

    query = _query_of_parameters(call) if is_get else _query_of_body(call)
    context = Context(call.state, call.user)
    prepared = prepare(context, query)
    if is_get and not prepared.is_read_only:
        raise BadRequest("A mutation is not executed by GET; send it by POST.", 405)
    return run(context, prepared), context.faults


def _media_type(accept: str) -> str:
    """The media type of the response: application/json unless the request prefers the other.

    Raises:
        BadRequest: the request accepts neither, or its Accept is too long.
    """
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header

    if not accept:
        return PLAIN
    if len(accept) > MAX_ACCEPT:
        raise BadRequest(f"Accept has over {MAX_ACCEPT} characters; send a shorter one.", 406)
    offered = [PLAIN, GRAPHQL, f"{PLAIN}; charset=utf-8", f"{GRAPHQL}; charset=utf-8"]
    best = parse_accept_header(accept, MIMEAccept).best_match(offered)
    if best is None:
        raise BadRequest(f"Accept allows neither {PLAIN} nor {GRAPHQL}.", 406)
    return best.partition(";")[0]


def _query_of_parameters(call: Call) -> Query:
    variables = call.parameter("variables")
    return _query(
        {
            "query": call.parameter("query") or None,
            "operationName": call.parameter("operationName"),
            "variables": _json(variables, "variables") if variables else None,
        }
    )


def _query_of_body(call: Call) -> Query:
    content_type = call.request.header("content-type").partition(";")[0].strip().lower()
    if content_type != PLAIN:
        raise BadRequest(f"The Content-Type must be {PLAIN}, not {content_type[:100]!r}.", 415)
    try:
        text = call.body.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not encoded in UTF-8.") from None
    body = _json(text, "The body")
    if isinstance(body, list):
        raise BadRequest("A batch of requests is not supported; send them one by one.")
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return _query(body)


def _query(members: dict[str, Any]) -> Query:
    from mockserver.dashboard.graphql.execution import Query

    kinds = {"query": str, "operationName": str, "variables": dict, "extensions": dict}
    for name, kind in kinds.items():
        if members.get(name) is not None and not isinstance(members[name], kind):
            raise BadRequest(f"{name} must be {'a string' if kind is str else 'a JSON object'}.")
    if members.get("query") is None:
        raise BadRequest("The request has no query.")
    return Query(members["query"], members.get("operationName") or "", members.get("variables"))


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise BadRequest(f"{name} is nested too deep.") from None
    except ValueError as error:
        raise BadRequest(f"{name} is not valid JSON: {str(error)[:100]}.") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _reply(response: dict[str, Any], status: int, media_type: str) -> Reply:
    headers = [("Content-Type", f"{media_type}; charset=utf-8")]
    if status == 405:
        headers.append(("Allow", "POST"))
    return Reply(json_writer.write(response).encode() + b"\n", status, tuple(headers))
