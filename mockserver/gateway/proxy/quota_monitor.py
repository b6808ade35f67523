"""Messages to a webhook about quotas that are used up to a limit (gateway/monitor.go:35 @v5.12.0)."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.proxy import fetching
from mockserver.gateway.proxy.request_context import Rejected
from mockserver.gateway.proxy.upstream import send
from mockserver.golang.absolute_urls import BadUrl
from mockserver.http.messages import JSON
from mockserver.http.outgoing import Outgoing, TransportError

LOG = logging.getLogger("tyk-contract")
_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")
_HEADERS = (("User-Agent", "Tyk-Hookshot"), ("Content-Type", JSON))
_ESCAPED = {
    ord(sign): text
    for sign, text in {
        "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;", "+": "&#43;", "\0": "\ufffd",
    }.items()
}  # fmt: skip  # of html/template
_TEXT = """
{{
    "event": "TriggerExceeded",
    "message": "Quota trigger reached",
    "org": "{org}",
    "key": "{key}",
    "trigger_limit": "{limit}"
}}


"""  # templates/default_webhook.json @v5.12.0


def check_key(gateway: Gateway, session: Document, key: str) -> None:
    """Tell the webhook, once in a while, if the quota of a key is used up to one of its limits."""
    if gateway.config.monitor__monitor_user_keys:
        _check(gateway, session, key)


def check_organisation(gateway: Gateway, session: Document) -> None:
    """Tell the webhook, once in a while, if the quota of an organisation is used up to one of its limits."""
    if gateway.config.monitor__monitor_org_keys:
        _check(gateway, session, "")


def _check(gateway: Gateway, session: Document, key: str) -> None:
    if not gateway.config.monitor__enable_trigger_monitors:
        return
    limit = next(_reached(gateway, session), None)
    if limit is not None:
        _tell(gateway, _TEXT.format(org=_escaped(session["org_id"]), key=_escaped(key), limit=int(limit)))


def _reached(gateway: Gateway, session: Document) -> Iterator[float]:
    """The limits, in per cent, that the quotas of a session have reached; none of a period that is over."""
    everywhere = gateway.config.monitor__global_trigger_limit
    rights = (right["limit"] for right in (session["access_rights"] or {}).values())
    for quota in (session, *(limit for limit in rights if not is_empty(limit))):
        if quota["quota_max"] <= 0 or math.ceil(gateway.now()) > quota["quota_renews"]:
            continue
        used = (quota["quota_max"] - quota["quota_remaining"]) / quota["quota_max"] * 100
        if 0 < everywhere <= used:
            yield everywhere
        for limit in session["monitor"]["trigger_limits"] or ():
            if limit <= used and limit != everywhere:
                yield limit


def _tell(gateway: Gateway, text: str) -> None:
    """Send a text to the webhook, unless it got the same within `event_timeout`, 0 for ever."""
    config = gateway.config
    if not gateway.webhook.is_new(text, config.monitor__configuration__event_timeout):
        return
    method = config.monitor__configuration__method.upper()

    def work() -> None:
        try:
            target = fetching.allowed(gateway, config.monitor__configuration__target_path)
            line = (method if method in _METHODS else "GET", fetching.request_target(target))
            outgoing = Outgoing(*line, target.authority, _HEADERS, text.encode())
            send(gateway, target, outgoing, fetching.BOUNDS)
        except (BadUrl, Rejected, TransportError) as error:
            LOG.warning("the webhook of monitor.configuration.target_path was not told: %s", error)

    gateway.webhook.run(work)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)
