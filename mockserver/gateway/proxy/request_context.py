"""One request to an API on its way through the gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.session_store import application_of, lifetime
from mockserver.golang import urls

_BLANK = " \t"
_COOKIE_VALUE = re.compile(r"[ !#-:<-\[\]-~]*")
_DEFAULT_PLACES: Document = {
    "disable_header": False, "auth_header_name": "", "use_param": False, "use_cookie": False,
}  # fmt: skip


class Rejected(Exception):
    """The gateway lets the request go no further; what it says, and with which status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True)
class UpstreamRequest:
    """What the gateway hands on to an upstream.

    Attributes:
        target: path and query, as they are sent.
        host: what it is told to be asked for; None for its own name.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    host: str | None = None


@dataclass
class RequestContext:
    """A request, and what is known of it so far.

    Attributes:
        url: the target, its path with the API's listen path.
        headers: by their names in lower case; of several the first counts, as for Go's Get.
        client: the address it came from.
        session: that of its credential, once there is one.
        token: the key that the session is kept under.
        alias: what the session is remembered by; "" where it is new.
        version: the API's version that it asks for; "" where the API has none.
        is_changed: whether the session is to be kept as it is now.
        upstream_request: what was handed on to the upstream; None where nothing was.
        response_headers: headers of the answer, of a rejection too.
    """

    gateway: Gateway
    api: Api
    method: str
    url: urls.Url
    headers: Mapping[str, str]
    body: bytes
    client: str = ""
    session: Document | None = None
    token: str = ""
    alias: str = ""
    version: str = ""
    is_changed: bool = False
    upstream_request: UpstreamRequest | None = None
    response_headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str:
        """A header's value; "" where there is none."""
        return self.headers.get(name.lower(), "")

    def parameter(self, name: str) -> str:
        """The first value of a query parameter; "" where there is none."""
        return urls.first_value(self.url.query, name)

    def drop_parameter(self, name: str) -> None:
        """Take a query parameter away; the others are sorted, as Go encodes them."""
        pairs = parse_qsl(self.url.query.removeprefix("?"), keep_blank_values=True)
        remaining = urlencode(sorted((pair for pair in pairs if pair[0] != name), key=lambda pair: pair[0]))
        self.url = replace(self.url, query=f"?{remaining}" if remaining else "")

    def drop_header(self, name: str) -> None:
        """Take a header away."""
        self.headers = {key: value for key, value in self.headers.items() if key != name.lower()}

    def cookie(self, name: str) -> str:
        """A cookie's value; "" where there is none (net/http/cookie.go, readCookies of Go 1.24)."""
        for part in self.header("Cookie").split(";"):
            cookie_name, _, value = part.strip(_BLANK).partition("=")
            value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
            if cookie_name.strip(_BLANK) == name and _COOKIE_VALUE.fullmatch(value):
                return value
        return ""

    def credential(self, kind: str) -> str:
        """What the request carries where the definition places a kind of credential; the last place counts.

        Source: gateway/middleware.go:657 @v5.12.0.
        """
        places = (self.api.fields["auth_configs"] or {}).get(kind)
        if places is None:
            places = self.api.fields["auth"] if kind in ("authToken", "jwt") else _DEFAULT_PLACES
        credential, name = "", "Authorization"
        if not places["disable_header"]:
            name = places["auth_header_name"] or name
            credential = self.header(name)
        if places["use_param"]:
            credential = self.parameter(places["param_name"] or name) or credential
        if places["use_cookie"]:
            credential = self.cookie(places["cookie_name"] or name) or credential
        return credential

    def save_session(self) -> None:
        """Keep the session if it was changed (gateway/middleware.go:411 @v5.12.0)."""
        if self.session is None or not self.token or not self.is_changed:
            return
        gateway = self.gateway
        lifetime_seconds = lifetime(self.session, self.api, gateway.config, gateway.now())
        sessions = gateway.sessions
        sessions.save(self.token, self.session, seconds=lifetime_seconds)
        alias = self.alias or sessions.storage_name(self.token)
        sessions.cache.put(alias, self.token, alias, gateway.session_codec.encode(self.session))
        self.is_changed = False

    def apply_policies(self, session: Document) -> None:
        """Apply a session's policies, as this API's organisation sees them.

        Raises:
            NotApplied: they do not fit.
        """
        gateway = self.gateway
        application = application_of(
            session, gateway.store, gateway.session_codec, gateway.behaviours, self.api.org_id
        )
        application.run()


@dataclass
class FoundKey:
    """A key that was looked up.

    Attributes:
        session: None where there is no such key.
        is_valid: whether there is one, and its policies fit.
        alias: what the session is remembered by; "" where there is none yet.
    """

    name: str
    session: Document | None
    is_valid: bool
    alias: str = ""


def look_up(context: RequestContext, key: str) -> FoundKey:
    """A key's session with its policies applied (gateway/middleware.go:507 @v5.12.0)."""
    min_length = context.gateway.config.min_token_length or 3
    if len(key.encode()) <= min_length:
        return FoundKey(key, None, is_valid=False)
    sessions, codec = context.gateway.sessions, context.gateway.session_codec
    if cached := sessions.cache.get(key):
        name, alias, session = cached.key, cached.alias, codec.decode(cached.text.encode())
    else:
        stored = sessions.find(context.api.org_id, key)
        if stored is None:
            return FoundKey(key, None, is_valid=False)
        name, session = stored
        alias = sessions.storage_name(name) if context.gateway.config.hash_keys else key
        sessions.cache.put(sessions.cache.alias_of(key), name, alias, codec.encode(session))
    try:
        context.apply_policies(session)
    except PoliciesNotApplicable:
        return FoundKey(name, session, is_valid=False, alias=alias)
    return FoundKey(name, session, is_valid=True, alias=alias)


def without_bearer(token: str) -> str:
    """A token without the scheme before it (gateway/mw_auth_key.go:343 @v5.12.0)."""
    return token[7:] if token[:7].upper() == "BEARER " else token
