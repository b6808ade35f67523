"""The name that the limits of a session are counted under, if its metadata give one.

Source: gateway/mw_rate_limiting.go:65 and gateway/mw_url_rewrite.go:218 @v5.12.0.
"""

from __future__ import annotations

from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.gateway.proxy.variables import replaced

MEMBER = "rate_limit_pattern"
MAX_LENGTH = 8192  # characters of a name; a gateway has no limit


def shared_name(context: RequestContext) -> str:
    """The name that a session shares its rate and its quota under, with all others of that name.

    It is the text `rate_limit_pattern` of the metadata with its variables replaced; "" if there is none, so
    that the key has counters of its own.

    Raises:
        Rejected: it is too long.
    """
    assert context.session is not None
    metadata = context.session["meta_data"] or {}
    pattern = metadata.get(MEMBER)
    if not isinstance(pattern, str) or not pattern:
        return ""
    return replaced(context, pattern, MAX_LENGTH)
