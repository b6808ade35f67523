"""The target of a request as Go's net/url parses it, and its path as gorilla/mux cleans it."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote_to_bytes

MAX_FORM = 1 << 20  # bytes; a form of net/http may have 10 MB, which takes 60 times its size while it is read
MAX_FIELDS = 10_000
FORM_TYPE = "application/x-www-form-urlencoded"

_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_ABSOLUTE = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://[^/?]*)(.*)")
_UNESCAPED = "$&+,/:;=@-_.~"  # characters that net/url does not escape in a path
_VALID = re.compile(r"[A-Za-z0-9$&+,/:;=@_.~!'()*%\[\]-]*")  # raw paths that net/url accepts as they are


class BadTarget(ValueError):
    """A request target that net/http answers with a bare 400; `target` is its text."""

    def __init__(self, target: str) -> None:
        super().__init__(f"{target!r} is not a request target")
        self.target = target


@dataclass(frozen=True)
class Url:
    """The parts of a request target.

    Attributes:
        path: the unescaped path; a byte that is not UTF-8 is a lone surrogate (surrogateescape).
        query: the query as sent, with its question mark; "" if there is none.
        origin: scheme and host of a target in absolute form; else "".
        raw: the path as sent, if Go would write it differently; else "".
    """

    path: str
    query: str = ""
    origin: str = ""
    raw: str = ""

    def __str__(self) -> str:
        return self.origin + escaped(self.path) + self.query


def parse(target: str, method: str = "GET") -> Url:
    """Parse the target of a request; each character of `target` is a byte (Latin-1).

    Raises:
        BadTarget: the target has a control character or a bad escape, or is neither a path nor in
            absolute form.
    """
    origin, rest = "", target
    if target == "*":
        return Url("*")
    if method == "CONNECT" and not target.startswith("/"):
        origin, rest = f"//{target}", ""
    if match := _ABSOLUTE.fullmatch(target):
        origin, rest = match.groups()
    raw, mark, query = rest.partition("?")
    if _CONTROL.search(target) or _BAD_ESCAPE.search(raw):
        raise BadTarget(target)
    if not raw.startswith("/") and not (origin and not raw):
        raise BadTarget(target)
    path = unescaped(raw)
    return Url(path, mark + query, origin, "" if raw == escaped(path) else raw)


def escaped(path: str, raw: str = "") -> str:
    """An escaped path: `raw` if it is a valid encoding of the path, else Go's own (net/url, EscapedPath)."""
    if raw and _VALID.fullmatch(raw) and unescaped(raw) == path:
        return raw
    return quote(as_bytes(path), safe=_UNESCAPED)


def as_bytes(text: str) -> bytes:
    """The bytes of a text as Go holds it: a lone surrogate stands for a byte that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def unescaped(raw: str) -> str:
    """The path that `raw` encodes; each character of `raw` is a byte (Latin-1) or part of an escape."""
    return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8", "surrogateescape")


def cleaned(url: Url) -> Url:
    """The URL that gorilla/mux redirects to; the given one if its path is clean (mux 1.8.1, cleanPath)."""
    clean = clean_path(url.path)
    return url if clean == url.path else replace(url, path=clean)


def clean_path(path: str) -> str:
    """The path that gorilla/mux redirects to; the given one if it is clean (mux 1.8.1, cleanPath)."""
    if path.startswith("/") and "//" not in path and "/." not in path:
        return path
    rooted = path if path.startswith("/") else "/" + path
    clean = "/" + posixpath.normpath(rooted).lstrip("/")
    return clean + "/" if rooted.endswith("/") and clean != "/" else clean


def first_value(query: str, name: str) -> str:
    """The first value of a query parameter, as url.Query().Get returns it; "" if there is none."""
    return next((value for key, value in parameters(query) if key == name), "")


def parameters(query: str) -> Iterator[tuple[str, str]]:
    """The query parameters as url.Query() has them; those with a bad escape or a semicolon are ignored."""
    for pair in query.removeprefix("?").split("&"):
        key, _, value = pair.partition("=")
        if pair and not _is_malformed(pair):
            yield _unescape(key), _unescape(value)


def posted_form(method: str, content_type: str, query: str, body: bytes) -> dict[str, str] | None:
    """The first value of each field that a form posts; None if net/http's ParseForm refuses the request.

    A body that does not say that it is a form, or that comes with GET, has no fields. An escape that is
    incomplete, or a semicolon, is refused in the query too (net/url/url.go, parseQuery of Go 1.24).
    """
    is_form = method in ("POST", "PUT", "PATCH") and _media_type(content_type) == FORM_TYPE
    text = body.decode("latin-1") if is_form and len(body) <= MAX_FORM else ""
    if any(_is_malformed(pair) for pairs in (text, query.removeprefix("?")) for pair in pairs.split("&")):
        return None
    return form_fields(body) if is_form else {}


def form_parameters(method: str, content_type: str, query: str, body: bytes) -> Iterator[tuple[str, str]]:
    """The fields that a form posts, then the query parameters, as Request.Form has them; the first ones.

    Those with a bad escape or a semicolon are ignored, and so is a form over `MAX_FORM`.
    """
    is_form = method in ("POST", "PUT", "PATCH") and _media_type(content_type) == FORM_TYPE
    text = body.decode("latin-1") if is_form and len(body) <= MAX_FORM else ""
    return itertools.islice(itertools.chain(parameters(text), parameters(query)), MAX_FIELDS)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_malformed(pair: str) -> bool:
    return ";" in pair or bool(_BAD_ESCAPE.search(pair))


def form_fields(body: bytes) -> dict[str, str]:
    """The first value of each field of an `application/x-www-form-urlencoded` body.

    A form over `MAX_FORM` or with over `MAX_FIELDS` has none, as one over 10 MB has none for net/http.
    """
    if len(body) > MAX_FORM or body.count(b"&") >= MAX_FIELDS:
        return {}
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def _unescape(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")


def join_host_port(host: str, port: int) -> str:
    """The authority of a host and a port, an IPv6 address in brackets, as net.JoinHostPort writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
