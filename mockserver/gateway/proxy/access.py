"""Access checks: the API version, the key, its expiry and its access rights."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mockserver.gateway.api_definition import expiry
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.path_lists import check_path_lists
from mockserver.gateway.proxy.path_patterns import is_allowed_url
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, look_up, without_bearer
from mockserver.gateway.proxy.signatures import check_signature
from mockserver.golang.regexps import BadExpression

DISALLOWED = "Access to this API has been disallowed"
API_EXPIRED = "API has expired, please check documentation or contact administrator"
VERSION_EXPIRED = "Api Version has expired, please check documentation or contact administrator"


def check_version(context: RequestContext) -> None:
    """Choose the API version of the request and check that it exists and has not expired.

    Source: gateway/api_definition.go:1882 @v5.12.0.

    Raises:
        Rejected: the version is missing, unknown or expired, or its lists of paths forbid the request.
        Answered: the definition itself answers requests for the path.
    """
    settings = _settings(context)
    expiration, message = context.api.fields["expiration"], API_EXPIRED
    if not context.api.fields["version_data"]["not_versioned"]:
        expiration, message = settings["expires"], VERSION_EXPIRED
    ends_at, unreadable = expiry(expiration)
    if unreadable or (ends_at is not None and context.gateway.now() >= ends_at):
        raise Rejected(message, 403)
    context.version_settings = settings
    if not context.api.is_mcp:  # whose rules `path_rules` has
        check_path_lists(context)
    shown, _ = expiry(context.api.fields["expiration"])
    if shown is None:  # apidef/api_definitions.go:1403 @v5.14.0
        of_version, _ = expiry(settings["expires"])
        shown = of_version if of_version is not None and of_version > context.gateway.now() else None
    if shown is not None:
        formatted = datetime.fromtimestamp(shown, UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
        context.response_headers.append(("X-Tyk-Api-Expires", formatted))


def choose_version(context: RequestContext) -> None:
    """Choose the API version of a request that passes without checks; none if there is no such version."""
    with contextlib.suppress(Rejected):
        context.version_settings = _settings(context)


def _settings(context: RequestContext) -> Document:
    """The settings of the version that a request is for.

    Raises:
        Rejected: the version is missing or unknown.
    """
    data = context.api.fields["version_data"]
    versions: dict[str, Document] = data["versions"] or {}
    if data["not_versioned"]:
        return versions[_unversioned(versions)]
    context.version = name = requested_version(context) or data["default_version"]
    if not name:
        raise Rejected("Version information not found", 403)
    if name not in versions and context.api.fields["definition"]["fallback_to_default"]:
        name = data["default_version"]
    if name not in versions:
        raise Rejected("This API version does not seem to exist", 403, f"it is {name!r}")
    return versions[name]


def _unversioned(versions: dict[str, Any]) -> str:
    """The name of the version of an unversioned API: the only one, or the only default one.

    Raises:
        Rejected: there is none, or more than one.
    """
    defaults = [name for name in ("Default", "default", "") if name in versions]
    if len(defaults) > 1:
        raise Rejected("Ambiguous default API version for this non-versioned API", 403)
    if not defaults and len(versions) != 1:
        cause = f"it has {len(versions)} versions, none of which is called Default"
        raise Rejected("No default API version for this non-versioned API found", 403, cause)
    return defaults[0] if defaults else next(iter(versions))


def requested_version(context: RequestContext) -> str:
    """The version that the request names in a header, a query parameter or its path; "" if none."""
    definition = context.api.fields["definition"]
    strips = definition["strip_versioning_data"]
    match definition["location"]:
        case "header":
            name = context.header(definition["key"])
            if strips:
                context.drop_header(definition["key"])
            return name
        case "url-param":
            name = context.parameter(definition["key"])
            if strips:
                context.drop_parameter(definition["key"])
            return name
        case "url":
            return _version_in_path(context, definition, strips=strips or definition["strip_path"])
    return ""


def _version_in_path(context: RequestContext, definition: dict[str, Any], *, strips: bool) -> str:
    path = context.api.stripped(context.url.path).removeprefix("/" + str(context.api.fields["slug"]))
    name = next((part for part in path.split("/") if part), "")
    fits = True
    if definition["url_versioning_pattern"]:
        with contextlib.suppress(BadExpression):
            fits = context.gateway.match_cache.search(definition["url_versioning_pattern"], name)
    if name and strips and fits:
        path, raw = (text.replace(f"{name}/", "", 1) for text in (context.url.path, context.url.raw))
        context.url = replace(context.url, path=path, raw=raw)
    return name


def check_key(context: RequestContext) -> None:
    """Check that the request carries an existing key whose policies apply, and take its session.

    Without TLS, an API that finds keys by certificates too asks for a key whose certificate the gateway has.
    The session of a message to an MCP proxy is taken once, on its first pass.

    Source: gateway/mw_auth_key.go:118 @v5.12.0, :103 @v5.11.1.

    Raises:
        Rejected: there is no key, or it is unknown, or its policies do not apply, or its certificate is gone.
    """
    if (context.is_looped or context.loops.is_own) and context.session is not None:
        return
    token, behaviours = without_bearer(context.credential("authToken")), context.gateway.behaviours
    uses_certificates = context.places("authToken")["use_certificate"]
    if not token and not (uses_certificates and "missing-keys-are-unknown-ones" in behaviours):
        raise Rejected("Authorization field missing", 401)
    key = look_up(context, token)
    if not key.is_valid or key.session is None:
        raise Rejected(DISALLOWED, 403, key.problem, event="KeyFailure")
    certificate, needs_none = key.session["certificate"], "keys-need-no-certificate" in behaviours
    is_asked = uses_certificates and (certificate or not needs_none)
    if is_asked and context.gateway.certificates.get(certificate) is None:
        cause = f"the certificate {certificate!r} of the key is not stored"
        raise Rejected(DISALLOWED, 403, cause, event="KeyFailure")
    context.take(key, "auth_token", token)
    check_signature(context, key.name, key.session["org_id"])


def check_expiry(context: RequestContext) -> None:
    """Check that the session is active and has not expired (gateway/mw_key_expired_check.go:20 @v5.12.0).

    Raises:
        Rejected: there is no session, or it is inactive or expired.
    """
    if context.session is None:
        message = "Session state is missing or unset! Please make sure that auth headers are properly applied"
        raise Rejected(message, 400)
    if context.session["is_inactive"]:
        raise Rejected("Key is inactive, please renew", 403, event="KeyFailure")
    if 1 <= context.session["expires"] < context.gateway.now():
        raise Rejected("Key has expired, please renew", 401, event="KeyFailure")


def check_rights(context: RequestContext) -> None:
    """Check that the session has a right to the API and its version; without any rights it may use all APIs.

    Source: gateway/mw_access_rights.go:20 @v5.12.0.

    Raises:
        Rejected: the session has rights, but none to this API or version.
    """
    assert context.session is not None
    rights = context.session["access_rights"]
    if not rights:
        return
    right = rights.get(context.api.id)
    if right is None:
        raise Rejected(DISALLOWED, 403, f"the key has no right to the API {context.api.id!r}")
    data = context.api.fields["version_data"]
    if data["not_versioned"]:
        return
    accepted = {context.version}
    if context.api.fields["definition"]["fallback_to_default"]:
        accepted.add(data["default_version"])
    if not accepted & set(right["versions"] or []):
        names = ", ".join(map(repr, right["versions"] or [])) or "none"
        cause = f"the version is {context.version!r}, and the key has a right to {names}"
        raise Rejected(DISALLOWED, 403, cause)


def check_path(context: RequestContext) -> None:
    """Check that the session may use the path with this method (gateway/mw_granular_access.go:25 @v5.12.0).

    Raises:
        Rejected: the session has a list of allowed URLs, and none of them matches.
    """
    assert context.session is not None
    right = (context.session["access_rights"] or {}).get(context.api.id)
    if right is None or not right["allowed_urls"]:
        return
    for allowed in right["allowed_urls"]:
        if context.method in (allowed["methods"] or []) and is_allowed_url(context, allowed["url"]):
            return
    cause = f"no allowed URL of the key fits {context.method} {context.url.path}"
    raise Rejected("Access to this resource has been disallowed", 403, cause)
