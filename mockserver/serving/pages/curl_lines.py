"""The curl command that sends a request of the journal again, with variables for its secrets."""

from __future__ import annotations

from mockserver.http.auth import Auth
from mockserver.http.curl import command
from mockserver.service.journal_entry import SECRET_HEADERS, Entry
from mockserver.service.service import Service

VARIABLES = {  # the variable of the credential in a header, by service
    "gateway": {"x-tyk-authorization": "TYK_GW_SECRET", "authorization": "TYK_KEY"},
    "dashboard": {"authorization": "TYK_DASHBOARD_KEY", "admin-auth": "TYK_DB_ADMINSECRET"},
}
_OF_CONNECTION = {"host", "content-length", "transfer-encoding", "connection"}  # curl has its own
_NONE = Auth("", "")


def curl_line(service: Service, entry: Entry, url: str) -> str:
    """The command for an entry of the journal of a service at a URL."""
    auth = _credentials(service, entry)
    secrets = _secrets(auth)
    headers = []
    for (name, sent), (_, shown) in zip(entry.request.head.headers, entry.headers, strict=True):
        if name.lower() not in _OF_CONNECTION:
            is_variable = name.lower() in SECRET_HEADERS and _parted(sent)[1] in secrets
            headers.append((name, sent if is_variable else shown))
    has_body = bool(entry.body) or any(name.lower() == "content-length" for name, _ in entry.headers)
    return command(auth, url, entry.method, entry.target, headers, entry.body if has_body else None)


def _credentials(service: Service, entry: Entry) -> Auth:
    """The credentials that a request has, as one that has the others beside it.

    A wrong secret of the service is none, so that the command is refused as the request was.
    """
    variables = VARIABLES.get(service.name, {})
    auth = None
    for name, value in entry.request.head.headers:
        scheme, secret = _parted(value)
        variable = variables.get(name.lower(), "")
        is_own = name.lower() == "authorization" or secret in service.secrets
        if variable and secret and is_own:
            auth = Auth(name, secret, variable, scheme, auth)
    return auth or _NONE


def _secrets(auth: Auth | None) -> set[str]:
    """The secrets of a credential and of those beside it."""
    return {auth.secret, *_secrets(auth.second)} if auth else set()


def _parted(value: str) -> tuple[str, str]:
    """The scheme at the beginning of a credential, with the space after it, and the secret."""
    scheme, space, secret = value.partition(" ")
    return (scheme + space, secret) if space else ("", value)
