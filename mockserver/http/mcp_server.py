"""An MCP server with a few tools, resources and prompts: what it answers to a request over HTTP.

Source: Model Context Protocol, revision 2025-06-18, basic/transports (Streamable HTTP) and server features.
"""

from __future__ import annotations

import json
from typing import Any

from mockserver.http.messages import JSON, Reply, Request

PATH, STREAM_PATH = "/mcp", "/mcp-stream"  # where it answers with JSON, and with an event stream
SESSION = ("Mcp-Session-Id", "5e55")
_EVENTS = "text/event-stream"
_TOOLS = ("weather", "weather-history", "forecast", "reset")
_RESOURCES = ("file:///docs/a", "file:///docs/b", "file:///keys/a")
_PROMPTS = ("greet", "summarise")
_CAPABILITIES = ("logging", "prompts", "resources", "sampling", "tools")
_RESULTS: dict[str, dict[str, Any]] = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "serverInfo": {"name": "upstream", "version": "1"},
        "capabilities": {name: {"listChanged": True} for name in _CAPABILITIES},
    },
    "ping": {},
    "tools/list": {
        "tools": [
            *(
                {"name": name, "description": f"<{name}>", "inputSchema": {"type": "object"}}
                for name in _TOOLS
            ),
            {"description": "a tool without a name"},
        ],
        "nextCursor": "next",
    },
    "resources/list": {"resources": [{"uri": uri, "name": uri[-1]} for uri in _RESOURCES]},
    "resources/templates/list": {
        "resourceTemplates": [
            {"uriTemplate": f"file:///{folder}/{{name}}", "name": folder} for folder in ("docs", "keys")
        ]
    },
    "prompts/list": {"prompts": [{"name": name} for name in _PROMPTS]},
}


def is_for_server(target: str) -> bool:
    """True if a request with this target is for the MCP server."""
    return target.partition("?")[0] in (PATH, STREAM_PATH)


def answer(request: Request) -> Reply:
    """The answer to a message, to GET with a stream of one notification, and to DELETE without a body."""
    in_stream = request.head.target.startswith(STREAM_PATH)
    if request.method == "DELETE":
        return Reply(b"", 204)
    if request.method == "GET":
        return _reply({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}, in_stream=True)
    try:
        message = json.loads(request.body)
    except ValueError:
        return _reply(_error(None, -32700, "Parse error"), 400, in_stream=in_stream)
    if not isinstance(message, dict) or "id" not in message:
        return Reply(b"", 202)
    method = message.get("method")
    result = _result(method, message.get("params"))
    if result is None:
        return _reply(_error(message["id"], -32601, "Method not found"), in_stream=in_stream)
    body = {"jsonrpc": "2.0", "result": result, "id": message["id"]}
    headers = (SESSION,) if method == "initialize" else ()
    return _reply(body, in_stream=in_stream, headers=headers)


def _result(method: Any, params: Any) -> dict[str, Any] | None:
    """The result of a method; None if there is no such method."""
    named = params if isinstance(params, dict) else {}
    match method:
        case "tools/call":
            return {"content": [{"type": "text", "text": f"{named.get('name')} was called"}]}
        case "resources/read":
            return {"contents": [{"uri": named.get("uri"), "text": "contents"}]}
        case "prompts/get":
            return {"messages": [{"role": "user", "content": {"type": "text", "text": named.get("name")}}]}
    return _RESULTS.get(str(method))


def _error(identifier: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": identifier}


def _reply(
    message: dict[str, Any], status: int = 200, *, in_stream: bool, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    text = json.dumps(message)
    content_type = ("Content-Type", _EVENTS if in_stream else JSON)
    body = f"event: message\nid: 7\ndata: {text}\n\n" if in_stream else text
    return Reply(body.encode(), status, (content_type, *headers))
