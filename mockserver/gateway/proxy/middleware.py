"""The steps that a request to an API takes, in the gateway's order (gateway/api_loader.go:297 @v5.12.0)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.proxy import access, jwt_identity, limits, oauth_tokens, upstream
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, UpstreamRequest
from mockserver.http.messages import JSON, Reply
from mockserver.service.journal import ProxiedReply, redacted
from mockserver.service.registry import Call

Step = Callable[[RequestContext], None]

# Kinds of credential that the mock cannot judge: it says so, rather than let a request pass.
UNJUDGED = (
    "use_basic_auth", "use_openid", "enable_signature_checking", "use_mutual_tls_auth",
    "enable_coprocess_auth", "use_go_plugin_auth", "custom_plugin_auth_enabled",
)  # fmt: skip
_ESCAPED = {ord("\\"): "\\\\", ord("'"): "\\'", ord('"'): '\\"'} | {
    ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&="
}  # as Go's JSEscapeString writes a message


def answer_for(api: Api) -> Callable[[Call[Gateway]], Reply]:
    """The function that answers requests to an API."""

    def answer_call(call: Call[Gateway]) -> Reply:
        request = call.request
        headers = request.head.first_values
        visit = RequestContext(
            call.state, api, request.method, request.url, headers, request.body, request.client
        )
        reply = answer(visit)
        return ProxiedReply(reply.body, reply.status, reply.headers, api.id, _journalled(visit.forwarded))

    return answer_call


def _journalled(sent: UpstreamRequest | None) -> dict[str, Any] | None:
    """The upstream's request as the journal shows it."""
    if sent is None:
        return None
    headers = dict(redacted(tuple((name.title(), value) for name, value in sent.headers.items())))
    body = sent.body.decode("utf-8", "replace")
    return {"method": sent.method, "target": sent.target, "headers": headers, "body": body}


def answer(visit: RequestContext) -> Reply:
    """The gateway's reply: a refusal, or the upstream's answer."""
    try:
        if visit.api.fields["use_oauth2"] and (reply := oauth_tokens.own_endpoint(visit)):
            return reply
        for step in _steps(visit):
            step(visit)
            visit.keep()
        reply = upstream.forward(visit)
    except Rejected as refusal:
        visit.keep()
        return _refused(visit, refusal)
    return Reply(reply.body, reply.status, (*reply.headers, *limits.headers(visit), *visit.response_headers))


def _steps(visit: RequestContext) -> list[Step]:
    """The steps of an API: which credential it asks for is in its definition."""
    known = visit.api.fields
    if known["use_keyless"]:
        return [access.check_version, limits.check_api_limit]
    credentials: list[Step] = []
    credentials += [oauth_tokens.check_access_token] if known["use_oauth2"] else []
    credentials += [jwt_identity.check_token] if known["enable_jwt"] else []
    credentials += [access.check_key] if known["use_standard_auth"] or not credentials else []
    return [
        access.check_version, _check_kinds, *credentials, _strip_credentials, access.check_expiry,
        access.check_rights, access.check_path, limits.check_limits, limits.check_api_limit,
    ]  # fmt: skip


def _check_kinds(visit: RequestContext) -> None:
    known = visit.api.fields
    asked = [name for name in UNJUDGED if known[name]]
    asked += ["external_oauth"] if known["external_oauth"]["enabled"] else []
    if asked:
        raise Rejected(f"this mock does not judge requests to an API with {asked[0]}", 501)


def _strip_credentials(visit: RequestContext) -> None:
    """Keep the credential from the upstream where that is wanted (gateway/mw_strip_auth.go:25 @v5.12.0)."""
    if not visit.api.fields["strip_auth_data"]:
        return
    for places in (visit.api.fields["auth_configs"] or {"authToken": visit.api.fields["auth"]}).values():
        name = places["auth_header_name"] or "Authorization"
        visit.drop_header(name)
        if places["use_param"]:
            visit.drop_parameter(places["param_name"] or name)
        _drop_cookie(visit, places["cookie_name"] or name)


def _drop_cookie(visit: RequestContext, name: str) -> None:
    """Take the first cookie away whose name begins so."""
    cookies = visit.header("Cookie").split(";")
    found = next((i for i, cookie in enumerate(cookies) if cookie.strip().startswith(name)), None)
    if found is not None:
        kept = ";".join(cookies[:found] + cookies[found + 1 :])
        visit.headers = {**visit.headers, "cookie": kept}


def _refused(visit: RequestContext, refusal: Rejected) -> Reply:
    """A refusal in the gateway's templates (templates/error.json and error.xml @v5.12.0)."""
    kind = visit.header("Content-Type").partition(";")[0]
    if kind in ("application/xml", "text/xml"):
        text = f'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>{refusal.message}</error>\n'
    else:
        kind, text = JSON, f'{{\n    "error": "{refusal.message.translate(_ESCAPED)}"\n}}'
    return Reply(text.encode(), refusal.status, (("Content-Type", kind), *visit.response_headers))
