"""The trace of a request, in the form of W3C Trace Context (internal/otel/otel.go:174 @v5.12.0)."""

from __future__ import annotations

import re
import secrets

from mockserver.gateway.proxy.request_context import RequestContext

_PARENT = re.compile("[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


def begin(context: RequestContext) -> list[tuple[str, str]]:
    """Give a request a trace, or go on with the one that it names; the headers of its answer.

    Its parent in the request to the upstream is a span of the gateway.
    """
    if not context.gateway.config.opentelemetry__enabled:
        return []
    parent = _PARENT.fullmatch(context.header("Traceparent"))
    trace, flags = parent.group(1, 2) if parent else (secrets.token_hex(16), "01")
    context.set_header("Traceparent", f"00-{trace}-{secrets.token_hex(8)}-{flags}")
    return [("X-Tyk-Trace-Id", trace)]
