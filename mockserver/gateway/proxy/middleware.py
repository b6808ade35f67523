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
        context = RequestContext(
            call.state, api, request.method, request.url, headers, request.body, request.client
        )
        reply = answer(context)
        return ProxiedReply(
            reply.body, reply.status, reply.headers, api.id, _journalled(context.upstream_request)
        )

    return answer_call


def _journalled(sent: UpstreamRequest | None) -> dict[str, Any] | None:
    """The upstream's request as the journal shows it."""
    if sent is None:
        return None
    headers = dict(redacted(tuple((name.title(), value) for name, value in sent.headers.items())))
    body = sent.body.decode("utf-8", "replace")
    return {"method": sent.method, "target": sent.target, "headers": headers, "body": body}


def answer(context: RequestContext) -> Reply:
    """The gateway's reply: a refusal, or the upstream's answer."""
    try:
        if context.api.fields["use_oauth2"] and (reply := oauth_tokens.own_endpoint(context)):
            return reply
        for step in _steps(context):
            step(context)
            context.keep()
        reply = upstream.forward(context)
    except Rejected as refusal:
        context.keep()
        return _refused(context, refusal)
    return Reply(
        reply.body, reply.status, (*reply.headers, *limits.headers(context), *context.response_headers)
    )


def _steps(context: RequestContext) -> list[Step]:
    """The steps of an API: which credential it asks for is in its definition."""
    known = context.api.fields
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


def _check_kinds(context: RequestContext) -> None:
    known = context.api.fields
    asked = [name for name in UNJUDGED if known[name]]
    asked += ["external_oauth"] if known["external_oauth"]["enabled"] else []
    if asked:
        raise Rejected(f"this mock does not judge requests to an API with {asked[0]}", 501)


def _strip_credentials(context: RequestContext) -> None:
    """Keep the credential from the upstream where that is wanted (gateway/mw_strip_auth.go:25 @v5.12.0)."""
    if not context.api.fields["strip_auth_data"]:
        return
    for places in (context.api.fields["auth_configs"] or {"authToken": context.api.fields["auth"]}).values():
        name = places["auth_header_name"] or "Authorization"
        context.drop_header(name)
        if places["use_param"]:
            context.drop_parameter(places["param_name"] or name)
        _drop_cookie(context, places["cookie_name"] or name)


def _drop_cookie(context: RequestContext, name: str) -> None:
    """Take the first cookie away whose name begins so."""
    cookies = context.header("Cookie").split(";")
    found = next((i for i, cookie in enumerate(cookies) if cookie.strip().startswith(name)), None)
    if found is not None:
        kept = ";".join(cookies[:found] + cookies[found + 1 :])
        context.headers = {**context.headers, "cookie": kept}


def _refused(context: RequestContext, refusal: Rejected) -> Reply:
    """A refusal in the gateway's templates (templates/error.json and error.xml @v5.12.0)."""
    kind = context.header("Content-Type").partition(";")[0]
    if kind in ("application/xml", "text/xml"):
        text = f'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>{refusal.message}</error>\n'
    else:
        kind, text = JSON, f'{{\n    "error": "{refusal.message.translate(_ESCAPED)}"\n}}'
    return Reply(text.encode(), refusal.status, (("Content-Type", kind), *context.response_headers))
