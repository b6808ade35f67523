"""What stands behind an API: its target where that may be asked, or an echo of what reached it."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from mockserver import gourl
from mockserver.gateway import Gateway
from mockserver.replies import Reply
from mockserver.traffic.visit import Forwarded, Refusal, Visit

SECONDS = 30  # for a target to answer
NOT_REACHED = Refusal("There was a problem proxying the request", 500)
UNKNOWN_HOST = Refusal("Upstream host lookup failed", 500)
TOO_LATE = Refusal("Upstream service reached hard timeout.", 504)
_OF_ONE_HOP = frozenset(
    ("connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
     "trailer", "transfer-encoding", "upgrade", "content-length", "host", "date")
)  # fmt: skip


def forward(visit: Visit) -> Reply:
    """Ask the API's target if it is on this machine or allowed; else say what would have reached it.

    Raises:
        Refusal: the target does not answer.
    """
    target = urlsplit(str(visit.api.known["proxy"]["target_url"]))
    sent = visit.forwarded = _forwarded(visit, target)
    if _may_be_asked(visit.gateway, target):
        return _asked(target, sent)
    echo = json.dumps({"method": sent.method, "path": sent.target})
    return Reply(echo.encode())


def _forwarded(visit: Visit, target: SplitResult) -> Forwarded:
    """The request as the gateway hands it on (gateway/reverse_proxy.go:241 @v5.12.0)."""
    path = visit.url.path
    if visit.api.known["proxy"]["strip_listen_path"]:
        path = visit.api.stripped(path)
    path = _joined(target.path, path, slash_stays=visit.api.known["proxy"]["disable_strip_slash"])
    own = visit.url.query.removeprefix("?")
    query = "&".join(part for part in (target.query, own) if part)
    address = quote(path.encode("utf-8", "surrogateescape"), safe="$&+,/:;=@-_.~")
    headers = {name: value for name, value in visit.headers.items() if name not in _OF_ONE_HOP}
    headers["x-forwarded-for"] = ", ".join(
        each for each in (headers.get("x-forwarded-for"), visit.client) if each
    )
    headers.setdefault("user-agent", f"Tyk/v{visit.gateway.version}")
    return Forwarded(visit.method, address + (f"?{query}" if query else ""), headers, visit.body)


def _joined(first: str, second: str, *, slash_stays: bool) -> str:
    """Two paths with one slash between them (gateway/reverse_proxy.go:430 @v5.12.0)."""
    if slash_stays and second in ("", "/"):
        return first or "/"
    first, second = first.rstrip("/"), second.lstrip("/")
    return f"{first}/{second}" if second or not first else first


def _may_be_asked(gateway: Gateway, target: SplitResult) -> bool:
    if target.scheme not in ("http", "https") or not target.hostname:
        return False
    if target.hostname in gateway.upstreams or target.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(target.hostname).is_loopback
    except ValueError:
        return False


def _asked(target: SplitResult, sent: Forwarded) -> Reply:
    try:
        status, headers, body = _exchange(target, sent)
    except TimeoutError as error:
        raise TOO_LATE from error
    except socket.gaierror as error:
        raise UNKNOWN_HOST from error
    except (OSError, http.client.HTTPException) as error:
        raise NOT_REACHED from error
    kept = [(_canonical(name), value) for name, value in headers if name.lower() not in _OF_ONE_HOP]
    return Reply(body, status, tuple(kept))


def _exchange(target: SplitResult, sent: Forwarded) -> tuple[int, list[tuple[str, str]], bytes]:
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(target.hostname), target.port, timeout=SECONDS)
    try:
        headers = {_canonical(name): value for name, value in sent.headers.items()}
        connection.request(sent.method, sent.target, sent.body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def _canonical(name: str) -> str:
    """A header's name as Go writes it."""
    return "-".join(part.capitalize() for part in name.split("-"))


def fetched_key(gateway: Gateway, url: str, key_id: Any) -> Any:
    """The key of that id in a JWKS; None where it may not be asked for, or is not there."""
    import jwt

    target = urlsplit(url)
    if not isinstance(key_id, str) or not _may_be_asked(gateway, target):
        return None
    path = gourl.Url(target.path or "/", f"?{target.query}" if target.query else "")
    try:
        _, _, body = _exchange(target, Forwarded("GET", str(path), {"accept": "application/json"}, b""))
        return jwt.PyJWKSet.from_dict(json.loads(body))[key_id].key
    except (OSError, ValueError, KeyError, http.client.HTTPException, jwt.PyJWTError):
        return None
