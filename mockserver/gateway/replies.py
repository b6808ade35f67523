"""Replies of the gateway: its JSON envelopes, and the fixed texts of its routers."""

from __future__ import annotations

from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

TEXT = "text/plain; charset=utf-8"  # a Content-Type


def ok(message: str = "") -> Reply:
    """A reply of success without an object (gateway/api.go:108 @v5.12.0)."""
    return json_reply({"status": "ok", "message": message})


def error(message: str, status: int) -> Reply:
    """A reply of failure with its reason (gateway/api.go:112 @v5.12.0)."""
    return json_reply({"status": "error", "message": message}, status)


def changed(key: str, action: str, key_hash: str = "") -> Reply:
    """A reply to a successful write (gateway/api.go:91 @v5.12.0)."""
    members = {"key": key, "status": "ok", "action": action}
    return json_reply({**members, "key_hash": key_hash} if key_hash else members)


def plain(text: str, status: int, *headers: tuple[str, str]) -> Reply:
    """A reply of plain text, as by http.Error and the routers."""
    return Reply(text.encode(), status, (("Content-Type", TEXT), *headers))


def failure(text: str, status: int) -> Reply:
    """A reply of plain text by http.Error of net/http."""
    return plain(f"{text}\n", status, ("X-Content-Type-Options", "nosniff"))


def redirect(location: str) -> Reply:
    """A redirect to the clean form of a path, without body and content type (mux 1.8.1, ServeHTTP)."""
    return Reply(b"", 301, (("Location", location),))


FORBIDDEN = error("Attempted administrative access with invalid or missing key!", 403)
METHOD_NOT_SUPPORTED = error("Method not supported", 405)
METHOD_NOT_ALLOWED = error("Method Not Allowed", 405)
BARE_METHOD_NOT_ALLOWED = Reply(b"", 405, ())  # of the router (mux 1.8.1, methodNotAllowed)
PAGE_NOT_FOUND = failure("404 page not found", 404)
NOT_FOUND = plain("Not Found", 404)
TOO_LARGE = failure("Request Entity Too Large", 413)
