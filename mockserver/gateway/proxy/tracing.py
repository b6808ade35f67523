"""Requests to a definition that comes with them, and what became of them.

Source: gateway/tracing.go:173 @v5.12.0. A gateway's log has a line for each step of the chain; the mock's
has one if the definition cannot be loaded.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from mockserver.contract.codecs import Codec, Malformed
from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.oas import loading
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.replies import error
from mockserver.golang import json_reader, urls
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.http.answer_heads import canonical
from mockserver.http.messages import DropConnection, Reply
from mockserver.http.responses import PHRASES
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import Call, Handlers, always

handles = Handlers("gateway").handles
MALFORMED = error("Request malformed", 400)
NO_DEFINITION = error("Spec field is missing", 400)
NO_REQUEST = error("Request field is missing", 400)
REQUEST, RESPONSE = "====== Request ======\n", "\n====== Response ======\n"
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}")


@handles("traceRequest", waits=always)
def trace_request(call: Call[Gateway]) -> Reply:
    """Send a request to a definition that is neither written nor loaded, and tell what became of it."""
    members = _members(call.body)
    if members is None:
        return MALFORMED
    try:
        api = _api(call.state, members)
        request = _request(call.state, members)
    except Malformed:
        return MALFORMED
    if api is None:
        return NO_DEFINITION
    if request is None:
        return NO_REQUEST
    if api.problem:
        line = {"api_id": api.id, "api_name": api.fields["name"], "level": "error", "msg": api.problem}
        return json_reply({"message": "error", "response": "", "logs": json.dumps(line) + "\n"}, 400)
    if bad := _BAD_ESCAPE.search(request["path"]):
        return error(f'Unexpected failure: invalid URL escape "{bad[0]}"', 500)
    method = request["method"] or "GET"
    if not _METHOD.fullmatch(method):
        return error(f"Unexpected failure: net/http: invalid method {json_reader.quote(method)}", 500)
    return _traced(call, api, method, request)


def _traced(call: Call[Gateway], api: Api, method: str, request: dict[str, Any]) -> Reply:
    from mockserver.gateway.proxy import middleware  # here, for a mock without such requests starts sooner
    from mockserver.gateway.proxy.request_context import RequestContext

    path = _joined(api.listen_path, request["path"])
    headers = {name.lower(): values[0] for name, values in (request["headers"] or {}).items() if values}
    try:
        url = urls.parse(urls.as_bytes(path).decode("latin-1").replace(" ", "%20"))
    except urls.BadTarget:
        return error("Unexpected failure: net/url: invalid control character in URL", 500)
    context = RequestContext(
        call.state, api, method, url, headers, request["body"].encode(), call.request.client
    )
    try:
        received = middleware.answer(context)
    except DropConnection:
        return error("the upstream's answer has no status", 500)
    is_sent = context.upstream_request is not None
    shown = urls.escaped(url.path, "" if url.raw == url.path else url.raw)
    lines = [f"{method} {api.stripped(shown) if is_sent else shown} HTTP/1.1"]
    lines += [f"Host: {api.target.authority}"] if is_sent else []
    lines += [f"{canonical(name)}: {value}" for name, value in sorted(headers.items())]
    text = f"{REQUEST}{_head(lines)}{request['body']}{RESPONSE}{_response(received, is_sent=is_sent)}"
    return json_reply({"message": "ok", "response": text, "logs": ""})


def _response(received: Reply, *, is_sent: bool) -> str:
    """A reply as text; the gateway's own have no length, and end with the connection."""
    headers = [(canonical(name), value) for name, value in received.headers]
    if not is_sent:
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {received.status} {PHRASES.get(received.status, '')}"]
    lines += [f"{name}: {value}" for name, value in sorted(headers)]
    return _head(lines) + received.body.decode("utf-8", "replace")


def _head(lines: list[str]) -> str:
    return "".join(f"{line}\r\n" for line in (*lines, ""))


def _joined(listen_path: str, path: str) -> str:
    """A path below a listen path, clean, with the slash at its end; it has no query (net/url, JoinPath)."""
    path = path.replace("?", "%3F").replace("#", "%23")
    clean = posixpath.normpath(f"/{listen_path}/{path}").replace("//", "/")
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _members(body: bytes) -> dict[str, Any] | None:
    """The members of a body by their names in lower case; None if it is no object."""
    try:
        node, _ = json_reader.read(body)
    except JSONSyntaxError:
        return None
    if node is None:
        return {}
    return {name.lower(): value for name, value in node} if isinstance(node, Object) else None


def _api(gateway: Gateway, members: dict[str, Any]) -> Api | None:
    """The definition of a request in either form; None if it has none.

    Raises:
        Malformed: a member has a wrong type.
        DropConnection: the gateway's part is no object, at which a gateway panics.
    """
    if isinstance(open_api := members.get("oas"), Object):
        try:
            loading.check_types(open_api)
        except loading.OddExtension as error:
            raise DropConnection from error
        except loading.Refused as error:
            raise Malformed(["oas: it is no OpenAPI document"]) from error
        codec = gateway.apis.open_codec
        sent = codec.decode(open_api)  # without the gateway's part it has an empty one (oas.go:99 @v5.12.0)
        definition = OpenApi(sent.document, sent.extension or codec.empty_extension())
        return Api.of_open_api(gateway.apis.codec, definition)
    node = members.get("spec")
    return None if node is None else Api.of_node(gateway.apis.codec, node)


def _request(gateway: Gateway, members: dict[str, Any]) -> dict[str, Any] | None:
    """The request that is to be sent; None if there is none.

    Raises:
        Malformed: a member has a wrong type.
    """
    if members.get("request") is None:
        return None
    decoded, reasons = Codec.of(gateway.contract, "TracedRequest").decode_node(members["request"])
    if reasons:
        raise Malformed(reasons)
    return decoded
