"""The context of a request to an API, shared by all steps of the middleware chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.health_counts import Event
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.proxy.context_variables import ContextVariables
from mockserver.gateway.proxy.loop_state import LoopState
from mockserver.gateway.proxy.mcp.endpoint_limits import add_endpoints
from mockserver.gateway.proxy.mcp.messages import Message
from mockserver.gateway.proxy.orphans import key_hash, log_missing, log_refusal
from mockserver.gateway.proxy.upstream_requests import Rewriting, UpstreamRequest
from mockserver.gateway.session_store import application_of, lifetime, policy_names
from mockserver.golang import urls
from mockserver.golang.json_size import TOO_MANY_VALUES, has_too_many_values
from mockserver.http.header_values import cookies
from mockserver.http.messages import Reply

MOST_REPLACED = 8 << 20  # characters of texts with variables, before and after each replacement
MOST_MATCHES = 1_000_000  # of the access lists of an MCP proxy for one request; a gateway has no bound
_DEFAULT_PLACES: Document = {
    "disable_header": False, "auth_header_name": "", "use_param": False, "use_cookie": False,
}  # fmt: skip


class Rejected(Exception):
    """The request is rejected; holds the message and the status of the reply.

    Attributes:
        cause: what the message does not tell the client, for the journal and the log; "" for nothing.
        body: the body, if it is not the message in the template of errors.
        is_sniffed: True if the type of the body is guessed, as if the head was written before it.
        event: what health checks count it as; None for nothing.
    """

    def __init__(
        self,
        message: str,
        status: int,
        cause: str = "",
        *,
        body: bytes = b"",
        is_sniffed: bool = False,
        event: Event | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.cause = cause
        self.body = body
        self.is_sniffed = is_sniffed
        self.event = event

    @property
    def reason(self) -> str:
        """The message and the cause, in one line."""
        return f"{self.message}: {self.cause}" if self.cause else self.message


class Answered(Exception):
    """The definition of the API answers the request itself; holds the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass
class RequestContext:
    """A request to an API, and the results of the steps it has passed.

    Attributes:
        url: the target; its path includes the API's listen path.
        headers: values by name in lower case; the first value of a repeated header, as Go's Get returns.
        repeated: the further values of repeated headers.
        client: the address of the client.
        is_whole: False if the body broke off.
        session: the session of the credential; None before a step has found it.
        token: the key that the session is stored under.
        alias: the key of the session's cache entry; "" for a new session.
        version: the requested API version; "" for an unversioned API.
        version_settings: the member of `version_data` for that version; empty before a step has chosen it.
        message: the message to an MCP proxy; None for other requests.
        is_changed: True if the session must be saved.
        is_ignored: True if the path needs no credential, and no right.
        variables: what texts of the definition may refer to; None if the API has no such variables.
        rewriting: what the definition makes of the URL; None if it leaves that as it is.
        loops: how far the request has been handed from API to API.
        answer_path: the path by which headers of answers are looked up; "" for that at the upstream.
        answer_method: the method by which they are; "" for that of the request.
        upstream_method: the method for the upstream; "" for that of the request.
        upstream_request: the request that was sent to the upstream; None if none was.
        response_headers: headers that are added to the reply, also to a rejection.
        warnings: what the gateway tells its log alone.
        refusal: why the request is rejected; "" if it is not.
    """

    gateway: Gateway
    api: Api
    method: str
    url: urls.Url
    headers: Mapping[str, str]
    body: bytes
    client: str = ""
    is_whole: bool = True
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    session: Document | None = None
    token: str = ""
    alias: str = ""
    version: str = ""
    version_settings: Document = field(default_factory=dict)
    message: Message | None = None
    is_changed: bool = False
    is_ignored: bool = False
    variables: ContextVariables | None = None
    rewriting: Rewriting | None = None
    loops: LoopState = field(default_factory=LoopState)
    answer_path: str = ""
    answer_method: str = ""
    upstream_method: str = ""
    upstream_request: UpstreamRequest | None = None
    response_headers: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refusal: str = ""
    matches_left: int = MOST_MATCHES
    replacements_left: int = MOST_REPLACED

    @property
    def is_looped(self) -> bool:
        """True after the first pass of a message to an MCP proxy, on one of its internal paths."""
        return self.message is not None and self.url.path in self.message.paths

    def take(self, key: FoundKey, provider: str, sent: str = "") -> None:
        """Take the session of a key, unless the API takes it from another kind of credential.

        The key as it was `sent` becomes a variable.
        """
        if self.api.fields["base_identity_provided_by"] in ("", provider):
            self.session, self.token, self.alias = key.session, key.name, key.alias
            if self.variables is not None and sent:
                self.variables.added["token"] = sent

    def check_values(self) -> None:
        """Check that the body is one that the mock reads as JSON.

        Raises:
            Rejected: as values it would take too much memory.
        """
        if has_too_many_values(self.body):
            raise Rejected(TOO_MANY_VALUES, 413)

    def header(self, name: str) -> str:
        """The value of a header; "" if it is absent."""
        return self.headers.get(name.lower(), "")

    def parameter(self, name: str) -> str:
        """The first value of a query parameter; "" if it is absent."""
        return urls.first_value(self.url.query, name)

    def drop_parameter(self, name: str) -> None:
        """Remove a query parameter and sort the others, as Go's encoder does."""
        pairs = [pair for pair in urls.parameters(self.url.query) if pair[0] != name]
        remaining = urlencode(sorted(pairs, key=lambda pair: pair[0]), errors="surrogateescape")
        self.url = replace(self.url, query=f"?{remaining}" if remaining else "")

    def drop_header(self, name: str) -> None:
        """Remove a header."""
        for values in (headers := dict(self.headers), repeated := dict(self.repeated)):
            values.pop(name.lower(), None)
        self.headers, self.repeated = headers, repeated

    def set_header(self, name: str, value: str) -> None:
        """Give a header one value in place of those that it has."""
        self.drop_header(name)
        self.headers = {**self.headers, name.lower(): value}

    def cookie(self, name: str) -> str:
        """The value of a cookie; "" if it is absent."""
        return next((value for key, value in cookies(self.header("Cookie")) if key == name), "")

    def places(self, kind: str) -> Document:
        """The settings of the API for the places of a kind of credential."""
        places: Document | None = (self.api.fields["auth_configs"] or {}).get(kind)
        if places is None:
            places = self.api.fields["auth"] if kind in ("authToken", "jwt") else _DEFAULT_PLACES
        return places

    def credential(self, kind: str) -> str:
        """The credential of a kind, from the places that the definition sets; "" if absent.

        The order of precedence is cookie, query parameter, header.

        Source: gateway/middleware.go:657 @v5.12.0.
        """
        places = self.places(kind)
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
        """Save the session if it was changed (gateway/middleware.go:411 @v5.12.0)."""
        if self.session is None or not self.token or not self.is_changed:
            return
        gateway = self.gateway
        lifetime_seconds = lifetime(self.session, self.api, gateway.config, gateway.now())
        sessions = gateway.sessions
        sessions.save(self.token, self.session, seconds=lifetime_seconds)
        alias = self.alias or sessions.storage_name(self.token)
        sessions.cache.put(alias, self.token, alias, gateway.session_codec.encode(self.session))
        self.is_changed = False

    def apply_policies(self, session: Document, key: str = "") -> None:
        """Apply the policies of a session for this API's organisation; `key` is its key, "" for none.

        Raises:
            PoliciesNotApplicable: a policy is missing or cannot be applied.
        """
        gateway = self.gateway
        application = application_of(
            session, gateway.store, gateway.session_codec, gateway.behaviours, self.api.org_id
        )
        self.warnings += log_missing(application, key)
        application.run()
        if gateway.on_applied is not None and application.listed:
            org_id = session["org_id"] or self.api.org_id
            gateway.on_applied(org_id, [name for name, policy in application.listed if policy])


@dataclass
class FoundKey:
    """The result of looking up a key.

    Attributes:
        name: the key that the session is stored under.
        session: the session with its policies applied; None if the key does not exist.
        is_valid: True if the key exists and its policies could be applied.
        alias: the key of the session's cache entry; "" if there is none.
        problem: why the key is not valid; "" if it is.
    """

    name: str
    session: Document | None
    is_valid: bool
    alias: str = ""
    problem: str = ""


def look_up(context: RequestContext, key: str) -> FoundKey:
    """Find a key's session and apply its policies (gateway/middleware.go:507 @v5.12.0)."""
    min_length = context.gateway.config.min_token_length or 3
    if "short-key-ids-are-refused" not in context.gateway.behaviours:
        min_length += 1  # gateway/middleware.go:509 @v5.12.0, and :636 @v5.14.0
    if len(urls.as_bytes(key)) < min_length:
        return FoundKey(key, None, is_valid=False, problem=_too_short(key, min_length))
    sessions, codec = context.gateway.sessions, context.gateway.session_codec
    if cached := sessions.cache.get(key):
        name, alias, session = cached.key, cached.alias, codec.decode(cached.text.encode())
    else:
        stored = sessions.find(context.api.org_id, key)
        if stored is None and context.gateway.source is not None:
            stored = context.gateway.source.fetch_session(context.api.org_id, key)
        if stored is None:
            problem = f"there is no such key (key_hash {key_hash(key)})"
            return FoundKey(key, None, is_valid=False, problem=problem)
        name, session = stored
        alias = sessions.storage_name(name) if context.gateway.config.hash_keys else key
        sessions.cache.put(sessions.cache.alias_of(key), name, alias, codec.encode(session))
    try:
        context.apply_policies(session, name)
    except PoliciesNotApplicable as reason:
        names, path = policy_names(session), context.url.path
        context.warnings += log_refusal(context.api, context.client, path, name, names, str(reason))
        problem = f"{reason} (key_hash {key_hash(name)})"
        return FoundKey(name, session, is_valid=False, alias=alias, problem=problem)
    add_endpoints(session)
    return FoundKey(name, session, is_valid=True, alias=alias)


def _too_short(key: str, min_length: int) -> str:
    return f"the key has fewer than {min_length} characters" if key else "there is no key in the request"


def without_bearer(token: str) -> str:
    """The token without its scheme Bearer (gateway/mw_auth_key.go:343 @v5.12.0)."""
    return token[7:] if token[:7].upper() == "BEARER " else token
