"""Basic authentication: a name and a password in a header or the body (gateway/mw_basic_auth.go @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway import passwords
from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import FoundKey, Rejected, RequestContext, look_up
from mockserver.golang import base64_texts, regexps

_MALFORMED = "Attempted access with malformed header, "
FOREIGN_HASH = "this mock does not check a hash by bcrypt that a client has made; write the password itself"


def is_enabled(api: Api) -> bool:
    """True if the API asks for users; one that reads bodies needs expressions that compile (:47)."""
    settings: Document = api.fields["basic_auth"]
    if not api.fields["use_basic_auth"]:
        return False
    return not settings["extract_from_body"] or all(
        settings[name] and regexps.is_valid(settings[name])
        for name in ("body_user_regexp", "body_password_regexp")
    )


def check_user(context: RequestContext) -> None:
    """Check that the request has the name and the password of a key, and take its session.

    Raises:
        Rejected: they are missing, malformed or wrong; `WWW-Authenticate` asks for missing and wrong ones.
    """
    try:
        name, password = _of_header(context)
    except Rejected:
        if not context.api.fields["basic_auth"]["extract_from_body"]:
            raise
        context.response_headers = [
            pair for pair in context.response_headers if pair[0] != "Www-Authenticate"
        ]
        name, password = _of_body(context)
    key = _find(context, name)
    if not key.is_valid or key.session is None or not _matches(key.session, password):
        rejection = _asking(context, "User not authorised", key.problem or "the password is wrong")
        rejection.event = "KeyFailure"
        raise rejection
    context.take(key, "basic_auth_user")


def _asking(context: RequestContext, message: str, cause: str = "") -> Rejected:
    """A rejection that asks the client for a name and a password."""
    context.response_headers.append(("Www-Authenticate", f'Basic realm="{context.api.fields["name"]}"'))
    return Rejected(message, 401, cause)


def _of_header(context: RequestContext) -> tuple[str, str]:
    """The name and the password in the header, of which the word before them may be any (:85)."""
    credential = context.credential("basic")
    if not credential:
        raise _asking(context, "Authorization field missing")
    words = credential.split(" ")
    if len(words) != 2:
        raise Rejected(f"{_MALFORMED}header not in basic auth format", 400)
    try:
        text = base64_texts.decode(words[1]).decode("utf-8", "surrogateescape")
    except ValueError as error:
        raise Rejected(f"{_MALFORMED}auth data not encoded correctly", 400) from error
    parts = text.split(":")
    if len(parts) != 2:
        raise Rejected(f"{_MALFORMED}values not in basic auth format", 400)
    return parts[0], parts[1]


def _of_body(context: RequestContext) -> tuple[str, str]:
    """The name and the password that the API's expressions find in the body (:122)."""
    settings = context.api.fields["basic_auth"]
    body = context.body.decode("utf-8", "surrogateescape")
    name = _group(settings["body_user_regexp"], body, "username")
    return name, _group(settings["body_password_regexp"], body, "password")


def _group(expression: str, body: str, what: str) -> str:
    """The first group of the first match."""
    try:
        groups = regexps.groups(expression, body)
    except regexps.BadExpression as error:
        raise Rejected(str(error), 501) from error
    if groups is None:
        raise Rejected(f"Body do not contain {what}", 400)
    if not groups:
        raise Rejected(f"{what} should be inside regexp match group", 400)
    return groups[0]


def _find(context: RequestContext, name: str) -> FoundKey:
    """The key of a user; with `hash_key_function` also one whose id is only organisation and name (:190)."""
    key = look_up(context, name)
    if key.is_valid or not context.gateway.config.hash_key_function:
        return key
    org_id = context.api.org_id
    return look_up(context, org_id + name.removeprefix(org_id))


def _matches(session: Document, password: str) -> bool:
    try:
        return passwords.matches(session["basic_auth_data"], password)
    except passwords.ForeignHash as error:
        raise Rejected(FOREIGN_HASH, 501) from error
