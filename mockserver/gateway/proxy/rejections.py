"""The replies to requests that the gateway rejects (gateway/handler_error.go @v5.12.0)."""

from __future__ import annotations

from dataclasses import replace

from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import content_sniffing
from mockserver.http.messages import JSON, Reply

_ESCAPED = {ord("\\"): "\\\\", ord("'"): "\\'", ord('"'): '\\"'} | {
    ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&="
}  # the escapes of Go's JSEscapeString


def rejection_reply(context: RequestContext, rejection: Rejected) -> Reply:
    """A rejection in the gateway's templates (templates/error.json, error.xml @v5.12.0), or as JSON-RPC.

    One that is in none, or whose head was written before, lacks X-Generator (gateway/handler_error.go:311).
    """
    if context.message is not None:
        reply = context.message.error(rejection.message, rejection.status)
        return replace(reply, headers=(*reply.headers, *context.response_headers))
    content_type = context.header("Content-Type").partition(";")[0]
    if rejection.body:
        content_type, body = JSON, rejection.body
    elif content_type in ("application/xml", "text/xml"):
        text = f'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>{rejection.message}</error>\n'
        body = text.encode()
    else:
        content_type = JSON
        body = f'{{\n    "error": "{rejection.message.translate(_ESCAPED)}"\n}}'.encode()
    headers = [("Content-Type", content_type), *context.response_headers]
    if rejection.is_sniffed:
        headers[0] = ("Content-Type", content_sniffing.content_type(body))
    elif not rejection.body and not context.gateway.config.hide_generator_header:
        headers.append(("X-Generator", "tyk.io"))
    return Reply(body, rejection.status, tuple(headers))
