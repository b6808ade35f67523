"""Access tokens of another provider: JWTs, or whatever the provider's introspection takes.

Source: gateway/mw_external_oauth.go:52 @v5.12.0.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy import fetching, jwt_claims
from mockserver.gateway.proxy.challenges import challenging
from mockserver.gateway.proxy.jwt_tokens import Malformed, NotSigned, check_dates, public_key, verify
from mockserver.gateway.proxy.key_sets import BadKeySet, parse
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, look_up, without_bearer
from mockserver.gateway.proxy.upstream import send
from mockserver.golang import json_reader
from mockserver.golang.absolute_urls import BadUrl
from mockserver.golang.base64_texts import decode
from mockserver.golang.scalars import ANY, Problems, to_int64
from mockserver.http.messages import DropConnection
from mockserver.http.outgoing import Outgoing, TransportError

_FAILED = partial(Rejected, "error happened during the access token validation", 500)
_INVALID = partial(Rejected, "access token is not valid", 401)
_URL = re.compile("https?://", re.IGNORECASE)
_SKEWS = ("expires_at_validation_skew", "issued_at_validation_skew", "not_before_validation_skew")
_FORM = (fetching.AGENT, ("Content-Type", "application/x-www-form-urlencoded"))
_SESSION = {  # gateway/testutil.go:861 @v5.12.0
    "rate": 10000, "per": 60, "allowance": 10000, "expires": -1, "quota_max": -1, "quota_remaining": 10,
    "quota_renewal_rate": 300,
}  # fmt: skip
_RENEWS_IN = 20  # seconds
_TOKEN = "token"
_KEY_SET_SECONDS = 240  # until a key set is fetched again


@challenging
def check_token(context: RequestContext) -> None:
    """Check the access token of a request, and take the session of its user, or one that is not kept.

    Raises:
        Rejected: the token is missing or invalid, or the API has no way to tell.
        DropConnection: the gateway panics at what an introspection tells.
    """
    text = without_bearer(context.credential("externalOAuth"))
    if not text:
        raise Rejected("authorization field missing", 400)
    providers = context.api.fields["external_oauth"]["providers"]
    if not providers:
        raise Rejected("there should be at least one provider configured", 404)
    if providers[0]["jwt"]["enabled"]:
        user = _user_of_token(context, text, providers[0]["jwt"])
    elif providers[0]["introspection"]["enabled"]:
        user = _introspected_user(context, text, providers[0]["introspection"])
    else:
        raise Rejected("access token validation method is not specified", 500)
    digest = hashlib.md5(user.encode()).hexdigest()  # noqa: S324  the gateway's own way
    key = look_up(context, context.gateway.sessions.name_of(context.api.org_id, digest))
    is_known = key.is_valid and key.session is not None
    context.session = key.session if is_known else _session(context)
    context.token, context.alias = key.name, key.alias if is_known else ""


def _session(context: RequestContext) -> Document:
    """The session of a user without a key."""
    right = {context.api.id: {"api_id": context.api.id}}
    renews = int(context.gateway.now()) + _RENEWS_IN
    document = {**_SESSION, "org_id": context.api.org_id, "quota_renews": renews, "access_rights": right}
    session: Document = context.gateway.session_codec.decode(json.dumps(document).encode())
    return session


def _user_of_token(context: RequestContext, text: str, settings: Document) -> str:
    """The user of a JWT that the provider has signed."""
    definition = {"jwt_signing_method": settings["signing_method"]}
    definition |= {f"jwt_{name}": settings[name] for name in _SKEWS}
    try:
        token = verify(text, definition, lambda header, _: _key(context, header.get("kid"), settings))
    except Malformed as error:
        raise Rejected(f"token verification failed: {error.words}", 401) from error
    except NotSigned as error:
        raise Rejected("token verification failed: signature is invalid", 401) from error
    except Rejected as error:
        raise _FAILED(error.reason) from error
    try:
        check_dates(token, definition, int(context.gateway.now()))
    except Rejected as error:
        raise Rejected(error.message.replace("Key", "key", 1), 401) from error
    return _user(context, token.claims, settings)


def _user(context: RequestContext, claims: dict[str, Any], settings: Document) -> str:
    try:
        return jwt_claims.user_id_in(context, claims, settings["identity_base_field"])
    except Rejected as error:
        raise _FAILED(error.reason) from error


def _key(context: RequestContext, key_id: Any, settings: Document) -> Any:
    """The key to verify a token with: the one in the definition, or one of a key set.

    Raises:
        Rejected: there is none.
    """
    source = settings["source"]
    if not _URL.match(source):
        try:
            data = decode(source)
        except ValueError as error:
            raise _FAILED("the source of the API is not in base64") from error
        source = data.decode("utf-8", "replace")
        if not _URL.match(source):
            return public_key(data) if settings["signing_method"] in ("rsa", "ecdsa") else data
    key = _key_set(context, source).get(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise _FAILED(f"the key set of the provider has no key {key_id!r}")
    return key


def _key_set(context: RequestContext, url: str) -> dict[str, Any]:
    """The keys of the provider by their ids, which are kept for a while."""
    cache, subject = context.gateway.introspections, (f"keys of {context.api.id}", url)
    if (cached := cache.get(subject)) is not None:
        return cached
    try:
        body = fetching.fetched(context.gateway, url).body
        key_set = parse(body)
    except (BadUrl, BadKeySet, Rejected, TransportError) as error:
        raise _FAILED(f"the key set of the provider cannot be read: {error}") from error
    cache.keep(subject, key_set, _KEY_SET_SECONDS, len(body))
    return key_set


def _introspected_user(context: RequestContext, text: str, settings: Document) -> str:
    """The user of a token that the provider says is active."""
    cache, keeps = context.gateway.introspections, settings["cache"]["enabled"]
    claims = cache.get((_TOKEN, text)) if keeps else None
    if claims is None:
        claims, size = _introspected(context, text, settings)
        if keeps:
            cache.keep((_TOKEN, text), claims, settings["cache"]["timeout"], size)
    elif isinstance(end := claims.get("exp"), float) and context.gateway.now() > to_int64(end):
        raise Rejected("token is expired", 401)
    if "active" not in claims:
        raise _FAILED("the introspection tells nothing of active")
    if not isinstance(claims["active"], bool):
        raise DropConnection
    if not claims["active"]:
        raise _INVALID("the provider says that it is not active")
    return _user(context, claims, settings)


def _introspected(context: RequestContext, text: str, settings: Document) -> tuple[dict[str, Any], int]:
    """What the provider tells of a token, and the bytes of that.

    Raises:
        Rejected: it tells nothing that can be read.
    """
    form = {"client_id": settings["client_id"], "client_secret": settings["client_secret"], "token": text}
    try:
        target = fetching.allowed(context.gateway, settings["url"])
        body = urlencode(form, errors="surrogateescape").encode()
        outgoing = Outgoing("POST", fetching.request_target(target), target.authority, _FORM, body)
        received = send(context.gateway, target, outgoing, fetching.BOUNDS)
        node, rest = json_reader.read(received.body)
    except (BadUrl, TransportError, json_reader.JSONSyntaxError) as error:
        raise _FAILED(f"the introspection failed: {error}") from error
    claims = ANY.decode(node, None, Problems())
    if received.head.status != 200 or rest.strip(json_reader.WHITE_SPACE) or not isinstance(claims, dict):
        raise _FAILED("the introspection tells no object with status 200")
    return claims, len(received.body)
