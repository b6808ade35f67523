"""The name that the limits of a session are counted under, if its metadata give one.

Source: gateway/mw_rate_limiting.go:65 and gateway/mw_url_rewrite.go:218 @v5.12.0.
"""

from __future__ import annotations

import re
from typing import Any

from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import json_writer

MEMBER = "rate_limit_pattern"
MAX_LENGTH = 8192  # characters of a name; a gateway has no limit
_VARIABLE = re.compile(r"\$tyk_meta.([A-Za-z0-9_\-.]+)")
_UNKNOWN = ("$tyk_context.", "$secret_conf.", "$secret_env.", "$secret_vault.", "$secret_consul.")


def shared_name(context: RequestContext) -> str:
    """The name that a session shares its rate and its quota under, with all others of that name.

    It is the text `rate_limit_pattern` of the metadata, with `$tyk_meta.NAME` replaced by other members of
    these; "" if there is none, so that the key has counters of its own.

    Raises:
        Rejected: the text has variables that the mock does not know.
    """
    assert context.session is not None
    metadata = context.session["meta_data"] or {}
    pattern = metadata.get(MEMBER)
    if not isinstance(pattern, str) or not pattern:
        return ""
    if any(label in pattern for label in _UNKNOWN):
        raise Rejected(f"this mock does not know the variables of {MEMBER} {pattern}", 501)
    size = len(pattern)
    for found in _VARIABLE.finditer(pattern):
        size += len(_as_text(metadata.get(found[1])))
        if size > MAX_LENGTH:
            raise Rejected(f"the name by {MEMBER} has over {MAX_LENGTH} characters; make it shorter", 500)
    return _VARIABLE.sub(lambda found: _as_text(metadata.get(found[1])), pattern)


def _as_text(value: Any) -> str:
    """A value of the metadata as a part of the name; "" for one that is no text and no number."""
    if isinstance(value, str):
        return value
    return json_writer.write(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
