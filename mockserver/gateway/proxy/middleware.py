"""The middleware chain of an API, in the gateway's order (gateway/api_loader.go:297 @v5.12.0)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.proxy import (
    access,
    basic_auth,
    batch,
    cors,
    definition_replies,
    external_oauth,
    graphql_api,
    header_transforms,
    http_signatures,
    jwt_identity,
    limits,
    loops,
    oauth_tokens,
    openid_tokens,
    request_signing,
    rewrites,
    size_limits,
    traces,
    upstream,
    version_apis,
)
from mockserver.gateway.proxy.challenges import challenging, counting, tell_metadata
from mockserver.gateway.proxy.mcp import answers
from mockserver.gateway.proxy.mcp.checks import (
    check_definition,
    check_methods,
    check_primitives,
    read_message,
)
from mockserver.gateway.proxy.mcp.messages import BadMessage
from mockserver.gateway.proxy.organisation_limits import check_organisation
from mockserver.gateway.proxy.rejections import rejection_reply
from mockserver.gateway.proxy.request_context import Answered, Rejected, RequestContext
from mockserver.http.header_values import repeated
from mockserver.http.messages import Reply
from mockserver.service.journal_parts import ProxiedReply, ProxiedRequest
from mockserver.service.registry import Call

Step = Callable[[RequestContext], None]
LIMITS_PATH = "/tyk/rate-limits/"

# The mock cannot check these kinds of credential, so it answers 501 instead of letting requests pass.
UNSUPPORTED = (
    "enable_coprocess_auth", "use_go_plugin_auth", "custom_plugin_auth_enabled",
)  # fmt: skip
_check_key = challenging(access.check_key)
_CREDENTIALS: dict[str, tuple[Callable[[Api], bool], Step]] = {  # what enables each kind, and its check
    "oauth2": (lambda api: api.fields["use_oauth2"], oauth_tokens.check_access_token),
    "externalOAuth": (lambda api: api.fields["external_oauth"]["enabled"], external_oauth.check_token),
    "basic": (basic_auth.is_enabled, basic_auth.check_user),
    "hmac": (lambda api: api.fields["enable_signature_checking"], http_signatures.check_signature),
    "jwt": (lambda api: api.fields["enable_jwt"], counting(jwt_identity.check_token)),
    "oidc": (lambda api: api.fields["use_openid"], counting(openid_tokens.check_token)),
    "apiKey": (lambda api: api.fields["use_standard_auth"], _check_key),
}  # in order


def answer_for(api: Api) -> Callable[[Call[Gateway]], Reply]:
    """The function that answers requests to an API."""

    def answer_call(call: Call[Gateway]) -> Reply:
        request = call.request
        headers = request.head.first_values
        context = RequestContext(
            call.state, api, request.method, request.url, headers, request.body, request.client,
            request.is_whole, repeated=repeated(request.head.headers),
        )  # fmt: skip
        reply = answer(context)
        sent, noted = context.upstream_request, None
        if sent is not None:
            noted = ProxiedRequest(sent.method, sent.target, sent.headers, sent.body)
        warnings = tuple(context.warnings)
        return ProxiedReply(reply.body, reply.status, reply.headers, api.id, noted, warnings, context.refusal)

    return answer_call


def answer(context: RequestContext) -> Reply:
    """The gateway's reply to a request: a rejection, or the response of the upstream."""
    if batch.is_batch(context):
        return batch.reply(context, answer)
    trace: list[tuple[str, str]] = []
    try:
        version_apis.choose_api(context)
        if context.api.fields["use_oauth2"] and (reply := oauth_tokens.endpoint_reply(context)):
            return reply
        if _asks_for_limits(context):
            return _limits_reply(context)
        trace = traces.begin(context)
        started = time.monotonic()
        reply = _passed(context) if cors.passes_options(context) else _run(context)
        milliseconds = int((time.monotonic() - started) * 1000)
        context.gateway.health.note(context.api.id, "Request", milliseconds)
    except Answered as answered:
        return _with(answered.reply, trace)
    except BadMessage as error:
        context.refusal = error.text
        return _with(error.reply, trace)
    except Rejected as rejection:
        context.refusal = rejection.reason
        context.save_session()
        if rejection.event is not None:
            context.gateway.health.note(context.api.id, rejection.event)
        return _with(rejection_reply(context, rejection), trace)
    own, shown = context.response_headers, limits.headers(context)
    names = {name for name, _ in shown}
    forwarded = [header for header in cors.without_twins(reply.headers, own) if header[0] not in names]
    return _with(Reply(reply.body, reply.status, (*forwarded, *shown, *own)), trace)


def _with(reply: Reply, headers: list[tuple[str, str]]) -> Reply:
    return replace(reply, headers=(*reply.headers, *headers)) if headers else reply


def _passed(context: RequestContext) -> Reply:
    """The response of the upstream to a request that passes no step."""
    access.choose_version(context)
    return upstream.forward(context)


def _run(context: RequestContext) -> Reply:
    """The response to a request that passes the steps of its API.

    A message passes those of its internal paths then.

    Source: gateway/mw_mcp_vem_continuation.go:37 @v5.13.1.

    Raises:
        Rejected: a step refuses the request.
        BadMessage: the body of a request to an MCP proxy is no message.
        Answered: the definition of the API answers the request.
    """
    _take_steps(context)
    if context.message is not None:
        _take_steps_of_paths(context, context.message.paths)
    while loops.follow(context):
        _take_steps(context)
    return answers.filtered(
        context,
        definition_replies.answer(context) or graphql_api.answer(context) or upstream.forward(context),
    )


def _take_steps_of_paths(context: RequestContext, paths: Sequence[str]) -> None:
    url = replace(context.url, query="", raw="")
    for path in paths:
        context.url = replace(url, path=path)
        context.response_headers.clear()
        _take_steps(context)
    context.url = url


def _take_steps(context: RequestContext) -> None:
    for step in _steps(context):
        step(context)
        context.save_session()


def _steps(context: RequestContext) -> Iterator[Step]:
    """The steps of an API; its definition chooses the kinds of credential."""
    is_mcp = context.api.is_mcp
    if is_mcp:
        yield from (size_limits.check_message_size, read_message)
    yield access.check_version
    if cors.is_enabled(context.api):
        yield cors.check_origin
    if is_mcp:
        yield check_definition
    if not context.is_ignored:
        yield _check_client_certificate
    yield check_organisation
    if not is_mcp:
        yield size_limits.check_size
    yield header_transforms.collect_variables
    yield tell_metadata
    if not context.is_ignored:
        if not context.api.fields["use_keyless"]:
            yield from (_check_kinds, *_credentials(context.api), _strip_credentials)
            yield from (access.check_expiry, access.check_rights, access.check_path, limits.check_limits)
        if is_mcp:
            yield from (check_methods, check_primitives)
    yield limits.check_api_limit
    yield from (header_transforms.change_request, rewrites.rewrite_url, rewrites.rewrite_method)
    yield request_signing.sign_request


def _credentials(api: Api) -> list[Step]:
    checks = {kind: check for kind, (is_enabled, check) in _CREDENTIALS.items() if is_enabled(api)}
    if len(alternatives := api.alternatives) > 1:
        return [lambda context: _check_any(context, alternatives, checks)]
    return list((checks or {"apiKey": _check_key}).values())


def _asks_for_limits(context: RequestContext) -> bool:
    """True if the path is the one where an API that needs a credential tells the limits of it."""
    path = context.api.path_after_prefix(context.url.path)
    return path == LIMITS_PATH and not context.api.fields["use_keyless"]


def _limits_reply(context: RequestContext) -> Reply:
    """The limits of a session, without a request to the upstream (gateway/api_loader.go:573 @v5.12.0)."""
    if cors.passes_options(context):
        return limits.report(context)
    check_organisation(context)
    access.check_version(context)
    if not context.is_ignored:
        checks = (access.check_expiry, access.check_rights)
        for step in (_check_kinds, *_credentials(context.api), *checks):
            step(context)
    return limits.report(context)


def _check_any(
    context: RequestContext, alternatives: Sequence[Sequence[str]], checks: Mapping[str, Step]
) -> None:
    """Check that a request has all credentials of one of several lists.

    The headers of answers that the checks set reach no client (gateway/mw_auth_or_wrapper.go:84 @v5.12.0).

    Raises:
        Rejected: none of the lists is met; the last one gives the reason.
    """
    reason, headers = Rejected("", 500), tuple(context.response_headers)
    for kinds in alternatives:
        context.session, context.token, context.alias, context.is_changed = None, "", "", False
        missing = next((kind for kind in kinds if kind not in checks), None)
        if missing is not None:
            reason = Rejected(f"security scheme {missing} is not configured", 500)
            continue
        try:
            for kind in kinds:
                checks[kind](context)
        except Rejected as rejection:
            reason = rejection
        else:
            return
        finally:
            context.response_headers[:] = headers
    raise reason


def _check_client_certificate(context: RequestContext) -> None:
    """Refuse a request to an API that asks for the certificate of a client, as a gateway without TLS does.

    Source: gateway/mw_certificate_check.go:98 @v5.12.0.
    """
    if context.api.fields["use_mutual_tls_auth"]:
        raise Rejected("TLS not enabled", 403, "the API asks for certificates of clients")


def _check_kinds(context: RequestContext) -> None:
    definition = context.api.fields
    unsupported = [name for name in UNSUPPORTED if definition[name]]
    if unsupported:
        raise Rejected(f"this mock does not judge requests to an API with {unsupported[0]}", 501)


def _strip_credentials(context: RequestContext) -> None:
    """Hide credentials from the upstream if so configured (gateway/mw_strip_auth.go:25 @v5.12.0)."""
    if not context.api.fields["strip_auth_data"]:
        return
    for places in (context.api.fields["auth_configs"] or {"authToken": context.api.fields["auth"]}).values():
        name = places["auth_header_name"] or "Authorization"
        context.drop_header(name)
        if places["use_param"]:
            context.drop_parameter(places["param_name"] or name)
        _drop_cookie(context, places["cookie_name"] or name)


def _drop_cookie(context: RequestContext, name: str) -> None:
    """Remove the first cookie that begins with the name."""
    cookies = context.header("Cookie").split(";")
    position = next((index for index, cookie in enumerate(cookies) if cookie.strip().startswith(name)), None)
    if position is not None:
        remaining = ";".join(cookies[:position] + cookies[position + 1 :])
        context.set_header("Cookie", remaining)
